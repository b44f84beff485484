"""The golden frame that a browser proves its backends on."""

import numpy as np
import pytest
from contract_models import constant_answer
from media_maker import red_model

from builder.golden import golden_distance, golden_frame, golden_picture


@pytest.mark.parametrize(("height", "width"), [(144, 256), (256, 144), (17, 31)])
def test_the_picture_fills_any_size_and_shows_a_person(height, width):
    picture = golden_picture(height, width)
    assert picture.shape == (3, height, width)
    assert picture.dtype == np.uint8
    red, green, blue = picture.astype(np.float32)
    suit = (red > green * 1.4) & (red > blue * 1.4)  # orange, which the background is not
    assert 0.05 < suit.mean() < 0.5
    assert picture[:, : height // 4, : width // 8].std() > 1  # and the background is no flat colour


def test_the_file_holds_the_picture_and_what_the_model_answers():
    model = red_model(16, 24)
    data = golden_frame(model, 16, 24)
    levels = np.frombuffer(data, np.uint8).reshape(4, 16, 24)
    np.testing.assert_array_equal(levels[:3], golden_picture(16, 24))
    assert golden_frame(model, 16, 24) == data


def test_the_alpha_is_the_one_of_that_picture():
    """The model made up here answers with the picture's red."""
    levels = np.frombuffer(golden_frame(red_model(16, 24), 16, 24), np.uint8).reshape(4, 16, 24)
    np.testing.assert_array_equal(levels[3], levels[0])


def test_the_distance_is_the_one_that_the_page_measures():
    """The model made up here answers with the picture's red."""
    model = red_model(16, 24)
    data = golden_frame(model, 16, 24)
    assert golden_distance(model, data) < 1e-7
    alpha = np.frombuffer(data, np.uint8)[-16 * 24 :] / 255
    found = golden_distance(constant_answer(0.2, 16, 24), data)
    assert found == pytest.approx(np.abs(alpha - 0.2).mean(), abs=1e-6)
    black = bytes(3 * 16 * 24) + data[-16 * 24 :]
    assert golden_distance(model, black) == pytest.approx(alpha.mean())
