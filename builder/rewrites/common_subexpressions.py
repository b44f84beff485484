"""What is computed twice is computed once, what is stored twice is stored once.

Two nodes of one type with the same attributes and the same inputs give the same answer, so every
consumer of the second takes the first one's. Two constants with the same bytes are one constant.
Random ops are never the same as another.
"""

import onnx

from builder.rewrites.graph import Graph

_RANDOM = ("RandomNormal", "RandomNormalLike", "RandomUniform", "RandomUniformLike",
           "Multinomial", "Bernoulli", "Dropout")  # fmt: skip


def apply(model: onnx.ModelProto) -> onnx.ModelProto:
    """Merge equal constants and equal nodes."""
    graph = Graph(model)
    if graph.has_subgraphs:
        return model
    twins = _equal_constants(model)
    for extra, kept in twins:
        graph.redirect(extra, kept)
    if twins:
        graph.settle()
    while (pair := _equal_nodes(graph)) is not None:
        graph.replace(*pair)
    return graph.model


def _equal_constants(model: onnx.ModelProto) -> list[tuple[str, str]]:
    seen: dict[bytes, str] = {}
    outputs = {value.name for value in model.graph.output}
    twins = []
    for tensor in model.graph.initializer:
        nameless = onnx.TensorProto()
        nameless.CopyFrom(tensor)
        nameless.name = ""
        kept = seen.setdefault(nameless.SerializeToString(deterministic=True), tensor.name)
        if kept != tensor.name and tensor.name not in outputs:
            twins.append((tensor.name, kept))
    return twins


def _equal_nodes(graph: Graph) -> tuple[str, str] | None:
    """Return a value that another one equals, and that other one."""
    seen: dict[bytes, str] = {}
    for node in graph.nodes:
        if node.op_type in _RANDOM or len(node.output) != 1 or node.output[0] in graph.outputs:
            continue
        kept = seen.setdefault(_identity(node), node.output[0])
        if kept != node.output[0]:
            return node.output[0], kept
    return None


def _identity(node: onnx.NodeProto) -> bytes:
    """Return what two nodes share that compute the same."""
    nameless = onnx.NodeProto(op_type=node.op_type, domain=node.domain, input=list(node.input))
    nameless.attribute.extend(sorted(node.attribute, key=lambda attribute: attribute.name))
    identity: bytes = nameless.SerializeToString(deterministic=True)
    return identity
