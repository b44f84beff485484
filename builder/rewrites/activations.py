"""Activations that are spelled out become the op that the runtime has.

* Max(x, 0) and Clip(x, 0, ∞) are Relu, which fuses into the convolution before it.
* Clip(a·x + b, 0, 1), and Clip(x + 3, 0, 6)/6 as MobileNetV3 exports it, is HardSigmoid(α, β):
  Clip(s·x + t, 0, m)/m = Clip(x·s/m + t/m, 0, 1).
* x·HardSigmoid(x) stays two ops: no runtime here has a faster form.

Standing alone, Clip is the slowest of these in onnxruntime-web by far (six times Max and Min).
"""

import math

import onnx

from builder.rewrites.graph import Graph, rewrite_nodes


def apply(model: onnx.ModelProto) -> onnx.ModelProto:
    """Recognise spelled-out Relu and HardSigmoid."""
    return rewrite_nodes(model, ("Max", "Clip"), _recognise)


def _recognise(graph: Graph, node: onnx.NodeProto) -> bool:
    bounds = _bounds(graph, node)
    if bounds is None:
        return False
    value, low, high = bounds
    if low != 0:
        return False
    if math.isinf(high):
        graph.replace(node.output[0], graph.add("Relu", value))
        return True
    return _as_hard_sigmoid(graph, node, value, high)


def _bounds(graph: Graph, node: onnx.NodeProto) -> tuple[str, float, float] | None:
    """Read Max(x, low) and Clip(x, low, high) with bounds that are constants."""
    if node.op_type == "Max":
        if len(node.input) != 2:
            return None
        for value, bound in (tuple(node.input), tuple(reversed(node.input))):
            low = graph.scalar(bound)
            if low is not None and graph.shape(value) == graph.shape(node.output[0]):
                return value, low, math.inf
        return None
    limits = [-math.inf, math.inf]
    for place, name in enumerate(list(node.input)[1:3]):
        limit = graph.scalar(name) if name else limits[place]
        if limit is None:
            return None
        limits[place] = limit
    return node.input[0], limits[0], limits[1]


def _as_hard_sigmoid(graph: Graph, clip: onnx.NodeProto, value: str, high: float) -> bool:
    """Replace Clip(s·x + t, 0, m), divided by m where m is not 1."""
    source, alpha, beta, spelled = value, 1.0, 0.0, False
    for op_type in ("Add", "Mul"):
        found = _scalar_operand(graph, source, op_type)
        if found is not None:
            source, number = found
            alpha, beta = (alpha * number, beta) if op_type == "Mul" else (alpha, number)
            spelled = True
    last = clip
    if high != 1:
        scaled = _divided(graph, clip.output[0], high)
        if scaled is None:
            return False
        last = scaled
    if not spelled or high <= 0:
        return False
    sigmoid = graph.add("HardSigmoid", source, alpha=alpha / high, beta=beta / high)
    graph.replace(last.output[0], sigmoid)
    return True


def _scalar_operand(graph: Graph, value: str, op_type: str) -> tuple[str, float] | None:
    """Return x and the number of value = x + number or x · number, made for one consumer."""
    node = graph.producer(value, op_type)
    if node is None or graph.only_consumer(value) is None:
        return None
    for other, constant in (tuple(node.input), tuple(reversed(node.input))):
        number = graph.scalar(constant)
        if number is not None and graph.shape(other) == graph.shape(value):
            return other, number
    return None


def _divided(graph: Graph, value: str, by: float) -> onnx.NodeProto | None:
    """Return the node that alone takes a value and divides it by a number."""
    node = graph.only_consumer(value)
    if node is None or node.op_type not in ("Div", "Mul"):
        return None
    first = node.input[0] == value
    number = graph.scalar(node.input[1 if first else 0])
    if number is None or (node.op_type == "Div" and not first):
        return None
    divisor = number if node.op_type == "Div" else (1 / number if number else 0.0)
    return node if math.isclose(divisor, by, rel_tol=1e-6) else None
