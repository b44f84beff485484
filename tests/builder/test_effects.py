"""Effects on frames of a few pixels, worked out by hand."""

import numpy as np
import pytest

from builder.effects import (
    Effect,
    apply,
    blurred_background,
    cover,
    fitted,
    parse_color,
    shape_alpha,
)
from builder.errors import MediaError

RGB = np.array([[[100, 50, 0], [200, 100, 40], [10, 20, 31]]], np.uint8)
ALPHA = np.array([[1.0, 0.5, 0.25]], np.float32)


def drawn(effect: Effect, **settings) -> list:
    return apply(effect, RGB, ALPHA, **settings).tolist()


def test_mask_is_the_alpha_itself() -> None:
    assert drawn(Effect("mask")) == [[255, 128, 64]]  # 127.5 and 63.75, rounded half up
    assert drawn(Effect("mask"), threshold=0.9, ramp=(0.4, 0.6)) == [[255, 128, 64]]


def test_cutout_keeps_whole_pixels_of_the_person_on_white() -> None:
    assert drawn(Effect("cutout")) == [[[100, 50, 0], [200, 100, 40], [255, 255, 255]]]
    assert drawn(Effect("cutout"), threshold=0.51)[0][1] == [255, 255, 255]
    assert drawn(Effect("cutout"), threshold=0.25)[0][2] == [10, 20, 31]


def test_overlay_tints_the_person_half_green() -> None:
    assert drawn(Effect("overlay")) == [[[50, 153, 0], [100, 178, 20], [10, 20, 31]]]
    red = Effect("overlay", color=(255, 0, 0))
    assert drawn(red)[0][0] == [178, 25, 0]


def test_color_blends_by_alpha() -> None:
    # 0.25 · (10, 20, 31) + 0.75 · (0, 0, 200) = (2.5, 5, 157.75)
    blue = Effect("color", color=(0, 0, 200))
    assert drawn(blue) == [[[100, 50, 0], [100, 50, 120], [3, 5, 158]]]
    assert drawn(Effect("color"))[0][1] == [100, 139, 52]  # with the green screen (0, 177, 64)


def test_image_blends_with_the_picture_that_covers_the_frame() -> None:
    image = np.full((2, 6, 3), 40, np.uint8)
    assert drawn(Effect("image", image=image))[0][1] == [120, 70, 40]


def test_the_threshold_shifts_a_soft_blend() -> None:
    alpha = np.array([[0.0, 0.1, 0.2, 0.6, 1.0]], np.float32)
    # 0.2 becomes a half; 0.1 lies half-way to it, 0.6 half-way from there to 1.
    np.testing.assert_allclose(shape_alpha(alpha, 0.2, None), [[0, 0.25, 0.5, 0.75, 1]], atol=1e-6)
    np.testing.assert_array_equal(shape_alpha(alpha, 0.5, None), alpha)
    black = Effect("color", color=(0, 0, 0))
    assert drawn(black, threshold=0.25)[0][2] == [5, 10, 16]


@pytest.mark.parametrize("threshold", [0.0, 1.0])
def test_the_ends_of_the_threshold_are_allowed(threshold: float) -> None:
    shaped = shape_alpha(np.array([[0.0, 0.5, 1.0]], np.float32), threshold, None)
    assert np.isfinite(shaped).all()
    assert (np.diff(shaped) > 0).all()


def test_the_ramp_is_a_smoothstep_after_the_shift() -> None:
    alpha = np.array([[0.2, 0.35, 0.5, 0.8]], np.float32)
    # t = (0.35 - 0.2) / 0.6 = 1/4: t²(3 - 2t) = 5/32
    expected = [[0, 5 / 32, 0.5, 1]]
    np.testing.assert_allclose(shape_alpha(alpha, 0.5, (0.2, 0.8)), expected, atol=1e-6)
    # The threshold 0.35 becomes 0.5, the middle of the ramp.
    assert shape_alpha(alpha, 0.35, (0.2, 0.8))[0, 1] == pytest.approx(0.5, abs=1e-6)
    white = Effect("color", color=(255, 255, 255))
    assert drawn(white, ramp=(0.2, 0.8))[0][0] == [100, 50, 0]


def test_cover_cuts_the_overhang_evenly() -> None:
    image = np.zeros((2, 6, 3), np.uint8)
    image[:, :, 0] = np.arange(6) * 10
    assert cover(image, 2, 2)[0, :, 0].tolist() == [20, 30]
    upright = image.swapaxes(0, 1)
    assert cover(np.ascontiguousarray(upright), 2, 2)[:, 0, 0].tolist() == [20, 30]


@pytest.mark.parametrize("size", [(7, 3), (3, 7), (100, 101), (1, 1)])
def test_cover_fills_every_frame(size: tuple[int, int]) -> None:
    image = np.full((5, 9, 3), 7, np.uint8)
    result = cover(image, *size)
    assert result.shape == (*size, 3)
    assert (result == 7).all()


def test_fitted_scales_once_and_leaves_others_alone() -> None:
    effect = fitted(Effect("image", image=np.full((4, 4, 3), 9, np.uint8)), 2, 8)
    assert effect.image is not None
    assert effect.image.shape == (2, 8, 3)
    assert fitted(effect, 2, 8).image is effect.image
    blur = Effect("blur")
    assert fitted(blur, 2, 8) is blur


def halves(size: int) -> tuple[np.ndarray, np.ndarray]:
    """Left a red person, right a blue wall."""
    rgb = np.zeros((size, size, 3), np.uint8)
    rgb[:, : size // 2] = (255, 0, 0)
    rgb[:, size // 2 :] = (0, 0, 200)
    alpha = np.zeros((size, size), np.float32)
    alpha[:, : size // 2] = 1
    return rgb, alpha


def test_blur_does_not_bleed_the_person_into_the_background() -> None:
    rgb, alpha = halves(640)
    background = blurred_background(rgb, alpha, 1.0)
    # A plain blur would leave half of the person's red here.
    np.testing.assert_array_equal(background[:, 320:], np.broadcast_to((0, 0, 200), (640, 320, 3)))
    result = apply(Effect("blur", strength=1.0), rgb, alpha)
    np.testing.assert_array_equal(result, rgb)


def test_blur_has_the_stated_width() -> None:
    # A step in the background, no person: at 160 pixels the grid is the frame's own, and sigma is
    # 0.5 · 0.025 · 160 = 2 pixels, its radius 6. Column 79 sees the step's far side from its
    # first tap to the right on, column 80 from its centre on, and so forth.
    rgb = np.zeros((160, 160, 3), np.uint8)
    rgb[:, 80:] = 200
    column = blurred_background(rgb, np.zeros((160, 160), np.float32), 0.5)[80, :, 0] / 200
    weights = np.exp(-0.5 * (np.arange(-6, 7) / 2.0) ** 2)
    weights /= weights.sum()
    expected = [weights[first:].sum() for first in (7, 6, 5, 4)]
    np.testing.assert_allclose(column[79:83], expected, atol=0.005)  # one step of a byte
    assert column[[0, 60, 100, 159]].tolist() == [0, 0, 1, 1]  # the ends count as they are


def test_blur_of_a_wide_frame_is_the_same_share_of_it() -> None:
    rgb = np.zeros((90, 1280, 3), np.uint8)
    rgb[:, 640:] = 200
    row = blurred_background(rgb, np.zeros((90, 1280), np.float32), 0.5)[45, :, 0] / 200
    # sigma = 16 pixels, worked out on a grid of 4: within 2 % of the Gaussian.
    assert row[640 + 16] == pytest.approx(0.841, abs=0.02)
    assert row[640 - 16] == pytest.approx(0.159, abs=0.02)


def test_strength_zero_and_a_frame_full_of_person_stay_finite() -> None:
    rgb, alpha = halves(64)
    np.testing.assert_array_equal(blurred_background(rgb, 0 * alpha, 0.0), rgb)
    everywhere = np.ones_like(alpha)
    np.testing.assert_array_equal(apply(Effect("blur"), rgb, everywhere), rgb)


def test_every_strip_of_a_tall_frame_is_drawn() -> None:
    rgb = np.full((300, 4, 3), 100, np.uint8)
    result = apply(Effect("color", color=(0, 0, 0)), rgb, np.full((300, 4), 0.5, np.float32))
    assert (result == 50).all()


def test_colours() -> None:
    assert parse_color("#00b140") == (0, 177, 64)
    assert parse_color("#FFFFFF") == (255, 255, 255)
    for text in ("red", "#fff", "00b140", "#00b14g", "#00b140 ", "#00b140\n"):
        with pytest.raises(MediaError, match="write it as #rrggbb"):
            parse_color(text)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"kind": "sepia"}, 'effect "sepia": not known; use one of cutout, overlay'),
        ({"kind": "image"}, "has no picture"),
        ({"kind": "blur", "strength": 1.5}, "from 0 to 1"),
        ({"kind": "blur", "strength": float("nan")}, "from 0 to 1"),
    ],
)
def test_impossible_effects_are_refused(settings: dict, message: str) -> None:
    with pytest.raises(MediaError, match=message):
        Effect(**settings)
