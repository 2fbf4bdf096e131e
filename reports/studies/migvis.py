"""The statements of the MIG-Vis paper, checked, as `stiminfo claims --paper mig-vis` writes them."""

from ..paper.migvis import PAPER
from .claims import of_paper

STUDY = of_paper(PAPER, PAPER.key, "about 2 minutes")
