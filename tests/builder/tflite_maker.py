"""Makes small TFLite files by hand, through the schema's own builder functions."""

from dataclasses import dataclass, field
from typing import Any

import flatbuffers
import numpy as np
import tflite

_TYPES = {
    "float32": tflite.TensorType.FLOAT32,
    "float16": tflite.TensorType.FLOAT16,
    "int32": tflite.TensorType.INT32,
    "int64": tflite.TensorType.INT64,
    "int16": tflite.TensorType.INT16,
    "int8": tflite.TensorType.INT8,
    "uint8": tflite.TensorType.UINT8,
}

PADDING = {"SAME": tflite.Padding.SAME, "VALID": tflite.Padding.VALID}
ACTIVATION = tflite.ActivationFunctionType


def conv_options(kind, padding, strides=(1, 1), dilations=(1, 1), activation="NONE", **more):
    fields = {
        "Padding": PADDING[padding],
        "StrideH": strides[0],
        "StrideW": strides[1],
        "DilationHFactor": dilations[0],
        "DilationWFactor": dilations[1],
        "FusedActivationFunction": getattr(ACTIVATION, activation),
    }
    return kind, fields | more


def pool_options(padding, strides, kernel, activation="NONE"):
    return "Pool2DOptions", {
        "Padding": PADDING[padding],
        "StrideH": strides[0],
        "StrideW": strides[1],
        "FilterHeight": kernel[0],
        "FilterWidth": kernel[1],
        "FusedActivationFunction": getattr(ACTIVATION, activation),
    }


@dataclass(frozen=True)
class Steps:
    """real = scale × (stored − zero point); many scales lie along ``axis``."""

    scales: tuple[float, ...]
    zero_points: tuple[int, ...] = (0,)
    axis: int = 0


@dataclass
class _Tensor:
    shape: tuple[int, ...]
    dtype: str
    data: bytes | None
    name: str
    signature: tuple[int, ...] | None = None
    is_variable: bool = False
    buffer: int | None = None  # instead of the tensor's own one
    steps: Steps | None = None
    far: bool = False  # the bytes lie behind the flatbuffer, as in files above 2 GB


@dataclass
class _Operator:
    name: str
    inputs: list[int]
    outputs: list[int]
    options: tuple[str, dict[str, Any]] | None
    custom: bytes | None
    code: int | None = None  # instead of the name's own one


@dataclass
class Maker:
    """Collects tensors and ops, then writes the file; numbers are tensor numbers."""

    version: int = 3
    one_byte_codes: bool = False  # as old writers have them
    tensors: list[_Tensor] = field(default_factory=list)
    operators: list[_Operator] = field(default_factory=list)

    def tensor(self, *shape: int, dtype: str = "float32", name: str | None = None, **more: Any):
        label = f"tensor {len(self.tensors)}" if name is None else name
        self.tensors.append(_Tensor(shape, dtype, None, label, **more))
        return len(self.tensors) - 1

    def constant(self, contents: Any, dtype: str = "float32", **more: Any) -> int:
        array = np.asarray(contents, dtype)
        index = self.tensor(*array.shape, dtype=dtype, **more)
        self.tensors[index].data = array.tobytes()
        return index

    def op(
        self,
        name: str,
        inputs: list[int],
        outputs: list[int],
        options: tuple[str, dict[str, Any]] | None = None,
        custom: bytes | None = None,
    ) -> None:
        self.operators.append(_Operator(name, inputs, outputs, options, custom))

    def write(self, inputs: list[int], outputs: list[int]) -> bytes:
        builder = flatbuffers.Builder(1024)
        codes = list(dict.fromkeys(op.name for op in self.operators))
        far = [t for t in self.tensors if t.far]
        data = self._model(builder, codes, inputs, outputs)
        if far:  # once more, now that the flatbuffer's size is known (it does not change)
            offset = len(data)
            builder = flatbuffers.Builder(1024)
            data = self._model(builder, codes, inputs, outputs, offset)
            data += b"".join(t.data or b"" for t in far)
        return data

    def _model(self, b, codes, inputs, outputs, offset: int = 2) -> bytes:
        code_table = _table_vector(b, [_code(b, name, self.one_byte_codes) for name in codes])
        buffers = []
        for tensor in self.tensors:
            buffers.append(_far_buffer(b, tensor, offset) if tensor.far else _buffer(b, tensor))
            offset += len(tensor.data or b"") if tensor.far else 0
        buffer_table = _table_vector(b, [_empty_buffer(b), *buffers])
        tensor_table = _table_vector(b, [_tensor(b, i, t) for i, t in enumerate(self.tensors)])
        op_table = _table_vector(b, [_operator(b, op, codes) for op in self.operators])
        ins, outs = _ints(b, inputs), _ints(b, outputs)
        tflite.SubGraphStart(b)
        tflite.SubGraphAddTensors(b, tensor_table)
        tflite.SubGraphAddInputs(b, ins)
        tflite.SubGraphAddOutputs(b, outs)
        tflite.SubGraphAddOperators(b, op_table)
        graphs = _table_vector(b, [tflite.SubGraphEnd(b)])
        tflite.ModelStart(b)
        tflite.ModelAddVersion(b, self.version)
        tflite.ModelAddOperatorCodes(b, code_table)
        tflite.ModelAddSubgraphs(b, graphs)
        tflite.ModelAddBuffers(b, buffer_table)
        b.Finish(tflite.ModelEnd(b), b"TFL3")
        return bytes(b.Output())


def _ints(b, values) -> int:
    b.StartVector(4, len(values), 4)
    for value in reversed(values):
        b.PrependInt32(value)
    return b.EndVector()


def _table_vector(b, offsets) -> int:
    b.StartVector(4, len(offsets), 4)
    for offset in reversed(offsets):
        b.PrependUOffsetTRelative(offset)
    return b.EndVector()


def _code(b, name: str, one_byte: bool) -> int:
    number = getattr(tflite.BuiltinOperator, name, None)
    custom = b.CreateString(name) if number is None else None
    number = tflite.BuiltinOperator.CUSTOM if number is None else number
    tflite.OperatorCodeStart(b)
    if not one_byte:
        tflite.OperatorCodeAddBuiltinCode(b, number)
    tflite.OperatorCodeAddDeprecatedBuiltinCode(b, min(number, 127))
    tflite.OperatorCodeAddVersion(b, 1)
    if custom is not None:
        tflite.OperatorCodeAddCustomCode(b, custom)
    return tflite.OperatorCodeEnd(b)


def _bytes(b, data: bytes) -> int:
    b.StartVector(1, len(data), 16)
    b.head -= len(data)
    b.Bytes[b.head : b.head + len(data)] = data
    return b.EndVector()


def _empty_buffer(b) -> int:
    tflite.BufferStart(b)
    return tflite.BufferEnd(b)


def _buffer(b, tensor: _Tensor) -> int:
    data = _bytes(b, tensor.data) if tensor.data else None
    tflite.BufferStart(b)
    if data is not None:
        tflite.BufferAddData(b, data)
    return tflite.BufferEnd(b)


def _far_buffer(b, tensor: _Tensor, offset: int) -> int:
    tflite.BufferStart(b)
    tflite.BufferAddOffset(b, offset)
    tflite.BufferAddSize(b, len(tensor.data or b""))
    return tflite.BufferEnd(b)


def _tensor(b, index: int, tensor: _Tensor) -> int:
    shape, name = _ints(b, tensor.shape), b.CreateSharedString(tensor.name)
    signature = _ints(b, tensor.signature) if tensor.signature is not None else None
    steps = _quantization(b, tensor.steps) if tensor.steps is not None else None
    tflite.TensorStart(b)
    tflite.TensorAddShape(b, shape)
    tflite.TensorAddType(b, _TYPES.get(tensor.dtype, tflite.TensorType.STRING))
    tflite.TensorAddBuffer(b, index + 1 if tensor.buffer is None else tensor.buffer)
    tflite.TensorAddName(b, name)
    tflite.TensorAddIsVariable(b, tensor.is_variable)
    if steps is not None:
        tflite.TensorAddQuantization(b, steps)
    if signature is not None:
        tflite.TensorAddShapeSignature(b, signature)
    return tflite.TensorEnd(b)


def _quantization(b, steps: Steps) -> int:
    scales = b.CreateNumpyVector(np.array(steps.scales, np.float32))
    zeros = b.CreateNumpyVector(np.array(steps.zero_points, np.int64))
    tflite.QuantizationParametersStart(b)
    tflite.QuantizationParametersAddScale(b, scales)
    tflite.QuantizationParametersAddZeroPoint(b, zeros)
    tflite.QuantizationParametersAddQuantizedDimension(b, steps.axis)
    return tflite.QuantizationParametersEnd(b)


def _operator(b, op: _Operator, codes: list[str]) -> int:
    ins, outs = _ints(b, op.inputs), _ints(b, op.outputs)
    custom = _bytes(b, op.custom) if op.custom else None
    options = _options(b, *op.options) if op.options else None
    tflite.OperatorStart(b)
    tflite.OperatorAddOpcodeIndex(b, codes.index(op.name) if op.code is None else op.code)
    tflite.OperatorAddInputs(b, ins)
    tflite.OperatorAddOutputs(b, outs)
    if options is not None:
        tflite.OperatorAddBuiltinOptionsType(b, getattr(tflite.BuiltinOptions, op.options[0]))
        tflite.OperatorAddBuiltinOptions(b, options)
    if custom is not None:
        tflite.OperatorAddCustomOptions(b, custom)
    return tflite.OperatorEnd(b)


def _options(b, kind: str, fields: dict[str, Any]) -> int:
    made = {
        name: _ints(b, value) if isinstance(value, list | tuple) else value
        for name, value in fields.items()
    }
    getattr(tflite, f"{kind}Start")(b)
    for name, value in made.items():
        getattr(tflite, f"{kind}Add{name}")(b, value)
    return getattr(tflite, f"{kind}End")(b)
