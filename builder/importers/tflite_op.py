"""What a converter sees of the op that it converts."""

import math
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from builder.errors import ModelImportError
from builder.importers.tflite_emitter import NCHW_TO_NHWC, NHWC_TO_NCHW, Emitter
from builder.importers.tflite_model import Operator, Tensor
from builder.importers.tflite_quantized import EVERYTHING, Range, cut, range_of, results_of

T = TypeVar("T")


class Op:
    """One TFLite op and the ONNX graph that it goes into.

    Inputs and outputs are counted by their position in the op. Shapes are TFLite's (NHWC for
    4-D), values are ONNX's (NCHW for 4-D).
    """

    def __init__(self, operator: Operator, emitter: Emitter) -> None:
        self.operator = operator
        self.emitter = emitter
        self.limits = EVERYTHING  # a fused activation's, still to be enforced by `write`

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
        shape = self.tensor(position).shape
        if rank is not None and len(shape) != rank:
            raise self.error(f"input {position} has the shape {list(shape)}, not {rank} dimensions")
        return shape

    def tensor(self, position: int) -> Tensor:
        """Return an input as the file has it."""
        return self.emitter.tensor(self.input(position))

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

    def sizes(self, position: int, declared: tuple[int, ...]) -> tuple[int, ...]:
        """Return an input that lists the output's sizes, or the ``declared`` ones.

        Those of the file's own output hold where other ops compute the list: every shape is
        fixed, so it can only say the same, and the check of the whole model compares them.
        """
        computed = not self.emitter.is_constant(self.input(position))
        return (
            declared
            if computed and self.tensor(position).dtype.kind == "i"
            else self.integers(position)
        )

    def weights(self, position: int, role: str, perm: tuple[int, ...]) -> str:
        """Store constant weights, transposed by the converter; ``role`` names the arrangement."""
        index = self.input(position)
        found = self.emitter.tensor(index).quantization
        axis = perm.index(found.axis) if found is not None and found.scales.size > 1 else None
        return self.emitter.stored(index, f"t{index}_{role}", lambda x: x.transpose(perm), axis)

    def scalar(self, value: float) -> str:
        """Store one float32 number."""
        return self.emitter.initializer(f"scalar_{value:.9g}", np.array(value, np.float32))

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
        index = self.input(position)
        if self.emitter.is_constant(index):
            return self.emitter.stored(
                index, f"t{index}_nchw", lambda x: x.reshape(filled).transpose(NHWC_TO_NCHW)
            )
        return self.emitter.reshape(self.value(position), shape, filled)

    def axis(self, axis: int, rank: int) -> int:
        """Check an axis of TFLite's and count it from the front."""
        if not -rank <= axis < rank:
            raise self.error(f"works along the axis {axis} of {rank} dimensions")
        return axis % rank

    def onnx_axis(self, axis: int, rank: int) -> int:
        """Return where an axis of TFLite's lies in the ONNX value."""
        axis = self.axis(axis, rank)
        return NHWC_TO_NCHW.index(axis) if rank == 4 else axis

    def in_file_order(self, position: int) -> str:
        """Return an input's value in TFLite's own order of dimensions (NHWC for 4-D)."""
        shape, value = self.shape(position), self.value(position)
        return self.node("Transpose", [value], perm=NCHW_TO_NHWC) if len(shape) == 4 else value

    def write_in_file_order(self, value: str, position: int = 0) -> None:
        """Make a value in TFLite's own order of dimensions the op's output."""
        if len(self.output_shape(position)) == 4:
            value = self.node("Transpose", [value], perm=NHWC_TO_NCHW)
        self.write(value, position)

    def activate(self, value: str, activation: str) -> str:
        """Append the op's fused activation."""
        if activation not in _ACTIVATIONS:
            raise self.error(f"has the fused activation {activation}, which is not known")
        quantized = self.emitter.tensor(self.output()).quantization is not None
        if quantized and activation in _LIMITS:
            self.limits = _LIMITS[activation]
            return value
        return _ACTIVATIONS[activation](self, value)

    def write(self, value: str, position: int = 0) -> None:
        """Make ``value`` the op's output; a quantised one saturates where its type ends."""
        index = self.output(position)
        tensor = self.emitter.tensor(index)
        if tensor.quantization is not None:
            step = float(tensor.quantization.scales[0])
            value = self._saturate(value, range_of(tensor), step)
            value = self.emitter.quantize(value, index)
        self.emitter.write(index, value)

    def _saturate(self, value: str, own: Range, step: float) -> str:
        """Enforce the fused activation's limits and the stored type's ``own`` in one Clip."""
        if self.emitter.qdq:  # QuantizeLinear saturates
            bounds = cut(own, self.limits, step / 2)
        else:
            ins = [self.emitter.tensor(i) for i in self.operator.inputs if i >= 0]
            wanted = (max(own[0], self.limits[0]), min(own[1], self.limits[1]))
            bounds = cut(results_of(self.operator.name, ins), wanted, step)
        if bounds is None:
            return value
        return self.node("Clip", [value, *(self.scalar(bound) for bound in bounds)])

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


_LIMITS: dict[str, Range] = {
    "NONE": EVERYTHING,
    "RELU": (0, np.inf),
    "RELU6": (0, 6),
    "RELU_N1_TO_1": (-1, 1),
}


def _clip(low: float, high: float) -> Callable[[Op, str], str]:
    return lambda op, value: op.node("Clip", [value, op.scalar(low), op.scalar(high)])


_ACTIVATIONS: dict[str, Callable[[Op, str], str]] = {
    "NONE": lambda _, value: value,
    "RELU": lambda op, value: op.node("Relu", [value]),
    "RELU6": _clip(0, 6),
    "RELU_N1_TO_1": _clip(-1, 1),
    "TANH": lambda op, value: op.node("Tanh", [value]),
}
