"""Rewrites that are kept where they measure faster: the same answer, and where they apply."""

import numpy as np
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st
from rewriting import Net, ops, property_settings, rewritten, untouched

from builder.rewrites import (
    TIDYING,
    TUNED,
    apply_rewrites,
    clip_bounds,
    column_phases,
    conv_transpose,
    depthwise_rows,
    gates,
    pointwise_before_resize,
    pooled_sums,
    resize_matmul,
    resize_shifts,
    row_order,
    sigmoid_tanh,
    split_sums,
    squeeze_excite,
)
from builder.tune.stored import DEFAULT_REWRITES

seeds = st.integers(0, 1000)
sides = st.tuples(st.integers(2, 7), st.integers(2, 7))
scales = st.tuples(st.integers(1, 4), st.integers(1, 4))
coordinates = st.sampled_from(["half_pixel", "pytorch_half_pixel", "asymmetric", "align_corners"])


@property_settings
@given(
    seed=seeds,
    sides=sides,
    new_sides=st.tuples(st.integers(8, 17), st.integers(8, 17)),
    channels=st.tuples(st.integers(2, 6), st.integers(1, 6)),
    mode=st.sampled_from(["linear", "nearest", "cubic"]),
    way=coordinates,
)
def test_a_1x1_convolution_is_done_before_an_upsampling(
    seed, sides, new_sides, channels, mode, way
):
    net = Net((1, channels[0], *sides), seed)
    settings = {"mode": mode, "coordinate_transformation_mode": way}
    y = net.resize(net.input, 1, channels[0], *new_sides, **settings)
    y = net.conv(y, channels[1], channels[0])
    fewer = channels[1] <= channels[0]
    after = ops(rewritten(pointwise_before_resize.apply, net, y))
    assert after == ["Conv", "Resize"] or not fewer


def test_resizes_given_as_scales_keep_them():
    net = Net((1, 4, 5, 5))
    y = net.add("Resize", net.input, "", net.constant([1, 1, 2, 2]), mode="linear")
    y = net.conv(y, 2, 4)
    assert ops(rewritten(pointwise_before_resize.apply, net, y)) == ["Conv", "Resize"]


@pytest.mark.parametrize("case", ["down", "3x3", "grouped", "strided", "shared", "cut"])
def test_other_convolutions_stay_behind_the_resize(case):
    net = Net((1, 4, 8, 8))
    way = {"coordinate_transformation_mode": "tf_crop_and_resize"} if case == "cut" else {}
    boxes = [net.constant([0, 0, 0.2, 0.2, 1, 1, 0.8, 0.8])] if case == "cut" else [""]
    size = 4 if case == "down" else 16
    y = net.add(
        "Resize", net.input, *boxes, "", net.ints(1, 4, size, size), mode="linear", **way
    )  # fmt: skip
    settings = {
        "3x3": {"kernel": 3},
        "grouped": {"group": 2},
        "strided": {"strides": [2, 2]},
    }
    out = net.conv(y, 4, 4, **settings.get(case, {}))
    untouched(pointwise_before_resize.apply, net, out, *([y] if case == "shared" else []))


@property_settings
@given(seed=seeds, sides=sides, new_sides=st.tuples(st.integers(1, 15), st.integers(1, 15)),
       way=coordinates)  # fmt: skip
def test_a_small_linear_resize_is_two_products(seed, sides, new_sides, way):
    assume(new_sides not in (sides, (1, 1)))
    net = Net((2, 3, *sides), seed)
    y = net.resize(net.input, 2, 3, *new_sides, coordinate_transformation_mode=way)
    assert ops(rewritten(resize_matmul.apply, net, y)) == ["MatMul", "MatMul"]


@pytest.mark.parametrize("case", ["nearest", "cubic", "large", "antialias", "odd scale"])
def test_other_resizes_stay(case):
    side = 64 if case == "large" else 5
    net = Net((1, 2, side, side))
    if case == "odd scale":
        scales = net.constant([1, 1, 2.1, 2.1])
        y = net.add("Resize", net.input, "", scales, mode="linear")
    else:
        mode = case if case in ("nearest", "cubic") else "linear"
        extra = {"antialias": 1} if case == "antialias" else {}
        y = net.resize(net.input, 1, 2, 2 * side, 2 * side, mode=mode, **extra)
    untouched(resize_matmul.apply, net, y, opset=18)
    if case != "large":
        untouched(resize_shifts.apply, net, y, opset=18)


@property_settings
@given(seed=seeds, sides=sides, scales=scales, batch=st.integers(1, 2), first=st.booleans())
def test_an_upsampling_by_whole_numbers_is_shifted_sums(seed, sides, scales, batch, first):
    assume(scales != (1, 1))
    net = Net((batch, 3, *sides), seed)
    new_sides = [side * scale for side, scale in zip(sides, scales, strict=True)]
    way = "half_pixel" if first else "pytorch_half_pixel"
    y = net.resize(net.input, batch, 3, *new_sides, coordinate_transformation_mode=way)
    assert "Resize" not in ops(rewritten(resize_shifts.apply, net, y))


@pytest.mark.parametrize(
    ("size", "way"), [(7, "half_pixel"), (3, "half_pixel"), (10, "align_corners"),
                      (10, "asymmetric"), (45, "half_pixel")],
)  # fmt: skip
def test_other_scales_and_coordinates_stay(size, way):
    net = Net((1, 2, 5, 5))
    y = net.resize(net.input, 1, 2, size, size, coordinate_transformation_mode=way)
    untouched(resize_shifts.apply, net, y)


@property_settings
@given(seed=seeds, sides=sides, scale=st.integers(2, 4), form=st.sampled_from(
    ["Add", "Sub", "gate", "Conv", "Resize"]))  # fmt: skip
def test_a_mean_is_taken_before_linear_operations(seed, sides, scale, form):
    net = Net((1, 4, *sides), seed)
    x, other = net.input, net.add("Relu", net.input)
    y = {
        "Add": lambda: net.add("Add", x, other),
        "Sub": lambda: net.add("Sub", other, x),
        "gate": lambda: net.add("Mul", net.random(1, 4, 1, 1), other),
        "Conv": lambda: net.conv(other, 5, 4),
        "Resize": lambda: net.resize(other, 1, 4, *(side * scale for side in sides)),
    }[form]()
    after = ops(rewritten(pooled_sums.apply, net, net.add("GlobalAveragePool", y)))
    assert after[-1] != "GlobalAveragePool" or form == "Resize"
    assert "Resize" not in after


@pytest.mark.parametrize("case", ["uneven", "shared", "broadcast", "product", "3x3"])
def test_other_means_stay(case):
    net = Net((1, 4, 5, 6))
    x, other = net.input, net.add("Relu", net.input)
    y = {
        "uneven": lambda: net.resize(x, 1, 4, 7, 9),
        "shared": lambda: net.add("Add", x, other),
        "broadcast": lambda: net.add("Add", x, net.random(1, 4, 1, 1)),
        "product": lambda: net.add("Mul", x, other),
        "3x3": lambda: net.conv(x, 4, 4, 3),
    }[case]()
    mean = net.add("GlobalAveragePool", y)
    untouched(pooled_sums.apply, net, mean, *([y] if case == "shared" else []))


def _gate(net: Net, value: str, channels: int) -> str:
    mean = net.add("GlobalAveragePool", value)
    return net.add("Sigmoid", net.conv(mean, channels, channels))


@property_settings
@given(seed=seeds, c=st.integers(1, 6), m=st.integers(1, 6), first=st.booleans())
def test_a_gate_is_folded_into_the_weights(seed, c, m, first):
    net = Net((1, c, 5, 6), seed)
    gate = _gate(net, net.input, c)
    y = net.add("Mul", *((gate, net.input) if first else (net.input, gate)))
    after = rewritten(gates.apply, net, net.conv(y, m, c))
    (scaling,) = [node for node in after.graph.node if node.op_type == "Mul"]
    assert "x" not in scaling.input


@pytest.mark.parametrize("case", ["batch", "shared", "3x3", "few pixels", "whole picture"])
def test_other_factors_stay(case):
    sides = (1, 2) if case == "few pixels" else (5, 6)
    net = Net((2 if case == "batch" else 1, 4, *sides))
    other = net.add("Relu", net.input) if case == "whole picture" else _gate(net, net.input, 4)
    y = net.add("Mul", net.input, other)
    kernel = 3 if case == "3x3" else 1
    out = net.conv(y, 4, 4, kernel, pads=[kernel // 2] * 4)
    untouched(gates.apply, net, out, *([y] if case == "shared" else []))


@property_settings
@given(seed=seeds, c=st.integers(1, 5), m=st.integers(1, 5), sides=sides, scale=st.integers(2, 3),
       first=st.booleans(), bias=st.booleans())  # fmt: skip
def test_a_convolution_of_a_sum_with_an_upsampled_picture_splits(
    seed, c, m, sides, scale, first, bias
):
    net = Net((1, 3, *sides), seed)
    new_sides = [side * scale for side in sides]
    big = net.conv(net.resize(net.input, 1, 3, *new_sides, mode="nearest"), c, 3)
    small = net.conv(net.input, c, 3)
    if not bias:
        small = net.add("Conv", net.input, net.random(c, 3, 1, 1))
    upsampled = net.resize(small, 1, c, *new_sides)
    y = net.add("Add", *((upsampled, big) if first else (big, upsampled)))
    after = rewritten(split_sums.apply, net, net.conv(y, m, c))
    assert (after.graph.node[-1].op_type == "Add") is (m <= c)


def test_a_sum_that_others_need_too_is_not_split():
    net = Net((1, 3, 4, 4))
    big = net.resize(net.input, 1, 3, 8, 8, mode="nearest")
    y = net.add("Add", big, net.resize(net.conv(net.input, 3, 3), 1, 3, 8, 8))
    untouched(split_sums.apply, net, net.conv(y, 3, 3), y)


@property_settings
@given(seed=seeds, c=st.integers(1, 3), size=st.tuples(st.integers(6, 13), st.integers(5, 9)),
       kernel=st.tuples(st.integers(3, 7), st.integers(4, 7)), stride=st.tuples(
           st.integers(1, 3), st.integers(1, 3)), pads=st.tuples(*[st.integers(0, 3)] * 4),
       batch=st.integers(1, 2))  # fmt: skip
def test_depthwise_convolutions_make_several_rows_at_a_time(
    seed, c, size, kernel, stride, pads, batch
):
    net = Net((batch, c, *size), seed)
    lengths = [
        (side + pads[axis] + pads[axis + 2] - kernel[axis]) // stride[axis] + 1
        for axis, side in enumerate(size)
    ]
    assume(min(lengths) >= 1 and max(pads) < min(kernel))
    y = net.conv(net.input, c, c, kernel, group=c, strides=list(stride), pads=list(pads))
    after = rewritten(depthwise_rows.apply, net, y)
    parts = [n for n in range(2, 9) if lengths[0] % n == 0]
    large = kernel[0] * kernel[1] >= depthwise_rows.SMALLEST_KERNEL
    assert ("Transpose" in ops(after)) is (large and bool(parts))


@pytest.mark.parametrize("way", ["SAME_UPPER", "SAME_LOWER", "VALID"])
@pytest.mark.parametrize("stride", [1, 2])
def test_automatic_pads_of_depthwise_convolutions(way, stride):
    net = Net((1, 2, 12, 11))
    y = net.conv(net.input, 2, 2, 5, group=2, strides=[stride] * 2, auto_pad=way)
    assert "Transpose" in ops(rewritten(depthwise_rows.apply, net, y))


@pytest.mark.parametrize("settings", [{"dilations": [2, 2]}, {"outputs": 8}, {"group": 1}])
def test_other_convolutions_make_single_rows(settings):
    settings = {"outputs": 4, "group": 4} | settings
    net = Net((1, 4, 12, 12))
    untouched(
        depthwise_rows.apply, net,
        net.conv(net.input, settings.pop("outputs"), 4, 5, pads=[2] * 4, **settings),
    )  # fmt: skip


@property_settings
@example(seed=0, c=2, m=3, size=(8, 12), kernel=(3, 3), strides=(2, 2), pads=(0, 0, 1, 1))
@given(
    seed=seeds, c=st.integers(1, 3), m=st.integers(3, 4),
    size=st.tuples(st.integers(5, 9), st.sampled_from([6, 12])),
    kernel=st.tuples(st.integers(1, 5), st.integers(1, 5)),
    strides=st.tuples(st.integers(1, 3), st.integers(2, 3)),
    pads=st.tuples(*[st.integers(0, 3)] * 4),
)  # fmt: skip
def test_skipped_columns_are_channels(seed, c, m, size, kernel, strides, pads):
    net = Net((1, c, *size), seed)
    y = net.add("Relu", net.conv(net.input, m, c))
    y = net.conv(y, m, m, kernel, group=m, strides=list(strides), pads=list(pads))
    after = ops(rewritten(column_phases.apply, net, y))
    # Where the stride leaves so many columns over that a phase has more than it needs, it is not.
    assert after in (
        ["Reshape", "Transpose", "Reshape", "Conv", "Relu", "Reshape", "Conv"],
        ["Conv", "Relu", "Conv"],
    )
    assert len(after) == 7 or pads[3] < strides[1]


@pytest.mark.parametrize("case", ["odd width", "dilated", "two use it", "3x3 before", "wider"])
def test_columns_that_stay(case):
    net = Net((1, 4, 8, 9 if case == "odd width" else 8))
    y = net.conv(net.input, 2 if case == "wider" else 4, 4, 3 if case == "3x3 before" else 1)
    m = 2 if case == "wider" else 4
    more = {"dilations": [1, 2]} if case == "dilated" else {}
    outs = [net.add("Relu", y)] if case == "two use it" else []
    y = net.conv(y, m, m, 3, group=m, strides=[2, 2], pads=[1] * 4, **more)
    untouched(column_phases.apply, net, y, *outs)


def _rows_at_a_time(net: Net, c: int) -> str:
    return net.conv(net.input, c, c, 5, group=c, pads=[2] * 4)


@property_settings
@given(seed=seeds, c=st.integers(1, 3), m=st.integers(1, 3), gated=st.booleans(),
       activation=st.sampled_from(["Relu", "HardSwish", "Clip", "spelled"]))  # fmt: skip
def test_rows_are_put_in_order_after_the_work_on_single_pixels(seed, c, m, gated, activation):
    net = Net((1, c, 8, 6), seed)
    y = _rows_at_a_time(net, c)
    if activation == "spelled":
        y = net.add("Mul", y, net.add("HardSigmoid", y))
    else:
        y = net.add(activation, y, *([net.constant(-0.5)] if activation == "Clip" else []))
    if gated:
        y = net.add("Mul", y, _gate(net, y, c))
    y = net.conv(net.add("Add", y, net.random(1, c, 1, 1)), m, c)
    out = net.add("Add", y, net.random(1, m, 8, 6))
    after = row_order.apply(depthwise_rows.apply(net.model(out)))
    assert ops(after)[-4:] == ["Reshape", "Transpose", "Reshape", "Add"]
    assert ops(after).count("Transpose") == 1

    def both(model):
        once = depthwise_rows.apply(model)
        return once if once is model else row_order.apply(once)

    rewritten(both, net, out)


@pytest.mark.parametrize("case", ["3x3", "each pixel", "output"])
def test_rows_are_put_in_order_before_anything_else(case):
    net = Net((1, 2, 8, 6))
    y = _rows_at_a_time(net, 2)
    outs = [y] if case == "output" else []
    if case == "3x3":
        y = net.conv(y, 2, 2, 3)
    elif case == "each pixel":
        y = net.add("Add", y, net.random(1, 2, 8, 6))
    else:
        y = net.add("Relu", y)
    ordered = depthwise_rows.apply(net.model(y, *outs))
    assert row_order.apply(ordered) is ordered


@property_settings
@example(seed=0, c=2, m=3, s=2, bias=True)
@given(
    seed=seeds, c=st.integers(1, 4), m=st.integers(1, 3), s=st.integers(2, 4), bias=st.booleans()
)
def test_a_transposed_convolution_without_overlap_is_a_1x1(seed, c, m, s, bias):
    net = Net((1, c, 3, 4), seed)
    rest = [net.random(m)] if bias else []
    y = net.add("ConvTranspose", net.input, net.random(c, m, s, s), *rest, strides=[s, s])
    assert ops(rewritten(conv_transpose.apply, net, y)) == ["Conv", "DepthToSpace"]


@pytest.mark.parametrize(
    ("kernel", "settings"),
    [(3, {}), (2, {"pads": [1, 0, 0, 0]}), (2, {"output_padding": [1, 1]}), (2, {"group": 2}),
     (2, {"strides": [1, 1]})],
)  # fmt: skip
def test_other_transposed_convolutions_stay(kernel, settings):
    net = Net((1, 2, 4, 4))
    settings = {"strides": [2, 2]} | settings
    y = net.add("ConvTranspose", net.input, net.random(2, 2, kernel, kernel), **settings)
    untouched(conv_transpose.apply, net, y)


@property_settings
@given(seed=seeds, c=st.integers(1, 6), hidden=st.integers(1, 6), batch=st.integers(1, 2),
       activation=st.sampled_from(["Relu", "HardSwish"]))  # fmt: skip
def test_convolutions_of_single_pixels_are_products(seed, c, hidden, batch, activation):
    net = Net((batch, c, 4, 5), seed)
    y = net.conv(net.add("GlobalAveragePool", net.input), hidden, c)
    y = net.add("Sigmoid", net.conv(net.add(activation, y), c, hidden))
    after = ops(rewritten(squeeze_excite.apply, net, net.add("Mul", net.input, y)))
    assert after == ["GlobalAveragePool", "Reshape", "Gemm", activation, "Gemm", "Reshape",
                     "Sigmoid", "Mul"]  # fmt: skip


def test_convolutions_of_more_pixels_are_no_products():
    net = Net((1, 3, 1, 2))
    untouched(squeeze_excite.apply, net, net.conv(net.input, 3, 3))


@property_settings
@given(seed=seeds, spread=st.sampled_from([0.1, 1, 10, 100]))
def test_the_sigmoid_of_a_whole_picture_is_a_tangent(seed, spread):
    net = Net((1, 1, 128, 128), seed)
    y = net.add("Sigmoid", net.add("Mul", net.input, net.constant(float(spread))))
    assert "Tanh" in ops(rewritten(sigmoid_tanh.apply, net, y))


def test_the_sigmoid_of_a_few_values_stays():
    net = Net((1, 8, 4, 4))
    untouched(sigmoid_tanh.apply, net, net.add("Sigmoid", net.input))


@property_settings
@given(seed=seeds, low=st.sampled_from([None, -0.5]), high=st.sampled_from([None, 0.5]))
def test_a_clip_of_its_own_is_bounds(seed, low, high):
    assume(low is not None or high is not None)
    net = Net((1, 2, 4, 4), seed)
    bounds = ["" if bound is None else net.constant(bound) for bound in (low, high)]
    y = net.add("Clip", net.add("Abs", net.input), *bounds)
    expected = ["Abs"] + ["Max"] * (low is not None) + ["Min"] * (high is not None)
    assert ops(rewritten(clip_bounds.apply, net, y)) == expected


def test_a_clip_after_a_convolution_stays():
    net = Net((1, 2, 4, 4))
    y = net.add("Clip", net.conv(net.input, 2, 2), net.constant(0.0), net.constant(6.0))
    untouched(clip_bounds.apply, net, y)


def test_names_are_unique_and_the_default_is_among_them():
    names = [rewrite.name for rewrite in (*TIDYING, *TUNED)]
    assert len(set(names)) == len(names)
    assert set(DEFAULT_REWRITES) <= {rewrite.name for rewrite in TUNED}


def test_what_a_rewrite_leaves_behind_is_tidied():
    net = Net((1, 3, 6, 6))
    y = net.resize(net.conv(net.input, 4, 3), 1, 4, 12, 12)
    after = ops(apply_rewrites(net.model(y), ("resize_shifts",)))
    assert after.count("Conv") == 1
    assert after.count("Mul") == 2  # by 3 for each axis; the common factor is in the weights


def test_all_rewrites_together_on_a_network_of_every_kind():
    net = Net((1, 3, 32, 40), 3)
    skip = net.add("HardSwish", net.conv(net.input, 8, 3, 3, strides=[2, 2], pads=[1] * 4))
    y = net.add("Relu", net.conv(skip, 8, 8, 5, group=8, strides=[2, 2], pads=[2] * 4))
    y = net.add("Mul", y, _gate(net, y, 8))
    y = net.conv(net.resize(net.conv(y, 8, 8), 1, 8, 16, 20), 8, 8)
    total = net.add("Add", skip, y)
    y = net.add("Add", net.add("Mul", skip, _gate(net, total, 8)), y)
    y = net.add("Relu", net.conv(y, 4, 8))
    y = net.add("ConvTranspose", y, net.random(4, 1, 2, 2), net.random(1), strides=[2, 2])
    out = net.add("Sigmoid", y)
    names = [rewrite.name for rewrite in TUNED]
    after = rewritten(lambda model: _once(model, names), net, out)
    assert not {"Resize", "ConvTranspose"} & set(ops(after))
    assert "Transpose" in ops(after)
    assert "Gemm" in ops(after)


def _once(model, names):
    """Apply a set once; the second time the test asks, hand the model back."""
    after = apply_rewrites(model, names)
    return model if np.array_equal(ops(after), ops(model)) else after
