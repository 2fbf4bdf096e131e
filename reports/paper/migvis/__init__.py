"""The statements of the MIG-Vis paper, and ours beside them, checked in a world whose factors and neurons are known."""

from __future__ import annotations

from ..claims.claim import Paper, by_id, of_modules
from . import edits, groups, guidance, infonce, inversion

PARTS = {
    "Latent groups: sections 3.1 and 4.4, appendix A.3": of_modules(groups),
    "Guidance: sections 3.2 and 4.2": of_modules(guidance),
    "InfoNCE: section 3.2": of_modules(infonce),
    "Inversion: section 3.3": of_modules(inversion),
    "Edits: sections 4.1 and 4.2": of_modules(edits),
}
PAPER = Paper(
    key="mig-vis",
    title="The statements of MIG-Vis, checked in a known world",
    about=(
        "The paper is *Uncovering Semantic Selectivity of Latent Groups in Higher Visual Cortex with Mutual "
        "Information-Guided Diffusion*. Its statements are restated in our words, with the place where it makes them; "
        "what it does not say is marked *ours*. What is said of the released code (commit 1419166) is ours, too: the "
        "paper is one thing, its code another. `stiminfo claims --paper mig-vis` checks them all again."
    ),
    remarks=(
        "The paper's recordings and images are not used. The world here has 576 rendered images of 16 x 16 pixels with "
        "four known factors, and 80 neurons with mixed selectivity and Gaussian noise; the encoder is linear, so that "
        "p(z|x), the denoiser and the guidance are exact. *Confirmed* means that the statement holds there, with the "
        "weights of our default recipe; *refuted*, that it fails there, so that it cannot hold in general, although "
        "what the authors saw in their data may well be so. Where a statement is about networks, its exact counterpart "
        "is checked."
    ),
    parts=PARTS,
    claims=by_id(PARTS),
)
