"""Zeros put around a picture before a convolution are the convolution's own padding.

Conv(Pad(x, p), q) = Conv(x, p + q) when Pad is by zeros, of height and width only, and nowhere
negative: both read the same zeros.
"""

import numpy as np
import onnx

from builder.rewrites.graph import Array, Graph, attribute, rewrite_nodes
from builder.rewrites.reading import window


def apply(model: onnx.ModelProto) -> onnx.ModelProto:
    """Fold zero padding into convolutions."""
    return rewrite_nodes(model, ("Conv",), _fold)


def _fold(graph: Graph, conv: onnx.NodeProto) -> bool:
    pad = graph.producer(conv.input[0], "Pad")
    seen = window(graph, conv)
    if pad is None or seen is None:
        return False
    added = _picture_pads(graph, pad)
    if added is None or attribute(conv, "auto_pad", "NOTSET") not in ("NOTSET", "VALID"):
        return False
    folded = graph.add(
        "Conv",
        pad.input[0],
        *list(conv.input)[1:],
        kernel_shape=list(seen.kernel),
        strides=list(seen.strides),
        dilations=list(seen.dilations),
        group=seen.groups,
        pads=[own + int(more) for own, more in zip(seen.pads, added, strict=True)],
    )
    graph.replace(conv.output[0], folded)
    return True


def _picture_pads(graph: Graph, pad: onnx.NodeProto) -> Array | None:
    """Return top, left, bottom, right of a Pad by zeros of the picture alone."""
    pads = graph.constant(pad.input[1])
    has_value = len(pad.input) > 2 and pad.input[2]
    value = graph.scalar(pad.input[2]) if has_value else 0.0
    has_axes = len(pad.input) > 3 and pad.input[3]
    plain = attribute(pad, "mode", "constant") == "constant" and value == 0 and not has_axes
    if pads is None or pads.size != 8 or not plain or (pads < 0).any():
        return None
    if pads[[0, 1, 4, 5]].any():
        return None
    return np.asarray(pads[[2, 3, 6, 7]])
