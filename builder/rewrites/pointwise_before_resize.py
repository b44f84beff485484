"""A 1×1 convolution after an upsampling is done before it, on fewer pixels.

Let R be a resize: every output pixel is Σ r_k·x_k over input pixels with Σ r_k = 1, the same for
every channel. A 1×1 convolution is x ↦ W·x + b in each pixel. Both are linear, and
W·(Σ r_k·x_k) + b = Σ r_k·(W·x_k + b), because Σ r_k·b = b. So W∘R = R∘W exactly, for bilinear,
nearest and bicubic resizes of any scale.
"""

import onnx

from builder.rewrites.graph import Graph, rewrite_nodes
from builder.rewrites.reading import is_pointwise, resized_like, scales_picture_only

# Bilinear interpolation of one value is scalar code in WebAssembly and takes as long as about so
# many multiply-adds of a convolution do.
RESIZE_COST = 40


def apply(model: onnx.ModelProto) -> onnx.ModelProto:
    """Move 1×1 convolutions before the resizes that feed them, where that is less work."""
    return rewrite_nodes(model, ("Conv",), _move)


def _move(graph: Graph, conv: onnx.NodeProto) -> bool:
    resize = graph.producer(conv.input[0], "Resize")
    weights = graph.shape(conv.input[1])
    if resize is None or weights is None or graph.only_consumer(conv.input[0]) is None:
        return False
    shapes = scales_picture_only(graph, resize)
    if shapes is None or not is_pointwise(graph, conv):
        return False
    (_, _, height, width), (_, _, new_height, new_width) = shapes
    outputs, inputs = weights[:2]
    pixels, new_pixels = height * width, new_height * new_width
    now = new_pixels * inputs * (outputs + RESIZE_COST)
    then = outputs * (pixels * inputs + new_pixels * RESIZE_COST)
    if then >= now:
        return False
    small = graph.copy(conv, resize.input[0], *conv.input[1:])
    graph.replace(conv.output[0], resized_like(graph, resize, small, outputs))
    return True
