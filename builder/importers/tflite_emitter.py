"""Collects the ONNX graph while a TFLite graph's ops are converted one after another.

The layout rule of the whole importer: a 4-D TFLite tensor is NHWC and its ONNX value is NCHW;
a tensor of any other rank keeps its order. `Emitter` keeps that rule, so that a converter says
what it computes and seldom how the bytes lie.
"""

import re
from collections.abc import Sequence
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import helper, numpy_helper

from builder.errors import ModelImportError
from builder.importers.tflite_model import Graph, Tensor

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

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.where = ""  # the op at work, for messages
        self.nodes: list[onnx.NodeProto] = []
        self._initializers: dict[str, onnx.TensorProto] = {}
        self._infos: list[onnx.ValueInfoProto] = []
        self._values: dict[int, str] = {}
        self._folded: dict[int, NDArray[np.float32]] = {}
        self._names = _public_names(graph)
        for index in dict.fromkeys(graph.inputs):
            self._require_float(index)
            self._claim(index)
            self._values[index] = self._names[index]

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
            if data.dtype.kind != "f":
                raise self._quantised(index)
            self._folded[index] = np.asarray(data, np.float32)
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
        contents = self.constant(index)
        if contents.ndim == 4:
            contents = contents.transpose(NHWC_TO_NCHW)
        return self.initializer(f"t{index}", contents)

    def initializer(self, name: str, contents: NDArray[np.generic]) -> str:
        """Store a constant under ``name``, which stands for these contents alone."""
        if name not in self._initializers:
            array = np.ascontiguousarray(contents).reshape(contents.shape)
            self._initializers[name] = numpy_helper.from_array(array, name)
        return name

    def node(self, kind: str, inputs: Sequence[str], **attributes: Any) -> str:
        """Append an ONNX node with one output; return the output's name."""
        name = f"v{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, inputs, [name], f"{kind}_{name}", **attributes))
        return name

    def write(self, index: int, value: str) -> None:
        """Record that the TFLite tensor ``index`` is the ONNX value ``value``."""
        self._claim(index)
        self._require_float(index)
        if index in self._names:
            value = self._publish(value, self._names[index])
        else:
            shape = onnx_shape(self.tensor(index).shape)
            self._infos.append(helper.make_tensor_value_info(value, onnx.TensorProto.FLOAT, shape))
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
            self._names[index], onnx.TensorProto.FLOAT, onnx_shape(self.tensor(index).shape)
        )

    def _reshape_node(self, value: str, shape: Sequence[int]) -> str:
        name = "shape_" + "x".join(str(size) for size in shape)
        sizes = self.initializer(name, np.array(shape, np.int64))
        return self.node("Reshape", [value, sizes])

    def _publish(self, value: str, name: str) -> str:
        """Let the newest node write straight into a graph output."""
        if not self.nodes or self.nodes[-1].output[0] != value:
            value = self.node("Identity", [value])
        self.nodes[-1].output[0] = name
        return name

    def _claim(self, index: int) -> None:
        if index in self._values or index in self._folded or self.tensor(index).data is not None:
            raise self.error(f"{self.describe(index)} is written twice")

    def _require_float(self, index: int) -> None:
        if self.tensor(index).dtype != np.float32:
            raise self._quantised(index)

    def _quantised(self, index: int) -> ModelImportError:
        return self.error(
            f"{self.describe(index)} is {self.tensor(index).dtype.name}; only float models can be"
            " imported, so take the model's float version"
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
