"""The finite joint distribution of stimulus and response, on which every measure and axiom works."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from .. import show
from ..errors import ModelError
from . import arrays as check
from .arrays import Array
from .counting import joint_of_counts
from .geometry import Geometry, geometry_of

if TYPE_CHECKING:
    from matplotlib.figure import Figure


#: Arrays of stimuli of at most so many numbers are compared as tuples: ten times as fast as np.unique on a few.
_SMALL = 10_000
#: The arrays of a model, by the names of its attributes and of the constructor's parameters.
ARRAYS = ("stimuli", "prior", "likelihood", "stimulus_volumes", "response_volumes", "likelihood_gradient", "responses")
#: What a model is made of: its arrays, and what the coordinates of its stimuli mean.
PARTS = (*ARRAYS, "geometry")


class EncodingModel:
    """A finite joint distribution of a stimulus X in R^d and a response R.

    Equal stimuli are merged (on a circle, those a period apart, too): their prior probabilities add, their likelihoods
    are averaged with the prior as weights. Stimuli of prior 0, and responses of probability 0 at every stimulus, are
    dropped. So `stimuli` may be shorter than what was given; every measure gives its values at ``model.stimuli``, in
    their order of first appearance.

    Parameters
    ----------
    stimuli : array_like, shape (J, d) or (J,)
        The stimuli x_j.
    prior : array_like, shape (J,)
        p(x_j); sums to 1. Probabilities as small as 1e-300 are allowed.
    likelihood : array_like, shape (K, J)
        p(r_k | x_j); each column sums to 1.
    stimulus_volumes, response_volumes : array_like, shapes (J,) and (K,), optional
        Cell volumes of a discretised continuous variable; ones for a discrete variable. They matter for entropies
        only: with volumes v an entropy is the differential one, ``-sum p log(p / v)``.
    likelihood_gradient : array_like, shape (K, J, d), optional
        d p(r_k | x_j) / d x_i, for the Fisher information.
    responses : array_like, shape (K,), optional
        Numerical values of the responses (counts, voltages), for the transforms that need them.
    geometry : str or Geometry, optional
        What the coordinates of stimuli mean. By default they are points of a "line", a "plane" or a "space";
        "circle:360" (or any other period, "circle:2pi", say) makes them angles, and "nominal" labels without distances.

    Raises
    ------
    ModelError
        (a ValueError) if an array is not as described above; the message names the entry.

    Examples
    --------
    >>> import stiminfo as si
    >>> si.EncodingModel([0, 1], [0.5, 0.5], [[1, 0], [0, 1]])
    EncodingModel(2 stimuli in R^1, 2 responses, I(R;X) = 0.6931 nats)
    """

    def __init__(
        self,
        stimuli: Any,
        prior: Any,
        likelihood: Any,
        *,
        stimulus_volumes: Any = None,
        response_volumes: Any = None,
        likelihood_gradient: Any = None,
        responses: Any = None,
        geometry: Geometry | str | None = None,
    ) -> None:
        volumes = stimulus_volumes, response_volumes
        joint = checked_joint(stimuli, prior, likelihood, 1, *volumes, likelihood_gradient, geometry)
        self.geometry = geometry_of(geometry, joint[0].shape[1])
        self.stimuli, self.prior, table, self.stimulus_volumes, r_volumes, gradient = joint
        values = None if responses is None else check.as_real_array(responses, "responses", r_volumes.shape)
        occurs = table.any(axis=1)
        self.likelihood = check.frozen(table[occurs])
        self.response_volumes = check.frozen(r_volumes[occurs])
        self.likelihood_gradient = None if gradient is None else check.frozen(gradient[occurs])
        self.responses = None if values is None else check.frozen(values[occurs])

    @classmethod
    def from_counts(cls, counts: Any, stimuli: Any = None, *, geometry: Geometry | str | None = None) -> Self:
        """The joint distribution with the probabilities that an experiment's count table estimates (plug-in).

        Parameters
        ----------
        counts : array_like of whole numbers, shape (J, K)
            ``counts[j, k]``: how often response k followed stimulus j. The prior is the share of trials.
        stimuli : array_like, shape (J, d) or (J,), optional
            The stimuli; 0, 1, ..., J - 1 if left out.
        geometry : str or Geometry, optional
            As for `EncodingModel`.

        Raises
        ------
        ModelError
            For counts that are negative, fractional, NaN, ragged or all zero.
        """
        return cls(*joint_of_counts(counts, stimuli), geometry=geometry)

    @property
    def dimensions(self) -> int:
        """d, the number of stimulus features."""
        return int(self.stimuli.shape[1])

    @cached_property
    def response_probability(self) -> Array:
        """p(r_k), shape (K,)."""
        return check.frozen(self.likelihood @ self.prior)

    @cached_property
    def posterior(self) -> Array:
        """p(x_j | r_k), shape (K, J)."""
        # Rescaled first: with probabilities of 1e-300 a row may be too small to divide by.
        joint = self.likelihood / self.likelihood.max(axis=1, keepdims=True) * self.prior
        joint /= joint.max(axis=1, keepdims=True)
        return check.frozen(joint / joint.sum(axis=1, keepdims=True))

    def mutual_information(self) -> float:
        """I(R;X) in nats."""
        scaled = self.likelihood / self.likelihood.max(axis=1, keepdims=True)
        ratio = np.where(scaled > 0, scaled / (scaled @ self.prior)[:, None], 1.0)
        return max(0.0, float(((self.likelihood * np.log(ratio)).sum(axis=0) * self.prior).sum()))

    def replace(self, **changes: Any) -> EncodingModel:
        """A new, validated model with some of its parts replaced (same names as the constructor's)."""
        return EncodingModel(**({name: getattr(self, name) for name in PARTS} | changes))

    def reordered(self, order: Array) -> EncodingModel:
        """The same model with its stimuli in another order, `order` a permutation of 0 ... J - 1."""
        gradient = self.likelihood_gradient
        return self.replace(
            stimuli=self.stimuli[order],
            prior=self.prior[order],
            likelihood=self.likelihood[:, order],
            stimulus_volumes=self.stimulus_volumes[order],
            likelihood_gradient=None if gradient is None else gradient[:, order],
        )

    def plot(self) -> Figure:
        """Draw prior and likelihood; returns a matplotlib Figure."""
        return show.drawing(self)

    def __repr__(self) -> str:
        count, responses = len(self.stimuli), len(self.likelihood)
        extra = "".join(
            text
            for text, present in (
                (", continuous stimulus", bool((self.stimulus_volumes != 1).any())),
                (", continuous response", bool((self.response_volumes != 1).any())),
                (", with gradient", self.likelihood_gradient is not None),
            )
            if present
        )
        where = f"in R^{self.dimensions}" if self.geometry.vectors else f"({self.geometry})"
        return (
            f"EncodingModel({count} {'stimulus' if count == 1 else 'stimuli'} {where}, "
            f"{responses} response{'' if responses == 1 else 's'}{extra}, "
            f"I(R;X) = {self.mutual_information():.4f} nats)"
        )


def checked_joint(
    stimuli: Any,
    prior: Any,
    likelihood: Any,
    response_axes: int,
    stimulus_volumes: Any,
    response_volumes: Any,
    gradient: Any,
    geometry: Geometry | str | None = None,
) -> tuple[Array, Array, Array, Array, Array, Array | None]:
    """The arrays of a joint distribution, checked, with equal stimuli merged and stimuli of prior 0 dropped.

    Returns stimuli, prior, likelihood, stimulus volumes, response volumes and gradient, all but the likelihood, its
    volumes and its gradient read-only.
    """
    x = check.as_stimuli(stimuli)
    p = check.as_distribution(prior, "prior", len(x))
    table = check.as_likelihood(likelihood, x, response_axes)
    x_volumes = check.as_volumes(stimulus_volumes, "stimulus_volumes", (len(x),))
    r_volumes = check.as_volumes(response_volumes, "response_volumes", table.shape[:-1])
    slopes = check.as_gradient(gradient, table, x.shape[1])
    same = geometry_of(geometry, x.shape[1]).identity(x)
    x, p, table, x_volumes, slopes = _merged(x, same, p, table, x_volumes, slopes)
    return check.frozen(x), check.frozen(p), table, check.frozen(x_volumes), r_volumes, slopes


def _merged(
    stimuli: Array, same: Array, prior: Array, likelihood: Array, volumes: Array, gradient: Array | None
) -> tuple[Array, Array, Array, Array, Array | None]:
    """Merge stimuli of equal rows in `same`, drop those of prior 0; the stimulus axis of `likelihood` is its last."""
    possible = prior > 0
    if not possible.all():
        stimuli, same, prior, volumes = stimuli[possible], same[possible], prior[possible], volumes[possible]
        likelihood = likelihood[..., possible]
        gradient = None if gradient is None else gradient[..., possible, :]
    if same.size <= _SMALL and len(set(map(tuple, same.tolist()))) == len(same):
        return stimuli, prior, likelihood, volumes, gradient
    _, first, group = np.unique(same, axis=0, return_index=True, return_inverse=True)
    if len(first) == len(stimuli):
        return stimuli, prior, likelihood, volumes, gradient
    rank = np.argsort(np.argsort(first))  # groups in their order of first appearance
    member = np.zeros((len(first), len(stimuli)))
    member[rank[group.ravel()], np.arange(len(stimuli))] = 1
    keep = np.sort(first)
    if not np.allclose(member @ volumes, volumes[keep] * member.sum(axis=1), rtol=1e-9, atol=0):
        raise ModelError("equal stimuli have different stimulus_volumes; expected one cell volume each")
    merged = member @ prior
    weights = member * (prior / (merged @ member))
    likelihood = likelihood @ weights.T
    if gradient is not None:
        gradient = np.einsum("...ji,mj->...mi", gradient, weights)
    return stimuli[keep], merged, likelihood, volumes[keep], gradient
