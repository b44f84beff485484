"""ONNX bytes → `ModelProto`, whole and valid."""

from collections.abc import Iterable, Iterator

import onnx
from google.protobuf.message import DecodeError, Message

from builder.errors import ModelImportError
from builder.messages import one_line

# ONNX's own two, and the plain one that its native code raises on unknown types.
_COMPLAINTS = (
    onnx.checker.ValidationError,
    onnx.shape_inference.InferenceError,
    ValueError,
)


def import_onnx(data: bytes, origin: str) -> onnx.ModelProto:
    """Read an ONNX model.

    Args:
        data: the whole file.
        origin: the file's name, for messages.

    Raises:
        ModelImportError: not an ONNX file, a damaged one, or one that keeps its weights in
            another file.
    """
    try:
        model = onnx.load_model_from_string(data)
    except DecodeError as error:
        raise _damaged(origin) from error
    if not _names_are_text(model):
        raise _damaged(origin)
    for tensor in _tensors(model):
        if tensor.data_location == onnx.TensorProto.EXTERNAL or tensor.external_data:
            raise ModelImportError(
                f"{origin}: keeps its weights in another file ({tensor.name!r}); save it as one"
                " file (onnx.save with save_as_external_data=False)"
            )
    check(model, origin)
    return model


def _damaged(origin: str) -> ModelImportError:
    return ModelImportError(
        f"{origin}: not an ONNX file, or a damaged one; check the recipe's format and fetch it"
        " again"
    )


def check(model: onnx.ModelProto, origin: str) -> None:
    """Check a model by ONNX's own rules, types and shapes included.

    Raises:
        ModelImportError: the model breaks one; the message says which.
    """
    try:
        onnx.checker.check_model(model)
        onnx.shape_inference.infer_shapes(model, check_type=True, strict_mode=True)
    except _COMPLAINTS as error:
        raise ModelImportError(
            f"{origin}: not a valid model ({one_line(error)}); export it again"
        ) from error


def _names_are_text(message: Message) -> bool:
    """Say whether every string is UTF-8; protobuf reads others too, and trips over them later."""
    if isinstance(message, onnx.TensorProto):  # its weights may be large
        return isinstance(message.name, str)
    for field, value in message.ListFields():
        single = isinstance(value, str | bytes | Message)
        parts = [value] if single or not isinstance(value, Iterable) else value
        if field.message_type is not None:
            if not all(_names_are_text(part) for part in parts):
                return False
        elif field.type == field.TYPE_STRING and any(isinstance(part, bytes) for part in parts):
            return False
    return True


def _tensors(model: onnx.ModelProto) -> Iterator[onnx.TensorProto]:
    """Yield every tensor that a model holds: weights and attributes, in subgraphs and functions."""
    yield from _graph_tensors(model.graph)
    for function in model.functions:
        yield from _node_tensors(function.node)


def _graph_tensors(graph: onnx.GraphProto) -> Iterator[onnx.TensorProto]:
    yield from graph.initializer
    for sparse in graph.sparse_initializer:
        yield from (sparse.values, sparse.indices)
    yield from _node_tensors(graph.node)


def _node_tensors(nodes: Iterable[onnx.NodeProto]) -> Iterator[onnx.TensorProto]:
    for node in nodes:
        for attribute in node.attribute:
            yield attribute.t
            yield from attribute.tensors
            yield from (attribute.sparse_tensor.values, attribute.sparse_tensor.indices)
            for graph in (attribute.g, *attribute.graphs):
                yield from _graph_tensors(graph)
