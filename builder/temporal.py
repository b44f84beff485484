"""The blend over time: still edges stop flickering, moving ones do not lag.

Per pixel, with ``d = |current − previous|`` and a smoothstep ``s`` from ``noise`` to ``motion``::

    weight = still + (1 − still) · s(d)
    result = previous + weight · (current − previous)

``previous`` is the last result. Small disagreement is the network's answer to camera noise and is
averaged away; large disagreement is motion, and there the current alpha is taken as it is. A matte
that was read from a look at the whole frame is coarser than the ones around it, so that its edges
disagree without moving: more disagreement counts as noise then (``COARSE``).

``still`` is for frames that are 1/30 s apart; over a longer time ``n/30`` s it is
``1 − (1 − still)^n``, so that the blend reaches back equally far in time and does not lag where
frames come seldom. The filter's ``steadiness`` s then brings it up to 1, no blend at all:
``still + (1 − s) · (1 − still)``.

With ``flow``, ``previous`` is first moved as the picture has since then (``motion``), so that an
edge that moves meets itself there and is averaged too. The two pictures have to show the same part
of the frame and to have enough in common; otherwise ``previous`` stays where it was.

The browser has the same (`worker/temporal-filter.js`). (This project's own; a recursive filter that
steps aside where frames disagree is as old as Dubois and Sabri, "Noise reduction in image sequences
using motion-compensated temporal filtering", IEEE Trans. Communications 1984.)
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from builder.motion import estimate, half_luma, move
from builder.roi import Rect, view

Float = NDArray[np.float32]


@dataclass(frozen=True)
class Weights:
    """How much of the current alpha counts."""

    still: float  # where both agree
    noise: float  # disagreement up to here is noise
    motion: float  # from here on it is motion


FINE = Weights(still=0.25, noise=0.1, motion=0.3)  # still: about the mean of the last 7 frames
COARSE = Weights(still=0.1, noise=0.4, motion=0.7)
RATE = 30  # frames a second that `still` is for
CUT = 0.2  # mean disagreement over a matte from which on it is another scene
GAP_S = 0.5  # frames further apart than this have nothing to do with each other


def blend(previous: Float, current: Float, weights: Weights = FINE) -> Float:
    """Blend two alphas of the same shape, 0..1; see the module's text."""
    change = current - previous
    still, noise, motion = weights.still, weights.noise, weights.motion
    t = np.clip((np.abs(change) - np.float32(noise)) / np.float32(motion - noise), 0, 1)
    weight = np.float32(still) + np.float32(1 - still) * (t * t * (3 - 2 * t))
    return np.asarray(previous + weight * change, np.float32)


def steadied(weights: Weights, steadiness: float, since_s: float) -> Weights:
    """Weigh by the time between the two frames, and by how much of the blend is wanted."""
    now = 1 - (1 - weights.still) ** max(1.0, since_s * RATE)
    return replace(weights, still=now + (1 - steadiness) * (1 - now))


class TemporalFilter:
    """Blends the mattes of one source, whatever rectangles of its frames they cover.

    ``steadiness``: 0..1, how much of the blend there is. ``flow``: move what was before as the
    picture has.
    """

    def __init__(self, steadiness: float = 1.0, *, flow: bool = False) -> None:
        self._steadiness = steadiness
        self.needs_picture = flow and steadiness > 0
        self.reset()

    def reset(self) -> None:
        """Forget the frames before: the source changed."""
        self._previous: Float | None = None
        self._luma: Float | None = None
        self._rect = Rect(0, 0, 0, 0)
        self._time_s = 0.0

    def apply(
        self,
        alpha: Float,
        rect: Rect,
        time_s: float,
        *,
        is_coarse: bool = False,
        picture: Float | None = None,
    ) -> Float:
        """Blend a matte ``[h, w]`` that covers ``rect`` into those before it.

        A cut, a gap in time or a time that goes back starts anew. ``reset`` when the frame's size
        changes: ``rect`` means something else then.

        Args:
            alpha, rect, time_s: the matte, what of the frame it covers, and when that was.
            is_coarse: it was read from a look at more than ``rect``.
            picture: RGB ``[3, h, w]`` 0..1 of ``rect``; used with ``needs_picture`` only.
        """
        result = alpha
        since_s = time_s - self._time_s
        luma = half_luma(picture) if self.needs_picture and picture is not None else None
        if self._previous is not None and self._steadiness > 0 and 0 <= since_s <= GAP_S:
            previous = self._moved(view(self._previous, self._rect, rect), rect, luma)
            if float(np.abs(alpha - previous).mean(dtype=np.float64)) <= CUT:
                weights = COARSE if is_coarse else FINE
                result = blend(previous, alpha, steadied(weights, self._steadiness, since_s))
        self._previous, self._luma, self._rect, self._time_s = result, luma, rect, time_s
        return result

    def _moved(self, previous: Float, rect: Rect, luma: Float | None) -> Float:
        if luma is None or self._luma is None or rect != self._rect:
            return previous
        motion = estimate(self._luma, luma)
        return previous if motion.is_cut else move(previous, motion)
