"""Metrics on masks of a few pixels, worked out by hand."""

import math

import numpy as np
import pytest

from builder.evaluate.metrics import (
    METRICS,
    Confusion,
    boundary_band,
    boundary_error,
    confusion,
    iou_background,
    iou_person,
    miou,
)


def pixels(*values: float) -> np.ndarray:
    return np.array([values], np.float32)


def test_confusion_counts_each_kind() -> None:
    alpha = pixels(0.9, 0.5, 0.6, 0.4, 0.1, 0.0, 0.2)
    mask = pixels(1, 1, 0, 1, 0, 0, 0.5)  # a soft mask is person from 0.5 on
    assert confusion(alpha, mask) == Confusion(2, 1, 2, 2)
    assert confusion(alpha, mask, threshold=0.2) == Confusion(4, 1, 0, 2)


def test_iou_of_both_classes() -> None:
    alpha, mask = pixels(1, 1, 0, 0, 0, 0), pixels(1, 0, 1, 0, 0, 0)
    assert iou_person(alpha, mask) == pytest.approx(1 / 3)
    assert iou_background(alpha, mask) == pytest.approx(3 / 5)
    assert miou(alpha, mask) == pytest.approx((1 / 3 + 3 / 5) / 2)


def test_a_class_that_is_nowhere_is_right() -> None:
    nothing, everything = pixels(0, 0), pixels(1, 1)
    assert (iou_person(nothing, nothing), iou_background(nothing, nothing)) == (1, 1)
    assert (iou_person(everything, everything), iou_background(everything, everything)) == (1, 1)
    assert (iou_person(nothing, everything), iou_background(nothing, everything)) == (0, 0)


def test_pooling_adds_pixels_before_it_divides() -> None:
    pooled = Confusion(1, 1, 0, 8) + Confusion(9, 0, 2, 1)
    assert pooled == Confusion(10, 1, 2, 9)
    assert pooled.iou_person == pytest.approx(10 / 13)  # not the mean of 1/2 and 9/11
    assert pooled.iou_background == pytest.approx(9 / 12)
    assert pooled.miou == pytest.approx((10 / 13 + 9 / 12) / 2)


def test_the_band_is_a_disc_around_the_edge() -> None:
    person = np.zeros((9, 9), bool)
    person[4, 4] = True
    band = boundary_band(person, 2.0)
    # From the one person pixel: distance 2 along the axes, √2 along the diagonals, not √5 or √8.
    assert [int(row.sum()) for row in band] == [0, 0, 1, 3, 5, 3, 1, 0, 0]
    assert [int(row.sum()) for row in boundary_band(person, 2.3)] == [0, 0, 3, 5, 5, 5, 3, 0, 0]


def test_the_band_lies_on_both_sides() -> None:
    person = np.zeros((3, 12), bool)
    person[:, 6:] = True
    assert np.flatnonzero(boundary_band(person, 2.0)[1]).tolist() == [4, 5, 6, 7]
    assert not boundary_band(np.ones((4, 4), bool), 2.0).any()


def test_the_band_equals_brute_force() -> None:
    person = np.random.default_rng(3).random((23, 17)) > 0.9
    radius = 3.7
    ys, xs = np.mgrid[:23, :17]
    nearest = np.empty((23, 17))
    for y in range(23):
        for x in range(17):
            other = person != person[y, x]
            nearest[y, x] = np.hypot(ys[other] - y, xs[other] - x).min()
    np.testing.assert_array_equal(boundary_band(person, radius), nearest <= radius)


def test_boundary_error_is_the_mean_difference_in_the_band() -> None:
    mask = np.zeros((2, 12), np.float32)
    mask[:, 6:] = 1
    alpha = mask.copy()
    alpha[:, 5], alpha[:, 6] = 0.2, 0.6
    alpha[:, 0] = 1  # wrong, but far from the edge
    # Columns 4 to 7 (2 pixels is the least half-width): 0, 0.2, 0.4, 0.
    assert boundary_error(alpha, mask) == pytest.approx(0.15)


def test_boundary_error_takes_the_mask_as_hard() -> None:
    mask = np.zeros((2, 12), np.float32)
    mask[:, 5], mask[:, 6:] = 0.4, 1
    assert boundary_error((mask >= 0.5).astype(np.float32), mask) == 0


def test_the_band_grows_with_the_picture() -> None:
    mask = np.zeros((1, 1000), np.float32)
    mask[:, 500:] = 1
    # 0.6 % of 1000 pixels is 6 on each side; the two nearest columns are wrong by a half.
    alpha = mask.copy()
    alpha[:, 499:501] = 0.5
    assert boundary_error(alpha, mask) == pytest.approx(1 / 12)
    assert boundary_error(alpha.T, mask.T) == pytest.approx(1 / 12)


def test_a_mask_without_an_edge_has_no_boundary_error() -> None:
    assert math.isnan(boundary_error(pixels(1, 0), pixels(1, 1)))


def test_every_metric_has_the_same_shape_and_says_what_it_is() -> None:
    alpha, mask = pixels(1, 0, 0), pixels(1, 1, 0)
    for name, metric in METRICS.items():
        assert isinstance(metric(alpha, mask, 0.5), float), name
        assert metric.__doc__, name
