"""The region of interest: what is looked at, how it follows, and that it is undone exactly."""

import json
import math

import numpy as np
import pytest
from region_sequences import FIXTURE, recorded, run, sequences

from builder.resample import resize
from builder.roi import STEP, Rect, RegionOfInterest, grid_step, person_box, view

WHOLE_720P = [0, 0, 1280, 720]


def _steps(name: str) -> list[dict]:
    return run(*sequences()[name])


def test_the_browser_is_tested_on_what_this_does_now() -> None:
    assert json.loads(FIXTURE.read_text("utf-8")) == recorded()


def test_the_first_frame_is_looked_at_twice_others_once() -> None:
    steps = _steps("still")
    first = steps[0]["looks"]
    assert first[0] == WHOLE_720P
    # The box is 512…768 × 216…720: down, grown by 12 % and cut at the bottom; across, widened to
    # half the model's aspect. The grid is of 16 pixels.
    down = 720 - (216 - 0.12 * 504)
    across = down * 16 / 9 / 2
    expected = [640 - across / 2, 720 - down, across, down]
    assert first[1][0] == math.floor(expected[0] / 16) * 16
    assert first[1][1] == math.floor(expected[1] / 16) * 16
    assert first[1] == pytest.approx(expected, abs=32)
    assert [len(step["looks"]) for step in steps[1:]] == [1] * (len(steps) - 1)


def test_the_whole_frame_is_looked_at_again_within_half_a_second() -> None:
    whole = [i for i, step in enumerate(_steps("still")) if step["looks"][-1] == WHOLE_720P]
    assert whole == [12, 24]  # at 30 frames a second; the first frame's last look is the region's


def test_the_grid_is_finer_on_a_small_frame() -> None:
    sizes = [(1920, 1080), (720, 1280), (1279, 720), (640, 360), (276, 183), (160, 90), (40, 30)]
    assert [grid_step(*size) for size in sizes] == [16, 16, 8, 8, 2, 2, 1]
    for step in _steps("running"):  # 641 × 361: whole eighths but for the frame's own end
        x, y, width, height = step["matte"]
        assert x % 8 == y % 8 == 0
        assert width % 8 == 0 or x + width == 641
        assert height % 8 == 0 or y + height == 361


def test_swaying_does_not_move_the_region() -> None:
    assert len({tuple(step["matte"]) for step in _steps("swaying")}) == 1


def test_a_look_around_keeps_the_region() -> None:
    assert len({tuple(step["matte"]) for step in _steps("still")}) == 1


@pytest.mark.parametrize("name", ["walking", "running"])
def test_a_walker_is_never_cut_off(name: str) -> None:
    (width, height), _, frames = sequences()[name]
    for (_, [person]), step in zip(frames, _steps(name), strict=True):
        left, top, right, bottom = np.multiply(person, [width, height, width, height])
        x, y, across, down = step["matte"]
        assert x <= left + 4
        assert y <= top + 4
        assert x + across >= min(width, right) - 4
        assert y + down >= min(height, bottom) - 4


def test_the_region_of_a_walker_does_not_only_grow() -> None:
    assert _steps("walking")[-1]["matte"][0] > 400


def test_a_newcomer_is_found_within_half_a_second() -> None:
    _, _, frames = sequences()["a newcomer"]
    found = [i for i, step in enumerate(_steps("a newcomer")) if step["matte"][0] <= 0.05 * 1280]
    came = next(time_s for time_s, persons in frames if len(persons) == 2)
    assert 0 <= frames[found[0]][0] - came <= 0.5
    assert found == list(range(found[0], len(frames)))


def test_who_is_lost_is_looked_for_in_the_whole_frame() -> None:
    steps = _steps("leaving")
    assert steps[10]["looks"] != [[0, 0, 640, 480]]  # the first frame without them
    assert [step["looks"] for step in steps[11:]] == [[[0, 0, 640, 480]]] * 4
    assert steps[-1]["matte"] == [0, 0, 640, 480]


def test_with_nobody_there_every_look_is_at_the_whole_frame() -> None:
    steps = _steps("coming")
    assert [step["looks"] for step in steps[:6]] == [[[0, 0, 640, 480]]] * 6
    assert steps[6]["looks"] != [[0, 0, 640, 480]]


def test_who_fills_the_frame_costs_no_crop() -> None:
    assert all(step["looks"] == [[0, 0, 720, 1280]] for step in _steps("close"))


def test_a_false_find_does_not_fill_the_view() -> None:
    _, _, width, height = _steps("tiny")[1]["looks"][0]
    assert (width, height) == pytest.approx((480, 270), abs=2 * STEP)


def test_a_time_that_goes_back_is_a_new_look_around() -> None:
    assert _steps("time goes back")[2]["looks"] == [[0, 0, 640, 360]]


def test_frames_that_come_seldom_are_looked_at_whole_every_other_time() -> None:
    whole = [step["looks"][-1] == [0, 0, 640, 360] for step in _steps("seldom")]
    assert whole == [False, False, True, False, True, False, True, False]


def test_the_region_eases_in_on_who_steps_back() -> None:
    widths = [step["matte"][2] for step in _steps("shrinking")]
    assert widths[3] == widths[2]  # hysteresis lets go only in the next frame
    changes = np.diff(widths[3:])
    assert (changes <= 0).all()
    assert widths[-1] < 0.7 * widths[2]
    assert changes[-5:].tolist() == [0] * 5


def test_an_upright_person_does_not_make_an_upright_region_of_a_wide_model() -> None:
    for name in ("still", "walking", "shrinking"):
        for step in _steps(name):
            _, _, width, height = step["matte"]
            assert 1280 / 720 / 2.2 <= width / height <= 1280 / 720 * 2.2


def test_another_size_forgets_the_person() -> None:
    region = RegionOfInterest(8, 8)
    alpha = np.zeros((8, 8), np.float32)
    alpha[2:4, 2:4] = 1
    region.learn(alpha, region.look(80, 80, 0.0))
    assert not region.look(80, 80, 0.1).is_whole
    assert region.look(80, 90, 0.1).is_whole


def test_a_box_is_in_pixels_of_the_frame() -> None:
    alpha = np.zeros((4, 8), np.float32)
    alpha[1, 2] = alpha[2, 5] = 0.6
    alpha[0, 0] = 0.5
    assert person_box(alpha, Rect(100, 50, 80, 20)) == ((120.0, 160.0), (55.0, 65.0))
    assert person_box(np.full((4, 8), 0.5, np.float32), Rect(0, 0, 8, 4)) is None


def test_an_alpha_seen_from_its_own_rectangle_is_itself() -> None:
    alpha = np.random.default_rng(0).random((5, 7), np.float32)
    rect = Rect(3, 4, 70, 50)
    assert view(alpha, rect, rect) is alpha


def test_a_part_is_read_bilinearly() -> None:
    alpha = np.random.default_rng(1).random((6, 8), np.float32)
    # Half the frame each way: the same pixels as an enlargement's by two.
    enlarged = resize(alpha, 12, 16)
    found = view(alpha, Rect(0, 0, 80, 60), Rect(20, 30, 40, 30))
    np.testing.assert_allclose(found, enlarged[6:12, 4:12], atol=1e-6)


def test_outside_of_what_was_seen_is_nobody() -> None:
    found = view(np.ones((4, 4), np.float32), Rect(10, 10, 10, 10), Rect(0, 0, 40, 40))
    expected = np.zeros((4, 4), np.float32)
    expected[1, 1] = 1  # its centre, 15, is the only one inside
    np.testing.assert_array_equal(found, expected)
