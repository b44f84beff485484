import numpy as np
import pytest
from contract_models import constant_answer, frames, matting, model, recurrent, value
from onnx import TensorProto, helper

from builder.errors import ContractError, VerifyError
from builder.verify import Comparison, assert_exact, compare, run


def test_a_model_gives_one_alpha_a_frame():
    alphas = run(matting(), frames(3))
    assert [alpha.shape for alpha in alphas] == [(1, 1, 8, 12)] * 3
    assert not np.array_equal(alphas[0], alphas[1])


def test_a_recurrent_model_sees_the_frames_as_one_clip():
    bright, dark = np.ones((1, 3, 8, 12), np.float32), np.zeros((1, 3, 8, 12), np.float32)
    alphas = run(recurrent(), [bright, bright, dark])
    assert [alpha.max() for alpha in alphas] == pytest.approx([0.5, 0.75, 0.375])
    assert run(recurrent(), [dark])[0].max() == 0  # each run of a clip starts anew


def test_a_model_is_equal_to_itself():
    assert compare(matting(), matting(), frames(3)) == Comparison(3, 0.0, 0.0, 1.0)


def test_differences_are_measured_over_all_frames():
    left, right = np.zeros((1, 1, 8, 12)), np.zeros((1, 1, 8, 12))
    left[..., 0:6], right[..., 3:9] = 0.8, 0.8
    comparison = compare(constant_answer(left), constant_answer(right), frames(5))
    assert comparison.frames == 5
    assert comparison.max_abs_diff == pytest.approx(0.8)
    assert comparison.mean_abs_diff == pytest.approx(0.8 * 6 / 12)
    assert comparison.iou == pytest.approx(3 / 9)


def test_alpha_of_a_half_counts_as_person():
    assert compare(constant_answer(0.5), constant_answer(1), frames(1)).iou == 1
    assert compare(constant_answer(0.499), constant_answer(1), frames(1)).iou == 0


def test_two_models_that_see_nobody_agree():
    assert compare(constant_answer(0.1), constant_answer(0.2), frames(1)).iou == 1


def test_no_frames_are_a_failure():
    with pytest.raises(VerifyError, match="on no picture at all"):
        compare(matting(), matting(), [])


@pytest.mark.parametrize("number", [np.nan, np.inf, -np.inf])
def test_an_answer_that_is_no_number_is_a_failure(number):
    with pytest.raises(VerifyError, match="frame 0: the answer holds numbers that are not finite"):
        compare(matting(), constant_answer(number), frames(1))


@pytest.mark.parametrize("number", [-0.02, 1.02, 7])
def test_an_answer_outside_0_to_1_is_a_failure(number):
    with pytest.raises(VerifyError, match="a model that answers with logits needs a sigmoid"):
        run(constant_answer(number), frames(1))


def test_models_of_different_sizes_are_not_compared():
    with pytest.raises(VerifyError, match=r"different sizes .* \(8, 12\), \(8, 16\)"):
        compare(matting(8, 12), matting(8, 16), frames(1))


@pytest.mark.parametrize(
    "frame", [np.zeros((1, 3, 8, 16), np.float32), np.zeros((1, 3, 8, 12), np.float64)]
)
def test_frames_of_another_kind_are_refused(frame):
    with pytest.raises(VerifyError, match=r"the model takes float32 \[1, 3, 8, 12\]"):
        run(matting(), [frame])


def test_a_model_without_the_contract_is_refused():
    with pytest.raises(ContractError):
        run(matting(names=("x", "y")), frames(1))


def test_a_model_that_cannot_be_run_is_refused_on_one_line():
    odd = model(
        [helper.make_node("NoSuchOp", ["frame"], ["alpha"])],
        [value("frame", 1, 3, 8, 12)],
        [value("alpha", 1, 1, 8, 12)],
    )
    with pytest.raises(VerifyError, match="onnxruntime cannot run the model") as info:
        run(odd, frames(1))
    assert "\n" not in str(info.value)


def reshaping(sizes):
    """Reshapes its answer to sizes that only the run knows (they are added to zero)."""
    nodes = [
        helper.make_node("ReduceMax", ["frame"], ["below one"], keepdims=0),
        helper.make_node("Cast", ["below one"], ["zero"], to=TensorProto.INT64),
        helper.make_node("Add", ["zero", "sizes"], ["shape"]),
        helper.make_node("ReduceMean", ["frame"], ["mean"], axes=[1], keepdims=1),
        helper.make_node("Reshape", ["mean", "shape"], ["alpha"]),
    ]
    ends = [value("frame", 1, 3, 8, 12)], [value("alpha", 1, 1, 8, 12)]
    return model(nodes, *ends, [("sizes", np.array(sizes, np.int64))])


def test_a_model_that_fails_while_it_runs_is_refused_on_one_line():
    odd = reshaping([1, 1, 8, 13])
    with pytest.raises(VerifyError, match=r"cannot run the model.*Reshape") as info:
        run(odd, frames(1))
    assert "\n" not in str(info.value)


def test_an_answer_of_another_shape_than_promised_is_a_failure():
    odd = reshaping([1, 1, 12, 8])
    with pytest.raises(VerifyError, match=r"frame 0: the answer has the shape \[1, 1, 12, 8\]"):
        run(odd, frames(1))


def test_an_exact_stage_passes_within_the_tolerance():
    assert_exact(Comparison(4, 1e-5, 1e-7, 1.0), "simplify", 1e-5)


@pytest.mark.parametrize("difference", [1.1e-5, float("nan")])
def test_an_exact_stage_that_changes_more_is_at_fault(difference):
    with pytest.raises(VerifyError, match=r"simplify: changes alpha by up to"):
        assert_exact(Comparison(4, difference, 1e-7, 1.0), "simplify", 1e-5)


def test_an_exact_stage_that_was_never_compared_is_at_fault():
    with pytest.raises(VerifyError, match="was compared on no picture"):
        assert_exact(Comparison(0, 0.0, 0.0, 1.0), "simplify", 1e-5)
