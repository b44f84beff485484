"""A depthwise convolution that skips columns gets each phase of the columns as a channel.

Runtimes without a depthwise kernel copy the pixels under each place of the kernel: whole rows at a
time where the stride along a row is 1, pixel by pixel where it is not. With stride s, column
x·s + j of the input (j a place of the kernel less the pad) is column x + m of phase f, j = m·s + f,
0 ≤ f < s. With in_f[y, x] = in[y, x·s + f],

    out[c, y, x] = Σ_{a, j} w[c, a, j] · in[c, y·r + a, x·s + j]
                 = Σ_f Σ_{a, m} w[c, a, m·s + f] · in_f[c, y·r + a, x + m],

a convolution of s channels a group with stride 1 along the row. Columns outside the picture are
outside in every phase where s divides the width, so the pads are zeros as before.

The phases are put apart where they cost least: before the 1×1 convolution, and the activations
after it, that make the input. They see one pixel at a time, so that the order of pixels is the same
to them: f(S(x)) = S(f(x)).
"""

import numpy as np
import onnx

from builder.rewrites.graph import Array, Graph, rewrite_nodes
from builder.rewrites.reading import Window, is_pointwise, window

_UNARY = ("Relu", "HardSwish", "HardSigmoid", "Sigmoid", "Tanh", "LeakyRelu", "Elu")


def apply(model: onnx.ModelProto) -> onnx.ModelProto:
    """Give phases of columns to depthwise convolutions with a stride behind a 1×1 one."""
    return rewrite_nodes(model, ("Conv",), _split)


def _split(graph: Graph, conv: onnx.NodeProto) -> bool:
    weights, seen = graph.constant(conv.input[1]), window(graph, conv)
    before, after = graph.shape(conv.input[0]), graph.shape(conv.output[0])
    if weights is None or seen is None or before is None or after is None:
        return False
    stride, depthwise = seen.strides[1], weights.shape[:2] == (before[1], 1)
    if not depthwise or stride == 1 or before[3] % stride or seen.dilations != (1, 1):
        return False
    chain = _chain(graph, conv.input[0])
    shape = graph.shape(chain[0].input[0]) if chain else None
    if shape is None or shape[1] > before[1]:
        return False
    kernel, low = _phased(weights, stride, seen.pads[1])
    high = after[3] - before[3] // stride - low + kernel.shape[3] - 1
    if high < 0:
        return False
    _rebuild(graph, conv, chain, kernel, _attributes(seen, kernel, (low, high)))
    return True


def _rebuild(
    graph: Graph,
    conv: onnx.NodeProto,
    chain: list[onnx.NodeProto],
    kernel: Array,
    attributes: dict[str, object],
) -> None:
    """Put the phases apart, do the work on single pixels, and the convolution on the phases."""
    batch, channels, height, width = graph.shape(chain[0].input[0]) or ()
    stride = kernel.shape[1]
    narrow = width // stride
    apart = graph.reshape(chain[0].input[0], batch, channels, height, narrow, stride)
    apart = graph.add("Transpose", apart, perm=[0, 1, 4, 2, 3])
    value = graph.reshape(apart, batch, channels, stride * height, narrow)
    for node in chain:
        value = graph.copy(node, value, *node.input[1:])
    value = graph.reshape(value, batch, stride * kernel.shape[0], height, narrow)
    weights = graph.constant_value(kernel, "weights")
    graph.replace(conv.output[0], graph.add("Conv", value, weights, *conv.input[2:], **attributes))


def _chain(graph: Graph, value: str) -> list[onnx.NodeProto]:
    """Return the 1×1 convolution and the activations that make a value for one node alone."""
    nodes: list[onnx.NodeProto] = []
    while graph.only_consumer(value) is not None:
        node = graph.producer(value)
        if node is None:
            break
        nodes.insert(0, node)
        if node.op_type == "Conv":
            return nodes if is_pointwise(graph, node) else []
        if node.op_type not in _UNARY:
            break
        value = node.input[0]
    return []


def _phased(weights: Array, stride: int, left: int) -> tuple[Array, int]:
    """Return the kernel [C, stride, kh, kw'] for the phases, and its pad on the left."""
    places = [divmod(column - left, stride) for column in range(weights.shape[3])]
    first = places[0][0]
    wide = places[-1][0] - first + 1
    kernel = np.zeros((weights.shape[0], stride, weights.shape[2], wide), np.float32)
    for column, (step, phase) in enumerate(places):
        kernel[:, phase, :, step - first] = weights[:, 0, :, column]
    return kernel, -first


def _attributes(seen: Window, kernel: Array, sides: tuple[int, int]) -> dict[str, object]:
    top, _, bottom, _ = seen.pads
    return {
        "group": seen.groups,
        "kernel_shape": list(kernel.shape[2:]),
        "strides": [seen.strides[0], 1],
        "pads": [top, sides[0], bottom, sides[1]],
    }
