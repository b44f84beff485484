"""How the matte is made and drawn, whatever the effect.

The browser has the same (`shared/looks.js`): the same names but for their spelling, the same
defaults, the same numbers. At the defaults nothing is changed.

* ``shrink`` and ``softness`` change the ramp of the edge (``effects``), which works on the enlarged
  alpha: ``shrink`` moves its centre up by ``SHRINK_REACH · shrink``, ``softness`` widens it about
  its centre by a factor from 1/4 to 4. A model without a ramp counts as one with a ramp from 0 to 1
  as soon as either is set.
* ``brightness`` is a gamma curve of the person, ``255 · (rgb / 255) ^ (2 ^ −brightness)``: black
  and white stay.
* ``spill``: how much of the old background's colour is taken out of the edge, see ``spill``.
* ``light_wrap``: the light of a replaced background laps over the person's edge, see ``effects``.
* ``steadiness`` is how much of the blend over time there is (``temporal``), with ``flow`` what is
  blended is moved first, as the picture has; ``islands`` removes
  what hangs together with no sure person, with ``"largest"`` all but the largest person too
  (``shape``), ``region`` looks closer at the person (``roi``).
"""

from dataclasses import dataclass
from typing import Literal

from builder.errors import MediaError

Ramp = tuple[float, float]

RANGES = {
    "shrink": (-1.0, 1.0),
    "softness": (0.0, 1.0),
    "spill": (0.0, 1.0),
    "light_wrap": (0.0, 1.0),
    "brightness": (-1.0, 1.0),
    "steadiness": (0.0, 1.0),
}
SHRINK_REACH = 0.35  # how far the centre of the ramp moves at full shrink, in alpha
SOFTNESS_FACTOR = 4.0  # how much wider the ramp is at full softness, and narrower at none
MARGIN = 0.02  # the ramp keeps off both ends: an unsure background must not shine through
CENTRE_MARGIN = 0.1


@dataclass(frozen=True)
class Looks:
    """See the module's text; > 0 of ``shrink`` moves the edge into the person.

    Raises:
        MediaError: a number outside its range in ``RANGES``.
    """

    shrink: float = 0.0
    softness: float = 0.5
    spill: float = 0.0
    light_wrap: float = 0.0
    brightness: float = 0.0
    steadiness: float = 1.0
    islands: bool | Literal["largest"] = False
    region: bool = True
    flow: bool = False

    def __post_init__(self) -> None:
        for field, (low, high) in RANGES.items():
            value = getattr(self, field)
            if not low <= value <= high:
                name = field.replace("_", "-")
                raise MediaError(f"{name} {value}: give a number from {low:g} to {high:g}")

    @property
    def keeps_person(self) -> bool:
        """Whether the person's colours stay what they are."""
        return self.brightness == 0 and self.light_wrap == 0 and self.spill == 0

    @property
    def keeps_edge(self) -> bool:
        """Whether the matte's edge stays the model's own."""
        return self.shrink == 0 and self.softness == 0.5


DEFAULT_LOOKS = Looks()


def ramp_with(ramp: Ramp | None, looks: Looks) -> Ramp | None:
    """Change the model's own ramp (low, high) by shrink and softness."""
    if looks.keeps_edge:
        return ramp
    low, high = ramp or (0.0, 1.0)
    moved = (low + high) / 2 + SHRINK_REACH * looks.shrink
    centre = min(1 - CENTRE_MARGIN, max(CENTRE_MARGIN, moved))
    half = (high - low) / 2 * SOFTNESS_FACTOR ** (2 * looks.softness - 1)
    return max(MARGIN, centre - half), min(1 - MARGIN, centre + half)
