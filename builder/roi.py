"""The region of interest: the model's few pixels are spent on the person.

The person's box (alpha above 0.5) in one frame says where the next frame is looked at. The
browser has the same (`worker/region-of-interest.js`): the same constants, the same order of the
same float64 operations, so both choose the same rectangles.

* **Looks.** The first frame is looked at whole, then again where the person was found: the one
  second inference there ever is. From then on one look a frame: at the region, and at the whole
  frame once ``LOOK_AROUND_S`` has gone by since the last such look (every other frame at the most),
  when the person is lost, and as long as nobody is there.
* **Target.** The box grown by ``GROW`` of its size on each side, at least ``MIN_SIDE`` of the
  frame each way, its aspect within a factor of ``MAX_STRETCH`` of the model's.
* **Hysteresis**, for each edge of the region: one that the box comes closer to than ``NEAR`` of
  its size, or would reach in the next frame by going on as since the last one, jumps to the target
  at once, and as far beyond as the box goes, so that nobody is cut off; one that is further than
  ``SLACK`` from the target eases towards it until it is within ``SETTLED``; others stay.
* **Matte.** A matte covers the region. A look at the region is that matte; a look at the whole
  frame is read at the region's pixels (``view``), after the region has followed what was seen.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Float = NDArray[np.float32]

PERSON = 0.5  # alpha above this is person
MIN_PERSON = 0.0005  # of the look's pixels: fewer are nobody
GROW = 0.12  # of the box's size, on each side: see docs/engine.md
NEAR = 0.05
SLACK = 0.15
SETTLED = 0.02
EASE = 0.3  # of the way to the target in each frame
MIN_SIDE = 0.25  # of the frame: a false find must not fill the model's whole view
MAX_STRETCH = 2.0
WHOLE_SHARE = 0.85  # a region of this much of the frame's area is the whole frame
STEP = 16  # pixels: the grid of regions; weights of shared factors are what the browser sums fast
STEPS = 80  # at least, along the longer side: the grid of a small frame is finer
LOOK_AROUND_S = 0.4  # who walks in is seen within half a second, at 10 frames a second or more


@dataclass(frozen=True)
class Rect:
    """Whole pixels of a frame."""

    x: int
    y: int
    width: int
    height: int

    def of(self, rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Cut the rectangle out of a picture ``[H, W, 3]``."""
        return rgb[self.y : self.y + self.height, self.x : self.x + self.width]


@dataclass(frozen=True)
class Look:
    """What of a frame the model sees."""

    rect: Rect
    is_whole: bool


class _Edges:
    """One axis of the region; lengths in pixels of the frame."""

    def __init__(self, low: float, high: float) -> None:
        self.low = low
        self.high = high
        self._low_moves = self._high_moves = False
        self._box: tuple[float, float] | None = None

    def follow(self, box: tuple[float, float], target: tuple[float, float], frame: float) -> None:
        size = box[1] - box[0]
        before = self._box or box
        self._box = box
        room = NEAR * size
        outwards = max(0.0, before[0] - box[0]), max(0.0, box[1] - before[1])
        if max(0.0, box[0] - max(room, outwards[0])) < self.low:
            next_low = max(0.0, box[0] - outwards[0] - room)
            self.low, self._low_moves = min(self.low, target[0], next_low), False
        else:
            self.low, self._low_moves = _eased(self.low, target[0], size, self._low_moves)
        if min(frame, box[1] + max(room, outwards[1])) > self.high:
            next_high = min(frame, box[1] + outwards[1] + room)
            self.high, self._high_moves = max(self.high, target[1], next_high), False
        else:
            self.high, self._high_moves = _eased(self.high, target[1], size, self._high_moves)


def _eased(edge: float, target: float, size: float, moves: bool) -> tuple[float, bool]:
    gap = abs(target - edge)
    if gap <= (SETTLED if moves else SLACK) * size:
        return edge, False
    return edge + EASE * (target - edge), True


class RegionOfInterest:
    """Chooses where to look, frame by frame; one for each source.

    For each frame: ``look``, run the model on it, ``learn``; when that gives another look, run and
    ``learn`` again. Then ``matte_rect`` is what the matte covers.
    """

    def __init__(self, model_width: int, model_height: int) -> None:
        self._aspect = model_width / model_height
        self.reset()

    def reset(self) -> None:
        """Forget the person: the source changed."""
        self._size = 0, 0
        self._axes: tuple[_Edges, _Edges] | None = None
        self._looked_around_s = 0.0
        self._has_looked_around = False
        self._must_look_around = True
        self._is_first = True

    def look(self, width: int, height: int, time_s: float) -> Look:
        """Say what of a frame of ``width × height`` pixels to look at.

        ``time_s`` is the frame's own time; one that goes back means a cut.
        """
        if (width, height) != self._size:
            self.reset()
            self._size = width, height
        since = time_s - self._looked_around_s
        is_due = since >= LOOK_AROUND_S and not self._has_looked_around
        rect = self._rect()
        whole = Rect(0, 0, width, height)
        is_whole = self._must_look_around or is_due or since < 0 or rect == whole
        if is_whole:
            self._looked_around_s = time_s
            self._must_look_around = False
        self._has_looked_around = is_whole
        return Look(whole if is_whole else rect, is_whole)

    def learn(self, alpha: Float, look: Look) -> Look | None:
        """Follow the person; the second look at the same frame, where one is due.

        Args:
            alpha: what the model answered, ``[h, w]`` 0..1.
            look: what it saw.
        """
        is_first, self._is_first = self._is_first, False
        box = person_box(alpha, look.rect)
        if box is None:
            self._must_look_around = True
            if look.is_whole:
                self._axes = None
            return None
        width, height = self._size
        target = _target(box, width, height, self._aspect)
        if self._axes is None:
            self._axes = _Edges(*target[0]), _Edges(*target[1])
        self._axes[0].follow(box[0], target[0], width)
        self._axes[1].follow(box[1], target[1], height)
        rect = self._rect()
        return Look(rect, False) if is_first and rect != Rect(0, 0, width, height) else None

    def matte_rect(self, look: Look) -> Rect:
        """What the matte covers after ``look`` has been learnt from."""
        return self._rect() if look.is_whole else look.rect

    def _rect(self) -> Rect:
        """The region on the grid."""
        width, height = self._size
        if self._axes is None:
            return Rect(0, 0, width, height)
        step = grid_step(width, height)
        x, y = (math.floor(axis.low / step) * step for axis in self._axes)
        right, bottom = (math.ceil(axis.high / step) * step for axis in self._axes)
        right, bottom = min(width, right), min(height, bottom)
        if (right - x) * (bottom - y) >= WHOLE_SHARE * (width * height):
            return Rect(0, 0, width, height)
        return Rect(x, y, right - x, bottom - y)


def grid_step(width: int, height: int) -> int:
    """Pixels between the lines of the grid of regions: the largest power of two that fits."""
    step = STEP
    while step > 1 and step * STEPS > max(width, height):
        step //= 2
    return step


Box = tuple[tuple[float, float], tuple[float, float]]  # (left, right), (top, bottom)


def person_box(alpha: Float, rect: Rect) -> Box | None:
    """Bound the person in pixels of the frame; ``rect`` is what ``alpha`` ``[h, w]`` covers."""
    person = alpha > PERSON
    if np.count_nonzero(person) < max(1.0, MIN_PERSON * person.size):
        return None
    columns = np.flatnonzero(person.any(axis=0))
    rows = np.flatnonzero(person.any(axis=1))
    height, width = alpha.shape
    return (
        (_across(rect.x, rect.width, int(columns[0]), width),
         _across(rect.x, rect.width, int(columns[-1]) + 1, width)),
        (_across(rect.y, rect.height, int(rows[0]), height),
         _across(rect.y, rect.height, int(rows[-1]) + 1, height)),
    )  # fmt: skip


def _across(start: int, length: int, index: int, count: int) -> float:
    return start + index * length / count


def _target(box: Box, width: int, height: int, aspect: float) -> Box:
    x, y = _grown(box[0], width), _grown(box[1], height)
    across = x[1] - x[0], y[1] - y[0]
    least = (
        max(MIN_SIDE * width, across[1] * (aspect / MAX_STRETCH)),
        max(MIN_SIDE * height, across[0] / (aspect * MAX_STRETCH)),
    )
    return _widened(x, least[0], width), _widened(y, least[1], height)


def _grown(span: tuple[float, float], frame: float) -> tuple[float, float]:
    margin = GROW * (span[1] - span[0])
    return max(0.0, span[0] - margin), min(frame, span[1] + margin)


def _widened(span: tuple[float, float], least: float, frame: float) -> tuple[float, float]:
    """Widen about the centre to ``least``, moved into the frame where it sticks out."""
    if span[1] - span[0] >= least:
        return span
    size = min(least, frame)
    low = min(max(0.0, (span[0] + span[1]) / 2 - size / 2), frame - size)
    return low, low + size


def view(alpha: Float, seen: Rect, wanted: Rect) -> Float:
    """Read an alpha that covers ``seen`` at the pixels of one of the same size on ``wanted``.

    Bilinear between pixel centres, edges clamped; 0 outside ``seen``, where nobody was.
    """
    if seen == wanted:
        return alpha
    height, width = alpha.shape
    rows = _axis_weights(height, seen.y, seen.height, wanted.y, wanted.height)
    columns = _axis_weights(width, seen.x, seen.width, wanted.x, wanted.width)
    return np.asarray(_mixed(_mixed(alpha, *rows).T, *columns).T, np.float32, order="C")


def _axis_weights(
    count: int, seen: int, seen_length: int, wanted: int, wanted_length: int
) -> tuple[NDArray[np.intp], NDArray[np.float64], NDArray[np.float64]]:
    """Lower neighbour and both weights of each pixel; both are 0 outside."""
    place = wanted + (np.arange(count) + 0.5) * wanted_length / count
    at = (place - seen) * count / seen_length - 0.5
    is_inside = (place >= seen) & (place <= seen + seen_length)
    at = np.clip(at, 0, count - 1)
    low = np.minimum(at.astype(np.intp), max(0, count - 2))
    part = at - low
    return low, np.where(is_inside, 1 - part, 0.0), np.where(is_inside, part, 0.0)


def _mixed(
    values: NDArray[np.floating],
    low: NDArray[np.intp],
    here: NDArray[np.float64],
    next_: NDArray[np.float64],
) -> NDArray[np.float64]:
    high = np.minimum(low + 1, len(values) - 1)
    return np.asarray(values[low] * here[:, None] + values[high] * next_[:, None])
