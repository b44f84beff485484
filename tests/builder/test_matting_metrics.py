"""The matting literature's errors, by hand and against their plain definitions."""

import math

import numpy as np
import pytest
from test_components import flooded

from builder.demo import DemoClip
from builder.evaluate.flicker import dt_ssd, flicker
from builder.evaluate.matting import connectivity_error, gradient_error, mad, mse, sad
from builder.evaluate.metrics import (
    METRICS,
    boundary_f,
    dice,
    disconnected,
    pixel_accuracy,
    precision,
    recall,
)


def square(side=40, low=10, high=30):
    mask = np.zeros((side, side), np.float32)
    mask[low:high, low:high] = 1
    return mask


def test_means_and_sums_by_hand():
    alpha, mask = np.float32([[0, 0.5], [1, 1]]), np.float32([[0, 1], [1, 0]])
    assert mad(alpha, mask) == pytest.approx(1.5 / 4)
    assert mse(alpha, mask) == pytest.approx(1.25 / 4)
    assert sad(alpha, mask) == pytest.approx(0.0015)


def test_shares_by_hand():
    alpha, mask = np.float32([[1, 1, 1, 0]]), np.float32([[1, 1, 0, 1]])
    assert precision(alpha, mask) == pytest.approx(2 / 3)
    assert recall(alpha, mask) == pytest.approx(2 / 3)
    assert dice(alpha, mask) == pytest.approx(2 / 3)
    assert pixel_accuracy(alpha, mask) == pytest.approx(1 / 2)
    nobody = np.zeros((1, 4), np.float32)
    assert (precision(nobody, mask), recall(nobody, mask), dice(nobody, mask)) == (1, 0, 0)
    assert (precision(alpha, nobody), recall(alpha, nobody)) == (0, 1)
    assert dice(nobody, nobody) == 1


def test_the_right_matte_has_no_error():
    _, alpha = DemoClip(160, 90, 10, 1).frame(3)
    for name in ("mad", "mse", "sad", "gradient", "connectivity", "disconnected"):
        assert METRICS[name](alpha, alpha, 0.5) == 0
    for name in ("dice", "precision", "recall", "pixelAccuracy", "boundaryF"):
        assert METRICS[name](alpha, alpha, 0.5) == 1


def test_the_gradient_is_that_of_a_gaussian():
    """Against a convolution with the 9×9 kernels of the benchmark's own definition."""
    rng = np.random.default_rng(0)
    alpha, mask = rng.random((2, 12, 15), np.float32)
    place = np.arange(-4, 5)
    gauss = np.exp(-(place**2) / (2 * 1.4**2)) / (1.4 * math.sqrt(2 * math.pi))
    slope = -place * gauss / 1.4**2
    kernel = np.outer(gauss, slope)
    kernel /= math.sqrt((kernel**2).sum())

    def magnitude(values):
        views = np.lib.stride_tricks.sliding_window_view(np.pad(values, 4, "edge"), (9, 9))
        return np.hypot((views * kernel).sum((2, 3)), (views * kernel.T).sum((2, 3)))

    wanted = ((magnitude(alpha) - magnitude(mask)) ** 2).sum() / 1000
    assert gradient_error(alpha, mask) == pytest.approx(wanted, rel=1e-4)


def plain_connectivity(alpha, mask):
    """Level by level, with a flood fill."""
    levels = np.arange(0, 1.1, 0.1)
    reached = np.full(alpha.shape, -1.0)
    for number in range(1, len(levels)):
        numbers = flooded((alpha >= levels[number]) & (mask >= levels[number]), 4)
        sizes = np.bincount(numbers.ravel())[1:]
        source = numbers == (sizes.argmax() + 1 if len(sizes) else -1)
        reached[(reached == -1) & ~source] = levels[number - 1]
    reached[reached == -1] = 1
    gaps = alpha - reached, mask - reached
    phi = [1 - gap * (gap >= 0.15) for gap in gaps]
    return np.abs(phi[0] - phi[1]).sum() / 1000


@pytest.mark.parametrize("seed", range(4))
def test_connectivity_is_that_of_its_definition(seed):
    rng = np.random.default_rng(seed)
    alpha, mask = rng.random((2, 14, 17), np.float32)
    assert connectivity_error(alpha, mask) == pytest.approx(plain_connectivity(alpha, mask))


def test_an_island_costs_connectivity():
    mask = square()
    alpha = mask.copy()
    alpha[2:5, 2:5] = 1
    assert connectivity_error(alpha, mask) == pytest.approx(9 / 1000)


def test_the_outline_within_the_tolerance():
    mask = square(200, 50, 150)
    near, far = np.roll(mask, 2, 1), np.roll(mask, 12, 1)  # the tolerance is 3 px of 283
    assert boundary_f(near, mask) == 1
    assert 0.4 < boundary_f(far, mask) < 0.6  # the upper and the lower edge are where they were
    nobody = np.zeros_like(mask)
    assert boundary_f(nobody, mask) == 0
    assert boundary_f(nobody, nobody) == 1


def test_disconnected_components():
    mask = square(100, 20, 80)
    alpha = mask.copy()
    assert disconnected(alpha, mask) == 0
    alpha[2:8, 2:8] = 1  # an island
    assert disconnected(alpha, mask) == 1
    alpha[50] = 0  # the person in two halves
    assert disconnected(alpha, mask) == 2
    alpha[0, 50] = 1  # a speck of one pixel
    assert disconnected(alpha, mask) == 2
    two = mask.copy()
    two[50] = 0
    alpha[2:8, 2:8] = 0
    assert disconnected(alpha, two) == 0  # two people
    assert disconnected(mask, np.zeros_like(mask)) == 1


def test_flicker_counts_still_edges_only():
    mask = square(100, 20, 80)
    alpha = mask * np.float32(0.9)
    assert flicker(alpha, alpha, mask, mask) == 0
    trembling = np.clip(alpha + np.float32(0.1), 0, 1)
    assert flicker(alpha, trembling, mask, mask) == pytest.approx(0.1, abs=1e-5)
    assert dt_ssd(alpha, trembling, mask, mask) == pytest.approx(0.1, abs=1e-5)
    # A person that moves as the mask does flickers nowhere.
    moved = np.roll(mask, 3, 1)
    assert dt_ssd(mask, moved, mask, moved) == 0
    assert flicker(mask, moved, mask, moved) == 0
    nobody = np.zeros_like(mask)
    assert math.isnan(flicker(nobody, nobody, nobody, nobody))
