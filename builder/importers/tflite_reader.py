"""Reads a TFLite flatbuffer into plain values, and trusts nothing in it.

The schema's classes come from the PyPI package `tflite`. They follow whatever offsets the bytes
hold, so every length is checked against the file before it is used, and whatever they raise on
damaged bytes becomes one `ModelImportError` in `read_graph`.
"""

import math
import struct
from typing import Any

import numpy as np
import tflite
from numpy.typing import NDArray

from builder.errors import ModelImportError
from builder.importers.tflite_model import Graph, Operator, Quantization, Tensor
from builder.importers.tflite_options import read_options, schema_names
from builder.messages import one_line

IDENTIFIER = b"TFL3"  # bytes 4 to 8 of every TFLite file
SCHEMA_VERSION = 3  # the only one in use
MAX_RANK = 8  # no op of the schema takes more dimensions
MAX_ELEMENTS = 1 << 28  # one tensor: 1 GiB in fp32; a 4K picture with 16 channels has half
MAX_NAME = 200  # bytes kept of a name; longer ones are no use in a message
# What a file's vectors may hold together, in file sizes. In an honest file they do not overlap
# (writers may share a few), so this bounds the work and the memory that a crafted one can cause.
OVERLAP_LIMIT = 4

_DTYPES: dict[int, np.dtype[Any]] = {
    tflite.TensorType.FLOAT32: np.dtype("<f4"),
    tflite.TensorType.FLOAT16: np.dtype("<f2"),
    tflite.TensorType.INT32: np.dtype("<i4"),
    tflite.TensorType.INT64: np.dtype("<i8"),
    tflite.TensorType.INT16: np.dtype("<i2"),
    tflite.TensorType.INT8: np.dtype("i1"),
    tflite.TensorType.UINT8: np.dtype("u1"),
    tflite.TensorType.BOOL: np.dtype("?"),
}
_TYPE_NAMES = schema_names(tflite.TensorType)
_OP_NAMES = schema_names(tflite.BuiltinOperator)


def read_graph(data: bytes, origin: str) -> Graph:
    """Read the main graph of a TFLite file.

    Args:
        data: the whole file.
        origin: the file's name, for messages.

    Raises:
        ModelImportError: not a TFLite file, or a damaged one, or one with tensors that have no
            place in a picture model (strings, variables, unknown dimensions).
    """
    if data[4:8] != IDENTIFIER:
        raise ModelImportError(
            f"{origin}: not a TFLite file (no TFL3 mark at its start); check the recipe's format"
        )
    try:
        return _Reader(data, origin).graph()
    except (struct.error, IndexError, OverflowError, TypeError, ValueError) as error:
        raise ModelImportError(
            f"{origin}: a damaged TFLite file ({one_line(error)}); fetch it again"
        ) from error


class _Reader:
    def __init__(self, data: bytes, origin: str) -> None:
        self.data = data
        self.origin = origin
        self.allowance = OVERLAP_LIMIT * len(data)  # bytes that vectors may still hold
        self.model = tflite.Model.GetRootAs(data)

    def graph(self) -> Graph:
        version = self.model.Version()
        if version != SCHEMA_VERSION:
            raise self._error(f"TFLite schema version {version}; only {SCHEMA_VERSION} is known")
        if self._length(self.model.SubgraphsLength(), 4) < 1:
            raise ValueError("no graph in it")
        main = self.model.Subgraphs(0)
        self.buffers = self._length(self.model.BuffersLength(), 4)
        self.codes = [
            self._op_name(self.model.OperatorCodes(i))
            for i in range(self._length(self.model.OperatorCodesLength(), 4))
        ]
        tensors = tuple(
            self._tensor(i, main.Tensors(i)) for i in range(self._length(main.TensorsLength(), 4))
        )
        graph = Graph(
            origin=self.origin,
            tensors=tensors,
            operators=tuple(
                self._operator(i, main.Operators(i), len(tensors))
                for i in range(self._length(main.OperatorsLength(), 4))
            ),
            inputs=self._indices(main, "Inputs", 0, len(tensors)),
            outputs=self._indices(main, "Outputs", 0, len(tensors)),
        )
        for index in graph.inputs:
            self._check_fixed(main.Tensors(index), tensors[index].name)
        return graph

    def _error(self, message: str) -> ModelImportError:
        return ModelImportError(f"{self.origin}: {message}")

    def _length(self, length: int, width: int) -> int:
        """Return a vector's length once it is known to fit the file (``width`` bytes each)."""
        self.allowance -= length * width
        if self.allowance < 0:
            raise ValueError(f"a vector of {length} does not fit {len(self.data)} bytes")
        return length

    def _text(self, raw: bytes | None) -> str:
        text = raw or b""
        self._length(len(text), 1)
        return text[:MAX_NAME].decode("utf-8", "replace")

    def _op_name(self, code: Any) -> str:
        number = code.BuiltinCode()  # the package falls back on old writers' one-byte field
        if number == tflite.BuiltinOperator.CUSTOM:
            name = self._text(code.CustomCode())
            return name if name.isprintable() and name else f"custom op {name!r}"
        return _OP_NAMES.get(number, f"number {number}")

    def _indices(self, table: Any, field: str, lowest: int, end: int) -> tuple[int, ...]:
        """Read a vector of tensor numbers, each from ``lowest`` to below ``end``."""
        length = self._length(getattr(table, f"{field}Length")(), 4)
        values = getattr(table, f"{field}AsNumpy")().tolist() if length else []
        for value in values:
            if not lowest <= value < end:
                raise ValueError(f"tensor number {value} of {end}")
        return tuple(values)

    def _shape(self, table: Any, field: str) -> tuple[int, ...]:
        length = self._length(getattr(table, f"{field}Length")(), 4)
        if length > MAX_RANK:
            raise ValueError(f"a tensor with {length} dimensions")
        return tuple(getattr(table, f"{field}AsNumpy")().tolist()) if length else ()

    def _tensor(self, index: int, table: Any) -> Tensor:
        name = self._text(table.Name())
        shape = self._shape(table, "Shape")
        if any(size < 1 for size in shape):
            raise self._error(
                f"tensor {index} ({name!r}) has the shape {list(shape)}; export the model with"
                " fixed sizes"
            )
        if math.prod(shape) > MAX_ELEMENTS:
            raise ValueError(f"tensor {index} has the shape {list(shape)}")
        dtype = _DTYPES.get(table.Type())
        if dtype is None or table.IsVariable() or table.Sparsity() is not None:
            kind = _TYPE_NAMES.get(table.Type(), f"type {table.Type()}")
            kind = "variable" if table.IsVariable() else "sparse" if dtype else kind
            raise self._error(
                f"tensor {index} ({name!r}) is {kind}; export the model with plain float tensors"
            )
        contents = self._contents(index, table.Buffer(), dtype, shape)
        return Tensor(name, shape, dtype, contents, self._quantization(index, table, dtype, shape))

    def _quantization(
        self, index: int, table: Any, dtype: np.dtype[Any], shape: tuple[int, ...]
    ) -> Quantization | None:
        """Read an integer tensor's scales; ``None`` where there are none."""
        found = table.Quantization()
        if found is None or dtype.kind not in "iu":
            return None
        count, zeros = (
            self._length(found.ScaleLength(), 4),
            self._length(found.ZeroPointLength(), 8),
        )
        if not count:
            return None
        scales = np.array(found.ScaleAsNumpy(), np.float32)
        points = np.array(found.ZeroPointAsNumpy(), np.int64) if zeros else np.zeros(1, np.int64)
        points = np.repeat(points, count) if points.size == 1 else points
        axis = found.QuantizedDimension() if count > 1 else 0
        if count > 1 and not (0 <= axis < len(shape) and shape[axis] == count):
            raise ValueError(f"tensor {index} has {count} scales along dimension {axis}")
        limits = np.iinfo(dtype)
        if points.size != count or points.min() < limits.min or points.max() > limits.max:
            raise ValueError(f"tensor {index} has zero points that are none")
        if not (np.isfinite(scales).all() and scales.min() > 0):
            raise ValueError(f"tensor {index} has scales that are no sizes")
        return Quantization(scales, points, axis)

    def _contents(
        self, index: int, buffer: int, dtype: np.dtype[Any], shape: tuple[int, ...]
    ) -> NDArray[np.generic] | None:
        if buffer >= self.buffers:
            raise ValueError(f"tensor {index} is in buffer {buffer} of {self.buffers}")
        raw = self._buffer(self.model.Buffers(buffer))
        if raw is None:
            return None
        expected = math.prod(shape) * dtype.itemsize
        if raw.size != expected:
            raise ValueError(f"tensor {index} has {raw.size} bytes instead of {expected}")
        return raw.view(dtype).reshape(shape)

    def _buffer(self, table: Any) -> NDArray[np.uint8] | None:
        """View a buffer's bytes; ``None`` for an empty one, which marks an activation."""
        # 0 and 1 mean "inside the flatbuffer"; larger ones point behind it (files over 2 GB).
        offset, size = table.Offset(), table.Size()
        if offset > 1:
            return np.frombuffer(self.data, np.uint8, self._length(size, 1), offset)
        length = self._length(table.DataLength(), 1)
        return np.asarray(table.DataAsNumpy(), np.uint8) if length else None

    def _operator(self, index: int, table: Any, tensors: int) -> Operator:
        code = table.OpcodeIndex()
        if code >= len(self.codes):
            raise ValueError(f"op {index} has the code {code} of {len(self.codes)}")
        name = self.codes[code]
        length = self._length(table.CustomOptionsLength(), 1)
        return Operator(
            index=index,
            name=name,
            inputs=self._indices(table, "Inputs", -1, tensors),
            outputs=self._indices(table, "Outputs", 0, tensors),
            options=read_options(name, table),
            custom_options=table.CustomOptionsAsNumpy().tobytes() if length else b"",
        )

    def _check_fixed(self, table: Any, name: str) -> None:
        signature = self._shape(table, "ShapeSignature")
        if any(size < 0 for size in signature[1:]):
            raise self._error(
                f"input {name!r} has the open shape {list(signature)}; export the model with"
                " fixed sizes"
            )
