"""A source's frames → mattes: what the browser's frame loop does between sampling and drawing."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from builder import shape
from builder.looks import DEFAULT_LOOKS, Looks
from builder.resample import resize
from builder.roi import Look, Rect, RegionOfInterest, view
from builder.temporal import TemporalFilter

Float = NDArray[np.float32]


class ModelAlpha(Protocol):
    """The part of ``predict.Segmenter`` that is needed here."""

    height: int
    width: int

    def model_alpha(self, rgb: NDArray[np.uint8]) -> Float:
        """Picture ``[H, W, 3]`` → alpha ``[height, width]``."""
        ...


@dataclass(frozen=True)
class Matte:
    """An alpha ``[h, w]`` 0..1 and what it covers of its frame; outside nobody is."""

    alpha: Float
    rect: Rect

    def full(self, height: int, width: int) -> Float:
        """Enlarge it bilinearly and put it back into its frame: ``[height, width]``."""
        rect = self.rect
        enlarged = resize(self.alpha, rect.height, rect.width)
        if enlarged.shape == (height, width):
            return enlarged
        whole = np.zeros((height, width), np.float32)
        whole[rect.y : rect.y + rect.height, rect.x : rect.x + rect.width] = enlarged
        return whole


class Tracker:
    """Mattes the frames of one source, in their order.

    Args:
        segmenter: the model.
        roi: look at the person's region, see ``roi``; without, at whole frames.
        steadiness: how much to blend over time, 0..1, see ``temporal``.
        flow: move what is blended as the picture has, see ``temporal``.
        stages: then work on the matte's own pixels, ``[h, w]``, one after the other; see ``shape``.
    """

    def __init__(
        self,
        segmenter: ModelAlpha,
        *,
        roi: bool = True,
        steadiness: float = 1.0,
        flow: bool = False,
        stages: Sequence[Callable[[Float], Float]] = (),
    ) -> None:
        self.looks = DEFAULT_LOOKS
        self._stages = stages
        self._segmenter = segmenter
        self._region = RegionOfInterest(segmenter.width, segmenter.height) if roi else None
        self._filter = TemporalFilter(steadiness, flow=flow) if steadiness > 0 else None
        self._size = 0, 0

    @classmethod
    def with_looks(cls, segmenter: ModelAlpha, looks: Looks) -> "Tracker":
        """Matte as ``looks`` have it: region, steadiness, flow, islands; it carries the rest."""
        stages = shape.island_stages(looks.islands)
        tracker = cls(
            segmenter,
            roi=looks.region,
            steadiness=looks.steadiness,
            flow=looks.flow,
            stages=stages,
        )
        tracker.looks = looks
        return tracker

    def matte(self, rgb: NDArray[np.uint8], time_s: float = 0.0) -> Matte:
        """Matte the next frame, ``[H, W, 3]``; ``time_s`` is its own time."""
        if rgb.shape[:2] != self._size:
            self._size = rgb.shape[0], rgb.shape[1]
            if self._filter:
                self._filter.reset()
        look, alpha = self._look(rgb, time_s)
        rect = self._region.matte_rect(look) if self._region else look.rect
        alpha = view(alpha, look.rect, rect)
        if self._filter:
            picture = self._picture(rect.of(rgb)) if self._filter.needs_picture else None
            is_coarse = look.rect != rect
            alpha = self._filter.apply(alpha, rect, time_s, is_coarse=is_coarse, picture=picture)
        for stage in self._stages:
            alpha = stage(alpha)
        return Matte(alpha, rect)

    def alpha(self, rgb: NDArray[np.uint8], time_s: float = 0.0) -> Float:
        """Matte the next frame at its own size, ``[H, W]``."""
        return self.matte(rgb, time_s).full(*rgb.shape[:2])

    def _picture(self, rgb: NDArray[np.uint8]) -> Float:
        small = resize(rgb, self._segmenter.height, self._segmenter.width) / np.float32(255)
        return np.asarray(small.transpose(2, 0, 1), np.float32)

    def _look(self, rgb: NDArray[np.uint8], time_s: float) -> tuple[Look, Float]:
        height, width = rgb.shape[:2]
        if self._region is None:
            return Look(Rect(0, 0, width, height), True), self._segmenter.model_alpha(rgb)
        look = self._region.look(width, height, time_s)
        alpha = self._segmenter.model_alpha(look.rect.of(rgb))
        again = self._region.learn(alpha, look)
        if again is None:
            return look, alpha
        alpha = self._segmenter.model_alpha(again.rect.of(rgb))
        self._region.learn(alpha, again)
        return again, alpha
