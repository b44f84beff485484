"""A clip that stands alone is a maximum and a minimum.

Clip(x, low, high) = min(max(x, low), high). Both are vector code in onnxruntime-web, where Clip
tests value by value and takes three times as long. After a convolution Clip is left: there it
becomes part of it.
"""

import onnx

from builder.rewrites.graph import Graph, rewrite_nodes


def apply(model: onnx.ModelProto) -> onnx.ModelProto:
    """Replace Clip by Max and Min where no convolution comes right before it."""
    return rewrite_nodes(model, ("Clip",), _spell_out)


def _spell_out(graph: Graph, clip: onnx.NodeProto) -> bool:
    before = graph.producer(clip.input[0])
    fuses = before is not None and before.op_type == "Conv"
    if graph.shape(clip.input[0]) is None or (
        fuses and graph.only_consumer(clip.input[0]) is not None
    ):
        return False
    value = clip.input[0]
    for op_type, bound in zip(("Max", "Min"), list(clip.input)[1:3], strict=False):
        if bound and graph.shape(bound) is None:
            return False
        if bound:
            value = graph.add(op_type, value, bound)
    graph.replace(clip.output[0], value)
    return True
