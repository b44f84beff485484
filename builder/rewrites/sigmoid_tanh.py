"""A sigmoid is a hyperbolic tangent, scaled and shifted.

1/(1 + e⁻ˣ) = ½ + ½·tanh(x/2). Runtimes approximate both by a quotient of polynomials, the one of
tanh is shorter. The factor in front folds into a convolution (see `affine`); halving changes no
digit.
"""

import math

import onnx

from builder.rewrites.graph import Graph, rewrite_nodes

# For fewer values than this the two passes more cost what the shorter formula saves.
FEWEST_VALUES = 16384


def apply(model: onnx.ModelProto) -> onnx.ModelProto:
    """Replace the sigmoids of whole pictures."""
    return rewrite_nodes(model, ("Sigmoid",), _replace)


def _replace(graph: Graph, sigmoid: onnx.NodeProto) -> bool:
    shape = graph.shape(sigmoid.output[0])
    if shape is None or math.prod(shape) < FEWEST_VALUES:
        return False
    halved = graph.add("Mul", sigmoid.input[0], graph.number(0.5))
    scaled = graph.add("Mul", graph.add("Tanh", halved), graph.number(0.5))
    graph.replace(sigmoid.output[0], graph.add("Add", scaled, graph.number(0.5)))
    return True
