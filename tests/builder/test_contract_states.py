"""Recurrent models: their states stay, under the contract's names, and start from zero."""

import numpy as np
import onnx
import pytest
from contract_networks import build, frames, prepared, run, value, weight
from recipe_maker import make_recipe

from builder import verify
from builder.contract import State, check_contract, states, to_contract, zero_states
from builder.contract.graph import rename
from builder.errors import ContractError
from builder.predict import Segmenter
from builder.quantize import fp16_weights, int8_qdq
from builder.simplify import simplify

ROUNDING = 2e-6
TWO = (
    {"input": "h_in", "output": "h_out", "shape": (1, 2, 16, 24)},
    {"input": "g_in", "output": "g_out", "shape": (1, 3, 8, 12)},
)
SIGNED = {"mean": (0.5, 0.5, 0.5), "std": (0.5, 0.5, 0.5)}


def recurrent(dtype="float32", fixed=False):
    """Two states of different sizes, each mixed with what the frame says."""
    full = [1, 2, 16, 24] if fixed else ["n", 2, "h", "w"]
    half = [1, 3, 8, 12] if fixed else ["n", 3, "h2", "w2"]
    return build(
        [
            ("Conv", ["x", "w"], ["c"], {"pads": [1, 1, 1, 1]}),
            ("Concat", ["c", "h_in"], ["both"], {"axis": 1}),
            ("Conv", ["both", "wh"], ["h_new"], {}),
            ("Tanh", ["h_new"], ["h_out"], {}),
            ("Conv", ["h_out", "wg"], ["g_new"], {"strides": [2, 2]}),
            ("Add", ["g_new", "g_in"], ["g_sum"], {}),
            ("Tanh", ["g_sum"], ["g_out"], {}),
            ("ReduceMean", ["g_out"], ["level"], {"axes": [1, 2, 3]}),
            ("Conv", ["h_out", "wy"], ["raw"], {}),
            ("Add", ["raw", "level"], ["shifted"], {}),
            ("Sigmoid", ["shifted"], ["pha"], {}),
        ],
        [value("x", ["n", 3, "h", "w"], dtype), value("h_in", full, dtype),
         value("g_in", half, dtype)],
        [value("h_out", full, dtype), value("pha", ["n", 1, "h", "w"], dtype),
         value("g_out", half, dtype)],
        {"w": weight(2, 3, 3, 3, dtype=dtype), "wh": weight(2, 4, 1, 1, seed=1, dtype=dtype),
         "wg": weight(3, 2, 1, 1, seed=2, dtype=dtype),
         "wy": weight(1, 2, 1, 1, seed=3, dtype=dtype)},
    )  # fmt: skip


def bring(model, **tables):
    recipe = make_recipe(**{"output": {"name": "pha"}, "state": TWO, **tables})
    return to_contract(model, recipe)


@pytest.mark.parametrize(("dtype", "tolerance"), [("float32", ROUNDING), ("float16", 4e-3)])
def test_the_states_go_round_as_in_the_authors_loop(dtype, tolerance):
    model = recurrent(dtype)
    kept = bring(model, input=SIGNED)
    h, g = np.zeros((1, 2, 16, 24), dtype), np.zeros((1, 3, 8, 12), dtype)
    carried = zero_states(kept)
    first = None
    for frame in frames(5):
        feeds = {"x": prepared(frame, dtype=dtype, mean=0.5, std=0.5), "h_in": h, "g_in": g}
        wanted, h, g = run(model, feeds, ["pha", "h_out", "g_out"])
        found, *given = run(kept, {"frame": frame, **carried})
        carried = {state.input: array for state, array in zip(states(kept), given, strict=True)}
        np.testing.assert_allclose(found, wanted, rtol=0, atol=tolerance)
        np.testing.assert_allclose(given[0], h, rtol=0, atol=tolerance)
        np.testing.assert_allclose(given[1], g, rtol=0, atol=tolerance)
        first = frame if first is None else first
    fresh = run(kept, {"frame": frame, **zero_states(kept)})[0]
    assert np.abs(fresh - found).max() > 0.01  # the states do matter


def test_names_order_and_report():
    kept = bring(recurrent())
    assert [v.name for v in kept.graph.input] == ["frame", "state0_in", "state1_in"]
    assert [v.name for v in kept.graph.output] == ["alpha", "state0_out", "state1_out"]
    assert check_contract(kept) == (16, 24)
    assert states(kept) == (
        State("state0_in", "state0_out", (1, 2, 16, 24)),
        State("state1_in", "state1_out", (1, 3, 8, 12)),
    )
    zeros = zero_states(kept)
    assert {name: array.shape for name, array in zeros.items()} == {
        "state0_in": (1, 2, 16, 24),
        "state1_in": (1, 3, 8, 12),
    }
    assert all(array.dtype == np.float32 and not array.any() for array in zeros.values())


def test_the_recipes_order_is_the_states_order():
    kept = bring(recurrent(), state=TWO[::-1])
    assert [state.shape for state in states(kept)] == [(1, 3, 8, 12), (1, 2, 16, 24)]


def test_a_model_without_states_reports_none():
    model = build(
        [("ReduceMean", ["x"], ["y"], {"axes": [1]})],
        [value("x", [1, 3, 16, 24])], [value("y", [1, 1, 16, 24])], {},
    )  # fmt: skip
    kept = to_contract(model, make_recipe())
    assert states(kept) == ()
    assert zero_states(kept) == {}
    with pytest.raises(ContractError, match="not frame and alpha"):
        states(model)


def test_the_shape_may_be_the_models_own():
    pairs = tuple({key: pair[key] for key in ("input", "output")} for pair in TWO)
    kept = bring(recurrent(fixed=True), state=pairs)
    assert [state.shape for state in states(kept)] == [(1, 2, 16, 24), (1, 3, 8, 12)]


def test_a_state_that_is_the_alpha_itself():
    """Blending with the last answer: one tensor is both the answer and the state."""
    model = build(
        [
            ("ReduceMean", ["x"], ["now"], {"axes": [1]}),
            ("Add", ["now", "last"], ["sum"], {}),
            ("Mul", ["sum", "half"], ["y"], {}),
        ],
        [value("x", [1, 3, 16, 24]), value("last", [1, 1, 16, 24])],
        [value("y", [1, 1, 16, 24])],
        {"half": np.float32(0.5)},
    )
    recipe = make_recipe(output={"name": "y"}, state=({"input": "last", "output": "y"},))
    kept = to_contract(model, recipe)
    assert len(states(kept)) == 1
    frame, last = frames(1)[0], np.full((1, 1, 16, 24), 0.8, np.float32)
    alpha, state = run(kept, {"frame": frame, "state0_in": last})
    np.testing.assert_allclose(alpha, (frame.mean(1, keepdims=True) + 0.8) / 2, atol=ROUNDING)
    np.testing.assert_array_equal(alpha, state)


def test_a_state_that_passes_through_unchanged():
    model = build(
        [("ReduceMean", ["x"], ["m"], {"axes": [1]}), ("Mul", ["m", "s"], ["y"], {}),
         ("Identity", ["s"], ["s_out"], {})],
        [value("x", [1, 3, 16, 24]), value("s", [1, 1])],
        [value("y", [1, 1, 16, 24]), value("s_out", [1, 1])], {},
    )  # fmt: skip
    kept = to_contract(model, make_recipe(state=({"input": "s", "output": "s_out"},)))
    _, state = run(kept, {"frame": frames(1)[0], "state0_in": np.float32([[7]])})
    np.testing.assert_array_equal(state, [[7]])


def test_a_state_that_is_written_and_never_read():
    model = build(
        [("ReduceMean", ["x"], ["y"], {"axes": [1]}), ("Neg", ["y"], ["s_out"], {})],
        [value("x", [1, 3, 16, 24]), value("s", [1, 1, 16, 24])],
        [value("y", [1, 1, 16, 24]), value("s_out", [1, 1, 16, 24])], {},
    )  # fmt: skip
    recipe = make_recipe(output={"name": "y"}, state=({"input": "s", "output": "s_out"},))
    kept = to_contract(model, recipe)
    alpha, state = run(kept, {"frame": frames(1)[0], **zero_states(kept)})
    np.testing.assert_array_equal(state, -alpha)


def test_the_last_picture_as_a_state():
    """The picture in NCHW is read by the convolution and given back: it cannot be folded."""
    model = build(
        [
            ("Transpose", ["x"], ["now"], {"perm": [0, 3, 1, 2]}),
            ("Conv", ["now", "w"], ["c"], {}),
            ("Mul", ["c", "before"], ["d"], {}),
            ("ReduceMean", ["d"], ["m"], {"axes": [1]}),
            ("Sigmoid", ["m"], ["y"], {}),
        ],
        [value("x", [1, 16, 24, 3]), value("before", [1, 3, 16, 24])],
        [value("y", [1, 1, 16, 24]), value("now", [1, 3, 16, 24])],
        {"w": weight(3, 3, 1, 1)},
    )
    tables = {"input": {"layout": "NHWC", **SIGNED}, "output": {"name": "y"}}
    pair = {"input": "before", "output": "now"}
    kept = to_contract(model, make_recipe(**tables, state=(pair,)))
    frame, before = frames(2)
    feeds = {"x": prepared(frame, layout="NHWC", mean=0.5, std=0.5), "before": before}
    for wanted, found in zip(
        run(model, feeds), run(kept, {"frame": frame, "state0_in": before}), strict=True
    ):
        np.testing.assert_allclose(found, wanted, rtol=0, atol=ROUNDING)


def refusal(model, **tables):
    with pytest.raises(ContractError) as caught:
        bring(model, **tables)
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize(
    ("pair", "complaint"),
    [
        ({"input": "nothing", "output": "h_out"}, "state input 'nothing' is no input of the model"),
        ({"input": "h_in", "output": "nothing"}, "state output 'nothing' is no output of the"),
        ({"input": "h_in", "output": "h_out"}, "'h_in' is float32 [n, 2, h, w]; give its fixed"
                                               " shape in the recipe's [[state]]"),
        ({"input": "h_in", "output": "h_out", "shape": (1, 5, 16, 24)},
         "'h_in' is float32 [n, 2, h, w], but the recipe says [1, 5, 16, 24]"),
        ({"input": "h_in", "output": "g_out", "shape": (1, 2, 16, 24)},
         "the state 'h_in' is [1, 2, 16, 24] and comes back as [1, 3, 8, 12]"),
    ],
)  # fmt: skip
def test_states_that_do_not_fit_are_refused(pair, complaint):
    other = TWO[1] if pair["output"] != "g_out" else {**TWO[1], "output": "h_out"}
    assert complaint in refusal(recurrent(), state=(pair, other))


def test_a_state_of_whole_numbers_is_refused():
    model = build(
        [("ReduceMean", ["x"], ["y"], {"axes": [1]}), ("Add", ["s", "s"], ["t"], {})],
        [value("x", [1, 3, 16, 24]), value("s", [1], "int64")],
        [value("y", [1, 1, 16, 24]), value("t", [1], "int64")], {},
    )  # fmt: skip
    complaint = refusal(model, output={"name": "y"}, state=({"input": "s", "output": "t"},))
    assert "'s' is int64 [1]; a state must be float32 or float16" in complaint


def spoilt(change):
    kept = bring(recurrent())
    change(kept.graph)
    return kept


def rename_output(graph):
    graph.node[3].output[0] = graph.output[1].name = graph.node[4].input[0] = "memory"


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (lambda graph: graph.output.pop(), "it has 2 outputs"),
        (lambda graph: graph.input.pop(), "it has 2 inputs"),
        (rename_output, "'state0_in' and 'memory' should be state0_in and state0_out"),
        (lambda graph: graph.output[2].CopyFrom(value("state1_out", [1, 3, 8, 13])),
         "'state1_in' is float32 [1, 3, 8, 12] and comes back as float32 [1, 3, 8, 13]"),
        (lambda graph: graph.output[2].CopyFrom(value("state1_out", [1, 3, 8, 12], "float16")),
         "comes back as float16"),
    ],
)  # fmt: skip
def test_the_check_refuses_what_is_no_pair(change, complaint):
    with pytest.raises(ContractError) as caught:
        check_contract(spoilt(change))
    assert complaint in str(caught.value)


def test_a_state_with_an_open_shape_does_not_keep_the_contract():
    kept = bring(recurrent())
    for end in (kept.graph.input[1], kept.graph.output[1]):
        end.type.tensor_type.shape.dim[2].dim_param = "h"
    with pytest.raises(ContractError, match="both must be float32 of one fixed shape"):
        check_contract(kept)


def test_other_further_ends_are_no_states():
    kept = bring(recurrent())
    kept.graph.output.append(onnx.ValueInfoProto.FromString(value("more", [1]).SerializeToString()))
    with pytest.raises(ContractError, match=r"it has 4 outputs .* it must have 3, the first one"):
        check_contract(kept)


def test_the_stages_behind_carry_the_states_too():
    """Simplified, stored in fp16, quantised, compared: with states that go from frame to frame."""
    kept = bring(recurrent())
    seen = frames(4)
    carried, wanted = zero_states(kept), []
    for frame in seen:
        alpha, *given = run(kept, {"frame": frame, **carried})
        carried = {state.input: array for state, array in zip(states(kept), given, strict=True)}
        wanted.append(alpha)
    np.testing.assert_allclose(verify.run(kept, seen), wanted, rtol=0, atol=ROUNDING)
    assert verify.compare(kept, simplify(kept), seen).max_abs_diff < ROUNDING
    small = fp16_weights(kept)
    assert states(small) == states(kept)
    assert verify.compare(kept, small, seen).max_abs_diff < 4e-3
    fed = [feeds for feeds, _ in verify.steps(kept, seen)]
    assert not fed[0]["state0_in"].any()
    assert fed[1]["state0_in"].any()
    quantised = int8_qdq(simplify(kept), seen)
    assert states(quantised) == states(kept)
    assert 0 < verify.compare(kept, quantised, seen).max_abs_diff < 0.05


def test_the_reference_takes_each_picture_as_the_first():
    segmenter = Segmenter(bring(recurrent()))
    picture = np.random.default_rng(0).integers(0, 256, (16, 24, 3), np.uint8)
    first = segmenter.model_alpha(picture)
    np.testing.assert_array_equal(segmenter.model_alpha(picture), first)


@pytest.mark.parametrize(
    "names",
    [
        {"state0_in": "state1_in", "state1_in": "state0_in"},
        {"state0_in": "state1_in", "state1_in": "state0_in",
         "state0_out": "state1_out", "state1_out": "state0_out"},
    ],
)  # fmt: skip
def test_the_reference_refuses_states_that_are_crossed(names):
    crossed = bring(recurrent())
    rename(crossed.graph, names)
    with pytest.raises(ContractError, match="does not keep the contract"):
        Segmenter(crossed)


def test_the_reference_refuses_states_that_come_back_in_another_shape():
    kept = bring(recurrent())
    kept.graph.node[6].output[0] = kept.graph.node[7].input[0] = "whole"
    kept.graph.node.append(onnx.helper.make_node("ReduceMean", ["whole"], ["state1_out"], axes=[1]))
    kept.graph.output[2].CopyFrom(value("state1_out", [1, 1, 8, 12]))
    with pytest.raises(ContractError, match="does not keep the contract"):
        Segmenter(kept)
