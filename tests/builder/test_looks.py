"""How looks change the edge and the person, on pixels worked out by hand."""

import numpy as np
import pytest

from builder.effects import Effect, apply, wrapped_light
from builder.errors import MediaError
from builder.looks import DEFAULT_LOOKS, RANGES, Looks, ramp_with

RAMP = (0.35, 0.65)
RGB = np.array([[[100, 50, 0], [200, 100, 40], [10, 20, 255]]], np.uint8)
EVERYBODY = np.ones((1, 3), np.float32)
BLACK = Effect("color", color=(0, 0, 0))


def _scene(side: int = 64) -> tuple[np.ndarray, np.ndarray]:
    """Noise with a person on its right half."""
    rgb = np.random.default_rng(3).integers(0, 256, (side, side, 3), np.uint8)
    alpha = np.zeros((side, side), np.float32)
    alpha[:, side // 2 :] = 1
    return rgb, alpha


def test_the_defaults_change_nothing() -> None:
    rgb, alpha = _scene()
    alpha = np.clip(alpha + 0.3, 0, 0.9).astype(np.float32)
    picture = np.full((8, 8, 3), 200, np.uint8)
    for effect in (BLACK, Effect("blur"), Effect("cutout"), Effect("image", image=picture)):
        plain = apply(effect, rgb, alpha, ramp=RAMP)
        np.testing.assert_array_equal(apply(effect, rgb, alpha, ramp=RAMP, looks=Looks()), plain)


@pytest.mark.parametrize("name", RANGES)
def test_a_number_outside_its_range_is_refused_in_one_line(name: str) -> None:
    low, high = RANGES[name]
    assert Looks(**{name: low}) != Looks(**{name: high})
    for value in (low - 0.01, high + 0.01, float("nan")):
        with pytest.raises(MediaError, match=rf"^{name.replace('_', '-')} \S+: give a number from"):
            Looks(**{name: value})


# The same numbers as in the browser's test of `rampWith`.
@pytest.mark.parametrize(
    ("shrink", "softness", "expected"),
    [
        (0.5, 0.5, (0.525, 0.825)),
        (-0.5, 0.5, (0.175, 0.475)),
        (0, 0, (0.4625, 0.5375)),
        (0, 0.75, (0.2, 0.8)),
    ],
)
def test_shrink_moves_the_ramp_softness_widens_it(
    shrink: float, softness: float, expected: tuple[float, float]
) -> None:
    assert ramp_with(RAMP, Looks(shrink=shrink, softness=softness)) == pytest.approx(expected)


def test_at_the_defaults_the_ramp_is_the_very_one_of_the_model() -> None:
    assert ramp_with(RAMP, DEFAULT_LOOKS) is RAMP
    assert ramp_with(None, DEFAULT_LOOKS) is None


@pytest.mark.parametrize("ramp", [None, RAMP, (0.0, 0.1), (0.9, 1.0), (0.5, 0.51)])
@pytest.mark.parametrize("shrink", [-1, -0.5, 0, 1])
@pytest.mark.parametrize("softness", [0, 0.25, 1])
def test_the_ramp_keeps_off_both_ends(
    ramp: tuple[float, float] | None, shrink: float, softness: float
) -> None:
    low, high = ramp_with(ramp, Looks(shrink=shrink, softness=softness)) or (0.0, 0.0)
    assert 0.02 <= low < high <= 0.98


def test_shrink_takes_from_the_person_in_soft_and_in_whole_pixels() -> None:
    alpha = np.array([[0.3, 0.5, 0.7]], np.float32)
    for effect in (Effect("color", color=(255, 255, 255)), Effect("cutout")):
        black = np.zeros((1, 3, 3), np.uint8)

        def seen(shrink: float, effect: Effect = effect, black: np.ndarray = black) -> list[bool]:
            drawn = apply(effect, black, alpha, ramp=RAMP, looks=Looks(shrink=shrink, softness=0.2))
            return [bool(value < 128) for value in drawn[0, :, 0]]

        assert seen(0.1) == [False, False, True]
        assert seen(-0.1) == [False, True, True]
        assert seen(0.7) == [False, False, False]
        assert seen(-0.7) == [True, True, True]


def test_brightness_is_a_gamma_curve_that_keeps_black_and_white() -> None:
    def drawn(brightness: float, effect: Effect = BLACK) -> list[list[int]]:
        looks = Looks(brightness=brightness)
        return apply(effect, RGB, EVERYBODY, looks=looks)[0].tolist()

    # 255 · (100/255)^0.5 = 159.7; 255 · (100/255)² = 39.2
    assert drawn(1)[0] == [160, 113, 0]
    assert drawn(-1)[0] == [39, 10, 0]
    assert drawn(1)[2][2] == drawn(-1)[2][2] == 255
    assert drawn(1, Effect("cutout")) == drawn(1)
    assert drawn(1, Effect("blur")) == drawn(1)


def test_the_mask_the_tint_and_the_background_keep_their_brightness() -> None:
    for effect in (Effect("mask"), Effect("overlay")):
        plain = apply(effect, RGB, EVERYBODY)
        bright = apply(effect, RGB, EVERYBODY, looks=Looks(brightness=1))
        np.testing.assert_array_equal(bright, plain)
    rgb, alpha = _scene()
    plain, bright = (apply(Effect("blur"), rgb, alpha, looks=Looks(brightness=b)) for b in (0, 1))
    np.testing.assert_array_equal(plain[:, :32], bright[:, :32])
    assert (plain[:, 32:] != bright[:, 32:]).any()


def test_light_falls_on_the_edge_and_fades_into_the_person() -> None:
    _, alpha = _scene()
    grey = np.full((64, 64, 3), 100, np.uint8)
    effect = Effect("color", color=(255, 0, 0))
    drawn = apply(effect, grey, alpha, looks=Looks(light_wrap=1)).astype(int)
    np.testing.assert_array_equal(drawn[:, :32], np.broadcast_to([255, 0, 0], (64, 32, 3)))
    red = drawn[32, 32:, 0]
    # A sigma of 0.8 pixels has a quarter of its weight past half a pixel: 100 + 155 · 0.251.
    assert red[0] == 139
    assert (np.diff(red) <= 0).all()
    assert red[4] == red[-1] == 100  # past three sigmas of 1.25 % of 64 pixels
    np.testing.assert_array_equal(drawn[:, 32:, 1:], 100)  # red light alone
    half = apply(effect, grey, alpha, looks=Looks(light_wrap=0.5)).astype(int)[32, 32:, 0]
    assert abs((half[0] - 100) * 2 - (red[0] - 100)) <= 1


def test_a_dark_background_wraps_no_light() -> None:
    rgb, alpha = _scene()
    plain = apply(BLACK, rgb, alpha)
    np.testing.assert_array_equal(apply(BLACK, rgb, alpha, looks=Looks(light_wrap=1)), plain)


def test_a_picture_sheds_its_own_light_and_a_blurred_room_none() -> None:
    rgb, alpha = _scene()
    rgb[:] = 0
    picture = np.zeros((64, 64, 3), np.uint8)
    picture[:32, :, 1] = 255  # green above, black below
    effect = Effect("image", image=picture)
    drawn = apply(effect, rgb, alpha, looks=Looks(light_wrap=1))
    assert drawn[16, 32, 1] == 64
    assert drawn[60, 32, 1] == 0
    room = Effect("blur")
    plain = apply(room, rgb, alpha)
    np.testing.assert_array_equal(apply(room, rgb, alpha, looks=Looks(light_wrap=1)), plain)


def test_no_light_without_a_background() -> None:
    white = np.full((20, 20, 3), 255, np.uint8)
    assert wrapped_light(white, np.ones((20, 20), np.float32)).max() == 0
