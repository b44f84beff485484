"""How close an alpha is to a mask.

Every metric of one picture has the same shape, ``metric(alpha, mask, threshold) → float``, and is
listed in ``METRICS``; both arrays are float32 ``[H, W]`` 0..1 of the same size, 1 is person.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from builder.evaluate.components import components
from builder.evaluate.matting import (
    connectivity_error,
    gradient_error,
    mad,
    mse,
    sad,
)

Float = NDArray[np.float32]
Bool = NDArray[np.bool_]
Metric = Callable[[Float, Float, float], float]

MASK_THRESHOLD = 0.5  # a soft mask's pixel is person from here on
# Half the width of the boundary band, of the longer side, and its least value in pixels: a mask
# that was anti-aliased or scaled is unsure of its edge by about a pixel on each side.
BAND = 0.006
BAND_MIN_PX = 2.0
BOUNDARY_TOLERANCE = 0.008  # of the picture's diagonal
SPECK = 1e-4  # of the picture's pixels


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


def pixel_accuracy(alpha: Float, mask: Float, threshold: float = 0.5) -> float:
    """Share of the pixels that are of the right class, 0..1."""
    found = confusion(alpha, mask, threshold)
    return (found.person + found.background) / alpha.size


def precision(alpha: Float, mask: Float, threshold: float = 0.5) -> float:
    """Share of what is said to be person that is (van Rijsbergen 1979); 1 if nothing is said."""
    found = confusion(alpha, mask, threshold)
    said = found.person + found.false_person
    return found.person / said if said else 1.0


def recall(alpha: Float, mask: Float, threshold: float = 0.5) -> float:
    """Share of the person that is said to be (van Rijsbergen 1979); 1 if nobody is there."""
    found = confusion(alpha, mask, threshold)
    there = found.person + found.false_background
    return found.person / there if there else 1.0


def dice(alpha: Float, mask: Float, threshold: float = 0.5) -> float:
    """``2 |A ∩ B| / (|A| + |B|)`` of the person (Dice 1945); the harmonic mean of the two above."""
    found = confusion(alpha, mask, threshold)
    both = 2 * found.person + found.false_person + found.false_background
    return 2 * found.person / both if both else 1.0


def boundary_f(alpha: Float, mask: Float, threshold: float = 0.5) -> float:
    """F measure of the outline, 0..1, at a tolerance of 0.8 % of the picture's diagonal.

    Precision is the share of the answer's outline that lies within the tolerance of the mask's,
    recall the other way round (Martin et al. 2004; the tolerance is that of Perazzi et al., "A
    Benchmark Dataset and Evaluation Methodology for Video Object Segmentation", CVPR 2016). An
    outline is the person's pixels with a neighbour of four that is background. 1 where neither
    has an outline, 0 where one has.
    """
    said, true = _outline(alpha >= threshold), _outline(mask >= MASK_THRESHOLD)
    if not said.any() or not true.any():
        return float(not said.any() and not true.any())
    radius = math.ceil(BOUNDARY_TOLERANCE * math.hypot(*mask.shape))
    precise = float(_near(true, radius)[said].mean())
    recalled = float(_near(said, radius)[true].mean())
    both = precise + recalled
    return 2 * precise * recalled / both if both else 0.0


def _outline(person: Bool) -> Bool:
    inner = np.pad(person, 1, mode="edge")
    inside = inner[:-2, 1:-1] & inner[2:, 1:-1] & inner[1:-1, :-2] & inner[1:-1, 2:]
    return np.asarray(person & ~inside)


def disconnected(alpha: Float, mask: Float, threshold: float = 0.5) -> float:
    """Number of components (8 neighbours) of the answer's person that should not be by themselves.

    Those that lie on no person of the mask, and of those that lie on one component of the mask all
    but one; smaller ones than 0.01 % of the picture are left out. (This project's own measure.)
    """
    found = components(alpha >= threshold)
    true = components(mask >= MASK_THRESHOLD)
    places = true.numbers()
    large = np.flatnonzero(found.sizes >= max(2, SPECK * mask.size))
    numbers = found.numbers()
    on_person = (numbers > 0) & (places > 0)
    # The component of the mask that each of the answer's lies on most.
    pairs, counts = np.unique(
        np.stack([numbers[on_person], places[on_person]]), axis=1, return_counts=True
    )
    home = {}
    for index in np.argsort(counts, kind="stable"):
        home[int(pairs[0, index])] = int(pairs[1, index])
    homes = [home.get(int(label) + 1) for label in large]
    settled = {place for place in homes if place is not None}
    return float(len(homes) - len(settled))


METRICS: dict[str, Metric] = {
    "iouPerson": iou_person,
    "iouBackground": iou_background,
    "pixelAccuracy": pixel_accuracy,
    "precision": precision,
    "recall": recall,
    "dice": dice,
    "boundaryError": boundary_error,
    "boundaryF": boundary_f,
    "mad": mad,
    "mse": mse,
    "sad": sad,
    "gradient": gradient_error,
    "connectivity": connectivity_error,
    "disconnected": disconnected,
}
