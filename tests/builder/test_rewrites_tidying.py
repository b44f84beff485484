"""Rewrites that always apply: folding of constants, spelled-out activations, crops, dead code."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from onnx import TensorProto, helper
from rewriting import Net, ops, property_settings, rewritten, untouched

from builder.rewrites import (
    TIDYING,
    activations,
    affine,
    apply_rewrites,
    batch_norm,
    common_subexpressions,
    crops,
    dead_code,
    pads,
)

sizes = st.integers(3, 9)
channels = st.integers(1, 6)
seeds = st.integers(0, 1000)


operators = st.sampled_from(["Mul", "Add", "Sub", "Div"])


@property_settings
@given(
    seed=seeds,
    shape=st.tuples(channels, channels, sizes),
    window=st.tuples(st.integers(1, 3), st.integers(1, 2), st.integers(0, 2)),
    op=operators,
    whole=st.booleans(),
    swapped=st.booleans(),
)
def test_constants_after_a_convolution_fold(seed, shape, window, op, whole, swapped):
    (c, m, side), (kernel, stride, pad) = shape, window
    net = Net((1, c, side, side + 1), seed)
    y = net.conv(net.input, m, c, kernel, strides=[stride] * 2, pads=[pad] * 4)
    number = net.constant(net.rng.uniform(0.5, 2, () if whole else (1, m, 1, 1)))
    y = net.add(op, *((number, y) if swapped and op != "Div" else (y, number)))
    assert ops(rewritten(affine.apply, net, y)) == ["Conv"]


@property_settings
@given(seed=seeds, groups=st.integers(1, 3), m=st.integers(1, 3), side=sizes,
       op=operators, kernel=st.integers(1, 3),
       padded=st.booleans(), whole=st.booleans())  # fmt: skip
def test_constants_before_a_convolution_fold_but_not_summands_that_meet_pads(
    seed, groups, m, side, op, kernel, padded, whole
):
    c = 2 * groups
    net = Net((1, c, side, side), seed)
    number = net.constant(net.rng.uniform(0.5, 2, () if whole else (c, 1, 1)))
    y = net.add(op, net.input, number)
    y = net.conv(y, m * groups, c, kernel, group=groups, pads=[int(padded)] * 4)
    stays = padded and op in ("Add", "Sub")
    assert (ops(rewritten(affine.apply, net, y)) == ["Conv"]) is not stays


@property_settings
@given(seed=seeds, c=channels, m=channels, whole=st.booleans())
def test_constants_after_a_transposed_convolution_fold(seed, c, m, whole):
    net = Net((1, c, 4, 5), seed)
    y = net.add("ConvTranspose", net.input, net.random(c, m, 2, 2), strides=[2, 2])
    y = net.add("Mul", y, net.random(*(() if whole else (1, m, 1, 1))))
    y = net.add("Add", y, net.random(*(() if whole else (1, m, 1, 1))))
    assert ops(rewritten(affine.apply, net, y)) == ["ConvTranspose"]


def test_a_convolution_that_others_need_too_is_not_folded_into():
    net = Net((1, 2, 4, 4))
    y = net.conv(net.input, 2, 2)
    untouched(affine.apply, net, net.add("Mul", y, net.constant(2.0)), y)


@pytest.mark.parametrize("shape", [(1, 4, 4, 4), (4,), (4, 4), (1, 1, 4, 1), (2, 4, 1, 1)])
def test_a_summand_that_is_not_for_each_channel_is_not_folded(shape):
    net = Net((1, 2, 4, 4))
    y = net.conv(net.input, 4, 2)
    untouched(affine.apply, net, net.add("Add", y, net.random(*shape)))


def test_a_number_divided_by_a_convolution_is_not_folded():
    net = Net((1, 2, 4, 4))
    y = net.conv(net.input, 2, 2)
    untouched(affine.apply, net, net.add("Div", net.constant(2.0), y))


def test_a_division_by_zero_stays_one():
    net = Net((1, 2, 4, 4))
    y = net.conv(net.input, 2, 2)
    untouched(affine.apply, net, net.add("Div", y, net.constant(0.0)))


@property_settings
@given(seed=seeds, c=channels, side=sizes, epsilon=st.sampled_from([1e-5, 1e-3]))
def test_batch_normalisation_folds_into_the_convolution(seed, c, side, epsilon):
    net = Net((1, 3, side, side), seed)
    y = net.conv(net.input, c, 3, 3, pads=[1] * 4)
    variance = net.constant(net.rng.uniform(0.1, 3, c))
    y = net.add(
        "BatchNormalization", y, net.random(c), net.random(c), net.random(c), variance,
        epsilon=epsilon,
    )  # fmt: skip
    assert ops(rewritten(batch_norm.apply, net, y)) == ["Conv", "Mul", "Add"]
    assert ops(apply_rewrites(net.model(y), ())) == ["Conv"]


@property_settings
@given(seed=seeds, sides=st.tuples(*[st.integers(0, 3)] * 4), own=st.integers(0, 1),
       stride=st.integers(1, 2), dilation=st.integers(1, 2))  # fmt: skip
def test_zero_pads_become_the_convolutions_own(seed, sides, own, stride, dilation):
    net = Net((1, 2, 6, 7), seed)
    top, left, bottom, right = sides
    y = net.add("Pad", net.input, net.ints(0, 0, top, left, 0, 0, bottom, right))
    y = net.conv(y, 3, 2, 3, pads=[own] * 4, strides=[stride] * 2, dilations=[dilation] * 2)
    assert ops(rewritten(pads.apply, net, y)) == ["Conv"]


@pytest.mark.parametrize(
    ("numbers", "mode", "value"),
    [((0, 0, 1, 1, 0, 0, 1, 1), "edge", None), ((0, 0, 1, 1, 0, 0, 1, 1), "constant", 0.5),
     ((0, 0, -1, 0, 0, 0, 0, 0), "constant", None), ((0, 1, 0, 0, 0, 0, 0, 0), "constant", None)],
)  # fmt: skip
def test_other_pads_stay(numbers, mode, value):
    net = Net((1, 2, 6, 6))
    rest = [] if value is None else [net.constant(value)]
    y = net.add("Pad", net.input, net.ints(*numbers), *rest, mode=mode)
    untouched(pads.apply, net, net.conv(y, 3, 2 + numbers[1], 3))


@property_settings
@given(seed=seeds, low=st.integers(-1, 1), high=st.sampled_from([None, 1, 6]), form=st.sampled_from(
    ["Clip", "Max"]))  # fmt: skip
def test_only_a_clip_from_zero_up_is_relu(seed, low, high, form):
    net = Net((1, 2, 4, 4), seed)
    bounds = [net.constant(float(low))]
    if form == "Clip" and high is not None:
        bounds.append(net.constant(float(high)))
    y = net.add(form, net.input, *bounds)
    if low == 0 and (form == "Max" or high is None):
        assert ops(rewritten(activations.apply, net, y)) == ["Relu"]
    else:
        untouched(activations.apply, net, y)


@property_settings
@given(
    seed=seeds,
    add_first=st.booleans(),
    by=st.sampled_from(["Div", "Mul"]),
    high=st.sampled_from([1.0, 6.0]),
    shift=st.floats(-2, 4, width=16),
    scale=st.sampled_from([None, 0.25, -2.0]),
)
def test_a_scaled_clip_is_a_hard_sigmoid(seed, add_first, by, high, shift, scale):
    net = Net((1, 2, 5, 5), seed)
    y = net.input
    if scale is not None:
        y = net.add("Mul", y, net.constant(scale))
    number = net.constant(shift)
    y = net.add("Add", *((number, y) if add_first else (y, number)))
    y = net.add("Clip", y, net.constant(0.0), net.constant(high))
    if high != 1:
        y = net.add(by, y, net.constant(high if by == "Div" else 1 / high))
    y = net.add("Mul", net.input, y)
    assert ops(rewritten(activations.apply, net, y)) == ["HardSigmoid", "Mul"]


@property_settings
@given(
    seed=seeds,
    first=st.tuples(*[st.integers(0, 2)] * 4),
    second=st.tuples(*[st.integers(0, 2)] * 4),
)
def test_a_crop_of_a_crop_is_one(seed, first, second):
    net = Net((1, 2, 9, 9), seed)
    y = net.input
    for top, left, bottom, right in (first, second):
        axes = net.ints(2, 3)
        y = net.add("Slice", y, net.ints(top, left), net.ints(-bottom or 99, -right or 99), axes)
    assert ops(rewritten(crops.apply, net, y)) == ["Slice"]


@property_settings
@given(
    seed=seeds,
    pad=st.integers(1, 3),
    cut=st.integers(0, 3),
    mode=st.sampled_from(["edge", "reflect"]),
)
def test_pads_that_are_cut_off_again_are_not_made(seed, pad, cut, mode):
    net = Net((1, 2, 6, 6), seed)
    y = net.add("Pad", net.input, net.ints(0, 0, pad, pad, 0, 0, pad, pad), mode=mode)
    y = net.add("Slice", y, net.ints(cut, cut), net.ints(6 + cut, 6 + cut), net.ints(2, 3))
    y = net.add("Abs", y)
    assert ops(rewritten(crops.apply, net, y))[0] == ("Slice" if cut == pad else "Pad")
    if cut == pad:
        assert ops(apply_rewrites(net.model(y), ())) == ["Abs"]


@property_settings
@given(seed=seeds, top=st.integers(0, 3), left=st.integers(0, 3), step=st.integers(1, 2))
def test_crops_come_before_work_on_single_pixels(seed, top, left, step):
    net = Net((1, 3, 8, 8), seed)
    y = net.add("Sigmoid", net.conv(net.input, 2, 3))
    steps = [net.ints(step, step)] if step > 1 else []
    y = net.add("Slice", y, net.ints(top, left), net.ints(7, 8), net.ints(2, 3), *steps)
    after = rewritten(crops.apply, net, y)
    first = "Slice" if step == 1 else "Conv"
    assert ops(after)[0] == first


def test_a_crop_of_channels_stays_behind_the_convolution_that_makes_them():
    net = Net((1, 3, 4, 4))
    y = net.conv(net.input, 3, 3)
    untouched(crops.apply, net, net.add("Slice", y, net.ints(1), net.ints(2), net.ints(1)))


@property_settings
@given(seed=seeds, s=st.integers(2, 3), t=st.integers(2, 3), half=st.booleans())
def test_nearest_upsamplings_merge(seed, s, t, half):
    net = Net((1, 2, 3, 4), seed)
    way = ("half_pixel", "round_prefer_floor") if half else ("asymmetric", "floor")
    settings = {"mode": "nearest", "coordinate_transformation_mode": way[0], "nearest_mode": way[1]}
    y = net.resize(net.input, 1, 2, 3 * s, 4 * s, **settings)
    y = net.resize(y, 1, 2, 3 * s * t, 4 * s * t, **settings)
    assert ops(rewritten(crops.apply, net, y)) == ["Resize"]


def test_linear_upsamplings_do_not_merge():
    net = Net((1, 2, 3, 4))
    untouched(crops.apply, net, net.resize(net.resize(net.input, 1, 2, 6, 8), 1, 2, 12, 16))


def test_what_is_computed_or_stored_twice_is_there_once():
    net = Net((1, 2, 4, 4))
    first, second = (
        net.constant(np.full((1, 2, 1, 1), 3.0)),
        net.constant(np.full((1, 2, 1, 1), 3.0)),
    )
    y = net.add("Add", net.add("Mul", net.input, first), net.add("Mul", net.input, second))
    after = rewritten(common_subexpressions.apply, net, net.add("Relu", y))
    assert ops(after) == ["Mul", "Add", "Relu"]
    assert len(after.graph.initializer) == 1


def test_what_differs_in_an_attribute_is_computed_twice():
    net = Net((1, 2, 4, 4))
    y = net.add("Add", *(net.add("LeakyRelu", net.input, alpha=a) for a in (0.1, 0.2)))
    untouched(common_subexpressions.apply, net, y)


def _idle(net: Net) -> list[str]:
    """Nodes that change nothing, each on its own."""
    x = net.input
    return [
        net.add("Identity", x),
        net.add("Reshape", x, net.ints(1, 2, 4, 4)),
        net.add("Slice", x, net.ints(0), net.ints(4), net.ints(2)),
        net.add("Pad", x, net.ints(*[0] * 8)),
        net.resize(x, 1, 2, 4, 4),
        net.add("Transpose", x, perm=[0, 1, 2, 3]),
        net.add("Concat", x, axis=1),
        net.add("Add", x, net.constant(0.0)),
        net.add("Sub", x, net.constant(np.zeros((1, 2, 1, 1)))),
        net.add("Mul", net.constant(1.0), x),
        net.add("Div", x, net.constant(1.0)),
        net.add("Dropout", x),
    ]


@pytest.mark.parametrize("which", range(12))
def test_a_node_that_changes_nothing_goes(which):
    net = Net((1, 2, 4, 4))
    y = net.add("Relu", _idle(net)[which])
    assert ops(rewritten(dead_code.apply, net, y)) == ["Relu"]


def _busy(net: Net) -> list[str]:
    """Nodes that look idle and are not."""
    x = net.input
    return [
        net.add("Slice", x, net.ints(-1), net.ints(-9), net.ints(2), net.ints(-1)),
        net.add("Sub", net.constant(0.0), x),
        net.add("Div", net.constant(1.0), x),
        net.add("Add", x, net.constant(np.zeros((2, 2, 4, 4)))),
        net.add("Transpose", x, perm=[0, 1, 3, 2]),
        net.add("Resize", x, net.constant([0, 0, 0.2, 0.2, 1, 1, 0.8, 0.8]), net.constant([]),
                net.ints(1, 2, 4, 4), mode="linear",
                coordinate_transformation_mode="tf_crop_and_resize"),
    ]  # fmt: skip


@pytest.mark.parametrize("which", range(6))
def test_a_node_that_changes_something_stays(which):
    net = Net((1, 2, 4, 4))
    busy = _busy(net)[which]
    after = rewritten(dead_code.apply, net, net.add("Relu", busy))
    assert len(after.graph.node) == 2


def test_nodes_and_weights_that_nobody_needs_go():
    net = Net((1, 2, 4, 4))
    net.conv(net.input, 5, 2)
    after = rewritten(dead_code.apply, net, net.add("Relu", net.input))
    assert ops(after) == ["Relu"]
    assert not after.graph.initializer


def test_an_output_that_is_the_input_keeps_its_name():
    net = Net((1, 2, 4, 4))
    untouched(dead_code.apply, net, net.add("Identity", net.input))


def test_tidying_leaves_a_tidy_model_as_it_is():
    net = Net((1, 3, 8, 8))
    y = net.add("Sigmoid", net.conv(net.add("Relu", net.conv(net.input, 4, 3, 3)), 1, 4))
    model = net.model(y)
    assert apply_rewrites(model, ()) is model


@pytest.mark.parametrize("rewrite", TIDYING, ids=lambda rewrite: rewrite.name)
def test_models_with_bodies_of_their_own_are_left_alone(rewrite):
    net = Net((1, 2, 4, 4))
    y = _foldable(net)
    branches = {}
    for name in ("then_branch", "else_branch"):
        node = helper.make_node("Relu", [y], [f"{name}_out"])
        value = helper.make_tensor_value_info(f"{name}_out", TensorProto.FLOAT, [1, 2, 4, 4])
        branches[name] = helper.make_graph([node], name, [], [value])
    model = net.model(net.add("If", net.constant(True, bool), **branches))
    assert rewrite.apply(model) is model


def test_graphs_whose_pads_and_clips_are_written_in_the_old_way_are_left_alone():
    net = Net((1, 2, 4, 4))
    old, new = (net.model(_foldable(net), opset=opset) for opset in (11, 13))
    assert affine.apply(old) is old
    assert ops(affine.apply(new)) == ["Conv"]


def _foldable(net):
    """Something for every tidying rewrite to do."""
    return net.add("Mul", net.conv(net.input, 2, 2), net.constant(2.0))
