"""Finds the layers that int8 harms most, and leaves as few of them as need be in float32."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import onnx
from numpy.typing import NDArray

from builder.quantize.int8 import INT8_OPS, Quantise, calibrated
from builder.verify import Comparison, compare_answers, run

log = logging.getLogger(__name__)

Array = NDArray[np.float32]

# Of the calibration's frames; a layer's rank needs fewer than its ranges do.
SCAN_FRAMES = 6
# With more than this share of the layers in float32, int8 has nothing left to give.
MOST_SPARED = 0.75


@dataclass(frozen=True)
class Layer:
    """A layer, and how far the answer is from float32's when it alone is quantised."""

    node: str
    mean_abs_diff: float
    iou: float


@dataclass(frozen=True)
class Spared:
    """An int8 model; ``layers`` is the scan, the most sensitive first, ``kept`` are in float32."""

    model: onnx.ModelProto
    kept: tuple[str, ...]
    layers: tuple[Layer, ...]


def spare_sensitive(
    model: onnx.ModelProto,
    frames: Sequence[Array],
    is_good: Callable[[Comparison], bool],
    progress: Callable[[str], None] = lambda _: None,
) -> Spared:
    """Quantise a model to int8, but for the most sensitive layers, as few as ``is_good`` needs.

    Each layer is quantised alone and ranked by the mean |Δalpha| that it causes; then the number
    of those that stay in float32 is searched by bisection. When even a model with three quarters
    of its layers in float32 is not good, the one with all layers in int8 is returned.

    Args:
        model: keeps the contract, simplified; it is not changed.
        frames: what it is calibrated on; the first ones are what it is scanned on.
        is_good: judges a comparison with the float32 model.
        progress: called with one line for each step.

    Raises:
        As `int8_qdq`.
    """
    own = _named(model)
    answers = run(own, frames)
    names = [node.name for node in own.graph.node if node.op_type in INT8_OPS]
    with calibrated(own, frames) as quantise:

        def judged(keep: Sequence[str]) -> tuple[onnx.ModelProto, bool]:
            made = quantise(keep)
            return made, is_good(compare_answers(answers, run(made, frames)))

        full, good = judged(())
        if good or not names:
            return Spared(full, (), ())
        layers = _scan(quantise, names, frames[:SCAN_FRAMES], answers[:SCAN_FRAMES])
        progress(f"int8: scanned {len(layers)} layers, the most sensitive is {layers[0].node}")
        order = [layer.node for layer in layers]
        low, high = 0, int(MOST_SPARED * len(order))
        best, good = judged(order[:high])
        if not good:
            return Spared(full, (), layers)
        while high - low > 1:  # low is not good, high is
            middle = (low + high) // 2
            made, good = judged(order[:middle])
            if good:
                best, high = made, middle
            else:
                low = middle
    return Spared(best, tuple(order[:high]), layers)


def _scan(
    quantise: Quantise, names: Sequence[str], frames: Sequence[Array], answers: Sequence[Array]
) -> tuple[Layer, ...]:
    layers = []
    for name in names:
        made = quantise([other for other in names if other != name])
        found = compare_answers(answers, run(made, frames))
        layers.append(Layer(name, found.mean_abs_diff, found.iou))
        log.debug("%s alone in int8: %s", name, found)
    return tuple(sorted(layers, key=lambda layer: -layer.mean_abs_diff))


def _named(model: onnx.ModelProto) -> onnx.ModelProto:
    """Give every node a name of its own, by which it can be left out."""
    own = onnx.ModelProto()
    own.CopyFrom(model)
    for number, node in enumerate(own.graph.node):
        node.name = f"{node.op_type}_{number}"
    return own
