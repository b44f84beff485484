"""What changes nothing goes: a node whose answer is one of its inputs, and what nobody takes.

Identity and Dropout answer with what they are given. So do a Resize, Reshape, Expand, Slice or Pad
to the shape that is there already, a Transpose or Concat of one thing that moves nothing, Add and
Sub of 0, Mul and Div by 1. A Slice that keeps the shape could
still reverse an axis and a Resize that keeps it could cut out a part, so those are looked at.
"""

import numpy as np
import onnx

from builder.rewrites.graph import Graph, attribute, rewrite_nodes
from builder.rewrites.reading import scales_picture_only

_NEUTRAL = {"Add": 0.0, "Sub": 0.0, "Mul": 1.0, "Div": 1.0}
_COMMUTATIVE = ("Add", "Mul")
_TYPES = (
    "Identity", "Dropout", "Resize", "Reshape", "Expand", "Slice", "Pad", "Transpose", "Concat",
    *_NEUTRAL,
)  # fmt: skip


def apply(model: onnx.ModelProto) -> onnx.ModelProto:
    """Drop nodes that change nothing, and nodes and weights that no output needs."""
    swept = _sweep(model)
    return rewrite_nodes(swept, _TYPES, _drop)


def _sweep(model: onnx.ModelProto) -> onnx.ModelProto:
    graph = Graph(model)
    if graph.has_subgraphs:
        return model
    settled = Graph(model)
    settled.settle()
    same = (
        len(settled.nodes) == len(graph.nodes)
        and len(settled.model.graph.initializer) == len(model.graph.initializer)
    )  # fmt: skip
    return model if same else settled.model


def _drop(graph: Graph, node: onnx.NodeProto) -> bool:
    kept = _same_as(graph, node)
    if kept is None or (kept in graph.inputs and node.output[0] in graph.outputs):
        return False
    graph.replace(node.output[0], kept)
    return True


def _same_as(graph: Graph, node: onnx.NodeProto) -> str | None:
    """Name the input that a node answers with, if it does."""
    if node.op_type in _NEUTRAL:
        return _neutral(graph, node)
    first: str = node.input[0]
    return first if _keeps_all(graph, node) else None


def _keeps_all(graph: Graph, node: onnx.NodeProto) -> bool:
    """Whether a node answers with its first input, element by element."""
    shape = graph.shape(node.input[0])
    keeps = node.op_type == "Identity"
    same_shape = shape is not None and shape == graph.shape(node.output[0])
    match node.op_type:
        case "Dropout":
            trains = len(node.input) > 2 and node.input[2]
            keeps = not trains and len(node.output) == 1
        case "Reshape" | "Expand":
            keeps = same_shape
        case "Pad":
            pads = graph.constant(node.input[1])
            keeps = pads is not None and not pads.any()
        case "Slice":
            steps = graph.constant(node.input[4]) if len(node.input) > 4 else np.ones(1)
            keeps = same_shape and steps is not None and bool((steps > 0).all())
        case "Resize":
            keeps = same_shape and scales_picture_only(graph, node) is not None
        case "Transpose":
            order = list(attribute(node, "perm", ()))
            keeps = bool(order) and order == sorted(order)
        case "Concat":
            keeps = len(node.input) == 1
    return keeps


def _neutral(graph: Graph, node: onnx.NodeProto) -> str | None:
    """Name the operand that adding 0 or multiplying by 1 leaves as it is."""
    order = [(0, 1), (1, 0)] if node.op_type in _COMMUTATIVE else [(0, 1)]
    for kept, dropped in order:
        constant = graph.constant(node.input[dropped])
        value: str = node.input[kept]
        if constant is None or not (constant == _NEUTRAL[node.op_type]).all():
            continue
        shape = graph.shape(value)
        if shape is not None and shape == graph.shape(node.output[0]):
            return value
    return None
