"""A source's frames → mattes; the model's alpha is the red channel."""

import numpy as np
import pytest
from media_maker import red_model
from numpy.typing import NDArray

from builder.looks import Looks
from builder.predict import Segmenter
from builder.resample import resize
from builder.roi import Rect
from builder.shape import keep_largest
from builder.tracker import Matte, Tracker

SIZE = 96, 192  # rows, columns of the pictures


@pytest.fixture(scope="module")
def segmenter() -> Segmenter:
    return Segmenter(red_model(24, 48))


def _picture(left: int, *, level: int = 255, size: tuple[int, int] = SIZE) -> NDArray[np.uint8]:
    rgb = np.zeros((*size, 3), np.uint8)
    rgb[30:66, left : left + 40, 0] = level
    return rgb


class _Counting:
    """A segmenter that notes how large what it saw was."""

    def __init__(self, segmenter: Segmenter) -> None:
        self.height, self.width = segmenter.height, segmenter.width
        self.seen: list[tuple[int, int]] = []
        self._segmenter = segmenter

    def model_alpha(self, rgb: NDArray[np.uint8]) -> NDArray[np.float32]:
        self.seen.append((rgb.shape[0], rgb.shape[1]))
        return self._segmenter.model_alpha(rgb)


def test_a_matte_is_put_back_exactly() -> None:
    alpha = np.random.default_rng(0).random((6, 8), np.float32)
    whole = Matte(alpha, Rect(5, 3, 32, 12)).full(40, 60)
    np.testing.assert_array_equal(whole[3:15, 5:37], resize(alpha, 12, 32))
    whole[3:15, 5:37] = 0
    assert not whole.any()


def test_without_either_it_is_the_model_alone(segmenter: Segmenter) -> None:
    rgb = _picture(60)
    found = Tracker(segmenter, roi=False, steadiness=0).alpha(rgb)
    np.testing.assert_array_equal(found, segmenter.alpha(rgb))


def test_a_still_picture_is_looked_at_again_and_sharper(segmenter: Segmenter) -> None:
    counting = _Counting(segmenter)
    rgb = _picture(61)
    closer = Tracker(counting).alpha(rgb)
    assert len(counting.seen) == 2
    assert counting.seen[0] == SIZE
    assert counting.seen[1] < SIZE
    true = rgb[..., 0] / 255
    assert np.abs(closer - true).mean() < 0.7 * np.abs(segmenter.alpha(rgb) - true).mean()


def test_a_video_costs_one_look_a_frame(segmenter: Segmenter) -> None:
    counting = _Counting(segmenter)
    tracker = Tracker(counting)
    for frame in range(30):
        tracker.matte(_picture(60 + frame // 10), frame / 30)
    assert len(counting.seen) == 31
    assert [size for size in counting.seen if size == SIZE] == [SIZE] * 3


def test_who_moves_stays_in_the_matte(segmenter: Segmenter) -> None:
    tracker = Tracker(segmenter)
    for frame in range(25):
        rgb = _picture(4 * frame)
        person, found = rgb[..., 0] > 0, tracker.alpha(rgb, frame / 30) >= 0.5
        assert (person & found).sum() / (person | found).sum() > 0.9


def test_noise_is_blended_over_time(segmenter: Segmenter) -> None:
    levels = [200 + 8 * (frame % 2) for frame in range(20)]

    def swing(*, steadiness: float) -> float:
        tracker = Tracker(segmenter, steadiness=steadiness)
        found = [
            float(tracker.alpha(_picture(60, level=level), frame / 30)[48, 80])
            for frame, level in enumerate(levels)
        ]
        return float(np.ptp(found[-6:]))

    assert swing(steadiness=0) == pytest.approx(8 / 255, abs=1e-4)
    assert swing(steadiness=1) < 0.5 * 8 / 255


def test_another_size_starts_anew(segmenter: Segmenter) -> None:
    tracker = Tracker(segmenter)
    tracker.alpha(_picture(60, level=200), 0.0)
    found = tracker.alpha(_picture(60, level=208, size=(100, 192)), 0.03)
    assert found.shape == (100, 192)
    assert found[48, 80] == pytest.approx(208 / 255, abs=1e-4)


def test_stages_work_on_what_is_shown_not_on_what_is_remembered(segmenter: Segmenter) -> None:
    seen: list[float] = []

    def darken(alpha: NDArray[np.float32]) -> NDArray[np.float32]:
        seen.append(float(alpha.max()))
        return alpha * np.float32(0.5)

    tracker = Tracker(segmenter, stages=(keep_largest, darken))
    rgb = _picture(60, level=204)
    rgb[10:14, 100:104, 0] = 204  # an island
    for frame in range(3):
        found = tracker.alpha(rgb, frame / 30)
    assert found[48, 80] == pytest.approx(0.4, abs=1e-4)
    assert found[12, 102] < 0.05
    assert seen == pytest.approx([0.8] * 3, abs=1e-4)


def test_looks_choose_the_region_the_steadiness_and_the_islands(segmenter: Segmenter) -> None:
    def stages(tracker: Tracker) -> list[str]:
        return [stage.__name__ for stage in tracker._stages]

    looks = Looks(region=False, steadiness=0.5, islands="largest", shrink=0.5)
    tracker = Tracker.with_looks(segmenter, looks)
    assert stages(tracker) == ["keep_largest", "clean"]
    assert tracker.looks == looks
    assert stages(Tracker.with_looks(segmenter, Looks(islands=True))) == ["clean"]
    assert stages(Tracker.with_looks(segmenter, Looks())) == []
    whole = Tracker(segmenter, roi=False, steadiness=0.5)
    closer = Tracker(segmenter, steadiness=0.5)
    for frame in range(3):
        rgb = _picture(4 * frame)
        expected, found = whole.matte(rgb, frame / 30), tracker.matte(rgb, frame / 30)
        assert found.rect == expected.rect != closer.matte(rgb, frame / 30).rect
        sure = expected.alpha > 0.95
        np.testing.assert_array_equal(found.alpha[sure], expected.alpha[sure])


def test_looks_choose_how_steady_a_matte_is(segmenter: Segmenter) -> None:
    levels = [120, 128, 120]

    def alphas(tracker: Tracker) -> np.ndarray:
        found = [tracker.alpha(_picture(60, level=level), i / 30) for i, level in enumerate(levels)]
        return np.stack(found)

    half = alphas(Tracker.with_looks(segmenter, Looks(steadiness=0.5)))
    np.testing.assert_array_equal(half, alphas(Tracker(segmenter, steadiness=0.5)))
    assert (half != alphas(Tracker(segmenter))).any()


def test_looks_choose_whether_what_is_blended_moves_along(segmenter: Segmenter) -> None:
    texture = np.random.default_rng(4).integers(0, 60, (SIZE[0] // 16, SIZE[1] // 16 + 2))
    wall = texture.repeat(16, 0).repeat(16, 1).astype(np.uint8)

    def alphas(looks: Looks) -> NDArray[np.float32]:
        tracker = Tracker.with_looks(segmenter, looks)
        found = []
        for frame in range(4):
            rgb = np.repeat(wall[:, 8 * frame :][:, : SIZE[1], None], 3, 2)  # the camera pans
            found.append(tracker.alpha(rgb, frame / 30))
        return np.stack(found)

    true = alphas(Looks(region=False, steadiness=0))
    plain, flowing = (
        np.abs(alphas(Looks(region=False, flow=flow)) - true)[1:].mean() for flow in (False, True)
    )
    assert flowing < 0.6 * plain
    still = alphas(Looks(region=False, steadiness=0, flow=True))
    np.testing.assert_array_equal(still, true)
