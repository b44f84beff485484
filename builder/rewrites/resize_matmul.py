"""A bilinear resize of a small picture is two matrix products.

Bilinear interpolation is separable: with the weights of one axis in a matrix A [H', H] and those
of the other in B [W', W] (two numbers in each row, one where an edge is clamped),
out = A · picture · Bᵀ for every channel. The products do H + W multiply-adds for a value where two
by two would do, but by SIMD code, while Resize is scalar: worth it as long as H + W is small.
"""

import numpy as np
import onnx

from builder.rewrites.graph import Graph, rewrite_nodes
from builder.rewrites.reading import linear_matrices

# Measured in onnxruntime-web on one thread: even at about 16 + 24 pixels a side.
LARGEST_SIDES = 40


def apply(model: onnx.ModelProto) -> onnx.ModelProto:
    """Replace bilinear resizes of small pictures."""
    return rewrite_nodes(model, ("Resize",), _multiply)


def _multiply(graph: Graph, resize: onnx.NodeProto) -> bool:
    matrices = linear_matrices(graph, resize)
    if matrices is None:
        return False
    rows, columns = matrices
    if rows.shape[1] + columns.shape[1] > LARGEST_SIDES or len(rows) * len(columns) == 1:
        return False
    wide = graph.add("MatMul", resize.input[0], graph.constant_value(columns.T, "columns"))
    tall = graph.add("MatMul", graph.constant_value(np.asarray(rows), "rows"), wide)
    graph.replace(resize.output[0], tall)
    return True
