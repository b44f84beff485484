"""Measures the Python reference over folders of pictures and masks, paired by stem."""

import math
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial, reduce
from operator import add
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from builder.effects import shape_alpha
from builder.errors import EvaluateError, MediaError
from builder.evaluate.metrics import METRICS, Confusion, confusion
from builder.files import files_in
from builder.looks import Looks, ramp_with
from builder.media import read_mask, read_picture
from builder.predict import Segmenter
from builder.resample import resize
from builder.tracker import Tracker

# Called with the pairs done and the number in all.
Progress = Callable[[int, int | None], None]


@dataclass(frozen=True)
class Figures:
    """One picture's figures, by the names in ``metrics.METRICS``; nan where one has no meaning."""

    name: str
    width: int
    height: int
    pixels: Confusion
    values: dict[str, float]


@dataclass(frozen=True)
class Evaluation:
    """What was measured, and what could not be.

    ``unreadable`` holds one line per pair that could not be used, with the reason; ``unpaired``
    the files of either folder without a partner, or with more than one of the same stem.
    """

    pictures: tuple[Figures, ...]
    unreadable: tuple[str, ...]
    unpaired: tuple[str, ...]

    @property
    def miou(self) -> float:
        """Mean IoU of person and background over the set: all pixels pooled."""
        return reduce(add, (p.pixels for p in self.pictures)).miou

    def mean(self, metric: str) -> float:
        """Mean of a metric over the pictures for which it has a meaning; nan if over none."""
        values = [p.values[metric] for p in self.pictures if not math.isnan(p.values[metric])]
        return sum(values) / len(values) if values else math.nan

    def to_json(self) -> dict[str, Any]:
        """Give everything as JSON values: ``null`` stands for nan, figures are not rounded."""
        return {
            "pictures": len(self.pictures),
            "miou": self.miou,
            **{name: _number(self.mean(name)) for name in METRICS},
            "unreadable": list(self.unreadable),
            "unpaired": list(self.unpaired),
            "perPicture": [
                {
                    "name": p.name,
                    "width": p.width,
                    "height": p.height,
                    **{name: _number(value) for name, value in p.values.items()},
                }
                for p in self.pictures
            ],
        }


def evaluate_folders(
    segmenter: Segmenter,
    images_dir: Path,
    masks_dir: Path,
    *,
    threshold: float = 0.5,
    ramp: tuple[float, float] | None = None,
    looks: Looks = Looks(region=False),  # noqa: B008 -- frozen
    progress: Progress | None = None,
) -> Evaluation:
    """Compare the model's alpha with a mask for every picture that has one.

    A picture and a mask belong together when their names without the suffix are the same. Hidden
    files are passed over. A mask of another size is brought to the picture's size.

    Args:
        segmenter: the model.
        images_dir: pictures of any usual format.
        masks_dir: masks; ``media.read_mask`` says what counts as person in them.
        threshold: the alpha from which a pixel is person.
        ramp: measure the alpha that ``effects.shape_alpha`` makes of these two; without a ramp,
            the model's own.
        looks: region, as ``roi`` does with the first frame of a source; islands; shrink and
            softness, which need a ramp or give one. None, by default.
        progress: called after each pair.

    Raises:
        EvaluateError: a folder is missing, nothing is paired, or no pair can be read.
    """
    pairs, unpaired = pair_by_stem(images_dir, masks_dir)
    measure = partial(_measure, segmenter, threshold, ramp_with(ramp, looks), looks)
    figures: list[Figures] = []
    unreadable: list[str] = []
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        try:
            for done, result in enumerate(pool.map(measure, pairs), 1):
                if isinstance(result, Figures):
                    figures.append(result)
                else:
                    unreadable.append(result)
                if progress:
                    progress(done, len(pairs))
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    if not figures:
        raise EvaluateError(f"none of the {len(pairs)} pairs can be used; {unreadable[0]}")
    return Evaluation(tuple(figures), tuple(unreadable), unpaired)


def pair_by_stem(
    images_dir: Path, masks_dir: Path
) -> tuple[list[tuple[Path, Path]], tuple[str, ...]]:
    """Pair the files of two folders; ``(pairs, files left over)``, both in the names' order.

    Raises:
        EvaluateError: a folder is missing, or nothing is paired.
    """
    images, masks = _by_stem(images_dir), _by_stem(masks_dir)
    pairs, left = [], []
    for stem in sorted(images.keys() | masks.keys(), key=_natural):
        found = images.get(stem, []), masks.get(stem, [])
        if len(found[0]) == len(found[1]) == 1:
            pairs.append((found[0][0], found[1][0]))
        else:
            left += [str(path) for path in (*found[0], *found[1])]
    if not pairs:
        raise EvaluateError(
            f"nothing to evaluate: no picture in {images_dir} has a mask of the same name in "
            f"{masks_dir} ({len(images)} and {len(masks)} names, like cat.jpg and cat.png)"
        )
    return pairs, tuple(left)


def _by_stem(folder: Path) -> dict[str, list[Path]]:
    stems: dict[str, list[Path]] = {}
    for path in files_in(folder, EvaluateError, "name a folder of files"):
        stems.setdefault(path.stem, []).append(path)
    return stems


def _natural(stem: str) -> tuple[int, str]:
    """Order 2 before 10."""
    return (len(stem), stem) if stem.isdigit() else (1 << 30, stem)


def _measure(
    segmenter: Segmenter,
    threshold: float,
    ramp: tuple[float, float] | None,
    looks: Looks,
    pair: tuple[Path, Path],
) -> Figures | str:
    """Measure one pair; a string says why it cannot be used."""
    try:
        rgb, mask = read_pair(*pair)
    except MediaError as error:
        return str(error)
    alpha = Tracker.with_looks(segmenter, looks).alpha(rgb)
    return figures_of(pair[0].name, alpha, mask, threshold=threshold, ramp=ramp)


def figures_of(
    name: str,
    alpha: NDArray[np.float32],
    mask: NDArray[np.float32],
    *,
    threshold: float = 0.5,
    ramp: tuple[float, float] | None = None,
) -> Figures:
    """Measure one alpha against its mask, both ``[H, W]``, by every metric."""
    if ramp is not None:
        alpha, threshold = shape_alpha(alpha, threshold, ramp), 0.5
    return Figures(
        name=name,
        width=mask.shape[1],
        height=mask.shape[0],
        pixels=confusion(alpha, mask, threshold),
        values={key: metric(alpha, mask, threshold) for key, metric in METRICS.items()},
    )


def read_pair(image_path: Path, mask_path: Path) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    """Read a picture ``[H, W, 3]`` and its mask ``[H, W]``, brought to the picture's size.

    Raises:
        MediaError: one of them is no picture, or they do not belong together.
    """
    rgb = read_picture(image_path)
    return rgb, _fitted(read_mask(mask_path), rgb, mask_path)


def _fitted(mask: NDArray[np.float32], rgb: NDArray[np.uint8], path: Path) -> NDArray[np.float32]:
    height, width = rgb.shape[:2]
    if height != width and mask.shape == (width, height):
        raise MediaError(f"{path}: lies on its side against its picture; turn one of them")
    return resize(mask, height, width)


def _number(value: float) -> float | None:
    return None if math.isnan(value) else value
