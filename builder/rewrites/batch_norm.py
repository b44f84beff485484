"""A batch normalisation is a factor and a summand for each channel.

BatchNormalization(x) = scale·(x − mean)/√(var + ε) + bias = s·x + t with
s = scale/√(var + ε) and t = bias − s·mean, all constants when the network is not trained. `affine`
folds the two into the convolution beside them.
"""

import numpy as np
import onnx

from builder.rewrites.graph import Graph, attribute, rewrite_nodes


def apply(model: onnx.ModelProto) -> onnx.ModelProto:
    """Replace batch normalisations by Mul and Add."""
    return rewrite_nodes(model, ("BatchNormalization",), _spell_out)


def _spell_out(graph: Graph, node: onnx.NodeProto) -> bool:
    shape = graph.shape(node.input[0])
    constants = [graph.constant(name) for name in node.input[1:5]]
    if shape is None or len(shape) < 2 or attribute(node, "training_mode", 0):
        return False
    known = [c.astype(np.float64) for c in constants if c is not None and c.dtype == np.float32]
    if len(known) != 4:
        return False
    scale, bias, mean, variance = known
    factor = scale / np.sqrt(variance + attribute(node, "epsilon", 1e-5))
    column = (-1, *(1 for _ in shape[2:]))
    factors = factor.astype(np.float32).reshape(column)
    summands = (bias - factor * mean).astype(np.float32).reshape(column)
    scaled = graph.add("Mul", node.input[0], graph.constant_value(factors, "factors"))
    moved = graph.add("Add", scaled, graph.constant_value(summands, "summands"))
    graph.replace(node.output[0], moved)
    return True
