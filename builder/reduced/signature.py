"""What decides which functions of the runtime a model calls: its graph, whatever its weights."""

import hashlib
from collections.abc import Iterator

import onnx

_FLOATS = frozenset(
    map(onnx.TensorProto.DataType.Value, ("FLOAT", "FLOAT16", "DOUBLE", "BFLOAT16"))
)


def graph_signature(data: bytes) -> str:
    """Hash a model without the values of its floating-point tensors.

    The last bits of weights that were folded differ between processors; sizes, axes and all that is
    whole numbers count.

    Args:
        data: an ONNX file.

    Returns:
        The sha256, hex.
    """
    model = onnx.load_from_string(data)
    for tensor in _tensors(model.graph):
        if tensor.data_type in _FLOATS:
            for field in ("raw_data", "float_data", "int32_data", "double_data"):
                tensor.ClearField(field)
    return hashlib.sha256(model.SerializeToString(deterministic=True)).hexdigest()


def _tensors(graph: onnx.GraphProto) -> Iterator[onnx.TensorProto]:
    yield from graph.initializer
    for node in graph.node:
        for attribute in node.attribute:
            # An attribute that is read comes into being, so only those that are there are.
            if attribute.HasField("t"):
                yield attribute.t
            yield from attribute.tensors
            for inner in (*([attribute.g] if attribute.HasField("g") else []), *attribute.graphs):
                yield from _tensors(inner)
