"""Measures consecutive frames: each picture as ever, and what flickers between two of them."""

import math
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from builder.effects import shape_alpha
from builder.errors import EvaluateError, MediaError
from builder.evaluate import flicker
from builder.evaluate.folders import (
    Evaluation,
    Figures,
    Progress,
    figures_of,
    pair_by_stem,
    read_pair,
)
from builder.looks import Looks, ramp_with
from builder.predict import Segmenter
from builder.tracker import Tracker

Float = NDArray[np.float32]


@dataclass(frozen=True)
class Sequence:
    """``still`` are the frames' own figures; ``flicker`` and ``dt_ssd`` means over the steps."""

    still: Evaluation
    flicker: float
    dt_ssd: float
    steps: int

    def to_json(self) -> dict[str, Any]:
        """Give everything as JSON values: ``null`` stands for nan."""
        moving = {"flicker": self.flicker, "dtSsd": self.dt_ssd}
        known = {name: None if math.isnan(v) else v for name, v in moving.items()}
        return {"steps": self.steps, **known, **self.still.to_json()}


def evaluate_frames(
    segmenter: Segmenter,
    images_dir: Path,
    masks_dir: Path,
    *,
    fps: float = 30.0,
    threshold: float = 0.5,
    ramp: tuple[float, float] | None = None,
    looks: Looks = Looks(),  # noqa: B008 -- frozen
    progress: Progress | None = None,
) -> Sequence:
    """Compare the alpha of a clip's frames, numbered or in their names' order, with masks.

    Region, steadiness and islands work from frame to frame, as on a video. A frame that cannot be
    read, or of another size than the one before, breaks the sequence there.

    Args:
        segmenter, images_dir, masks_dir, threshold, ramp, progress: as `evaluate_folders` has them.
        fps: frames a second, for the blend over time.
        looks: how the frames are matted.

    Raises:
        EvaluateError: a folder is missing, or fewer than two consecutive frames can be used.
    """
    pairs, unpaired = pair_by_stem(images_dir, masks_dir)
    measured = partial(figures_of, threshold=threshold, ramp=ramp_with(ramp, looks))
    tracker = Tracker.with_looks(segmenter, looks)
    figures: list[Figures] = []
    unreadable: list[str] = []
    steps: list[tuple[float, float]] = []
    last: tuple[Float, Float] | None = None
    for number, pair in enumerate(pairs):
        try:
            rgb, mask = read_pair(*pair)
        except MediaError as error:
            unreadable.append(str(error))
            last = None
        else:
            alpha = tracker.alpha(rgb, number / fps)
            figures.append(measured(pair[0].name, alpha, mask))
            shown = shape_alpha(alpha, threshold, ramp) if ramp else alpha
            if last and last[0].shape == shown.shape:
                steps.append(_step(last, (shown, mask)))
            last = shown, mask
        if progress:
            progress(number + 1, len(pairs))
    if not steps:
        raise EvaluateError(
            f"{images_dir}: no two consecutive frames of one size can be used; flicker needs them"
        )
    moving = [value for value, _ in steps if not math.isnan(value)]
    still = Evaluation(tuple(figures), tuple(unreadable), unpaired)
    mean = sum(moving) / len(moving) if moving else math.nan
    return Sequence(still, mean, sum(value for _, value in steps) / len(steps), len(steps))


def _step(before: tuple[Float, Float], now: tuple[Float, Float]) -> tuple[float, float]:
    frames = before[0], now[0], before[1], now[1]
    return flicker.flicker(*frames), flicker.dt_ssd(*frames)
