"""Compares two models on the same pictures, and believes nothing.

A comparison over no picture, an answer that is no number and an answer outside 0..1 are all
failures.
"""

import contextlib
import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import onnx
from numpy.typing import NDArray

from builder.contract import ALPHA, FRAME, check_contract, states, zero_states
from builder.contract.runtime import open_session
from builder.errors import VerifyError
from builder.messages import one_line

log = logging.getLogger(__name__)

Array = NDArray[np.float32]

IOU_THRESHOLD = 0.5  # alpha from which a pixel counts as person
# A sigmoid or a softmax stays inside 0..1; resizing and int8 rounding may pass it by a little.
# Logits, the usual mistake, pass it by far.
RANGE_SLACK = 0.01


@dataclass(frozen=True)
class Comparison:
    """How far two models are apart on the same frames.

    ``max_abs_diff`` and ``mean_abs_diff`` are over all pixels of all frames, in alpha (0..1).
    ``iou`` is the intersection over union of the two person masks at alpha ≥ 0.5, pooled over
    all frames (1 if both see nobody at all).
    """

    frames: int
    max_abs_diff: float
    mean_abs_diff: float
    iou: float


def run(model: onnx.ModelProto, frames: Sequence[Array]) -> list[Array]:
    """Run a model on frames with onnxruntime on the CPU.

    Args:
        model: keeps the contract. A recurrent one sees the frames as one clip: its states begin
            at zero and go from frame to frame.
        frames: float32 ``[1, 3, H, W]``, RGB 0..1, at the model's size.

    Returns:
        One alpha for each frame, float32 ``[1, 1, H, W]``.

    Raises:
        ContractError: the model does not keep the contract.
        VerifyError: it cannot be run, or an answer is no probability.
    """
    return [alpha for _, alpha in steps(model, frames)]


def steps(
    model: onnx.ModelProto, frames: Sequence[Array]
) -> Iterator[tuple[dict[str, Array], Array]]:
    """Run a model as `run` does; yield what each run was fed, by input name, and its alpha."""
    height, width = check_contract(model)
    pairs, carried = states(model), zero_states(model)
    outputs = [ALPHA, *(pair.output for pair in pairs)]
    with _runtime_errors():
        session = open_session(model)
    for index, frame in enumerate(frames):
        if frame.shape != (1, 3, height, width) or frame.dtype != np.float32:
            raise VerifyError(
                f"frame {index} is {frame.dtype} {list(frame.shape)}; the model takes float32"
                f" {[1, 3, height, width]}"
            )
        feeds = {FRAME: frame, **carried}
        with _runtime_errors():
            alpha, *written = session.run(outputs, feeds)
        carried = {pair.input: state for pair, state in zip(pairs, written, strict=True)}
        yield feeds, _checked(alpha, index, height, width)


def compare(before: onnx.ModelProto, after: onnx.ModelProto, frames: Sequence[Array]) -> Comparison:
    """Compare two models that keep the contract on the same frames.

    Raises:
        ContractError: one of them does not keep the contract.
        VerifyError: no frames, models of different sizes, or a model that gives no alpha.
    """
    if not frames:
        raise VerifyError("compared on no picture at all; give at least one")
    sizes = check_contract(before), check_contract(after)
    if sizes[0] != sizes[1]:
        raise VerifyError(f"models of different sizes cannot be compared: {sizes[0]}, {sizes[1]}")
    return compare_answers(run(before, frames), run(after, frames))


def compare_answers(before: Sequence[Array], after: Sequence[Array]) -> Comparison:
    """Compare what two models have answered to the same frames.

    Raises:
        VerifyError: there is no answer.
    """
    if not before:
        raise VerifyError("compared on no picture at all; give at least one")
    first, second = np.stack(before), np.stack(after)
    # float64, so that the mean of millions of tiny numbers is right
    difference = np.abs(first.astype(np.float64) - second)
    return Comparison(
        frames=len(before),
        max_abs_diff=float(difference.max()),
        mean_abs_diff=float(difference.mean()),
        iou=_iou(first >= IOU_THRESHOLD, second >= IOU_THRESHOLD),
    )


def assert_exact(comparison: Comparison, stage: str, tolerance: float) -> None:
    """Refuse a stage that was to change nothing and moved some alpha by more than ``tolerance``.

    Raises:
        VerifyError: it did, or the comparison is empty.
    """
    if comparison.frames < 1:
        raise VerifyError(f"{stage}: was compared on no picture at all")
    if not comparison.max_abs_diff <= tolerance:
        raise VerifyError(
            f"{stage}: changes alpha by up to {comparison.max_abs_diff:.2g}, more than the"
            f" {tolerance:.2g} of rounding; this stage is at fault, report the model"
        )


@contextlib.contextmanager
def _runtime_errors() -> Iterator[None]:
    """Turn what onnxruntime raises into one line."""
    from onnxruntime.capi import onnxruntime_pybind11_state as state

    try:
        yield
    except (
        state.Fail,
        state.InvalidArgument,
        state.InvalidGraph,
        state.InvalidProtobuf,
        state.NotImplemented,
        state.RuntimeException,
    ) as error:
        raise VerifyError(f"onnxruntime cannot run the model: {one_line(error)}") from error


def _checked(alpha: Array, index: int, height: int, width: int) -> Array:
    if alpha.shape != (1, 1, height, width):
        raise VerifyError(f"frame {index}: the answer has the shape {list(alpha.shape)}")
    if not np.isfinite(alpha).all():
        raise VerifyError(f"frame {index}: the answer holds numbers that are not finite")
    low, high = float(alpha.min()), float(alpha.max())
    if low < -RANGE_SLACK or high > 1 + RANGE_SLACK:
        raise VerifyError(
            f"frame {index}: the answer goes from {low:.3g} to {high:.3g}, not from 0 to 1; a model"
            " that answers with logits needs a sigmoid at its end"
        )
    return alpha


def _iou(first: NDArray[np.bool_], second: NDArray[np.bool_]) -> float:
    union = int(np.count_nonzero(first | second))
    return int(np.count_nonzero(first & second)) / union if union else 1.0
