"""Evaluations of clips, and the page with the worst pictures."""

import json
import re

import numpy as np
import pytest
from click.testing import CliRunner
from media_maker import half_red, red_model
from PIL import Image

from builder.cli import main
from builder.cli import options as cli_options
from builder.errors import EvaluateError
from builder.evaluate.folders import evaluate_folders, pair_by_stem
from builder.evaluate.frames import evaluate_frames
from builder.evaluate.report import render_evaluation
from builder.looks import Looks
from builder.predict import Segmenter

PLAIN = Looks(region=False, steadiness=0)


@pytest.fixture(scope="module")
def segmenter():
    return Segmenter(red_model(8, 8))


@pytest.fixture
def clip(tmp_path):
    """Six frames whose left half is red, every other one less so; the mask stands still."""
    for folder in ("images", "masks"):
        (tmp_path / folder).mkdir()
    mask = np.zeros((16, 16), np.uint8)
    mask[:, :8] = 255
    for number in range(6):
        rgb = half_red(16, 16)
        rgb[..., 0] = np.where(rgb[..., 0] > 128, 250 - 50 * (number % 2), rgb[..., 0])
        Image.fromarray(rgb).save(tmp_path / "images" / f"{number}.png")
        Image.fromarray(mask).save(tmp_path / "masks" / f"{number}.png")
    return tmp_path / "images", tmp_path / "masks"


def test_a_clip_that_flickers(segmenter, clip):
    found = evaluate_frames(segmenter, *clip, looks=PLAIN)
    assert found.steps == 5
    # Of the band along the edge half is red, and changes by 50 of 255 from frame to frame.
    assert found.flicker == pytest.approx(25 / 255, rel=0.15)
    assert found.dt_ssd == pytest.approx(50 / 255 * np.sqrt(0.5), rel=0.05)
    assert json.loads(json.dumps(found.to_json(), allow_nan=False))["steps"] == 5
    steady = evaluate_frames(segmenter, *clip, looks=Looks(region=False))
    assert steady.flicker < 0.8 * found.flicker


def test_the_frames_own_figures_are_those_of_pictures(segmenter, clip):
    frames = evaluate_frames(segmenter, *clip, looks=PLAIN)
    assert frames.still.to_json() == evaluate_folders(segmenter, *clip, looks=PLAIN).to_json()


def test_a_broken_frame_breaks_the_sequence(segmenter, clip):
    (clip[0] / "3.png").write_bytes(b"no picture")
    found = evaluate_frames(segmenter, *clip, looks=PLAIN)
    assert found.steps == 3  # 0→1, 1→2, 4→5
    assert len(found.still.unreadable) == 1


def test_one_frame_is_no_clip(segmenter, clip):
    for number in range(1, 6):
        (clip[0] / f"{number}.png").unlink()
    with pytest.raises(EvaluateError, match="consecutive frames"):
        evaluate_frames(segmenter, *clip)


def test_the_page_shows_the_worst_first(segmenter, clip):
    images, masks = clip
    Image.fromarray(np.zeros((16, 16), np.uint8)).save(masks / "4.png")  # nobody, they say
    facts = {"model": "red <b>", **evaluate_folders(segmenter, images, masks).to_json()}
    facts["unpaired"] = ["lost.png"]
    pairs = {image.name: (image, mask) for image, mask in pair_by_stem(images, masks)[0]}
    page = render_evaluation(facts, pairs, lambda rgb: rgb[..., 0].astype(np.float32) / 255)
    names = re.findall(r"<h3>(\S+): IoU", page)
    assert len(names) == 6
    assert names[0] == "4.png"
    assert page.count("data:image/webp;base64,") == 6 * 5
    assert "red &lt;b&gt;" in page
    assert "lost.png" in page
    assert "prefers-color-scheme: dark" in page
    assert not re.search(r'(src|href)="http', page)


def test_the_command_writes_the_page_and_knows_model_files(clip, tmp_path, monkeypatch):
    import onnx

    onnx.save(red_model(16, 16), tmp_path / "red.onnx")
    assert cli_options.DEFAULT_MODEL
    words = ["evaluate", "--model", str(tmp_path / "red.onnx"), "--images", str(clip[0]),
             "--masks", str(clip[1]), "--html", str(tmp_path / "e.html"), "--frames",
             "--json", str(tmp_path / "e.json")]  # fmt: skip
    done = CliRunner().invoke(main, words)
    assert done.exit_code == 0, done.output
    assert "flicker" in done.output
    figures = json.loads((tmp_path / "e.json").read_text())
    assert figures["steps"] == 5
    assert "<h3>" in (tmp_path / "e.html").read_text()
