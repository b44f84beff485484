"""Constants that are multiplied or added around a convolution become its weights and bias.

After it: (W·x + b)·s + t = (s·W)·x + (s·b + t), for s and t that are one number or one for each
channel. Before it: W·(s·x) = (W·s)·x, the weights of input channel c times s_c. Before it and
added: W·(x + t) + b = W·x + (b + Σ W·t), with the sum over the window, only where no pads are
(a padded zero would have to be −t). Sub and Div by a constant are Add and Mul of −t and 1/s.
"""

import numpy as np
import onnx
from numpy.typing import NDArray

from builder.rewrites.graph import Array, Graph, attribute, rewrite_nodes
from builder.rewrites.reading import window

_Vector = NDArray[np.float32]


def apply(model: onnx.ModelProto) -> onnx.ModelProto:
    """Fold constant factors and summands into the convolutions beside them."""
    return rewrite_nodes(model, ("Mul", "Div", "Add", "Sub"), _fold)


def _fold(graph: Graph, node: onnx.NodeProto) -> bool:
    found = _constant_operand(graph, node)
    if found is None:
        return False
    value, factor, summand = found
    before = graph.producer(value)
    alone = graph.only_consumer(value) is not None
    if alone and before is not None and _fold_after(graph, node, before, factor, summand):
        return True
    after = graph.only_consumer(node.output[0], "Conv")
    return (
        after is not None
        and after.input[0] == node.output[0]
        and _fold_before(graph, after, value, factor, summand)
    )


def _fold_after(
    graph: Graph, node: onnx.NodeProto, conv: onnx.NodeProto, factor: _Vector, summand: _Vector
) -> bool:
    if conv.op_type not in ("Conv", "ConvTranspose"):
        return False
    weights, bias = _weights(graph, conv)
    groups = attribute(conv, "group", 1)
    transposed = conv.op_type == "ConvTranspose"
    if weights is None or bias is None or (transposed and groups != 1):
        return False
    outputs = len(bias)
    if not {len(factor), len(summand)} <= {1, outputs}:
        return False
    scale = factor.reshape((1, -1, 1, 1) if transposed else (-1, 1, 1, 1))
    return _put(
        graph, node.output[0], conv, conv.input[0], weights * scale, bias * factor + summand
    )


def _fold_before(
    graph: Graph, conv: onnx.NodeProto, value: str, factor: _Vector, summand: _Vector
) -> bool:
    weights, bias = _weights(graph, conv)
    seen = window(graph, conv)
    if weights is None or bias is None or seen is None:
        return False
    per_group = weights.shape[1]
    channels = per_group * seen.groups
    if not {len(factor), len(summand)} <= {1, channels} or (summand.any() and any(seen.pads)):
        return False
    shape = (seen.groups, 1, per_group, 1, 1)
    parted = weights.reshape(seen.groups, -1, *weights.shape[1:])
    moved = (parted * np.broadcast_to(summand, channels).reshape(shape)).sum(axis=(2, 3, 4))
    scaled = parted * np.broadcast_to(factor, channels).reshape(shape)
    return _put(
        graph, conv.output[0], conv, value, scaled.reshape(weights.shape), bias + moved.reshape(-1)
    )


def _constant_operand(graph: Graph, node: onnx.NodeProto) -> tuple[str, _Vector, _Vector] | None:
    """Read node = value·factor + summand, both vectors of one number or one for each channel."""
    shape = graph.shape(node.output[0])
    if shape is None or len(shape) != 4:
        return None
    for value, other in (tuple(node.input), tuple(reversed(node.input))):
        constant = graph.constant(other)
        if constant is None or graph.constant(value) is not None or graph.shape(value) != shape:
            continue
        if constant.dtype != np.float32 or not _per_channel(constant, shape[1]):
            continue
        vector = constant.reshape(-1)
        one, zero = np.ones(1, np.float32), np.zeros(1, np.float32)
        if node.op_type == "Mul":
            return value, vector, zero
        if node.op_type == "Add":
            return value, one, vector
        if node.op_type == "Sub":
            first = value == node.input[0]
            return (value, one, -vector) if first else (value, -one, vector)
        if value == node.input[0] and vector.all():
            return value, (1 / vector).astype(np.float32), zero
    return None


def _per_channel(constant: Array, channels: int) -> bool:
    shape = (1,) * (4 - constant.ndim) + constant.shape
    return len(shape) == 4 and shape in ((1, 1, 1, 1), (1, channels, 1, 1))


def _weights(graph: Graph, conv: onnx.NodeProto) -> tuple[Array | None, Array | None]:
    """Return a convolution's constant weights and its bias, zeros where it has none."""
    weights = graph.constant(conv.input[1])
    if weights is None or weights.ndim != 4 or weights.dtype != np.float32:
        return None, None
    if len(conv.input) > 2 and conv.input[2]:
        return weights, graph.constant(conv.input[2])
    groups = attribute(conv, "group", 1)
    outputs = weights.shape[1] * groups if conv.op_type == "ConvTranspose" else len(weights)
    return weights, np.zeros(outputs, np.float32)


def _put(
    graph: Graph, old: str, conv: onnx.NodeProto, value: str, weights: Array, bias: Array
) -> bool:
    folded = graph.copy(
        conv,
        value,
        graph.constant_value(weights.astype(np.float32), "weights"),
        graph.constant_value(bias.astype(np.float32), "bias"),
    )
    graph.replace(old, folded)
    return True
