"""What a converter sees of the op that it converts."""

import math
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from builder.errors import ModelImportError
from builder.importers.tflite_emitter import NHWC_TO_NCHW, Emitter
from builder.importers.tflite_model import Operator

T = TypeVar("T")


class Op:
    """One TFLite op and the ONNX graph that it goes into.

    Inputs and outputs are counted by their position in the op. Shapes are TFLite's (NHWC for
    4-D), values are ONNX's (NCHW for 4-D).
    """

    def __init__(self, operator: Operator, emitter: Emitter) -> None:
        self.operator = operator
        self.emitter = emitter

    def error(self, message: str) -> ModelImportError:
        """Make the error that names the op and the file."""
        return self.emitter.error(message)

    def options(self, kind: type[T]) -> T:
        """Return the op's options, which must be of this kind."""
        if not isinstance(self.operator.options, kind):
            raise self.error("has no options; the file is damaged, fetch it again")
        return self.operator.options

    def has(self, position: int) -> bool:
        """Say whether the optional input is there."""
        return position < len(self.operator.inputs) and self.operator.inputs[position] >= 0

    def input(self, position: int) -> int:
        """Return the TFLite tensor number of an input."""
        if not self.has(position):
            raise self.error(f"lacks its input {position}")
        return self.operator.inputs[position]

    def output(self, position: int = 0) -> int:
        """Return the TFLite tensor number of an output."""
        if position >= len(self.operator.outputs):
            raise self.error(f"lacks its output {position}")
        return self.operator.outputs[position]

    def shape(self, position: int, rank: int | None = None) -> tuple[int, ...]:
        """Return the TFLite shape of an input, which must have ``rank`` dimensions if given."""
        shape = self.emitter.tensor(self.input(position)).shape
        if rank is not None and len(shape) != rank:
            raise self.error(f"input {position} has the shape {list(shape)}, not {rank} dimensions")
        return shape

    def output_shape(self, position: int = 0) -> tuple[int, ...]:
        """Return the TFLite shape of an output."""
        return self.emitter.tensor(self.output(position)).shape

    def value(self, position: int) -> str:
        """Return the ONNX value of an input."""
        return self.emitter.value(self.input(position))

    def constant(self, position: int, rank: int | None = None) -> NDArray[np.float32]:
        """Return a constant input as float32 in TFLite's layout."""
        self.shape(position, rank)
        return self.emitter.constant(self.input(position))

    def integers(self, position: int) -> tuple[int, ...]:
        """Return a constant input that lists integers (sizes, axes)."""
        return self.emitter.integers(self.input(position))

    def weights(self, position: int, role: str, contents: NDArray[np.float32]) -> str:
        """Store a constant input, rearranged by the converter; ``role`` names the arrangement."""
        return self.emitter.initializer(f"t{self.input(position)}_{role}", contents)

    def scalar(self, value: float) -> str:
        """Store one float32 number."""
        return self.emitter.initializer(f"scalar_{value:g}", np.array(value, np.float32))

    def node(self, kind: str, inputs: Sequence[str], **attributes: Any) -> str:
        """Append an ONNX node; return its output."""
        return self.emitter.node(kind, inputs, **attributes)

    def aligned(self, position: int, rank: int) -> str:
        """Return an input's value with leading dimensions of 1, as NHWC broadcasting adds them.

        TFLite aligns shapes from the right, where NHWC has its channels; the same numbers in
        NCHW mean something else, so a shorter shape is filled up before it is turned.
        """
        shape = self.shape(position)
        if len(shape) == rank or (rank != 4 and len(shape) != 4):
            return self.value(position)
        if rank > 4:
            raise self.error(f"mixes tensors of 4 and of {rank} dimensions")
        filled = (1,) * (rank - len(shape)) + shape
        if self.emitter.is_constant(self.input(position)):
            contents = self.constant(position).reshape(filled).transpose(NHWC_TO_NCHW)
            return self.weights(position, "nchw", contents)
        return self.emitter.reshape(self.value(position), shape, filled)

    def activate(self, value: str, activation: str) -> str:
        """Append the op's fused activation."""
        if activation not in _ACTIVATIONS:
            raise self.error(f"has the fused activation {activation}, which is not known")
        return _ACTIVATIONS[activation](self, value)

    def write(self, value: str, position: int = 0) -> None:
        """Make ``value`` the op's output."""
        self.emitter.write(self.output(position), value)

    def fold(self, contents: NDArray[np.float32], position: int = 0) -> None:
        """Make a constant the op's output."""
        if contents.shape != self.output_shape(position):
            raise self.error(
                f"makes {list(self.output_shape(position))} of a constant {list(contents.shape)}"
            )
        self.emitter.fold(self.output(position), contents)

    def check_positive(self, **pairs: tuple[int, int]) -> None:
        """Refuse options (strides, kernels, dilations) that are not sizes."""
        for name, pair in pairs.items():
            if min(pair) < 1 or math.prod(pair) > 1 << 24:
                raise self.error(f"has {name} {list(pair)}; the file is damaged, fetch it again")


def _clip(low: float, high: float) -> Callable[[Op, str], str]:
    return lambda op, value: op.node("Clip", [value, op.scalar(low), op.scalar(high)])


_ACTIVATIONS: dict[str, Callable[[Op, str], str]] = {
    "NONE": lambda _, value: value,
    "RELU": lambda op, value: op.node("Relu", [value]),
    "RELU6": _clip(0, 6),
    "RELU_N1_TO_1": _clip(-1, 1),
    "TANH": lambda op, value: op.node("Tanh", [value]),
}
