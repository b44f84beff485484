"""How a picture has moved, and the blend over time that follows it."""

import json
from functools import cache
from itertools import pairwise

import click
import numpy as np
import pytest
from click.testing import CliRunner
from flow_sequences import FIXTURE, picture, recorded
from numpy.typing import NDArray

from builder.cli.looks import looks_options
from builder.cli.picture import predict
from builder.demo import DemoClip
from builder.evaluate.metrics import boundary_band, iou_person
from builder.looks import Looks
from builder.motion import estimate, half_luma, move
from builder.resample import resize
from builder.roi import Rect
from builder.temporal import TemporalFilter

Float = NDArray[np.float32]

HEIGHT, WIDTH = 72, 128
RECT = Rect(0, 0, 640, 360)
MOVING = 16  # frames of the clip; all of them move


def test_the_browser_is_tested_on_what_this_does_now() -> None:
    assert json.loads(FIXTURE.read_text("utf-8")) == recorded()


def test_the_recorded_steps_have_something_to_move() -> None:
    steps = recorded()
    lumas = [half_luma(picture(np.frombuffer(bytes.fromhex(s["red"]), np.uint8).reshape(29, 41)))
             for s in steps]  # fmt: skip
    motions = [estimate(before, now) for before, now in pairwise(lumas)]
    assert [motion.is_cut for motion in motions] == [False] * 4 + [True, False]
    assert [bool(motion.dx.any()) for motion in motions if not motion.is_cut] == [True] * 5


def _scene(dx: float = 0, dy: float = 0) -> Float:
    y, x = np.mgrid[:HEIGHT, :WIDTH].astype(np.float64)
    x, y = x - dx, y - dy
    value = 0.5 + 0.2 * np.sin(x / 5 + np.sin(y / 7)) + 0.2 * np.cos(y / 4 + np.sin(x / 9))
    return np.stack([value] * 3).astype(np.float32)


def _disc(dx: float = 0, dy: float = 0) -> Float:
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    return np.asarray(np.clip((22 - np.hypot(x - 60 - dx, y - 36 - dy)) / 4, 0, 1), np.float32)


@pytest.mark.parametrize("shift", [(2, 0), (-4, 2), (3, -1), (5, 3)])
def test_an_alpha_goes_along_with_a_picture(shift: tuple[int, int]) -> None:
    motion = estimate(half_luma(_scene()), half_luma(_scene(*shift)))
    assert not motion.is_cut
    assert (np.median(motion.dx), np.median(motion.dy)) == pytest.approx(
        (-shift[0], -shift[1]),
        abs=0.3,  # pixels of a luma that is halved
    )
    left = np.abs(_disc() - _disc(*shift)).mean()
    assert np.abs(move(_disc(), motion) - _disc(*shift)).mean() < 0.25 * left


def test_what_stands_still_stays_to_the_last_bit_camera_noise_or_not() -> None:
    rng = np.random.default_rng(0)
    noisy = _scene() + rng.normal(0, 0.01, (3, HEIGHT, WIDTH)).astype(np.float32)
    motion = estimate(half_luma(_scene()), half_luma(noisy))
    assert not motion.dx.any()
    assert not motion.dy.any()
    np.testing.assert_array_equal(move(_disc(), motion), _disc())


def test_another_scene_is_told() -> None:
    stripes = np.arange(WIDTH) // 16 % 2
    other = np.where(stripes, 1 - _scene(), _scene())
    assert estimate(half_luma(_scene()), half_luma(np.float32(1) - other)).is_cut


def test_luma_is_of_all_colours_and_leaves_an_odd_line_out() -> None:
    red, green, blue = (np.full((5, 7), level, np.float32) for level in (1, 0.5, 0.25))
    luma = half_luma(np.stack([red, green, blue]))
    np.testing.assert_allclose(luma, np.full((2, 3), 0.2126 + 0.3576 + 0.01805), atol=1e-6)


def test_a_blend_that_is_off_needs_no_picture() -> None:
    assert TemporalFilter(flow=True).needs_picture
    assert not TemporalFilter(0, flow=True).needs_picture
    assert not TemporalFilter().needs_picture


def test_a_matte_meets_itself_where_the_picture_has_moved() -> None:
    def settled(*, flow: bool, cut: bool = False, rect: Rect = RECT) -> float:
        blended = TemporalFilter(flow=flow)
        blended.apply(_disc(), RECT, 0.0, picture=_scene())
        seen = 1 - _scene(3) if cut else _scene(3)
        # Little noise on an edge that has moved by most of its width.
        shaken = np.clip(_disc(3) + 0.05, 0, 1).astype(np.float32)
        found = blended.apply(shaken, rect, 1 / 30, picture=seen)
        edge = (_disc(3) > 0.2) & (_disc(3) < 0.8)
        return float(np.abs(found - _disc(3))[edge].mean())

    plain = settled(flow=False)
    assert settled(flow=True) < 0.7 * plain
    assert settled(flow=True, cut=True) == plain
    elsewhere = Rect(0, 0, 630, 360)
    assert settled(flow=True, rect=elsewhere) == settled(flow=False, rect=elsewhere)


@cache
def _clip() -> tuple[list[Float], list[Float], list[Float]]:
    """The true alpha of each frame, a noisy one, and the picture with camera noise.

    The edge is as soft as a model's: about five pixels of the model.
    """
    clip = DemoClip(640, 360, 30, 8)
    rng = np.random.default_rng(3)
    true, noisy, pictures = [], [], []
    for frame in range(MOVING):
        rgb, alpha = clip.frame(3 * frame)
        soft = resize(resize(alpha, 36, 64), 144, 256)
        edge = 4 * soft * (1 - soft)
        shaken = soft + rng.normal(0, 0.07, soft.shape) * edge
        camera = np.clip(rgb + rng.normal(0, 3, rgb.shape), 0, 255).round().astype(np.uint8)
        true.append(soft)
        noisy.append(np.clip(shaken, 0, 1).astype(np.float32))
        pictures.append((resize(camera, 144, 256) / np.float32(255)).transpose(2, 0, 1))
    return true, noisy, pictures


def _blended(*, flow: bool) -> list[Float]:
    _, noisy, pictures = _clip()
    blended = TemporalFilter(flow=flow)
    return [
        blended.apply(alpha, RECT, i / 30, picture=seen)
        for i, (alpha, seen) in enumerate(zip(noisy, pictures, strict=True))
    ]


def _flicker(alphas: list[Float]) -> float:
    """Mean ``|ΔΔ(alpha − true)|`` along the edge: it moves, its error should not swing."""
    true = _clip()[0]
    wrong = [a - t for a, t in zip(alphas, true, strict=True)]
    bends = [
        np.abs(wrong[i] - 2 * wrong[i - 1] + wrong[i - 2])[boundary_band(true[i] >= 0.5, 2)].mean()
        for i in range(2, MOVING)
    ]
    return float(np.mean(bends))


def _lag(alphas: list[Float]) -> float:
    """How far moving edges stay behind, in frames: what of the last change is still missing."""
    true = _clip()[0]
    lags = []
    for i in range(1, MOVING):
        change = true[i - 1] - true[i]
        lags.append(float(((alphas[i] - true[i]) * change).sum() / (change * change).sum()))
    return max(lags)


def test_soft_edges_that_move_flicker_and_lag_less_with_flow() -> None:
    plain, flowing = _blended(flow=False), _blended(flow=True)
    assert _flicker(flowing) < 0.85 * _flicker(plain)
    assert _lag(flowing) < 0.75 * _lag(plain)
    ious = [
        np.mean([iou_person(a, t) for a, t in zip(alphas, _clip()[0], strict=True)])
        for alphas in (_clip()[1], flowing)
    ]
    assert ious[1] >= ious[0] - 0.002


def test_predict_has_the_switch() -> None:
    told: list[bool] = []

    @click.command()
    @click.option("--roi/--no-roi", default=True)
    @looks_options("flow", "islands")
    def command(looks: Looks) -> None:
        told.append(looks.flow)

    for words in ([], ["--flow"], ["--no-flow"]):
        assert CliRunner().invoke(command, words).exit_code == 0
    assert told == [False, True, False]
    assert "flow" in {parameter.name for parameter in predict.params}
