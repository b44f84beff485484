"""What rewrites ask of convolutions and resizes: their windows and their sampling, as numbers."""

from dataclasses import dataclass

import numpy as np
import onnx
from numpy.typing import NDArray

from builder.rewrites.graph import Graph, Shape, attribute

# Modes in which an output pixel is a weighted mean of input pixels and the weights sum to one.
_MEANS = ("linear", "nearest", "cubic")


@dataclass(frozen=True)
class Window:
    """A convolution over a picture: each pair is (along the height, along the width).

    ``pads`` holds top, left, bottom, right.
    """

    kernel: tuple[int, int]
    strides: tuple[int, int]
    pads: tuple[int, int, int, int]
    dilations: tuple[int, int]
    groups: int


def window(graph: Graph, conv: onnx.NodeProto) -> Window | None:
    """Read the window of a Conv over [N, C, H, W]; None where it is not fixed."""
    shape = graph.shape(conv.input[0])
    weights = graph.shape(conv.input[1])
    if shape is None or weights is None or len(weights) != 4:
        return None
    kernel = (weights[2], weights[3])
    strides = _pair(attribute(conv, "strides", (1, 1)))
    dilations = _pair(attribute(conv, "dilations", (1, 1)))
    reach = [(size - 1) * step + 1 for size, step in zip(kernel, dilations, strict=True)]
    pads = attribute(conv, "pads", (0, 0, 0, 0))
    automatic = attribute(conv, "auto_pad", "NOTSET")
    if automatic == "VALID":
        pads = (0, 0, 0, 0)
    elif automatic != "NOTSET":
        sides = [
            _same_pads(shape[2 + axis], reach[axis], strides[axis], automatic == "SAME_UPPER")
            for axis in (0, 1)
        ]
        pads = (sides[0][0], sides[1][0], sides[0][1], sides[1][1])
    top, left, bottom, right = (int(pad) for pad in pads)
    groups = int(attribute(conv, "group", 1))
    return Window(kernel, strides, (top, left, bottom, right), dilations, groups)


def is_pointwise(graph: Graph, conv: onnx.NodeProto) -> bool:
    """Whether a Conv mixes the channels of each pixel alone: 1×1, one group, no stride, no pads."""
    seen = window(graph, conv)
    return seen is not None and (seen.kernel, seen.strides, seen.groups, seen.pads) == (
        (1, 1), (1, 1), 1, (0, 0, 0, 0),
    )  # fmt: skip


def scales_picture_only(graph: Graph, resize: onnx.NodeProto) -> tuple[Shape, Shape] | None:
    """Return a Resize's shapes [N, C, H, W] in and out, if it takes plain means of pixels.

    Such a resize treats every channel alike and maps a constant picture to the same constant.
    """
    before, after = graph.shape(resize.input[0]), graph.shape(resize.output[0])
    plain = (
        attribute(resize, "mode", "nearest") in _MEANS
        and attribute(resize, "coordinate_transformation_mode", "half_pixel")
        != "tf_crop_and_resize"
        and "axes" not in {a.name for a in resize.attribute}
    )
    if before is None or after is None or len(before) != 4 or not plain:
        return None
    return (before, after) if before[:2] == after[:2] else None


def resized_like(graph: Graph, resize: onnx.NodeProto, value: str, channels: int) -> str:
    """Resize a value of other channels as a Resize does its own, and return the answer."""
    inputs = list(resize.input)[1:]
    if len(inputs) > 2 and inputs[2]:
        shape = graph.shape(resize.output[0])
        assert shape is not None  # whoever asks has read both shapes
        inputs[2] = graph.ints(shape[0], channels, *shape[2:])
    return graph.copy(resize, value, *inputs)


def linear_matrices(
    graph: Graph, resize: onnx.NodeProto
) -> tuple[NDArray[np.float32], NDArray[np.float32]] | None:
    """Return the matrices of a linear Resize: out = rows · picture · columnsᵀ.

    Rows is [H out, H in], columns [W out, W in]; None where it is not linear or not read.
    """
    shapes = scales_picture_only(graph, resize)
    coordinates = attribute(resize, "coordinate_transformation_mode", "half_pixel")
    if (
        shapes is None
        or attribute(resize, "mode", "nearest") != "linear"
        or coordinates not in _COORDINATES
        or attribute(resize, "antialias", 0)
        or not _scales_follow_sizes(graph, resize, *shapes)
    ):
        return None
    before, after = shapes
    rows, columns = (_linear_matrix(before[axis], after[axis], coordinates) for axis in (2, 3))
    return rows, columns


_COORDINATES = ("half_pixel", "pytorch_half_pixel", "asymmetric", "align_corners")


def _linear_matrix(size: int, new_size: int, coordinates: str) -> NDArray[np.float32]:
    """Return the weights of linear interpolation along one axis, edges clamped: [new, old]."""
    at = np.arange(new_size, dtype=np.float64)
    scale = new_size / size
    if coordinates == "align_corners":
        place = at * (size - 1) / (new_size - 1) if new_size > 1 else at * 0
    elif coordinates == "asymmetric":
        place = at / scale
    elif coordinates == "pytorch_half_pixel" and new_size == 1:
        place = at * 0
    else:
        place = (at + 0.5) / scale - 0.5
    place = np.clip(place, 0, size - 1)
    low = np.floor(place).astype(int)
    high = np.minimum(low + 1, size - 1)
    matrix = np.zeros((new_size, size))
    np.add.at(matrix, (at.astype(int), low), 1 - (place - low))
    np.add.at(matrix, (at.astype(int), high), place - low)
    return matrix.astype(np.float32)


def _scales_follow_sizes(graph: Graph, resize: onnx.NodeProto, before: Shape, after: Shape) -> bool:
    """Whether the scales are what the sizes say; a given scale like 2.1 of 5 pixels is not."""
    scales = graph.constant(resize.input[2]) if len(resize.input) > 2 else None
    if scales is None or scales.size != len(before):
        return scales is None or scales.size == 0
    return bool(np.allclose(np.array(before) * scales, after, rtol=0, atol=1e-4))


def _pair(values: tuple[int, ...]) -> tuple[int, int]:
    return int(values[0]), int(values[1])


def _same_pads(size: int, reach: int, stride: int, upper: bool) -> tuple[int, int]:
    """Return the pads of ONNX's SAME_UPPER (the odd one at the end) or SAME_LOWER."""
    total = max((-(-size // stride) - 1) * stride + reach - size, 0)
    small, large = total // 2, total - total // 2
    return (small, large) if upper else (large, small)
