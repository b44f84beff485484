"""The old background's colour at the edge: by hand, and measured on the demonstration."""

from dataclasses import dataclass
from statistics import mean
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from figures import Record

from builder.backgrounds import SCENES, scene
from builder.contract import to_contract
from builder.demo import portrait
from builder.effects import Effect, apply, shape_alpha
from builder.importers import import_model
from builder.looks import Looks
from builder.paths import node_modules
from builder.predict import Segmenter
from builder.recipe import Recipe, load_recipe
from builder.resample import resize
from builder.simplify import simplify
from builder.spill import clean_edge
from builder.tracker import Tracker

Floats = npt.NDArray[np.float32]

PERSON, ROOM = np.array([200, 100, 50]), np.array([20, 60, 200])
UNSURE = 0.4  # neither surely person nor surely room
RAMP = (0.3, 0.6)
WHITE = Effect("color", color=(255, 255, 255))


def _edge(share: float, size: int = 64) -> tuple[npt.NDArray[np.uint8], Floats]:
    """Room, one column that shows ``share`` of the person, person."""
    rgb = np.zeros((size, size, 3))
    alpha = np.zeros((size, size), np.float32)
    middle = size // 2
    rgb[:, :middle], rgb[:, middle + 1 :] = ROOM, PERSON
    rgb[:, middle] = ROOM + share * (PERSON - ROOM)
    alpha[:, middle], alpha[:, middle + 1 :] = UNSURE, 1
    return rgb.astype(np.uint8), alpha


@pytest.mark.parametrize("share", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("spill", [0.5, 1.0])
def test_what_the_colour_lacks_of_the_person_is_added(share: float, spill: float) -> None:
    rgb, alpha = _edge(share)
    column = clean_edge(rgb, alpha, alpha, spill)[32, 32]
    # 1 − 0.4⁴ = 0.974 of what is lacking; the floor of the contrast and bytes are a step each.
    expected = rgb[32, 32] + spill * 0.974 * (1 - share) * (PERSON - ROOM)
    np.testing.assert_allclose(column, expected, atol=2)


def test_elsewhere_nothing_is_changed() -> None:
    rgb, alpha = _edge(0.5)
    rgb[:, 33:] += np.random.default_rng(2).integers(0, 50, (64, 31, 3), np.uint8)
    cleaned = clean_edge(rgb, alpha, alpha, 1)
    np.testing.assert_array_equal(np.round(cleaned[:, 33:]), rgb[:, 33:])


@pytest.mark.parametrize("sure", [0.0, 1.0])
def test_without_either_side_nearby_nothing_is_changed(sure: float) -> None:
    rgb, _ = _edge(0.5)
    alpha = np.full((64, 64), sure, np.float32)
    alpha[10:50, 10:50] = UNSURE
    cleaned = np.round(clean_edge(rgb, alpha, alpha, 1))
    np.testing.assert_array_equal(cleaned, rgb)


def test_a_side_that_is_hardly_there_is_hardly_believed() -> None:
    rgb, alpha = _edge(0.5, 256)  # cells of 2 × 2
    alpha[:, 129:] = UNSURE
    alpha[::16, 129] = 0.6  # a little person: 0.26 of a quarter of a cell, 0.065 < 1/8
    changed = np.abs(clean_edge(rgb, alpha, alpha, 1) - rgb)[:, 128].max(axis=1)
    assert 2 < changed.max() < 0.6 * 0.5 * 0.974 * 180


def test_colours_that_are_alike_are_left_alone() -> None:
    rgb = np.random.default_rng(3).integers(120, 124, (64, 64, 3), np.uint8)
    _, alpha = _edge(0.5)
    assert np.abs(clean_edge(rgb, alpha, alpha, 1) - rgb).max() <= 2


def test_only_where_the_background_is_replaced() -> None:
    rgb, alpha = _edge(0.5)
    picture = np.full((8, 8, 3), 250, np.uint8)
    for effect, is_changed in (
        (WHITE, True),
        (Effect("image", image=picture), True),
        (Effect("cutout"), False),  # of whole pixels here
        (Effect("blur"), False),
        (Effect("overlay"), False),
        (Effect("mask"), False),
    ):
        plain = apply(effect, rgb, alpha, ramp=RAMP).astype(int)
        drawn = apply(effect, rgb, alpha, ramp=RAMP, looks=Looks(spill=1)).astype(int)
        assert (drawn != plain).any() == is_changed, effect.kind
        assert (np.delete(drawn, 32, 1) == np.delete(plain, 32, 1)).all(), effect.kind


def test_the_edge_is_as_bright_as_the_person() -> None:
    rgb, alpha = _edge(0.0)
    black = Effect("color", color=(0, 0, 0))
    drawn = apply(black, rgb, alpha, ramp=RAMP, looks=Looks(spill=1, brightness=1))[32]
    weight = shape_alpha(np.float32([UNSURE]), 0.5, RAMP)[0]
    # The curve makes much of the little blue that the cleaned colour lacks.
    np.testing.assert_allclose(drawn[32], drawn[40] * weight, atol=3)


@dataclass(frozen=True)
class _Shot:
    """The demonstration's person before one of its places, with all that is true of it."""

    rgb: npt.NDArray[np.uint8]
    alpha: Floats
    person: Floats  # the person's colours, also around the person


HEIGHT, WIDTH = 720, 1280
POSES = ((720, 280), (650, 150), (580, 480))  # the person's height and left, pixels


def _shot(place: str, size: int, left: int) -> _Shot:
    colors, alpha = portrait()
    around = ((HEIGHT - size, 0), (left, WIDTH - size - left))
    person = np.pad(resize(colors, size, size), (*around, (0, 0)), "edge")
    alpha = np.pad(resize(alpha, size, size), around)
    behind = scene(place, HEIGHT, WIDTH)
    rgb = np.round(behind + (person - behind) * alpha[..., None]).astype(np.uint8)
    return _Shot(rgb, alpha, person)


def _model(name: str) -> tuple[Recipe, Segmenter]:
    recipe = load_recipe(name)
    file = node_modules() / "@mediapipe/selfie_segmentation" / recipe.source.file
    imported = import_model(file.read_bytes(), "tflite", file.name)
    return recipe, Segmenter(simplify(to_contract(imported, recipe)))


BACKGROUNDS = ((0, 0, 0), (255, 255, 255), (0, 177, 64), (128, 128, 128))


@pytest.mark.parametrize("name", ["selfie-landscape", "selfie"])
def test_the_colours_of_the_edge_come_closer_to_the_true_ones(
    name: str, record_figures: Record
) -> None:
    """Both composites have the model's alpha, region and ramp, as the page does it.

    Against the truth, colours alone neither win nor lose: where the model's alpha is wrong about a
    pixel, no colour is right. So the person's true colours with the model's alpha are measured,
    too.
    """
    recipe, segmenter = _model(name)
    rows: dict[str, dict[str, dict[str, float]]] = {}
    for place in SCENES:
        each = [_errors(_shot(place, *pose), recipe, segmenter) for pose in POSES]
        rows[place] = {
            against: {kind: mean(error[against][kind] for error in each) for kind in KINDS}
            for against in each[0]
        }
    rows["mean"] = {
        against: {kind: mean(rows[place][against][kind] for place in SCENES) for kind in KINDS}
        for against in rows[SCENES[0]]
    }
    record_figures(f"spill-{name}", rows)
    for place in SCENES:  # 10 to 33 % less
        errors = rows[place]["same alpha"]
        assert errors["spill"] < 0.95 * errors["plain"], place
    same, truth = rows["mean"]["same alpha"], rows["mean"]["truth"]
    assert same["spill"] < 0.82 * same["plain"]  # 22 % less, and 25 %
    assert truth["spill"] < 1.02 * truth["plain"]
    assert truth["true colours"] > 0.98 * truth["plain"]  # or it would be worth more than it is


KINDS = ("plain", "spill", "true colours")


def _errors(shot: _Shot, recipe: Recipe, segmenter: Segmenter) -> dict[str, dict[str, float]]:
    """Mean colour errors in the band of the edge, of 255, with each kind of colours."""
    bent = Tracker(segmenter).alpha(shot.rgb)
    alpha = shape_alpha(bent, recipe.matte.threshold, recipe.matte.ramp)
    band = (alpha > 1 / 512) & (alpha < 1 - 1 / 512)
    assert band.sum() > 1000
    weight, true_weight, person = alpha[band, None], shot.alpha[band, None], shot.person[band]
    cleaned = clean_edge(shot.rgb, bent, alpha, 1)
    colors = dict(zip(KINDS, (shot.rgb[band], cleaned[band], person), strict=True))

    def off_truth(color: npt.NDArray[Any], behind: tuple[int, int, int]) -> float:
        drawn = weight * (color - np.array(behind))
        return float(np.abs(drawn - true_weight * (person - np.array(behind))).mean())

    return {
        "same alpha": {
            kind: float(np.abs(weight * (color - person)).mean()) for kind, color in colors.items()
        },
        "truth": {
            kind: mean(off_truth(color, behind) for behind in BACKGROUNDS)
            for kind, color in colors.items()
        },
    }
