"""Ops that move, join and cut tensors, against NumPy in NHWC and the TFLite interpreter."""

import itertools

import numpy as np
import pytest
from tflite_maker import ACTIVATION, Maker
from tflite_runs import TOLERANCE, Fixed, by_importer, by_interpreter, check_op, numbers

from builder.importers import import_model

PICTURE = (2, 5, 7, 6)


@pytest.mark.parametrize("axis", [0, 1, 2, 3, -1])
def test_concatenation(axis):
    a, b, c = (numbers(PICTURE, seed) for seed in range(3))
    b, c = b.take([0], axis), c[:]
    options = {"Axis": axis, "FusedActivationFunction": ACTIVATION.NONE}
    expected = np.concatenate([a, b, c], axis)
    check_op("CONCATENATION", [a, Fixed(b), c], expected, ("ConcatenationOptions", options))


def test_concatenation_of_other_ranks():
    a, b = numbers((4, 3)), numbers((4, 5))
    check_op(
        "CONCATENATION", [a, b], np.concatenate([a, b], 1), ("ConcatenationOptions", {"Axis": 1})
    )


PADDINGS = [
    ((2, 5, 7, 6), [[0, 0], [1, 2], [3, 0], [0, 0]]),
    ((2, 5, 7, 6), [[0, 0], [0, 0], [0, 0], [2, 1]]),
    ((1, 5, 7, 6), [[1, 0], [2, 1], [0, 3], [1, 4]]),
    ((5, 7), [[2, 1], [0, 3]]),
]


@pytest.mark.parametrize(("shape", "paddings"), PADDINGS)
def test_pad(shape, paddings):
    x = numbers(shape)
    check_op("PAD", [x, Fixed(paddings)], np.pad(x, paddings), ("PadOptions", {}))


@pytest.mark.parametrize(("shape", "paddings"), PADDINGS)
def test_pad_v2(shape, paddings):
    x = numbers(shape)
    expected = np.pad(x, paddings, constant_values=-3.5)
    check_op("PADV2", [x, Fixed(paddings), Fixed(-3.5)], expected, ("PadV2Options", {}))


@pytest.mark.parametrize(
    ("number", "mode", "paddings"),
    [
        (0, "reflect", [[0, 0], [1, 2], [3, 0], [0, 4]]),
        (1, "symmetric", [[0, 0], [1, 0], [1, 1], [0, 1]]),
    ],
)
def test_mirror_pad(number, mode, paddings):
    x = numbers(PICTURE)
    options = ("MirrorPadOptions", {"Mode": number})
    check_op("MIRROR_PAD", [x, Fixed(paddings)], np.pad(x, paddings, mode), options)


@pytest.mark.parametrize("perm", list(itertools.permutations(range(4))))
def test_transpose(perm):
    x = numbers((2, 3, 4, 5))
    check_op("TRANSPOSE", [x, Fixed(perm)], x.transpose(perm), ("TransposeOptions", {}))


def test_transpose_of_other_ranks():
    x = numbers((3, 4, 5))
    check_op("TRANSPOSE", [x, Fixed((2, 0, 1))], x.transpose(2, 0, 1), ("TransposeOptions", {}))


@pytest.mark.parametrize("axis", [0, 1, 2, 3, -1])
def test_split(axis):
    x = numbers((4, 6, 2, 8))
    options = ("SplitOptions", {"NumSplits": 2})
    check_op("SPLIT", [Fixed(axis), x], np.split(x, 2, axis), options)


@pytest.mark.parametrize("axis", [1, 2, -1])
@pytest.mark.parametrize("sizes", [(1, 4, 2), (2, -1)])
def test_split_v(axis, sizes):
    x = numbers((2, 7, 7, 7))
    at = np.cumsum([size if size > 0 else 5 for size in sizes])[:-1]
    options = ("SplitVOptions", {"NumSplits": len(sizes)})
    check_op("SPLIT_V", [x, Fixed(sizes), Fixed(axis)], np.split(x, at, axis), options)


@pytest.mark.parametrize(
    ("begin", "size"),
    [((0, 1, 2, 3), (1, 2, 3, 2)), ((1, 0, 3, 0), (-1, -1, 2, -1)), ((0, 0, 0, 0), (2, 5, 7, 6))],
)
def test_slice(begin, size):
    x = numbers(PICTURE)
    at = tuple(slice(b, None if s == -1 else b + s) for b, s in zip(begin, size, strict=True))
    check_op("SLICE", [x, Fixed(begin), Fixed(size)], x[at], ("SliceOptions", {}))


STRIDED = [
    ((0, 1, 2, 0), (2, 4, 7, 6), (1, 2, 3, 1), {}, np.s_[0:2, 1:4:2, 2:7:3]),
    ((0, 0, 0, -2), (0, 0, 0, 0), (1, 1, 1, 1), {"begin": 7, "end": 15}, np.s_[..., -2:]),
    ((0, -1, 0, 4), (2, -9, 7, 1), (1, -1, 1, -2), {}, np.s_[:, ::-1, :, 4:1:-2]),
    ((0, 0, 0, 0), (2, 99, 7, 6), (1, 2, 1, 1), {}, np.s_[:, ::2]),
    ((1, 2, 3, -2), (0, 3, 0, 0), (1, 1, 1, 1), {"end": 13, "begin": 13, "shrink": 2}, np.s_[:, 2]),
    ((0, 0, 0, -1), (0, 0, 0, 0), (1, 1, 1, 1), {"end": 7, "shrink": 8}, np.s_[..., -1]),
    ((1, 2, 3, 4), (2, 3, 4, 5), (1, 1, 1, 1), {"shrink": 3}, np.s_[1, 2, 3:4, 4:5]),
    ((1, 1), (2, 3), (1, 1), {}, np.s_[1:2, 1:3]),
]


@pytest.mark.parametrize(("begin", "end", "strides", "masks", "at"), STRIDED)
def test_strided_slice(begin, end, strides, masks, at):
    x = numbers(PICTURE)
    options = {
        "BeginMask": masks.get("begin", 0),
        "EndMask": masks.get("end", 0),
        "ShrinkAxisMask": masks.get("shrink", 0),
    }
    operands = [x, Fixed(begin), Fixed(end), Fixed(strides)]
    check_op("STRIDED_SLICE", operands, x[at], ("StridedSliceOptions", options))


@pytest.mark.parametrize("block", [2, 3])
def test_depth_to_space(block):
    x = numbers((2, 3, 5, 2 * block * block))
    y = x.reshape(2, 3, 5, block, block, 2).transpose(0, 1, 3, 2, 4, 5)
    options = ("DepthToSpaceOptions", {"BlockSize": block})
    check_op("DEPTH_TO_SPACE", [x], y.reshape(2, 3 * block, 5 * block, 2), options)


@pytest.mark.parametrize("block", [2, 3])
def test_space_to_depth(block):
    x = numbers((2, 3 * block, 5 * block, 2))
    y = x.reshape(2, 3, block, 5, block, 2).transpose(0, 1, 3, 2, 4, 5)
    options = ("SpaceToDepthOptions", {"BlockSize": block})
    check_op("SPACE_TO_DEPTH", [x], y.reshape(2, 3, 5, 2 * block * block), options)


@pytest.mark.parametrize(
    ("shape", "axes", "target"),
    [
        ((1, 5, 7, 1), (3,), (1, 5, 7)),
        ((1, 5, 7, 1), (0, -1), (5, 7)),
        ((1, 5, 1, 6), (), (5, 6)),
        ((1, 5, 1, 6), (0,), (5, 1, 6)),
        ((1, 5, 7, 1, 6), (0,), (5, 7, 1, 6)),
    ],
)
def test_squeeze(shape, axes, target):
    x = numbers(shape)
    check_op("SQUEEZE", [x], x.reshape(target), ("SqueezeOptions", {"SqueezeDims": axes}))


@pytest.mark.parametrize(
    ("shape", "axis"),
    [((5, 7, 6), 0), ((5, 7, 6), 3), ((5, 7, 6), -2), ((2, 5, 7, 6), 1), ((5, 7), -1)],
)
def test_expand_dims(shape, axis):
    x = numbers(shape)
    check_op("EXPAND_DIMS", [x, Fixed(axis)], np.expand_dims(x, axis), ("ExpandDimsOptions", {}))


@pytest.mark.parametrize("axis", [0, 1, 2, 3, -1])
@pytest.mark.parametrize("indices", [[1, 0, 1], [[0, 1], [1, 1]], 1])
def test_gather(axis, indices):
    x = numbers(PICTURE)
    expected = x.take(indices, axis)
    check_op("GATHER", [x, Fixed(indices)], expected, ("GatherOptions", {"Axis": axis}))


@pytest.mark.parametrize(
    ("shape", "axis"), [((5, 7, 6), 0), ((5, 7, 6), -1), ((2, 5, 7, 6), 2), ((5, 7), 1)]
)
def test_pack_and_unpack(shape, axis):
    parts = [numbers(shape, seed) for seed in range(3)]
    whole = np.stack(parts, axis)
    check_op("PACK", parts, whole, ("PackOptions", {"ValuesCount": 3, "Axis": axis}))
    check_op("UNPACK", [whole], parts, ("UnpackOptions", {"Num": 3, "Axis": axis}))


def test_a_shape_that_the_graph_computes_for_a_reshape():
    """Keras writes SHAPE, STRIDED_SLICE, PACK and RESHAPE even where every size is fixed."""
    x = numbers((1, 4, 6, 3))
    maker = Maker()
    source, shape = maker.tensor(*x.shape), maker.tensor(4, dtype="int32")
    batch, target = maker.tensor(dtype="int32"), maker.tensor(2, dtype="int32")
    out = maker.tensor(1, 72)
    maker.op("SHAPE", [source], [shape], ("ShapeOptions", {"OutType": 2}))
    cuts = [maker.constant(value, "int32") for value in ([0], [1], [1])]
    maker.op(
        "STRIDED_SLICE", [shape, *cuts], [batch], ("StridedSliceOptions", {"ShrinkAxisMask": 1})
    )
    rest = maker.constant(72, "int32")
    maker.op("PACK", [batch, rest], [target], ("PackOptions", {"ValuesCount": 2}))
    maker.op("RESHAPE", [source, target], [out], ("ReshapeOptions", {}))
    data = maker.write([source], [out])
    np.testing.assert_array_equal(by_importer(data, [x])[0], x.reshape(1, 72))
    np.testing.assert_array_equal(by_interpreter(data, [x])[0], x.reshape(1, 72))


def test_sizes_that_the_graph_computes_for_a_resize():
    x = numbers((1, 4, 6, 3))
    maker = Maker()
    source, shape = maker.tensor(*x.shape), maker.tensor(4, dtype="int32")
    picture, double = maker.tensor(2, dtype="int32"), maker.tensor(2, dtype="int32")
    out = maker.tensor(1, 8, 12, 3)
    maker.op("SHAPE", [source], [shape], ("ShapeOptions", {"OutType": 2}))
    cuts = [maker.constant(value, "int32") for value in ([1], [3], [1])]
    maker.op("STRIDED_SLICE", [shape, *cuts], [picture], ("StridedSliceOptions", {}))
    maker.op("MUL", [picture, maker.constant(2, "int32")], [double], ("MulOptions", {}))
    maker.op(
        "RESIZE_NEAREST_NEIGHBOR", [source, double], [out], ("ResizeNearestNeighborOptions", {})
    )
    data = maker.write([source], [out])
    expected = x.repeat(2, 1).repeat(2, 2)
    np.testing.assert_array_equal(by_importer(data, [x])[0], expected)
    np.testing.assert_array_equal(by_interpreter(data, [x])[0], expected)


def test_a_tensor_that_two_ops_and_the_output_share_keeps_its_value():
    x = numbers((1, 4, 6, 3))
    maker = Maker()
    source, hidden, same, out, more = (maker.tensor(*x.shape) for _ in range(5))
    options = ("ReshapeOptions", {"NewShape": x.shape})
    maker.op("RELU", [source], [hidden])
    maker.op("RESHAPE", [hidden], [same], options)
    maker.op("RESHAPE", [same], [out], options)
    maker.op("NEG", [hidden], [more])
    data = maker.write([source], [out, more])
    infos = import_model(data, "tflite", "made.tflite").graph.value_info
    assert len(infos) == len({info.name for info in infos})
    got = by_importer(data, [x])
    np.testing.assert_allclose(got[0], np.maximum(x, 0), **TOLERANCE)
    np.testing.assert_allclose(got[1], -np.maximum(x, 0), **TOLERANCE)


def test_moving_channels_needs_no_transposition():
    maker = Maker()
    x = maker.tensor(1, 4, 6, 8)
    halves = [maker.tensor(1, 4, 6, 4) for _ in range(2)]
    joined, padded = maker.tensor(1, 4, 6, 8), maker.tensor(1, 6, 6, 8)
    maker.op("SPLIT", [maker.constant(3, "int32"), x], halves, ("SplitOptions", {"NumSplits": 2}))
    maker.op("CONCATENATION", halves[::-1], [joined], ("ConcatenationOptions", {"Axis": 3}))
    paddings = maker.constant([[0, 0], [1, 1], [0, 0], [0, 0]], "int32")
    maker.op("PAD", [joined, paddings], [padded], ("PadOptions", {}))
    model = import_model(maker.write([x], [padded]), "tflite", "made.tflite")
    assert [node.op_type for node in model.graph.node] == ["Split", "Concat", "Pad"]
