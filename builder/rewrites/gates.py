"""A factor for each channel before a 1×1 convolution is multiplied into its weights.

Squeeze-and-excitation scales channel c of a picture by g_c, which is computed from the picture
itself: W·(g·x) + b = (W·diag(g))·x + b. Scaling the M weights of each channel instead of its H·W
pixels saves a pass over the picture.
"""

import onnx

from builder.rewrites.graph import Graph, rewrite_nodes
from builder.rewrites.reading import is_pointwise


def apply(model: onnx.ModelProto) -> onnx.ModelProto:
    """Fold computed factors into the weights of 1×1 convolutions."""
    return rewrite_nodes(model, ("Conv",), _fold)


def _fold(graph: Graph, conv: onnx.NodeProto) -> bool:
    gated = graph.producer(conv.input[0], "Mul")
    if gated is None or graph.only_consumer(conv.input[0]) is None:
        return False
    weights, shape = graph.shape(conv.input[1]), graph.shape(conv.input[0])
    if weights is None or shape is None or not is_pointwise(graph, conv):
        return False
    if shape[0] != 1 or weights[0] >= shape[2] * shape[3]:
        return False
    for picture, gate in (tuple(gated.input), tuple(reversed(gated.input))):
        if graph.shape(gate) == (1, shape[1], 1, 1) and graph.shape(picture) == shape:
            scaled = graph.add("Mul", conv.input[1], gate)
            graph.replace(conv.output[0], graph.copy(conv, picture, scaled, *list(conv.input)[2:]))
            return True
    return False
