"""The shape options: what goes and what stays."""

import json

import numpy as np
import pytest
from shape_masks import FIXTURE, MASKS, drawn, recorded

from builder.shape import clean, keep_largest


def test_the_browser_is_tested_on_what_this_does_now() -> None:
    assert json.loads(FIXTURE.read_text("utf-8")) == json.loads(json.dumps(recorded()))


def test_a_core_is_eroded_by_two_and_dilated_by_twelve_as_crosses() -> None:
    alpha = np.full((80, 256), 0.5, np.float32)
    alpha[38:43, 100:105] = 1  # 5 × 5: its middle alone survives the erosion
    kept = clean(alpha) > 0
    expected = np.zeros_like(kept)
    expected[40, 90:115] = expected[28:53, 102] = True
    np.testing.assert_array_equal(kept, expected)
    assert clean(alpha)[40, 90] == np.float32(0.5)


def test_kernels_scale_with_the_width() -> None:
    alpha = np.full((40, 128), 0.5, np.float32)
    alpha[20:23, 50:53] = 1
    kept = clean(alpha) > 0
    assert np.flatnonzero(kept[21]).tolist() == list(range(45, 58))


def test_the_threshold_is_240() -> None:
    alpha = np.full((9, 64), 240 / 255, np.float32)
    assert not clean(alpha).any()
    np.testing.assert_array_equal(clean(alpha + np.float32(0.001)), alpha + np.float32(0.001))


def test_who_leaves_the_picture_is_not_eroded_there() -> None:
    alpha = np.zeros((72, 256), np.float32)
    alpha[40:, 100:140] = 1
    np.testing.assert_array_equal(clean(alpha)[45:], alpha[45:])  # the rest has corners


@pytest.mark.parametrize("name", MASKS)
def test_components_are_those_of_a_flood(name: str) -> None:
    alpha = drawn(*MASKS[name])
    visible = {(int(y), int(x)) for y, x in np.argwhere(alpha > 0.1)}
    largest: set[tuple[int, int]] = set()
    left = sorted(visible)
    while left:
        found, stack = {left[0]}, [left[0]]
        while stack:
            y, x = stack.pop()
            near = {(y + v, x + u) for v in (-1, 0, 1) for u in (-1, 0, 1)} & visible - found
            found |= near
            stack += near
        largest = found if len(found) > len(largest) else largest
        left = sorted(set(left) - found)
    kept = keep_largest(alpha)
    assert {(int(y), int(x)) for y, x in np.argwhere(kept > 0.1)} == largest
    np.testing.assert_array_equal(kept[alpha <= 0.1], alpha[alpha <= 0.1])
