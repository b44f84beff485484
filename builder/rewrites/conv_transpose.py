"""A transposed convolution whose windows do not overlap is a 1×1 convolution.

With kernel = stride = s and no pads, each input pixel makes an s×s block of its own:
out[o, s·y + a, s·x + b] = Σ_c w[c, o, a, b]·in[c, y, x] + bias[o]. So the s·s values of a block are
channels of a 1×1 convolution, V[(o, a, b), c] = w[c, o, a, b], that DepthToSpace (mode CRD: the
channel comes first, then row and column in the block) puts in their places.
"""

import numpy as np
import onnx

from builder.rewrites.graph import Graph, attribute, rewrite_nodes

# Shape attributes that ask for more than the plain form.
_EXTRAS = ("output_padding", "output_shape")


def apply(model: onnx.ModelProto) -> onnx.ModelProto:
    """Replace transposed convolutions whose windows do not overlap."""
    return rewrite_nodes(model, ("ConvTranspose",), _unfold)


def _unfold(graph: Graph, node: onnx.NodeProto) -> bool:
    weights = graph.constant(node.input[1])
    if weights is None or weights.ndim != 4:
        return False
    inputs, outputs, height, width = weights.shape
    strides = list(attribute(node, "strides", (1, 1)))
    plain = (
        strides == [height, width]
        and height == width
        and height > 1
        and attribute(node, "group", 1) == 1
        and not any(attribute(node, "pads", (0, 0, 0, 0)))
        and list(attribute(node, "dilations", (1, 1))) == [1, 1]
        and attribute(node, "auto_pad", "NOTSET") in ("NOTSET", "VALID")
        and not any(a.name in _EXTRAS for a in node.attribute)
    )
    bias = graph.constant(node.input[2]) if len(node.input) > 2 else np.zeros(outputs, np.float32)
    if not plain or bias is None:
        return False
    blocks = weights.transpose(1, 2, 3, 0).reshape(outputs * height * width, inputs, 1, 1)
    channels = graph.add(
        "Conv",
        node.input[0],
        graph.constant_value(blocks, "weights"),
        graph.constant_value(np.repeat(bias, height * width), "bias"),
        kernel_shape=[1, 1],
    )
    placed = graph.add("DepthToSpace", channels, blocksize=height, mode="CRD")
    graph.replace(node.output[0], placed)
    return True
