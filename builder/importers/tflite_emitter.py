"""Collects the ONNX graph while a TFLite graph's ops are converted one after another.

The layout rule of the whole importer: a 4-D TFLite tensor is NHWC and its ONNX value is NCHW;
a tensor of any other rank keeps its order. `Emitter` keeps that rule, so that a converter says
what it computes and seldom how the bytes lie.
"""

import re
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import helper, numpy_helper

from builder.errors import ModelImportError
from builder.importers.tflite_model import Graph, Tensor
from builder.importers.tflite_quantized import Quantized, dequantized

OPSET = 17
IR_VERSION = 8  # the one of opset 17: read by every runtime that reads the opset

NHWC_TO_NCHW = (0, 3, 1, 2)
NCHW_TO_NHWC = (0, 2, 3, 1)

_OWN_NAME = re.compile(r"$|[tv]\d|shape_|scalar_|tensor_")  # names that the importer itself gives


def onnx_shape(shape: Sequence[int]) -> tuple[int, ...]:
    """Return the shape that a TFLite tensor's ONNX value has."""
    return tuple(shape[axis] for axis in NHWC_TO_NCHW) if len(shape) == 4 else tuple(shape)


class Emitter:
    """The ONNX graph so far, and which ONNX value each TFLite tensor has become."""

    def __init__(self, graph: Graph, quantized: Quantized = "float") -> None:
        self.graph = graph
        self.qdq = quantized == "qdq"
        self.where = ""  # the op at work, for messages
        self.nodes: list[onnx.NodeProto] = []
        self._initializers: dict[str, onnx.TensorProto] = {}
        self._infos: list[onnx.ValueInfoProto] = []
        self._values: dict[int, str] = {}
        self._folded: dict[int, NDArray[np.float32]] = {}
        self._taken: set[str] = set()  # values that a TFLite tensor has become
        self._names = _public_names(graph)
        for index in dict.fromkeys(graph.inputs):
            self._require_type(index, "f")
            self._claim(index)
            self._values[index] = self.quantize(self._names[index], index)
            self._taken.add(self._names[index])

    def error(self, message: str) -> ModelImportError:
        """Make the error that names the file and the op at work."""
        return ModelImportError(f"{self.graph.origin}: {self.where}{message}")

    def tensor(self, index: int) -> Tensor:
        """Return the TFLite tensor ``index``."""
        return self.graph.tensors[index]

    def describe(self, index: int) -> str:
        """Name the TFLite tensor ``index`` for messages."""
        return f"tensor {index} ({self.tensor(index).name!r})"

    def is_constant(self, index: int) -> bool:
        """Say whether the tensor's contents are known at import."""
        return index in self._folded or self.tensor(index).data is not None

    def integers(self, index: int) -> tuple[int, ...]:
        """Return the contents of a constant int32 or int64 vector."""
        data = self.tensor(index).data
        if data is None or data.dtype.kind != "i" or data.ndim > 1:
            raise self.error(f"{self.describe(index)} must be a constant list of integers")
        return tuple(int(value) for value in data.reshape(-1))

    def constant(self, index: int) -> NDArray[np.float32]:
        """Return a constant's contents as float32, in the file's own layout."""
        if index not in self._folded:
            data = self.tensor(index).data
            if data is None:
                raise self.error(f"{self.describe(index)} must be a constant")
            quantization = self.tensor(index).quantization
            if quantization is not None:
                self._folded[index] = dequantized(data, quantization)
            elif data.dtype.kind == "f":
                self._folded[index] = np.asarray(data, np.float32)
            else:
                raise self._wrong_type(index)
        return self._folded[index]

    def fold(self, index: int, contents: NDArray[np.float32]) -> None:
        """Record that an op's output is a constant (weights behind DEQUANTIZE)."""
        self._claim(index)
        self._folded[index] = contents

    def value(self, index: int) -> str:
        """Return the ONNX value of a TFLite tensor; a constant becomes an initializer."""
        if index in self._values:
            return self._values[index]
        if not self.is_constant(index):
            raise self.error(f"{self.describe(index)} is read before any op has written it")
        turn = len(self.tensor(index).shape) == 4
        return self.stored(index, f"t{index}", lambda x: x.transpose(NHWC_TO_NCHW) if turn else x)

    def stored(
        self,
        index: int,
        name: str,
        arrange: Callable[[NDArray[np.generic]], NDArray[np.generic]],
        axis: int | None = None,
    ) -> str:
        """Store a constant rearranged; ``axis`` is where its dimension of many scales comes to lie.

        As QDQ, 8-bit integers stay such and a DequantizeLinear follows.
        """
        tensor = self.tensor(index)
        found, data = tensor.quantization, tensor.data
        if data is not None and data.dtype.kind in "ib" and found is None:
            return self.initializer(name, arrange(data))  # indices and sizes
        if data is None or found is None or not self.qdq or tensor.dtype.itemsize > 1:
            return self.initializer(name, arrange(self.constant(index)))
        if found.scales.size > 1 and axis is None:
            return self.initializer(name, arrange(self.constant(index)))
        zeros = found.zero_points.astype(tensor.dtype)
        return self.dequantize(name, arrange(data), found.scales, zeros, axis or 0)

    def dequantize(
        self,
        name: str,
        data: NDArray[np.generic],
        scales: NDArray[np.float32],
        zeros: NDArray[np.generic],
        axis: int,
    ) -> str:
        """Store integers and append the DequantizeLinear that makes them numbers."""
        shape: tuple[int, ...] = (scales.size,) if scales.size > 1 else ()
        parts = [
            self.initializer(f"{name}_q", data),
            self.initializer(f"{name}_scale", scales.reshape(shape)),
            self.initializer(f"{name}_zero", zeros.reshape(shape)),
        ]
        return self.node("DequantizeLinear", parts, **({"axis": axis} if shape else {}))

    def quantize(self, value: str, index: int) -> str:
        """Round a value to the steps of the TFLite tensor ``index``, if QDQ is asked for."""
        tensor = self.tensor(index)
        found = tensor.quantization
        if not self.qdq or found is None:
            return value
        parts = [
            self.initializer(f"t{index}_scale", found.scales.reshape(())),
            self.initializer(f"t{index}_zero", found.zero_points.astype(tensor.dtype).reshape(())),
        ]
        stored = self.node("QuantizeLinear", [value, *parts])
        return self.node("DequantizeLinear", [stored, *parts])

    def initializer(self, name: str, contents: NDArray[np.generic]) -> str:
        """Store a constant under ``name``, which stands for these contents alone."""
        if name not in self._initializers:
            array = np.ascontiguousarray(contents).reshape(contents.shape)
            self._initializers[name] = numpy_helper.from_array(array, name)
        return name

    def node(self, kind: str, inputs: Sequence[str], **attributes: Any) -> str:
        """Append an ONNX node with one output; return the output's name."""
        return self.outputs_of(kind, inputs, 1, **attributes)[0]

    def outputs_of(
        self, kind: str, inputs: Sequence[str], count: int, **attributes: Any
    ) -> list[str]:
        """Append an ONNX node with ``count`` outputs; return their names."""
        name = f"v{len(self.nodes)}"
        outputs = [name, *(f"{name}_{position}" for position in range(1, count))]
        self.nodes.append(helper.make_node(kind, inputs, outputs, f"{kind}_{name}", **attributes))
        return outputs

    def write(self, index: int, value: str) -> None:
        """Record that the TFLite tensor ``index`` is the ONNX value ``value``."""
        self._claim(index)
        self._require_type(index, "fib")
        if index in self._names:
            value = self._publish(value, self._names[index])
        elif value not in self._taken and value not in self._initializers:
            shape = onnx_shape(self.tensor(index).shape)
            self._infos.append(helper.make_tensor_value_info(value, self.type_of(index), shape))
        self._taken.add(value)
        self._values[index] = value

    def require_written(self, index: int) -> None:
        """Refuse an op that has left one of its outputs open."""
        if index not in self._values and index not in self._folded:
            raise self.error(f"does not write {self.describe(index)}")

    def reshape(self, value: str, shape: Sequence[int], target: Sequence[int]) -> str:
        """Give a value of TFLite shape ``shape`` the TFLite shape ``target``, memory order kept.

        Both hold the same number of elements.
        """
        if tuple(shape) == tuple(target):
            return value
        if _order_matters(shape):
            value = self.node("Transpose", [value], perm=NCHW_TO_NHWC)
        direct = not _order_matters(target)
        value = self._reshape_node(value, onnx_shape(target) if direct else target)
        return value if direct else self.node("Transpose", [value], perm=NHWC_TO_NCHW)

    def finish(self) -> onnx.ModelProto:
        """Put the model together: inputs and outputs named as in the file, shapes fixed."""
        outputs = tuple(dict.fromkeys(self.graph.outputs))
        for index in outputs:
            if index not in self._values or index in self.graph.inputs:
                raise self.error(f"output {self.describe(index)} is written by no op")
        proto = helper.make_graph(
            self.nodes,
            "tflite",
            [self._info(index) for index in dict.fromkeys(self.graph.inputs)],
            [self._info(index) for index in outputs],
            initializer=list(self._initializers.values()),
            value_info=self._infos,
        )
        return helper.make_model(
            proto,
            producer_name="livematte",
            ir_version=IR_VERSION,
            opset_imports=[helper.make_opsetid("", OPSET)],
        )

    def _info(self, index: int) -> onnx.ValueInfoProto:
        return helper.make_tensor_value_info(
            self._names[index], self.type_of(index), onnx_shape(self.tensor(index).shape)
        )

    def _reshape_node(self, value: str, shape: Sequence[int]) -> str:
        name = "shape_" + "x".join(str(size) for size in shape)
        sizes = self.initializer(name, np.array(shape, np.int64))
        return self.node("Reshape", [value, sizes])

    def _publish(self, value: str, name: str) -> str:
        """Let the newest node write straight into a graph output."""
        newest = self.nodes[-1].output if self.nodes else []
        if value not in newest or value in self._taken:
            value = self.node("Identity", [value])
            newest = self.nodes[-1].output
        newest[list(newest).index(value)] = name
        return name

    def type_of(self, index: int) -> int:
        """Return the ONNX type of a tensor's value: numbers, or plain integers and booleans."""
        tensor = self.tensor(index)
        if tensor.quantization is not None or tensor.dtype.kind == "f":
            return int(onnx.TensorProto.FLOAT)
        return int(helper.np_dtype_to_tensor_dtype(tensor.dtype))

    def _claim(self, index: int) -> None:
        if index in self._values or index in self._folded or self.tensor(index).data is not None:
            raise self.error(f"{self.describe(index)} is written twice")

    def _require_type(self, index: int, kinds: str) -> None:
        """Refuse an activation that is neither float32, quantised nor plain of these kinds."""
        tensor = self.tensor(index)
        found, kind, size = tensor.quantization, tensor.dtype.kind, tensor.dtype.itemsize
        if found is None and not (kind in kinds and (size >= 4 or kind == "b")):
            raise self._wrong_type(index)
        if found is not None and found.scales.size > 1:
            raise self.error(f"{self.describe(index)} has many scales, which only weights may have")
        if found is not None and self.qdq and size != 1:
            raise self.error(
                f"{self.describe(index)} is {tensor.dtype.name}, which has no QDQ form; import the"
                " model as float"
            )

    def _wrong_type(self, index: int) -> ModelImportError:
        return self.error(
            f"{self.describe(index)} is {self.tensor(index).dtype.name}; only float32 and quantised"
            " tensors with a scale can be imported, so export the model with such"
        )


def _order_matters(shape: Sequence[int]) -> bool:
    """Say whether NHWC and NCHW differ in memory for this shape."""
    return len(shape) == 4 and shape[3] > 1 and shape[1] * shape[2] > 1


def _public_names(graph: Graph) -> dict[int, str]:
    """Name the graph's inputs and outputs as the file does, made unique where it does not."""
    names: dict[int, str] = {}
    for index in (*graph.inputs, *graph.outputs):
        if index not in names:
            own = graph.tensors[index].name
            usable = own.isprintable() and not _OWN_NAME.match(own) and own not in names.values()
            names[index] = own if usable else f"tensor_{index}"
    return names
