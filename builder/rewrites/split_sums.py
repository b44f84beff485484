"""A 1×1 convolution of a picture plus an upsampled one is done on each of them, small as it is.

With a resize R, which commutes with 1×1 convolutions (see `pointwise_before_resize`),
W·(x + R(V·y + c)) + b = W·x + b + R((W·V)·y + W·c). The convolutions by V and by W of the small
picture y are one, so nothing is added to the work; the sum comes last, where the runtime takes it
together with an activation, and x may be a picture with factors that fold into W (see `gates`).
"""

import numpy as np
import onnx

from builder.rewrites.graph import Array, Graph, rewrite_nodes
from builder.rewrites.reading import is_pointwise, resized_like, scales_picture_only


def apply(model: onnx.ModelProto) -> onnx.ModelProto:
    """Split 1×1 convolutions of sums with an upsampled picture."""
    return rewrite_nodes(model, ("Conv",), _split)


def _split(graph: Graph, conv: onnx.NodeProto) -> bool:
    total = graph.producer(conv.input[0], "Add")
    outer = graph.constant(conv.input[1])
    if total is None or outer is None or graph.only_consumer(conv.input[0]) is None:
        return False
    if not is_pointwise(graph, conv) or not _same_shapes(graph, total):
        return False
    for value, upsampled in (tuple(total.input), tuple(reversed(total.input))):
        small = _small_conv(graph, upsampled)
        if small is None:
            continue
        resize, inner_conv, inner = small
        if len(outer) > len(inner):
            continue
        merged = graph.add(
            "Conv",
            inner_conv.input[0],
            graph.constant_value(_product(outer, inner), "weights"),
            graph.constant_value(_moved_bias(graph, inner_conv, outer), "bias"),
        )
        # The bias stays with the larger one: a runtime fuses Add into convolutions with a bias.
        direct = graph.copy(conv, value, *list(conv.input)[1:])
        enlarged = resized_like(graph, resize, merged, len(outer))
        graph.replace(conv.output[0], graph.add("Add", direct, enlarged))
        return True
    return False


def _small_conv(graph: Graph, value: str) -> tuple[onnx.NodeProto, onnx.NodeProto, Array] | None:
    """Return the Resize that makes a value alone, the 1×1 Conv that alone feeds it, its weights."""
    resize = graph.producer(value, "Resize")
    if resize is None or graph.only_consumer(value) is None:
        return None
    conv = graph.producer(resize.input[0], "Conv")
    if conv is None or graph.only_consumer(resize.input[0]) is None:
        return None
    weights = graph.constant(conv.input[1])
    fits = is_pointwise(graph, conv) and scales_picture_only(graph, resize) is not None
    return (resize, conv, weights) if fits and weights is not None else None


def _same_shapes(graph: Graph, node: onnx.NodeProto) -> bool:
    first, second = (graph.shape(value) for value in node.input)
    return first is not None and first == second


def _product(outer: Array, inner: Array) -> Array:
    product = outer[:, :, 0, 0].astype(np.float64) @ inner[:, :, 0, 0]
    return product.astype(np.float32)[:, :, None, None]


def _moved_bias(graph: Graph, inner: onnx.NodeProto, weights: Array) -> Array:
    bias = graph.constant(inner.input[2]) if len(inner.input) > 2 else None
    if bias is None:
        return np.zeros(len(weights), np.float32)
    moved: Array = weights[:, :, 0, 0].astype(np.float64) @ bias
    return moved.astype(np.float32)
