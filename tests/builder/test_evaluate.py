"""Folders of pictures and masks; the model's alpha is the picture's red channel."""

import json
import math
from pathlib import Path

import numpy as np
import pytest
from media_maker import half_red, red_model
from PIL import Image

from builder.errors import EvaluateError
from builder.evaluate.folders import evaluate_folders, pair_by_stem
from builder.looks import Looks
from builder.predict import Segmenter


@pytest.fixture(scope="module")
def segmenter() -> Segmenter:
    return Segmenter(red_model(8, 8))


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    images, masks = tmp_path / "images", tmp_path / "masks"
    images.mkdir()
    masks.mkdir()
    return images, masks


def save(path: Path, array: np.ndarray) -> None:
    Image.fromarray(array).save(path)


def left(columns: int, size: int = 16) -> np.ndarray:
    """A mask with the first columns white."""
    mask = np.zeros((size, size), np.uint8)
    mask[:, :columns] = 255
    return mask


def test_figures_of_one_right_and_one_wrong_pair(
    segmenter: Segmenter, folders: tuple[Path, Path]
) -> None:
    images, masks = folders
    save(images / "2.png", half_red(16, 16))
    save(masks / "2.png", left(8))
    save(images / "10.png", half_red(16, 16))
    save(masks / "10.png", left(4))  # the alpha says 8 columns, the mask 4
    result = evaluate_folders(segmenter, *folders)
    assert [p.name for p in result.pictures] == ["2.png", "10.png"]
    assert result.pictures[1].values["iouPerson"] == pytest.approx(4 / 8)
    assert result.pictures[1].values["iouBackground"] == pytest.approx(8 / 12)
    assert result.mean("iouPerson") == pytest.approx((1 + 0.5) / 2)
    # Over the set the columns are pooled: person (8 + 4) / (8 + 8), background (8 + 8) / (8 + 12).
    assert result.miou == pytest.approx((12 / 16 + 16 / 20) / 2)
    facts = result.to_json()
    assert facts["pictures"] == 2
    assert facts["perPicture"][1]["iouPerson"] == pytest.approx(0.5)
    assert json.loads(json.dumps(facts, allow_nan=False)) == facts


def test_the_alpha_is_enlarged_to_the_picture(
    segmenter: Segmenter, folders: tuple[Path, Path]
) -> None:
    images, masks = folders
    save(images / "a.png", half_red(32, 32))
    save(masks / "a.png", left(16, 32))
    figures = evaluate_folders(segmenter, *folders).pictures[0]
    assert (figures.width, figures.height) == (32, 32)
    # 8 model columns over 32: bilinear alpha is 7/8, 5/8, 3/8, 1/8 across the edge. The band is 2
    # columns on each side, so |alpha - mask| there is 1/8, 3/8, 3/8, 1/8.
    assert figures.values["boundaryError"] == pytest.approx(0.25, abs=1e-3)
    steep = evaluate_folders(segmenter, *folders, ramp=(0.2, 0.8)).pictures[0]
    # t = (3/8 - 0.2) / 0.6 = 0.2917, smoothstep 0.2056; 1/8 becomes 0.
    assert steep.values["boundaryError"] == pytest.approx(0.2056 / 2, abs=1e-3)
    assert steep.values["iouPerson"] == 1


def test_the_threshold_chooses_the_person(segmenter: Segmenter, folders: tuple[Path, Path]) -> None:
    images, masks = folders
    picture = half_red(16, 16)
    picture[:, :4, 0] = 100
    picture[:, 12:, 0] = 71  # 0.28: below the threshold, though the bend lifts it to 0.46
    save(images / "a.png", picture)
    save(masks / "a.png", left(8))
    # Three dim columns are lost; bilinear lifts the fourth: 0.75 · 0.39 + 0.25 · 1 = 0.54.
    assert evaluate_folders(segmenter, *folders).mean("iouPerson") == pytest.approx(5 / 8)
    low = evaluate_folders(segmenter, *folders, threshold=0.3)
    assert low.mean("iouPerson") == 1
    ramped = evaluate_folders(segmenter, *folders, threshold=0.3, ramp=(0.2, 0.8))
    assert ramped.mean("iouPerson") == 1


def test_masks_of_other_sizes_and_kinds(segmenter: Segmenter, folders: tuple[Path, Path]) -> None:
    images, masks = folders
    white = left(8)
    save(masks / "small.png", left(4, 8))
    save(masks / "large.png", left(20, 40))
    save(masks / "labels.png", white // 255)
    Image.fromarray(white).convert("1").save(masks / "bits.png")
    Image.fromarray(white.astype(np.uint16) * 257).save(masks / "deep.png")
    save(masks / "alpha.png", np.dstack([half_red(16, 16), white]))
    for mask in masks.iterdir():
        save(images / mask.name, half_red(16, 16))
    result = evaluate_folders(segmenter, *folders)
    names = ["alpha.png", "bits.png", "deep.png", "labels.png", "large.png", "small.png"]
    assert [p.name for p in result.pictures] == names
    assert [p.values["iouPerson"] for p in result.pictures] == [1.0] * 6


def test_what_cannot_be_used_is_listed(segmenter: Segmenter, folders: tuple[Path, Path]) -> None:
    images, masks = folders
    for stem in ("good", "text", "cut", "turned", "alone", "twice"):
        save(images / f"{stem}.png", half_red(16, 24))
        mask = np.zeros((24, 16) if stem == "turned" else (16, 24), np.uint8)
        if stem != "alone":
            save(masks / f"{stem}.png", mask)
    (images / "text.png").write_text("no picture")
    cut = (masks / "cut.png").read_bytes()
    (masks / "cut.png").write_bytes(cut[: len(cut) // 2])
    save(images / "twice.jpg", half_red(16, 24))
    save(masks / "other.png", left(4))
    (images / ".hidden").write_text("")
    (images / "folder").mkdir()
    result = evaluate_folders(segmenter, *folders)
    assert [p.name for p in result.pictures] == ["good.png"]
    assert [line.split(": ")[0] for line in result.unreadable] == [
        str(masks / "cut.png"), str(images / "text.png"), str(masks / "turned.png"),
    ]  # fmt: skip
    assert set(result.unpaired) == {
        str(path)
        for path in (
            images / "alone.png", masks / "other.png",
            images / "twice.jpg", images / "twice.png", masks / "twice.png",
        )
    }  # fmt: skip
    facts = result.to_json()
    assert len(facts["unreadable"]) == 3
    assert len(facts["unpaired"]) == 5


def test_a_mask_without_an_edge_is_left_out_of_the_mean(
    segmenter: Segmenter, folders: tuple[Path, Path]
) -> None:
    images, masks = folders
    for name, mask in (("a.png", left(8)), ("b.png", left(0))):
        save(images / name, half_red(16, 16))
        save(masks / name, mask)
    result = evaluate_folders(segmenter, *folders)
    assert math.isnan(result.pictures[1].values["boundaryError"])
    assert result.mean("boundaryError") == result.pictures[0].values["boundaryError"]
    assert result.to_json()["perPicture"][1]["boundaryError"] is None


def test_progress_counts_every_pair(segmenter: Segmenter, folders: tuple[Path, Path]) -> None:
    images, masks = folders
    for i in range(3):
        save(images / f"{i}.png", half_red(16, 16))
        save(masks / f"{i}.png", left(8))
    (masks / "1.png").write_text("")
    seen: list[tuple[int, int | None]] = []
    evaluate_folders(segmenter, *folders, progress=lambda *step: seen.append(step))
    assert seen == [(1, 3), (2, 3), (3, 3)]


def test_nothing_to_evaluate_is_an_error(segmenter: Segmenter, folders: tuple[Path, Path]) -> None:
    images, masks = folders
    with pytest.raises(EvaluateError, match=r"nothing to evaluate.*\(0 and 0 names"):
        evaluate_folders(segmenter, *folders)
    save(images / "a.png", half_red(16, 16))
    save(masks / "b.png", left(8))
    with pytest.raises(EvaluateError, match=r"no picture in .*images has a mask .*\(1 and 1 names"):
        evaluate_folders(segmenter, *folders)
    (masks / "a.png").write_text("no mask")
    with pytest.raises(
        EvaluateError, match=r"none of the 1 pairs can be used; .*a\.png: not a pic"
    ):
        evaluate_folders(segmenter, *folders)


def test_a_missing_folder_or_a_file_for_one(folders: tuple[Path, Path], tmp_path: Path) -> None:
    images, masks = folders
    with pytest.raises(EvaluateError, match=r"gone: cannot be listed: No such file"):
        pair_by_stem(tmp_path / "gone", masks)
    save(tmp_path / "a.png", left(8))
    with pytest.raises(EvaluateError, match=r"a\.png: cannot be listed: Not a directory"):
        pair_by_stem(images, tmp_path / "a.png")


def test_a_second_look_at_the_box_is_sharper(
    segmenter: Segmenter, folders: tuple[Path, Path]
) -> None:
    images, masks = folders
    picture, mask = np.zeros((160, 160, 3), np.uint8), np.zeros((160, 160), np.uint8)
    picture[53:105, 54:108, 0] = mask[53:105, 54:108] = 255
    save(images / "a.png", picture)
    save(masks / "a.png", mask)
    whole = evaluate_folders(segmenter, *folders).mean("boundaryError")
    assert evaluate_folders(segmenter, *folders, looks=Looks()).mean("boundaryError") < 0.95 * whole
