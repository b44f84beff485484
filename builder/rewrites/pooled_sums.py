"""The mean over a picture is taken of what the picture was made from, where that is less work.

The mean m is linear in each channel: m(x + y) = m(x) + m(y); m(g·x) = g·m(x) for a factor g for
each channel; m(W·x + b) = W·m(x) + b for a 1×1 convolution. For a bilinear or nearest resize that
uses every pixel with the same total weight, as upsampling by a whole number with half-pixel
centres does, m(R(x)) = m(x). So a sum or a resized picture that only the mean needed is never made.
"""

import numpy as np
import onnx

from builder.rewrites.graph import Graph, rewrite_nodes
from builder.rewrites.reading import is_pointwise, linear_matrices


def apply(model: onnx.ModelProto) -> onnx.ModelProto:
    """Move global means before sums, factors, 1×1 convolutions and resizes."""
    return rewrite_nodes(model, ("GlobalAveragePool",), _before)


def _before(graph: Graph, pool: onnx.NodeProto) -> bool:
    value = pool.input[0]
    made_by = graph.producer(value)
    if made_by is None:
        return False
    alone = graph.only_consumer(value) is not None
    inputs = list(made_by.input)
    match made_by.op_type:
        case "Add" | "Sub" if alone and _same_shapes(graph, inputs):
            inputs = [graph.copy(pool, name) for name in inputs]
        case "Mul" if alone and (place := _picture(graph, inputs)) is not None:
            inputs[place] = graph.copy(pool, inputs[place])
        case "Conv" if is_pointwise(graph, made_by) and _is_cheaper(graph, made_by, alone):
            inputs[0] = graph.copy(pool, inputs[0])
        case "Resize" if _uses_pixels_evenly(graph, made_by):
            graph.replace(pool.output[0], graph.copy(pool, inputs[0]))
            return True
        case _:
            return False
    graph.replace(pool.output[0], graph.copy(made_by, *inputs))
    return True


def _same_shapes(graph: Graph, values: list[str]) -> bool:
    shapes = {graph.shape(value) for value in values}
    return len(shapes) == 1 and None not in shapes


def _picture(graph: Graph, values: list[str]) -> int | None:
    """Return which factor is a picture, where the other is one number for each channel."""
    sizes = [(graph.shape(value) or ())[-2:] for value in values]
    if (1, 1) not in sizes or any(len(graph.shape(value) or ()) != 4 for value in values):
        return None
    return 1 - sizes.index((1, 1))


def _is_cheaper(graph: Graph, conv: onnx.NodeProto, alone: bool) -> bool:
    weights, shape = graph.shape(conv.input[1]), graph.shape(conv.input[0])
    if weights is None or shape is None or shape[2] * shape[3] == 1:
        return False
    return alone or weights[1] <= weights[0]


def _uses_pixels_evenly(graph: Graph, resize: onnx.NodeProto) -> bool:
    matrices = linear_matrices(graph, resize)
    if matrices is None:
        return False
    totals = [matrix.sum(axis=0) for matrix in matrices]
    return all(np.allclose(total, total[0], rtol=1e-6, atol=0) for total in totals)
