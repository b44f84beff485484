import numpy as np
import pytest

from builder.portraits import calibration_frames


def test_frames_are_model_inputs():
    frames = calibration_frames(72, 128, count=5, seed=1)
    assert len(frames) == 5
    for frame in frames:
        assert frame.shape == (1, 3, 72, 128)
        assert frame.dtype == np.float32
        assert frame.flags.c_contiguous
        assert 0 <= frame.min() < frame.max() <= 1
        np.testing.assert_allclose(frame * 255, np.round(frame * 255), atol=1e-4)  # 8 bits


@pytest.mark.parametrize(("height", "width"), [(16, 16), (16, 24), (24, 16), (16, 256)])
def test_the_smallest_models_get_frames_too(height, width):
    frames = calibration_frames(height, width, count=16, seed=2)
    assert {frame.shape for frame in frames} == {(1, 3, height, width)}


def test_a_seed_gives_the_same_frames_again_and_another_seed_others():
    first, again = (calibration_frames(48, 64, count=3, seed=1) for _ in range(2))
    np.testing.assert_array_equal(first, again)
    others = calibration_frames(48, 64, count=3, seed=2)
    assert all(np.abs(a - b).mean() > 0.02 for a, b in zip(first, others, strict=True))


def test_more_frames_begin_with_the_same_ones():
    np.testing.assert_array_equal(
        calibration_frames(48, 64, count=2, seed=1), calibration_frames(48, 64, count=4, seed=1)[:2]
    )


def test_no_two_frames_are_alike():
    frames = calibration_frames(48, 64, count=12, seed=1)
    for i, a in enumerate(frames):
        for b in frames[:i]:
            assert np.abs(a - b).mean() > 0.02


@pytest.mark.parametrize(("height", "width"), [(144, 256), (256, 256), (256, 144), (17, 31)])
def test_any_size_is_filled(height, width):
    (frame,) = calibration_frames(height, width, count=1, seed=3)
    assert frame.shape == (1, 3, height, width)
    assert frame.std() > 0.05


def test_the_person_is_in_every_frame():
    """The suit is orange, which no background is: a good part of every frame is reddish."""
    for frame in calibration_frames(144, 256, count=16, seed=2):
        red, green, blue = frame[0]
        assert np.mean((red > green * 1.4) & (red > blue * 1.4)) > 0.03
