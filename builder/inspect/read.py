"""Reads a model file's facts, without running it."""

from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from builder.errors import ContractError, ModelImportError
from builder.importers.paddle_files import PROGRAMS, is_program, pack
from builder.inspect.facts import ModelFacts, TensorFacts, picture_layout

if TYPE_CHECKING:
    import onnx

    from builder.importers.tflite_model import Tensor

SUFFIXES = {".tflite": "tflite", ".onnx": "onnx", **dict.fromkeys(PROGRAMS, "paddle")}


def inspect_file(path: Path) -> ModelFacts:
    """Read a ``.tflite``, ``.onnx`` or ``.pdmodel`` file (or a Paddle 3 program, ``.json``).

    Raises:
        ModelImportError: no such file, another format, or a damaged file.
    """
    data = read_model_file(path)
    return _tflite_facts(path, data) if path.suffix == ".tflite" else _onnx_facts(path, data)


def read_model_file(path: Path) -> bytes:
    """Read a model file's bytes; a Paddle program's packed with its parameters.

    Raises:
        ModelImportError: no such file, or no model file by its ending.
    """
    if path.suffix not in SUFFIXES:
        raise ModelImportError(f"{path}: not a model file; the endings are {', '.join(SUFFIXES)}")
    try:
        return pack(path) if is_program(path) else path.read_bytes()
    except OSError as error:
        raise ModelImportError(
            f"{error.filename}: cannot be read ({error.strerror}); check the path"
        ) from error


def _tflite_facts(path: Path, data: bytes) -> ModelFacts:
    from builder.importers import import_model
    from builder.importers.tflite_reader import read_graph
    from builder.inspect.cost import count_macs
    from builder.inspect.web_ops import lacking_ops

    graph = read_graph(data, str(path))
    constants = [tensor.data for tensor in graph.tensors if tensor.data is not None]
    try:
        model = import_model(data, "tflite", str(path))
    except ModelImportError:  # an op that is not known: what the file says is worth telling
        macs, lacking = None, {}
    else:
        macs, lacking = count_macs(model), lacking_ops(model)
    return ModelFacts(
        file=str(path),
        format="TFLite",
        version="schema 3",  # the only one that carries the identifier TFL3
        bytes=len(data),
        inputs=tuple(_tensor(graph.tensors[number]) for number in graph.inputs),
        outputs=tuple(_tensor(graph.tensors[number]) for number in graph.outputs),
        parameters=sum(array.size for array in constants),
        ops=_histogram(op.name for op in graph.operators),
        keeps_contract=False,
        weight_bytes=sum(array.nbytes for array in constants),
        macs=macs,
        lacking=lacking,
    )


def _onnx_facts(path: Path, data: bytes) -> ModelFacts:
    from builder.importers import import_model
    from builder.inspect.cost import count_macs, count_weights
    from builder.inspect.web_ops import lacking_ops

    kind = SUFFIXES[path.suffix]
    model = import_model(data, kind, str(path))
    constants = {tensor.name for tensor in model.graph.initializer}
    opsets = {entry.domain or "ai.onnx": entry.version for entry in model.opset_import}
    parameters, weight_bytes = count_weights(model)
    return ModelFacts(
        file=str(path),
        format={"onnx": "ONNX", "paddle": "Paddle, by paddle2onnx"}[kind],
        version="opset " + ", ".join(f"{name} {number}" for name, number in opsets.items()),
        bytes=len(data),
        inputs=tuple(_value(v) for v in model.graph.input if v.name not in constants),
        outputs=tuple(_value(v) for v in model.graph.output),
        parameters=parameters,
        ops=_histogram(node.op_type for node in model.graph.node),
        keeps_contract=_keeps_contract(model),
        weight_bytes=weight_bytes,
        macs=count_macs(model),
        lacking=lacking_ops(model),
    )


def _keeps_contract(model: "onnx.ModelProto") -> bool:
    from builder.contract import check_contract

    try:
        check_contract(model)
    except ContractError:
        return False
    return True


def _tensor(tensor: "Tensor") -> TensorFacts:
    quantized = None
    if tensor.quantization is not None and tensor.dtype.kind in "iu":
        scale = float(tensor.quantization.scales[0])
        quantized = f"{scale:.6g} × (n − {int(tensor.quantization.zero_points[0])})"
    return TensorFacts(
        tensor.name, str(tensor.dtype), tensor.shape, picture_layout(tensor.shape), quantized
    )


def _value(value: "onnx.ValueInfoProto") -> TensorFacts:
    import onnx

    tensor = value.type.tensor_type
    shape = tuple(d.dim_value or d.dim_param or "?" for d in tensor.shape.dim)
    kind = onnx.TensorProto.DataType.Name(tensor.elem_type).lower()
    names = {"float": "float32", "double": "float64"}
    return TensorFacts(value.name, names.get(kind, kind), shape, picture_layout(shape))


def _histogram(names: Iterable[str]) -> dict[str, int]:
    return dict(Counter(names).most_common())
