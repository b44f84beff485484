"""A depthwise convolution with a large kernel makes several rows of its output at a time.

Runtimes without a depthwise kernel copy, for each channel, every input pixel once for each of the
k·k places of the kernel, and multiply a single row of weights by that. Rows r = 0…R−1 of a block
of R output rows of one channel see input rows r·s … r·s + k − 1 of a common strip of (R−1)·s + k
rows (s is the stride). So they are R output channels of one convolution over the strip, whose
kernel for row r holds the small kernel at row r·s and zeros elsewhere:

    out[c, t·R + r, x] = Σ_{a, b} w[c, a, b] · in[c, (t·R + r)·s + a, x·s' + b]
                       = Σ_{A, b} F[c·R + r, A, b] · in[c, t·(R·s) + A, x·s' + b],
    F[c·R + r, r·s + a, b] = w[c, a, b].

It copies ((R−1)·s + k)·k values for R outputs instead of R·k·k, and multiplies R rows at once. The
answer comes as R sets of rows, which `row_order` puts in order.
"""

import numpy as np
import onnx

from builder.rewrites.graph import Array, Graph, rewrite_nodes
from builder.rewrites.reading import Window, window
from builder.rewrites.row_order import rows_in_order

# Measured in onnxruntime-web: 5×5 kernels gain a quarter to a third with 4 rows, 3×3 ones lose.
SMALLEST_KERNEL = 25
BEST_ROWS = 4
MOST_ROWS = 8


def apply(model: onnx.ModelProto) -> onnx.ModelProto:
    """Replace depthwise convolutions of 5×5 and more."""
    return rewrite_nodes(model, ("Conv",), _block)


def _block(graph: Graph, conv: onnx.NodeProto) -> bool:
    weights = graph.constant(conv.input[1])
    seen = window(graph, conv)
    before, after = graph.shape(conv.input[0]), graph.shape(conv.output[0])
    if weights is None or seen is None or before is None or after is None:
        return False
    depthwise = weights.shape[:2] == (before[1], 1) and seen.groups == before[1]
    rows = _rows(after[2])
    if not depthwise or seen.dilations != (1, 1) or rows == 1:
        return False
    if seen.kernel[0] * seen.kernel[1] < SMALLEST_KERNEL:
        return False
    blocks = graph.add(
        "Conv",
        conv.input[0],
        graph.constant_value(_strips(weights, rows, seen.strides[0]), "weights"),
        *_biases(graph, conv, rows),
        **_attributes(seen, rows),
    )
    sets = graph.reshape(blocks, *after)
    graph.replace(conv.output[0], rows_in_order(graph, sets, after, rows))
    return True


def _rows(height: int) -> int:
    """Return the divisor of the height that is nearest to the best number of rows."""
    divisors = [n for n in range(1, MOST_ROWS + 1) if height % n == 0]
    return min(divisors, key=lambda n: (abs(n - BEST_ROWS), n))


def _strips(weights: Array, rows: int, stride: int) -> Array:
    channels, _, height, width = weights.shape
    strips = np.zeros((channels, rows, (rows - 1) * stride + height, width), np.float32)
    for row in range(rows):
        strips[:, row, row * stride : row * stride + height] = weights[:, 0]
    return strips.reshape(channels * rows, 1, *strips.shape[2:])


def _biases(graph: Graph, conv: onnx.NodeProto, rows: int) -> list[str]:
    if len(conv.input) < 3 or not conv.input[2]:
        return []
    bias = graph.constant(conv.input[2])
    if bias is not None:
        return [graph.constant_value(np.repeat(bias, rows), "bias")]
    column = graph.reshape(conv.input[2], -1, 1)
    return [graph.reshape(graph.add("Expand", column, graph.ints(1, rows)), -1)]


def _attributes(seen: Window, rows: int) -> dict[str, object]:
    strip = (rows - 1) * seen.strides[0] + seen.kernel[0]
    return {
        "group": seen.groups,
        "kernel_shape": [strip, seen.kernel[1]],
        "strides": [rows * seen.strides[0], seen.strides[1]],
        "pads": list(seen.pads),  # rows that the stride has left over are still too few for a block
    }
