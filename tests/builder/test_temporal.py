"""The blend over time: what it does to a pixel, and its figures on a clip with known alpha."""

import json

import numpy as np
import pytest
from blend_sequences import FIXTURE, recorded
from numpy.typing import NDArray

from builder.demo import DemoClip
from builder.evaluate.metrics import boundary_band, iou_person
from builder.roi import LOOK_AROUND_S, Rect
from builder.temporal import CUT, TemporalFilter, blend

Float = NDArray[np.float32]

RECT = Rect(0, 0, 40, 20)
HELD_FROM = 16  # the person moves until this frame, then keeps still
FRAMES = 36


def _one(value: float) -> Float:
    return np.full((2, 4), value, np.float32)


def _pushed(*steps: tuple[float, float], rect: Rect = RECT) -> float:
    blended = TemporalFilter()
    for value, time_s in steps:
        result = blended.apply(_one(value), rect, time_s)
    return float(result[0, 0])


def test_the_browser_is_tested_on_what_this_does_now() -> None:
    assert json.loads(FIXTURE.read_text("utf-8")) == recorded()


@pytest.mark.parametrize(
    ("before", "now", "expected"),
    [(0.5, 0.5, 0.5), (0.45, 0.55, 0.475), (0.6, 0.2, 0.2), (0.0, 1.0, 1.0), (1.0, 0.0, 0.0)],
)
def test_little_disagreement_is_averaged_much_is_taken(
    before: float, now: float, expected: float
) -> None:
    assert blend(_one(before), _one(now))[0, 0] == pytest.approx(expected, abs=1e-6)


def test_the_weight_never_falls_as_disagreement_grows() -> None:
    change = np.linspace(0.001, 1, 500, dtype=np.float32)
    weight = blend(np.zeros_like(change), change) / change
    assert (np.diff(weight) >= -1e-4).all()
    assert (weight[0], weight[-1]) == pytest.approx((0.25, 1), abs=1e-3)


def test_a_look_from_afar_does_not_pulse() -> None:
    blended = TemporalFilter()
    blended.apply(_one(0.5), RECT, 0.0)
    near = blended.apply(_one(0.5), RECT, 1 / 30)
    far = blended.apply(_one(0.68), RECT, 2 / 30, is_coarse=True)
    assert np.abs(far - near).max() == pytest.approx(0.018, abs=1e-4)


def test_noise_is_averaged_over_frames() -> None:
    assert _pushed((0.5, 0.0), (0.54, 1 / 30)) == pytest.approx(0.51)
    assert _pushed((0.5, 0.0), (0.54, 1 / 60)) == pytest.approx(0.51)


def test_the_blend_reaches_back_as_far_in_time_where_frames_come_seldom() -> None:
    # A quarter of the way each 1/30 s: 1 − 0.75² of it after 1/15 s, 1 − 0.75⁶ after 1/5 s.
    assert _pushed((0.5, 0.0), (0.54, 1 / 15)) == pytest.approx(0.5 + 0.04 * (1 - 0.75**2))
    assert _pushed((0.5, 0.0), (0.54, 0.2)) == pytest.approx(0.5 + 0.04 * (1 - 0.75**6))


@pytest.mark.parametrize(("steadiness", "expected"), [(1, 0.51), (0.5, 0.525), (0, 0.54)])
def test_steadiness_is_how_much_of_the_blend_there_is(steadiness: float, expected: float) -> None:
    blended = TemporalFilter(steadiness)
    blended.apply(_one(0.5), RECT, 0.0)
    found = blended.apply(_one(0.54), RECT, 1 / 30)
    assert found[0, 0] == pytest.approx(expected)


@pytest.mark.parametrize("second", [-0.1, 0.6], ids=["back", "later"])
def test_frames_that_do_not_follow_each_other_are_not_blended(second: float) -> None:
    assert _pushed((0.5, 0.0), (0.54, second)) == pytest.approx(0.54)


def test_after_a_cut_nothing_of_the_scene_before_is_left() -> None:
    before = np.linspace(0, 1, 8, dtype=np.float32).reshape(2, 4)
    now = 1 - before  # two pixels in the middle hardly change: they would be blended
    assert np.abs(now - before).mean() > CUT
    blended = TemporalFilter()
    blended.apply(before, RECT, 0.0)
    np.testing.assert_array_equal(blended.apply(now, RECT, 0.1), now)


def test_what_came_before_is_moved_to_where_the_matte_is_now() -> None:
    blended = TemporalFilter()
    before = np.zeros((4, 8), np.float32)
    before[:, 4:] = 1
    blended.apply(before, Rect(0, 0, 80, 40), 0.0)
    # The right half, where all were 1 before: .96 is noise there.
    found = blended.apply(np.full((4, 8), 0.96, np.float32), Rect(40, 0, 40, 40), 1 / 30)
    np.testing.assert_allclose(found[:, 2:], 0.99, atol=1e-6)


@pytest.mark.parametrize("speed", [2, 4, 8, 16])
@pytest.mark.parametrize("softness", [1, 4, 8])
def test_a_fast_edge_lags_by_less_than_a_frame(speed: int, softness: int) -> None:
    x = np.arange(256) + 0.5
    blended = TemporalFilter()
    for frame in range(12):
        edge = 40 + speed * frame
        alpha = np.clip((edge - x) / softness + 0.5, 0, 1).astype(np.float32)[None]
        found = blended.apply(alpha, Rect(0, 0, 256, 1), frame / 30)
        assert np.abs(float(found.sum()) - edge) <= speed  # the sum is where the edge is


def _worst_lag(rate: float, speed: float, softness: float) -> float:
    """How far a moving edge stays behind, in frames, looks from afar among them."""
    x = np.arange(256) + 0.5
    blended = TemporalFilter()
    every = max(2, round(LOOK_AROUND_S * rate))
    lags = []
    for frame in range(2 * every):
        edge = 40 + speed * frame
        alpha = np.clip((edge - x) / softness + 0.5, 0, 1).astype(np.float32)[None]
        is_coarse = frame % every == every - 1
        found = blended.apply(alpha, Rect(0, 0, 256, 1), frame / rate, is_coarse=is_coarse)
        lags.append(abs(float(found.sum()) - edge) / speed)
    return max(lags)


def test_a_fast_edge_lags_by_less_than_a_frame_when_seen_from_afar() -> None:
    for rate in (30, 15, 5):
        assert _worst_lag(rate, speed=8, softness=8) <= 0.5


def test_a_slow_soft_edge_lags_less_where_frames_come_seldom() -> None:
    # It moves by a quarter of its own width, which from afar could as well be noise. A frame of
    # 1/30 s is no time to lag; one of 1/5 s is.
    assert _worst_lag(30, speed=2, softness=8) <= 1.3
    assert _worst_lag(5, speed=2, softness=8) <= 0.6


@pytest.fixture(scope="module")
def noisy_clip() -> tuple[list[Float], list[Float]]:
    """The true alpha and a noisy one of each frame, at a model's size: as of a camera."""
    clip = DemoClip(640, 360, 30, 8)
    rng = np.random.default_rng(3)
    true, noisy = [], []
    for frame in range(FRAMES):
        alpha = clip.frame(min(frame, HELD_FROM))[1]
        small = alpha[::5, ::5][:72, :128].copy()
        edge = 4 * small * (1 - small) + 0.5 * boundary_band(small >= 0.5, 2)
        true.append(small)
        shaken = small + rng.normal(0, 0.07, small.shape) * edge
        noisy.append(np.clip(shaken, 0, 1).astype(np.float32))
    return true, noisy


@pytest.mark.parametrize("rate", [30, 15])
def test_flicker_falls_by_half_and_more_and_no_frame_gets_worse(
    noisy_clip: tuple[list[Float], list[Float]], rate: int
) -> None:
    true, noisy = noisy_clip
    blended = TemporalFilter()
    rect = Rect(0, 0, 640, 360)
    smooth = [blended.apply(alpha, rect, i / rate) for i, alpha in enumerate(noisy)]
    before, after = _flicker(true, noisy), _flicker(true, smooth)
    assert before > 0.01
    assert after <= 0.5 * before
    ious = [[iou_person(a, t) for a, t in zip(each, true, strict=True)] for each in (noisy, smooth)]
    assert np.mean(ious[1]) >= np.mean(ious[0]) - 0.002


def _flicker(true: list[Float], alphas: list[Float]) -> float:
    """Mean ``|ΔΔalpha|`` along the edge, where the true alpha does not change."""
    values = []
    for i in range(2, len(true)):
        still = (true[i] == true[i - 1]) & (true[i] == true[i - 2])
        band = boundary_band(true[i] >= 0.5, 2) & still
        bend = alphas[i] - 2 * alphas[i - 1] + alphas[i - 2]
        if i >= HELD_FROM + 2:
            values.append(np.abs(bend[band]).mean())
    return float(np.mean(values))
