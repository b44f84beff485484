"""Crops are made early, once, and not of what was only put there to be cropped.

* A crop of a crop is one crop: Slice(Slice(x, a), b) starts at a + b.
* A crop of a padded picture that stays inside it is a crop of the picture; the pads are not made.
* A crop commutes with whatever sees single pixels, so it is done first and the rest of the picture
  is never computed: Slice(f(x)) = f(Slice(x)) for activations and 1×1 convolutions.
* Nearest upsampling by whole numbers twice is once by their product:
  x[⌊⌊i/s⌋/t⌋] = x[⌊i/(s·t)⌋].
"""

import numpy as np
import onnx

from builder.rewrites.graph import Graph, attribute, rewrite_nodes
from builder.rewrites.reading import is_pointwise, scales_picture_only

_UNARY = ("Relu", "Sigmoid", "Tanh", "HardSigmoid", "HardSwish", "LeakyRelu")
_Box = list[tuple[int, int]]


def apply(model: onnx.ModelProto) -> onnx.ModelProto:
    """Merge and advance crops of pictures, merge nearest upsamplings."""
    return rewrite_nodes(rewrite_nodes(model, ("Slice",), _crop), ("Resize",), _merge)


def _crop(graph: Graph, node: onnx.NodeProto) -> bool:
    box = _box(graph, node)
    before = graph.producer(node.input[0])
    if box is None or before is None:
        return False
    source = graph.shape(before.input[0]) if before.input else None
    if source is None or len(source) != len(box):
        return False
    if before.op_type == "Slice" and (outer := _box(graph, before)) is not None:
        both = [(a + c, a + d) for (a, _), (c, d) in zip(outer, box, strict=True)]
        graph.replace(node.output[0], _sliced(graph, before.input[0], both))
        return True
    if before.op_type == "Pad" and (offsets := _pad_offsets(graph, before)) is not None:
        inner = [(a - o, b - o) for (a, b), o in zip(box, offsets, strict=True)]
        if not all(a >= 0 and b <= size for (a, b), size in zip(inner, source, strict=True)):
            return False
        graph.replace(node.output[0], _sliced(graph, before.input[0], inner))
        return True
    return _advance(graph, node, before, box, source)


def _advance(
    graph: Graph, node: onnx.NodeProto, before: onnx.NodeProto, box: _Box, source: tuple[int, ...]
) -> bool:
    """Crop before an activation or a 1×1 convolution; the channels must all stay."""
    if graph.only_consumer(node.input[0]) is None:
        return False
    single = before.op_type in _UNARY
    if before.op_type == "Conv" and is_pointwise(graph, before):
        shape = graph.shape(before.output[0])
        if shape is None or box[1] != (0, shape[1]):
            return False
        box, single = [box[0], (0, source[1]), *box[2:]], True
    if not single:
        return False
    early = _sliced(graph, before.input[0], box)
    graph.replace(node.output[0], graph.copy(before, early, *list(before.input)[1:]))
    return True


def _box(graph: Graph, node: onnx.NodeProto) -> _Box | None:
    """Return begin and end of a Slice with steps of 1 along every axis."""
    shape = graph.shape(node.input[0])
    settings = [graph.constant(name) for name in list(node.input)[1:] if name]
    if shape is None or any(setting is None for setting in settings):
        return None
    starts, ends, *rest = (np.asarray(setting).tolist() for setting in settings)
    axes = rest[0] if rest else list(range(len(starts)))
    if len(rest) > 1 and any(step != 1 for step in rest[1]):
        return None
    box = [(0, size) for size in shape]
    for start, end, axis in zip(starts, ends, axes, strict=True):
        size = shape[axis]
        begin = min(max(start + size if start < 0 else start, 0), size)
        box[axis] = (begin, max(begin, min(end + size if end < 0 else end, size)))
    return box


def _sliced(graph: Graph, value: str, box: _Box) -> str:
    starts, ends = zip(*box, strict=True)
    return graph.add("Slice", value, graph.ints(*starts), graph.ints(*ends))


def _pad_offsets(graph: Graph, pad: onnx.NodeProto) -> list[int] | None:
    pads = graph.constant(pad.input[1])
    has_axes = len(pad.input) > 3 and pad.input[3]
    if pads is None or has_axes:
        return None
    offsets: list[int] = pads[: pads.size // 2].tolist()
    return offsets


def _merge(graph: Graph, node: onnx.NodeProto) -> bool:
    first = graph.producer(node.input[0], "Resize")
    if first is None or graph.only_consumer(node.input[0]) is None:
        return False
    if not (_repeats_pixels(graph, node) and _repeats_pixels(graph, first)):
        return False
    shape = graph.shape(node.output[0])
    assert shape is not None  # it is read above
    merged = graph.add(
        "Resize", first.input[0], "", "", graph.ints(*shape), mode="nearest",
        coordinate_transformation_mode="asymmetric", nearest_mode="floor",
    )  # fmt: skip
    graph.replace(node.output[0], merged)
    return True


def _repeats_pixels(graph: Graph, resize: onnx.NodeProto) -> bool:
    """Whether output i is input ⌊i/s⌋ for a whole s; half-pixel rounding agrees with that."""
    shapes = scales_picture_only(graph, resize)
    if shapes is None or attribute(resize, "mode", "nearest") != "nearest":
        return False
    coordinates = attribute(resize, "coordinate_transformation_mode", "half_pixel")
    rounding = attribute(resize, "nearest_mode", "round_prefer_floor")
    floors = coordinates == "asymmetric" and rounding == "floor"
    centres = coordinates == "half_pixel" and rounding.startswith("round_prefer")
    (_, _, height, width), (_, _, new_height, new_width) = shapes
    return (floors or centres) and new_height % height == 0 and new_width % width == 0
