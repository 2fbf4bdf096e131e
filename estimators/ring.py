"""The same integrals on a circle, where the noise is the heat kernel of the circle, a wrapped Gaussian.

X_g = X + sqrt(g) Z modulo the period has the density p_g(y) = sum_j p(x_j) K_g(y - x_j), with K_g the Gaussian of
variance g summed over all turns. It obeys the heat equation d p_g / dg = p_g'' / 2, and so does p_g(y|r). What the line
has as a shift of the posterior mean is here the shift over all turns of the stimulus, E[x + n P - y | y] = g (log
p_g)'(y), so that gain / g is the score of the response, d/dy log p(r|y). The measures are those of the line with these
gains: relatives of I_local and of Kong's two.

They are complete. I(R;X_g) = H(X_g) - H(X_g|R), and by the heat equation dH(X_g)/dg = 1/2 E (log p_g)'^2 (on a circle
nothing is lost at the ends), so dI(R;X_g)/dg = -1/2 E_y E_{r|y} (d/dy log p(r|y))^2 = -1/2 E[gain^2] / g^2. I(R;X_g) is
I(R;X) at g = 0; as g grows both densities become uniform, and it falls to 0. Hence ``int dg / (2 g^2) E[gain^2] =
I(R;X)``, whether r is drawn given y (I_local) or given x (Kong's second): (X_g, R) has one joint law. At fixed x,
KL(K_g(. - x) || p_g) falls from -log p(x) to 0 at the rate 1/2 E (log K_g / p_g)'^2; with p_g(.|r) in place of p_g it
falls from -log p(x|r). The difference is Kong's first: on the circle, too, it is I_surp exactly.

Only the period sets the scale: neither the unit, nor where the circle is cut, nor the order of stimuli matters.
"""

from __future__ import annotations

import math

import numpy as np

from ..models.arrays import Array
from ..models.geometry import Geometry
from .layouts import NodeLayout
from .resolution import Resolution

#: At high levels the integrand falls as exp(-(2 pi)^2 g), g in squared periods; it is followed down to exp(-decay) and
#: this many powers of e further.
_BEYOND = 8


class RingLayout(NodeLayout):
    """Nodes around a circle of period 1; stimuli and prior as for the line.

    The spacing is read from the line on which the circle unrolls, from its most probable stimulus to the same a turn
    later.
    """

    power_series, closed = False, True

    def __init__(self, phases: Array, prior: Array, likelihood: Array, resolution: Resolution) -> None:
        first = int(prior.argmax())
        once = np.append(np.arange(len(prior)), first)
        line = np.append(phases, 1.0)[:, None]
        super().__init__(line, prior[once], likelihood[:, once], resolution)
        self.phases, self.joint, self.prior = phases, self.joint[:-1], self.prior[:-1]
        self.likelihood = likelihood
        # How far from a node stimuli may matter, in units of sqrt(g).
        self.window = math.sqrt(self.resolution.tail**2 + 2 * (self.resolution.decay + self.spread))

    def limits(self) -> tuple[float, float]:
        return math.log(self._lowest_level()), math.log((self.resolution.decay + _BEYOND) / (2 * math.pi) ** 2)

    def levels(self) -> tuple[Array, Array]:
        low, high = self.limits()
        step = self.resolution.step
        g = np.exp(high - step * np.arange(math.ceil((high - low) / step) + 1))
        return g, step / (2 * g)

    def along(self) -> tuple[Array, Array]:
        """The circle unrolled, as far as stimuli matter to nodes on [0, 1), or at low levels on [0, 2.5]."""
        reach = math.ceil(self.window * math.exp(self.limits()[1] / 2))
        order = np.argsort(self.phases)
        turns = np.arange(-reach, max(reach, 3) + 1)
        return (turns[:, None] + self.phases[order]).ravel(), np.tile(order, len(turns))


def ring_of(stimuli: Array, prior: Array, likelihood: Array, resolution: Resolution, geometry: Geometry) -> RingLayout:
    """The layout for stimuli (J, 1) on a circle."""
    assert geometry.period is not None
    angles = stimuli[:, 0] / geometry.period
    return RingLayout(np.mod(angles - angles[prior.argmax()], 1.0), prior, likelihood, resolution)
