"""How close an alpha is to a mask.

Every metric of one picture has the same shape, ``metric(alpha, mask, threshold) → float``, and is
listed in ``METRICS``; both arrays are float32 ``[H, W]`` 0..1 of the same size, 1 is person.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Float = NDArray[np.float32]
Bool = NDArray[np.bool_]
Metric = Callable[[Float, Float, float], float]

MASK_THRESHOLD = 0.5  # a soft mask's pixel is person from here on
# Half the width of the boundary band, of the longer side, and its least value in pixels: a mask
# that was anti-aliased or scaled is unsure of its edge by about a pixel on each side.
BAND = 0.006
BAND_MIN_PX = 2.0


@dataclass(frozen=True)
class Confusion:
    """Pixels by what the mask says and what the alpha says; ``+`` pools two pictures.

    The intersection over union of a class (the Jaccard index) and its mean over the classes, mIoU,
    are those of Everingham et al., "The Pascal Visual Object Classes Challenge: A Retrospective",
    IJCV 2015: over a set, pixels are pooled before the division. A class that is in neither
    the mask nor the alpha has IoU 1.
    """

    person: int
    false_person: int
    false_background: int
    background: int

    def __add__(self, other: "Confusion") -> "Confusion":
        return Confusion(
            self.person + other.person,
            self.false_person + other.false_person,
            self.false_background + other.false_background,
            self.background + other.background,
        )

    @property
    def iou_person(self) -> float:
        """Intersection over union of "person", 0..1."""
        return self._iou(self.person)

    @property
    def iou_background(self) -> float:
        """Intersection over union of "background", 0..1."""
        return self._iou(self.background)

    @property
    def miou(self) -> float:
        """Mean of the two, 0..1."""
        return (self.iou_person + self.iou_background) / 2

    def _iou(self, right: int) -> float:
        union = right + self.false_person + self.false_background
        return right / union if union else 1.0


def confusion(alpha: Float, mask: Float, threshold: float = 0.5) -> Confusion:
    """Count pixels; person is ``alpha ≥ threshold`` and ``mask ≥ 0.5``."""
    said, true = alpha >= threshold, mask >= MASK_THRESHOLD
    both = int(np.count_nonzero(said & true))
    n_said, n_true = int(np.count_nonzero(said)), int(np.count_nonzero(true))
    return Confusion(both, n_said - both, n_true - both, alpha.size - n_said - n_true + both)


def iou_person(alpha: Float, mask: Float, threshold: float = 0.5) -> float:
    """Intersection over union of "person"; see ``Confusion``."""
    return confusion(alpha, mask, threshold).iou_person


def iou_background(alpha: Float, mask: Float, threshold: float = 0.5) -> float:
    """Intersection over union of "background"; see ``Confusion``."""
    return confusion(alpha, mask, threshold).iou_background


def miou(alpha: Float, mask: Float, threshold: float = 0.5) -> float:
    """Mean of the two classes' intersection over union; see ``Confusion``."""
    return confusion(alpha, mask, threshold).miou


def boundary_error(alpha: Float, mask: Float, threshold: float = 0.5) -> float:  # noqa: ARG001
    """Mean ``|alpha − mask|`` in a band along the mask's edge, the mask as 0 or 1.

    The band holds the pixels whose nearest pixel of the other class is at most
    ``max(2 px, 0.6 % of the longer side)`` away, between centres, so it is about 1.2 % of the
    longer side wide. ``nan`` where the mask has no edge; the threshold plays no part. (This
    project's own measure; the band is the trimap of Kohli et al., "Robust higher order potentials
    for enforcing label consistency", IJCV 2009.)
    """
    person = mask >= MASK_THRESHOLD
    band = boundary_band(person, max(BAND_MIN_PX, BAND * max(mask.shape)))
    if not band.any():
        return float("nan")
    return float(np.abs(alpha[band] - person[band]).mean(dtype=np.float64))


def boundary_band(person: Bool, radius: float) -> Bool:
    """Pixels within ``radius`` of a pixel of the other class, Euclidean, between centres."""
    return _near(person, radius) & _near(~person, radius)


def _near(target: Bool, radius: float) -> Bool:
    """Pixels within ``radius`` of a true one: an exact disc dilation.

    The squared Euclidean distance is separable into a minimum along one axis, then along the
    other (Felzenszwalb and Huttenlocher, "Distance transforms of sampled functions", 2012; here
    cut off at the radius).
    """
    reach = int(radius)
    far = np.int32((reach + 1) ** 2)
    rows = _spread(np.where(target, np.int32(0), far), reach)
    squared = _spread(rows.T, reach).T
    return np.asarray(squared <= radius * radius)


def _spread(squared: NDArray[np.int32], reach: int) -> NDArray[np.int32]:
    """``min over |s| ≤ reach`` of ``squared[i + s] + s²`` along the first axis."""
    nearest = squared.copy()
    for step in range(1, min(reach, len(squared) - 1) + 1):
        moved = squared + np.int32(step * step)
        np.minimum(nearest[step:], moved[:-step], out=nearest[step:])
        np.minimum(nearest[:-step], moved[step:], out=nearest[:-step])
    return nearest


METRICS: dict[str, Metric] = {
    "iouPerson": iou_person,
    "iouBackground": iou_background,
    "boundaryError": boundary_error,
}
