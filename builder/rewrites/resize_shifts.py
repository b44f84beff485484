"""A bilinear upsampling by whole numbers is sums of shifted pictures, put side by side.

Along one axis, with half-pixel centres, output s·i + p of an upsampling by s lies at
i + u, u = (p + ½)/s − ½. So it is (1 − |u|)·x[i] + |u|·x[i ± 1], with + where u > 0: the same two
weights for every i. Phase p of all outputs is therefore one weighted sum of the picture and the
picture shifted by a pixel (its edge repeated, as Resize clamps), and the s phases, interleaved,
are the answer. Along the width the interleaving puts single values side by side, along the height
whole rows.

All weights are whole multiples of 1/2s. The factor is taken out in front, one for both axes, where
it folds into a convolution; it is a power of two wherever s is, and then changes no digit.
"""

import numpy as np
import onnx

from builder.rewrites.graph import Graph, Shape, attribute, rewrite_nodes
from builder.rewrites.reading import linear_matrices

LARGEST_SCALE = 8  # each phase is a pass over memory, beyond this Resize itself is cheaper


def apply(model: onnx.ModelProto) -> onnx.ModelProto:
    """Replace bilinear upsamplings by 2 to 8 with half-pixel centres."""
    return rewrite_nodes(model, ("Resize",), _shift)


def _shift(graph: Graph, resize: onnx.NodeProto) -> bool:
    shape = graph.shape(resize.input[0])
    matrices = linear_matrices(graph, resize)
    coordinates = attribute(resize, "coordinate_transformation_mode", "half_pixel")
    if matrices is None or shape is None or not coordinates.endswith("half_pixel"):
        return False
    scales = [len(matrix) / matrix.shape[1] for matrix in matrices]
    fits = all(scale.is_integer() and 1 <= scale <= LARGEST_SCALE for scale in scales)
    if not fits or scales == [1, 1]:
        return False
    tall, wide = int(scales[0]), int(scales[1])
    factor = np.prod([1 / (2 * scale) for scale in (tall, wide) if scale > 1])
    value = graph.add("Mul", resize.input[0], graph.number(float(factor)))
    value = _columns(graph, value, shape, wide)
    value = _rows(graph, value, (*shape[:3], shape[3] * wide), tall)
    graph.replace(resize.output[0], value)
    return True


def _columns(graph: Graph, value: str, shape: Shape, scale: int) -> str:
    if scale == 1:
        return value
    single = [graph.reshape(v, -1, 1) for v in _phases(graph, value, scale, axis=3)]
    side_by_side = graph.add("Concat", *single, axis=1)
    return graph.reshape(side_by_side, *shape[:3], shape[3] * scale)


def _rows(graph: Graph, value: str, shape: Shape, scale: int) -> str:
    if scale == 1:
        return value
    end_to_end = graph.add("Concat", *_phases(graph, value, scale, axis=3 - 1), axis=3)
    return graph.reshape(end_to_end, *shape[:2], shape[2] * scale, shape[3])


def _phases(graph: Graph, value: str, scale: int, axis: int) -> list[str]:
    """Return 2·scale times each phase; phase p and its mirror image have the same weights."""
    own: dict[int, str] = {}
    phases = []
    for phase in range(scale):
        offset = 2 * phase + 1 - scale  # 2·scale·u
        here = 2 * scale - abs(offset)
        if here not in own:
            own[here] = graph.add("Mul", value, graph.number(here))
        if offset == 0:
            phases.append(own[here])
            continue
        there = _shifted(graph, value, axis, -1 if offset < 0 else 1)
        if abs(offset) > 1:
            there = graph.add("Mul", there, graph.number(abs(offset)))
        phases.append(graph.add("Add", own[here], there))
    return phases


def _shifted(graph: Graph, value: str, axis: int, step: int) -> str:
    """Return the picture whose pixel i is pixel i + step, the edge repeated."""
    pads = np.zeros(8, np.int64)
    pads[axis], pads[4 + axis] = -step, step
    return graph.add("Pad", value, graph.constant_value(pads, "pads"), mode="edge")
