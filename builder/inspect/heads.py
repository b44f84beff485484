"""The ways to read a network's answer as an alpha."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from builder.recipe_schema import Kind

Float = NDArray[np.float32]
Layout = Literal["NCHW", "NHWC"]

SLACK = 0.01  # by which probabilities may pass 0..1, and their sum 1, in fp16 and int8
MOST_CLASSES = 200  # ADE20K has 150
MOST_PERSON_CLASSES = 8
ENOUGH_GAIN = 0.01  # of soft IoU, for one more class to count as person


@dataclass(frozen=True)
class Reading:
    """One way to read an answer: the recipe's ``[output]`` and the alphas that follow.

    ``alphas`` is float32 ``[N, h, w]`` 0..1, at the answer's own size.
    """

    kind: Kind
    person: tuple[int, ...]
    alphas: Float


def as_planes(answer: NDArray[np.generic], layout: Layout, aspect: float) -> tuple[
    NDArray[np.generic], Layout
] | None:  # fmt: skip
    """Bring answers ``[N, …]`` to ``[N, C, h, w]``; None where they are no pictures.

    Of the two layouts the one counts, the input's first, by which the answer has the frame's
    proportions ``aspect`` (width by height).
    """
    if answer.ndim == 3:
        return (answer[:, None], layout) if _fits(answer.shape[1:], aspect) else None
    if answer.ndim != 4:
        return None
    other: Layout = "NHWC" if layout == "NCHW" else "NCHW"
    for candidate in (layout, other):
        planes = answer if candidate == "NCHW" else answer.transpose(0, 3, 1, 2)
        if planes.shape[1] <= MOST_CLASSES and _fits(planes.shape[2:], aspect):
            return planes, candidate
    return None


def head_of(planes: NDArray[np.generic]) -> Kind:
    """Say by its numbers what an answer ``[N, C, h, w]`` is."""
    values = planes.astype(np.float32)
    low, high = float(values.min()), float(values.max())
    is_share = low >= -SLACK and high <= 1 + SLACK
    if planes.shape[1] > 1:
        sums_to_one = is_share and float(np.abs(values.sum(1) - 1).max()) <= SLACK
        return "softmax" if sums_to_one else "logits"
    if low >= 0 and bool((values == np.rint(values)).all()):
        return "argmax"
    return "alpha" if is_share else "logit"


def read_as(head: Kind, planes: NDArray[np.generic], truth: Float) -> Reading:
    """Read planes ``[N, C, h, w]`` by a head, given the true alphas ``[N, h, w]``.

    With several classes, each is tried as the person, and the best with those that add to it.
    """
    values = planes.astype(np.float32)
    match head:
        case "alpha":
            return Reading(head, (), np.clip(values[:, 0], 0, 1))
        case "logit":
            powers = np.exp(-np.clip(values[:, 0], -60, 60))
            return Reading(head, (), (1 / (1 + powers)).astype(np.float32))
        case "argmax":
            numbers = np.unique(values)[:MOST_CLASSES]
            found = _classes(head, (values == numbers.reshape(1, -1, 1, 1)).astype("f4"), truth)
            return Reading(head, tuple(int(numbers[i]) for i in found.person), found.alphas)
        case _:
            return _classes(head, _softmax(values) if head == "logits" else values, truth)


def soft_iou(alphas: Float, truth: Float) -> NDArray[np.float64]:
    """Soft intersection over union (Ruzicka's similarity), 0..1, for each of the pictures."""
    axes = tuple(range(1, alphas.ndim))
    union = np.maximum(alphas, truth).sum(axes, dtype=np.float64)
    shared = np.minimum(alphas, truth).sum(axes, dtype=np.float64)
    return np.asarray(shared / np.maximum(union, 1e-9))


def _classes(kind: Kind, shares: Float, truth: Float) -> Reading:
    """The class most like the person, and the others that make the two more alike."""
    scores = [float(soft_iou(shares[:, c], truth).mean()) for c in range(shares.shape[1])]
    order = sorted(range(len(scores)), key=lambda c: (-scores[c], c))
    person, total = [order[0]], shares[:, order[0]]
    best = scores[order[0]]
    for number in order[1:MOST_PERSON_CLASSES]:
        grown = total + shares[:, number]
        score = float(soft_iou(grown, truth).mean())
        if len(person) + 1 < len(scores) and score > best + ENOUGH_GAIN:
            person, total, best = [*person, number], grown, score
    return Reading(kind, tuple(sorted(person)), np.clip(total, 0, 1))


def _softmax(values: Float) -> Float:
    powers = np.exp(values - values.max(1, keepdims=True))
    return np.asarray(powers / powers.sum(1, keepdims=True), np.float32)


def _fits(size: Sequence[int], aspect: float) -> bool:
    height, width = size
    # Sizes that were halved several times may be off by one.
    return min(height, width) > 1 and abs(width - aspect * height) <= max(1.0, aspect)
