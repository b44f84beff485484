"""Says what a model file is, without changing it."""

from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from builder.errors import ContractError, ModelImportError

if TYPE_CHECKING:
    import onnx

SUFFIXES = (".tflite", ".onnx")


@dataclass(frozen=True)
class TensorFacts:
    """One input or output; a dimension that the file leaves open is its name or ``?``."""

    name: str
    dtype: str
    shape: tuple[int | str, ...]


@dataclass(frozen=True)
class ModelFacts:
    """What a file says of itself; ``parameters`` counts the numbers in constant tensors."""

    file: str
    format: str
    version: str
    bytes: int
    inputs: tuple[TensorFacts, ...]
    outputs: tuple[TensorFacts, ...]
    parameters: int
    ops: dict[str, int]
    keeps_contract: bool

    def to_json(self) -> dict[str, Any]:
        """Everything as values that JSON can hold, in camelCase."""
        facts = asdict(self)
        facts["keepsContract"] = facts.pop("keeps_contract")
        return facts

    def picture_input(self) -> tuple[int, int, Literal["NHWC", "NCHW"]]:
        """Find height, width and layout of the one picture that the model takes.

        Raises:
            ContractError: not one input, or not a picture of fixed size.
        """
        shape = self.inputs[0].shape if len(self.inputs) == 1 else ()
        if len(shape) == 4 and all(isinstance(n, int) for n in shape[1:]):
            _, *rest = (int(n) if isinstance(n, int) else 0 for n in shape)
            if rest[0] == 3:
                return rest[1], rest[2], "NCHW"
            if rest[2] == 3:
                return rest[0], rest[1], "NHWC"
        found = ", ".join(f"{t.name} {list(t.shape)}" for t in self.inputs) or "none"
        raise ContractError(
            f"{self.file}: its inputs ({found}) are not one picture of fixed size; "
            "write a recipe that says what they mean and name it with --recipe"
        )


def inspect_file(path: Path) -> ModelFacts:
    """Read a ``.tflite`` or ``.onnx`` file.

    Raises:
        ModelImportError: no such file, another format, or a damaged file.
    """
    if path.suffix not in SUFFIXES:
        raise ModelImportError(f"{path}: not a model file; the endings are {', '.join(SUFFIXES)}")
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ModelImportError(
            f"{path}: cannot be read ({error.strerror}); check the path"
        ) from error
    return _tflite_facts(path, data) if path.suffix == ".tflite" else _onnx_facts(path, data)


def _tflite_facts(path: Path, data: bytes) -> ModelFacts:
    from builder.importers.tflite_reader import read_graph

    graph = read_graph(data, str(path))

    def facts(numbers: tuple[int, ...]) -> tuple[TensorFacts, ...]:
        tensors = [graph.tensors[number] for number in numbers]
        return tuple(TensorFacts(t.name, str(t.dtype), t.shape) for t in tensors)

    return ModelFacts(
        file=str(path),
        format="TFLite",
        version="schema 3",  # the only one that carries the identifier TFL3
        bytes=len(data),
        inputs=facts(graph.inputs),
        outputs=facts(graph.outputs),
        parameters=sum(t.data.size for t in graph.tensors if t.data is not None),
        ops=_histogram(op.name for op in graph.operators),
        keeps_contract=False,
    )


def _onnx_facts(path: Path, data: bytes) -> ModelFacts:
    import math

    from builder.importers import import_model

    model = import_model(data, "onnx", str(path))
    constants = {tensor.name for tensor in model.graph.initializer}
    opsets = {entry.domain or "ai.onnx": entry.version for entry in model.opset_import}
    return ModelFacts(
        file=str(path),
        format="ONNX",
        version="opset " + ", ".join(f"{name} {number}" for name, number in opsets.items()),
        bytes=len(data),
        inputs=tuple(_value(v) for v in model.graph.input if v.name not in constants),
        outputs=tuple(_value(v) for v in model.graph.output),
        parameters=sum(math.prod(tensor.dims) for tensor in model.graph.initializer),
        ops=_histogram(node.op_type for node in model.graph.node),
        keeps_contract=_keeps_contract(model),
    )


def _keeps_contract(model: "onnx.ModelProto") -> bool:
    from builder.contract import check_contract

    try:
        check_contract(model)
    except ContractError:
        return False
    return True


def _value(value: "onnx.ValueInfoProto") -> TensorFacts:
    import onnx

    tensor = value.type.tensor_type
    shape = tuple(d.dim_value or d.dim_param or "?" for d in tensor.shape.dim)
    return TensorFacts(value.name, onnx.TensorProto.DataType.Name(tensor.elem_type).lower(), shape)


def _histogram(names: Any) -> dict[str, int]:
    return dict(Counter(names).most_common())
