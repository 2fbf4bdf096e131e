"""Two responses to one stimulus: the joint distribution on which conditional informations are defined."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np

from ..errors import ModelError
from . import arrays as check
from .arrays import Array
from .encoding_model import PARTS, EncodingModel, checked_joint
from .geometry import Geometry, geometry_of


class ResponsePair:
    """The joint p(r, r' | x) of two responses R and R' to a stimulus X in R^d.

    Parameters
    ----------
    stimuli, prior, stimulus_volumes
        As for `EncodingModel`; equal stimuli are merged in the same way.
    likelihood : array_like, shape (K1, K2, J)
        p(r_k, r'_l | x_j); sums to 1 over both responses for each stimulus.
    response_volumes : array_like, shape (K1, K2), optional
        Cell volumes of the pair; each is the volume of a cell of R times the volume of a cell of R'.
    likelihood_gradient : array_like, shape (K1, K2, J, d), optional
        d p(r_k, r'_l | x_j) / d x_i.
    geometry : str or Geometry, optional
        As for `EncodingModel`.

    Raises
    ------
    ModelError
        (a ValueError) if an array is not as described above.
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
        geometry: Geometry | str | None = None,
    ) -> None:
        volumes = stimulus_volumes, response_volumes
        joint = checked_joint(stimuli, prior, likelihood, 2, *volumes, likelihood_gradient, geometry)
        self.geometry = geometry_of(geometry, joint[0].shape[1])
        self.stimuli, self.prior, table, self.stimulus_volumes, r_volumes, gradient = joint
        first, second = r_volumes[:, 0], r_volumes[0] / r_volumes[0, 0]
        given = response_volumes is not None
        if given and not np.allclose(r_volumes, np.outer(first, second), rtol=1e-9, atol=0):
            raise ModelError("response_volumes of a pair must be an outer product: a cell of R times a cell of R'")
        self.likelihood = check.frozen(table)
        self.response_volumes = check.frozen(r_volumes)
        self.likelihood_gradient = None if gradient is None else check.frozen(gradient)
        self._volumes = check.frozen(first), check.frozen(second)

    @classmethod
    def independent(cls, first: EncodingModel, second: EncodingModel) -> ResponsePair:
        """Two responses that are independent given the stimulus: p(r, r' | x) = p(r|x) p(r'|x).

        Raises
        ------
        ModelError
            The two models differ in their stimuli, priors or geometry.
        """
        same = np.array_equal(first.stimuli, second.stimuli) and first.geometry == second.geometry
        if not (same and np.allclose(first.prior, second.prior, atol=1e-12)):
            raise ModelError("the two models of a pair must have the same stimuli, geometry and prior")
        table = first.likelihood[:, None] * second.likelihood[None]
        gradient = None
        if first.likelihood_gradient is not None and second.likelihood_gradient is not None:
            gradient = first.likelihood_gradient[:, None] * second.likelihood[None, ..., None]
            gradient = gradient + first.likelihood[:, None, :, None] * second.likelihood_gradient[None]
            gradient = np.where((table > 0)[..., None], gradient, 0.0)  # products may underflow
        return cls(
            first.stimuli,
            first.prior,
            table,
            stimulus_volumes=first.stimulus_volumes,
            response_volumes=np.outer(first.response_volumes, second.response_volumes),
            likelihood_gradient=gradient,
            geometry=first.geometry,
        )

    def _model(self, likelihood: Array, volumes: Array, gradient: Array | None) -> EncodingModel:
        return EncodingModel(
            self.stimuli,
            self.prior,
            likelihood,
            stimulus_volumes=self.stimulus_volumes,
            response_volumes=volumes,
            likelihood_gradient=gradient,
            geometry=self.geometry,
        )

    def _marginal(self, axis: int) -> EncodingModel:
        gradient = self.likelihood_gradient
        slopes = None if gradient is None else gradient.sum(axis=axis)
        return self._model(self.likelihood.sum(axis=axis), self._volumes[1 - axis], slopes)

    @cached_property
    def first(self) -> EncodingModel:
        """The model of R alone."""
        return self._marginal(1)

    @cached_property
    def second(self) -> EncodingModel:
        """The model of R' alone."""
        return self._marginal(0)

    @cached_property
    def both(self) -> EncodingModel:
        """The model of the joint response (R, R'), its K1 K2 values in row order."""
        count, dimensions = self.stimuli.shape
        gradient = self.likelihood_gradient
        return self._model(
            self.likelihood.reshape(-1, count),
            self.response_volumes.reshape(-1),
            None if gradient is None else gradient.reshape(-1, count, dimensions),
        )

    @cached_property
    def swapped(self) -> ResponsePair:
        """The pair with R and R' exchanged."""
        gradient = self.likelihood_gradient
        return self._replace(
            likelihood=self.likelihood.swapaxes(0, 1),
            response_volumes=self.response_volumes.T,
            likelihood_gradient=None if gradient is None else gradient.swapaxes(0, 1),
        )

    def reordered(self, order: Array) -> ResponsePair:
        """The same pair with its stimuli in another order, `order` a permutation of 0 ... J - 1."""
        gradient = self.likelihood_gradient
        return self._replace(
            stimuli=self.stimuli[order],
            prior=self.prior[order],
            likelihood=self.likelihood[..., order],
            stimulus_volumes=self.stimulus_volumes[order],
            likelihood_gradient=None if gradient is None else gradient[..., order, :],
        )

    def _replace(self, **changes: Any) -> ResponsePair:
        return ResponsePair(**({name: getattr(self, name) for name in PARTS if name != "responses"} | changes))

    @cached_property
    def first_given_stimulus(self) -> Array:
        """p(r | x), shape (K1, J); also the rows of responses that have probability 0."""
        return check.frozen(self.likelihood.sum(axis=1))

    def support_given_first(self, k: int) -> Array:
        """Which stimuli the model `given_first(k)` holds, a mask of shape (J,)."""
        joint = self.first_given_stimulus[k] * self.prior
        top = joint.max()
        return np.asarray(joint / top > 0 if top > 0 else np.zeros(len(joint), dtype=bool))

    @cached_property
    def _given(self) -> dict[int, EncodingModel]:
        return {}

    def given_first(self, k: int) -> EncodingModel:
        """The model of R' when R = r_k: prior p(x | r_k), likelihood p(r' | r_k, x).

        Stimuli that cannot have produced r_k are left out; `support_given_first` gives those that remain. Raises
        IndexError for a response that does not exist, `ModelError` for one of probability 0.
        """
        count = len(self.likelihood)
        if not 0 <= k < count:
            raise IndexError(f"response {k} of {count} responses")
        if k not in self._given:
            self._given[k] = self._given_first(k)
        return self._given[k]

    def _given_first(self, k: int) -> EncodingModel:
        support = self.support_given_first(k)
        if not support.any():
            raise ModelError(f"response {k} of R has probability 0; there is no model given it")
        given = self.first_given_stimulus[k, support]
        joint = given * self.prior[support]
        joint = joint / joint.max()
        table = self.likelihood[k][:, support] / given
        gradient = None
        if self.likelihood_gradient is not None:
            slope = self.likelihood_gradient[k][:, support]
            gradient = (slope - table[..., None] * slope.sum(axis=0)) / given[:, None]
        return EncodingModel(
            self.stimuli[support],
            joint / joint.sum(),
            table / table.sum(axis=0),
            stimulus_volumes=self.stimulus_volumes[support],
            response_volumes=self._volumes[1],
            likelihood_gradient=gradient,
            geometry=self.geometry,
        )

    def conditional_information(self) -> float:
        """I(X;R'|R) in nats."""
        return max(0.0, self.both.mutual_information() - self.first.mutual_information())

    def __repr__(self) -> str:
        first, second, count = self.likelihood.shape
        where = f"in R^{self.stimuli.shape[1]}" if self.geometry.vectors else f"({self.geometry})"
        return (
            f"ResponsePair({count} stimuli {where}, {first} x {second} responses, "
            f"I(R;X) = {self.first.mutual_information():.4f}, I(X;R'|R) = {self.conditional_information():.4f} nats)"
        )
