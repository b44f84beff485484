"""Resampling against figures worked out by hand, and against a slow definition."""

import numpy as np
import pytest

from builder.resample import axis_taps, resize


def row(*values: float) -> np.ndarray:
    return np.array([values], np.float32)


def test_bilinear_enlarges_with_half_pixel_centres_and_clamped_edges() -> None:
    # Centres at (i + 0.5) / 2 - 0.5 = -0.25, 0.25, 0.75, 1.25.
    assert resize(row(0, 8), 1, 4).tolist() == [[0, 2, 6, 8]]


def test_bilinear_shrinks_up_to_a_factor_of_two() -> None:
    # Factor 2: centres at 0.5 and 2.5, the mean of two neighbours.
    assert resize(row(0, 2, 4, 8), 1, 2).tolist() == [[1, 6]]
    # Factor 1.5: centres at 0.25 and 1.75.
    assert resize(row(0, 4, 8), 1, 2).tolist() == [[1, 7]]


def test_area_average_beyond_a_factor_of_two() -> None:
    # Factor 3: bilinear would read the middle pixel alone (3).
    assert resize(row(0, 3, 9), 1, 1).tolist() == [[4]]
    # Factor 2.5: [0, 2.5) holds 0, 1 and half of 2; [2.5, 5) the other half, 3 and 4.
    np.testing.assert_allclose(
        resize(row(0, 10, 20, 30, 40), 1, 2), row((0 + 10 + 10) / 2.5, (10 + 30 + 40) / 2.5)
    )


def test_each_axis_goes_its_own_way() -> None:
    image = np.array([[0, 0], [3, 3], [9, 9]], np.float32)  # rows shrink by 3, columns grow by 2
    np.testing.assert_allclose(resize(image, 1, 4), row(4, 4, 4, 4))
    picture = np.arange(24, dtype=np.float32).reshape(6, 4)
    assert resize(picture, 2, 4).shape == (2, 4)
    np.testing.assert_allclose(resize(picture, 2, 4), resize(picture.T, 4, 2).T, atol=1e-5)


def test_channels_do_not_mix_and_bytes_are_taken() -> None:
    image = np.zeros((4, 4, 3), np.uint8)
    image[..., 1] = 200
    image[:2, :, 2] = 100
    result = resize(image, 2, 2)
    assert result.dtype == np.float32
    assert result[..., 0].max() == 0
    np.testing.assert_allclose(result[..., 1], 200)
    np.testing.assert_allclose(result[..., 2], [[100, 100], [0, 0]])


def test_the_same_size_changes_nothing() -> None:
    image = np.random.default_rng(0).random((5, 7), np.float32)
    same = resize(image, 5, 7)
    np.testing.assert_array_equal(same, image)
    same[0, 0] = -1  # a copy, not the picture itself
    assert image[0, 0] >= 0
    assert resize(np.full((2, 2), 7, np.uint8), 2, 2).dtype == np.float32


def slow_taps(n_in: int, n_out: int) -> np.ndarray:
    """The definition, pixel by pixel, as a matrix [n_out, n_in]."""
    matrix = np.zeros((n_out, n_in))
    scale = n_in / n_out
    for i in range(n_out):
        if scale > 2:
            for j in range(n_in):
                matrix[i, j] = max(0.0, min((i + 1) * scale, j + 1) - max(i * scale, j)) / scale
        else:
            centre = (i + 0.5) * scale - 0.5
            low = int(np.floor(centre))
            for j, weight in ((low, 1 - (centre - low)), (low + 1, centre - low)):
                matrix[i, min(max(j, 0), n_in - 1)] += weight
    return matrix


@pytest.mark.parametrize(
    ("n_in", "n_out"),
    [
        (1280, 256),
        (720, 144),
        (480, 144),
        (1, 9),
        (7, 3),
        (11, 4),
        (513, 256),
        (512, 256),
        (97, 1),
        (3, 50),
    ],
)
def test_weights_are_the_definition(n_in: int, n_out: int) -> None:
    index, weight = axis_taps(n_in, n_out)
    matrix = np.zeros((n_out, n_in))
    for k in range(index.shape[1]):
        np.add.at(matrix, (np.arange(n_out), index[:, k]), weight[:, k])
    # float32 weights: half a unit in the last place of 1.
    np.testing.assert_allclose(matrix, slow_taps(n_in, n_out), atol=1e-7)


def test_shared_weights_cannot_be_changed() -> None:
    with pytest.raises(ValueError, match="read-only"):
        axis_taps(8, 4)[1][0, 0] = 1


@pytest.mark.parametrize(
    ("shape", "size"), [((0, 4), (2, 2)), ((4, 4), (0, 2)), ((4,), (2, 2)), ((4, 4, 3, 1), (2, 2))]
)
def test_impossible_sizes_are_refused(shape: tuple[int, ...], size: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="cannot resize"):
        resize(np.zeros(shape, np.float32), *size)
