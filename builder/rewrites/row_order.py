"""A change of the order of a picture's rows is done after the work on single pixels, not before.

The order of pixels does not matter to an operation that sees one pixel at a time: an activation, a
factor or summand for each channel, a 1×1 convolution. It does not matter to a mean over all
pixels either. With S for the change of order: f(S(x)) = S(f(x)), S(x)∘S(y) = S(x∘y), mean(S(x)) =
mean(x). So S moves down to where fewer channels are left, or goes altogether.

S itself is Reshape, Transpose, Reshape: picture [N, C, H, W] whose rows come in the order of
[parts, H/parts] is put into the order of [H/parts, parts].
"""

import onnx

from builder.rewrites.graph import Graph, attribute, rewrite_nodes
from builder.rewrites.reading import is_pointwise

_UNARY = (
    "Relu", "HardSwish", "HardSigmoid", "Sigmoid", "Tanh", "LeakyRelu", "Elu", "Abs", "Neg", "Exp",
    "Sqrt",
)  # fmt: skip
_BINARY = ("Add", "Sub", "Mul", "Div", "Max", "Min")
_ORDER = [0, 2, 1, 3]


def apply(model: onnx.ModelProto) -> onnx.ModelProto:
    """Move changes of row order behind the work on single pixels."""
    types = (*_UNARY, *_BINARY, "Clip", "Conv", "GlobalAveragePool")
    return rewrite_nodes(model, types, _sink)


def rows_in_order(graph: Graph, value: str, shape: tuple[int, ...], parts: int) -> str:
    """Put rows that come as ``parts`` interleaved sets, one after the other, into their order.

    Args:
        graph: is added to.
        value: a picture of ``shape`` whose row p·(H/parts) + i belongs at i·parts + p.
        shape: [N, C, H, W].
        parts: how many sets; divides H.
    """
    batch, channels, height, width = shape
    split = graph.reshape(value, batch * channels, parts, height // parts, width)
    return graph.reshape(graph.add("Transpose", split, perm=_ORDER), *shape)


def _sink(graph: Graph, node: onnx.NodeProto) -> bool:
    orders = [_unordered(graph, value) for value in node.input]
    moved = [order for order in orders if order is not None]
    if not moved or len({parts for _, parts in moved}) > 1:
        return False
    values = [order[0] if order else value for order, value in zip(orders, node.input, strict=True)]
    if node.op_type == "GlobalAveragePool":
        graph.replace(node.output[0], graph.copy(node, *values))
        return True
    reordered = [v for v, order in zip(node.input, orders, strict=True) if order]
    takers = [other for value in reordered for other in graph.consumers(value)]
    if any(_order_after(graph, taker) != moved[0][1] for taker in (node, *takers)):
        return False
    shape = graph.shape(node.output[0])
    if shape is None or any(value in graph.outputs for value in reordered):
        return False
    early = graph.copy(node, *values)
    graph.replace(node.output[0], rows_in_order(graph, early, shape, moved[0][1]))
    return True


def _unordered(graph: Graph, value: str) -> tuple[str, int] | None:
    """Return what a value was before its rows were put in order, and in how many sets."""
    last = graph.producer(value, "Reshape")
    middle = graph.producer(last.input[0], "Transpose") if last is not None else None
    first = graph.producer(middle.input[0], "Reshape") if middle is not None else None
    if last is None or middle is None or first is None:
        return None
    source, split = graph.shape(first.input[0]), graph.shape(first.output[0])
    if source is None or split is None or len(source) != 4 or len(split) != 4:
        return None
    batch, channels, height, width = source
    fits = (
        list(attribute(middle, "perm", ())) == _ORDER
        and split == (batch * channels, split[1], height // split[1], width)
        and graph.shape(value) == source
    )
    return (first.input[0], split[1]) if fits else None


def _order_after(graph: Graph, node: onnx.NodeProto) -> int | None:
    """Return in how many sets a node's rows could come if it were done before the change of order.

    0 stands for a node whose pixels are all the same, None for one that has to see them in order.
    """
    if node.op_type == "GlobalAveragePool":
        return _order_of(graph, node.input[0])
    if node.op_type == "Conv":
        return _order_of(graph, node.input[0]) if is_pointwise(graph, node) else None
    if node.op_type not in (*_UNARY, *_BINARY, "Clip"):
        return None
    sets = {_order_of(graph, value) for value in node.input if value} - {0}
    return sets.pop() if len(sets) == 1 else None


def _order_of(graph: Graph, value: str) -> int | None:
    order = _unordered(graph, value)
    if order is not None:
        return order[1]
    shape = graph.shape(value)
    if shape is not None and len(shape) != 2 and (len(shape) < 2 or shape[-2:] == (1, 1)):
        return 0
    # Something like x·HardSigmoid(x), whose second factor has not been moved yet.
    made_by = graph.producer(value)
    moves = made_by is not None and made_by.op_type in _UNARY
    return _order_of(graph, made_by.input[0]) if moves and made_by is not None else None
