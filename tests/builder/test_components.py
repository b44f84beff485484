"""Connected components, against a flood fill."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from builder.evaluate.components import components


def flooded(mask, neighbours):
    """Number each pixel's component by a flood fill, from 1 on, in reading order."""
    numbers, count = np.zeros(mask.shape, int), 0
    steps = [(0, 1), (0, -1), (1, 0), (-1, 0)]
    if neighbours == 8:
        steps += [(1, 1), (1, -1), (-1, 1), (-1, -1)]
    for start in zip(*np.nonzero(mask), strict=True):
        if numbers[start]:
            continue
        count += 1
        stack = [start]
        numbers[start] = count
        while stack:
            y, x = stack.pop()
            for dy, dx in steps:
                place = y + dy, x + dx
                inside = 0 <= place[0] < mask.shape[0] and 0 <= place[1] < mask.shape[1]
                if inside and mask[place] and not numbers[place]:
                    numbers[place] = count
                    stack.append(place)
    return numbers


@settings(max_examples=150, deadline=None)
@given(st.integers(1, 14), st.integers(1, 14), st.integers(0, 2**32 - 1), st.floats(0.2, 0.9))
@pytest.mark.parametrize("neighbours", [4, 8])
def test_any_mask(neighbours, height, width, seed, share):
    mask = np.random.default_rng(seed).random((height, width)) < share
    found, wanted = components(mask, neighbours), flooded(mask, neighbours)
    np.testing.assert_array_equal(found.numbers(), wanted)
    assert found.sizes.tolist() == np.bincount(wanted.ravel())[1:].tolist()
    for label in range(len(found.sizes)):
        np.testing.assert_array_equal(found.mask(label), wanted == label + 1)


def test_a_spiral_is_one():
    """The longest way for a label to travel."""
    mask = np.zeros((41, 41), bool)
    low, high = 0, 40
    while low < high:
        mask[low, low : high + 1] = mask[low : high + 1, high] = True
        mask[high, low : high + 1] = mask[low + 2 : high + 1, low] = True
        mask[low + 2, low : low + 3] = True
        low, high = low + 2, high - 2
    assert len(components(mask, 4).sizes) == flooded(mask, 4).max()


def test_nothing_and_everything():
    assert len(components(np.zeros((3, 4), bool)).sizes) == 0
    assert components(np.ones((3, 4), bool)).sizes.tolist() == [12]
