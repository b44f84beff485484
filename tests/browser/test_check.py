"""``livematte check``: the built page against the Python reference, picture by picture."""

import contextlib
import json
from pathlib import Path

import numpy as np
import pytest
from beside import in_a_thread
from click.testing import CliRunner
from gpu_worker import make_gpu_site, tiny_model
from PIL import Image

from builder.check import check_site
from builder.cli import main
from builder.demo import DemoClip
from builder.errors import CheckError
from builder.predict import Segmenter

MODEL = "selfie-landscape"


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two frames of the clip, one of them upright, and a file that is no picture."""
    folder = tmp_path_factory.mktemp("pictures")
    rgb, _ = DemoClip(640, 360, 10, 2).frame(3)
    Image.fromarray(rgb).save(folder / "wide.jpg", quality=92)
    Image.fromarray(rgb[:, 150:420]).save(folder / "upright.png")
    (folder / "notes.txt").write_text("no picture")
    return folder


class Mirrored:
    """A reference that is wrong: it mirrors what it answers."""

    def __init__(self, segmenter: Segmenter) -> None:
        self.height, self.width = segmenter.height, segmenter.width
        self._segmenter = segmenter

    def model_alpha(self, rgb: np.ndarray) -> np.ndarray:
        return self._segmenter.model_alpha(rgb)[:, ::-1]


@in_a_thread
def test_the_page_is_the_reference_on_pictures(
    site: Path, references: dict[str, Segmenter], pictures: Path
) -> None:
    done: list[tuple[int, int | None]] = []
    result = check_site(
        site, MODEL, references[MODEL], pictures, progress=lambda *now: done.append(now)
    )
    assert [p.name for p in result.pictures] == ["upright.png", "wide.jpg"]
    assert result.wrong == ()
    assert len(result.unreadable) == 1
    assert done[-1] == (3, 3)
    for picture in result.pictures:
        assert picture.backend == "wasm"
        # fp16 weights and the browser's own sums: far below a step of 8 bits on average.
        assert 0 < picture.mean_abs_diff < 1e-3
    assert json.loads(json.dumps(result.to_json(), allow_nan=False))["wrong"] == 0


@in_a_thread
def test_a_difference_is_found_and_fails_the_command(
    site: Path,
    references: dict[str, Segmenter],
    pictures: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    wrong = Mirrored(references[MODEL])
    monkeypatch.setattr("builder.cli.measure.segmenter", lambda _: wrong)
    words = ["check", "--site", str(site), "--images", str(pictures), "--json",
             str(tmp_path / "check.json")]  # fmt: skip
    done = CliRunner().invoke(main, words)
    assert done.exit_code == 1
    assert "2 of 2 pictures differ from the reference: upright.png, wide.jpg" in done.stderr
    facts = json.loads((tmp_path / "check.json").read_text())
    assert [p["right"] for p in facts["perPicture"]] == [False, False]


@pytest.fixture(scope="module")
def red_pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A wide and an upright picture of a red triangle, which is no mirror image of itself."""
    folder = tmp_path_factory.mktemp("red")
    rgb = np.random.default_rng(8).integers(0, 60, (180, 320, 3), np.uint8)
    rows, columns = np.mgrid[0:180, 0:320]
    is_red = (rows > 40) & (rows < 170) & (columns > 110) & (columns < 80 + rows * 0.8)
    rgb[is_red, 0] = 230
    Image.fromarray(rgb).save(folder / "wide.png")
    Image.fromarray(rgb[:, 90:220]).save(folder / "upright.png")
    return folder


@in_a_thread
def test_the_page_is_the_reference_on_webgpu(
    site: Path, red_pictures: Path, tmp_path: Path
) -> None:
    """A model of one convolution: a real one takes a second a picture on the processor."""
    gpu_site, model = make_gpu_site(site, tmp_path / "site"), Segmenter(tiny_model("red"))
    result = check_site(gpu_site, "red", model, red_pictures, backend="webgpu")
    assert [(p.name, p.backend) for p in result.pictures] == [
        ("upright.png", "webgpu"),
        ("wide.png", "webgpu"),
    ]
    assert "WebGPU on" in result.browser
    assert result.wrong == ()
    for picture in result.pictures:
        assert picture.iou > 0.99  # somebody is there
        # Half floats in the textures: far below a step of 8 bits on average.
        assert 0 < picture.mean_abs_diff < 2e-3
    mirrored = check_site(gpu_site, "red", Mirrored(model), red_pictures, backend="webgpu")
    assert len(mirrored.wrong) == 2


@in_a_thread
def test_no_webgpu_is_said(
    site: Path,
    references: dict[str, Segmenter],
    pictures: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("builder.chromium.SOFTWARE_GPU", ("--disable-gpu", "--disable-webgpu"))
    with pytest.raises(CheckError, match=r"cannot matte: gpu-unavailable: [^:]*; livematte -v"):
        check_site(site, MODEL, references[MODEL], pictures, backend="webgpu")


@in_a_thread
def test_a_page_that_fails_on_webgpu(site: Path, tmp_path: Path) -> None:
    """Where red is at its brightest this model answers NaN."""
    (tmp_path / "pictures").mkdir()
    rgb = np.full((60, 90, 3), 255, np.uint8)
    Image.fromarray(rgb).save(tmp_path / "pictures" / "bright.png")
    gpu_site, model = make_gpu_site(site, tmp_path / "site"), Segmenter(tiny_model("red"))
    with pytest.raises(CheckError, match=r"the page cannot matte: inference-failed: "):
        check_site(gpu_site, "red-or-nan", model, tmp_path / "pictures", backend="webgpu")


def test_a_page_that_goes_over_to_wasm_is_no_check_of_webgpu(
    site: Path,
    references: dict[str, Segmenter],
    pictures: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Page:
        def evaluate(self, *_: object) -> dict[str, str]:
            return {"backend": "wasm", "backendReason": "failed-over:gpu-lost"}

    monkeypatch.setattr(
        "builder.check._page", lambda *_: contextlib.nullcontext((Page(), "Chromium"))
    )
    with pytest.raises(CheckError, match=r"went over from webgpu to wasm \(failed-over:gpu-lost\)"):
        check_site(site, MODEL, references[MODEL], pictures, backend="webgpu")


def test_nothing_to_check(site: Path, references: dict[str, Segmenter], tmp_path: Path) -> None:
    with pytest.raises(CheckError, match="put pictures there"):
        check_site(site, MODEL, references[MODEL], tmp_path)
    with pytest.raises(CheckError, match="takes a folder"):
        check_site(site, MODEL, references[MODEL], tmp_path / "missing")
