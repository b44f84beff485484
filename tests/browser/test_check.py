"""``livematte check``: the built page against the Python reference, picture by picture."""

import json
from pathlib import Path

import numpy as np
import pytest
from beside import in_a_thread
from click.testing import CliRunner
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


def test_nothing_to_check(site: Path, references: dict[str, Segmenter], tmp_path: Path) -> None:
    with pytest.raises(CheckError, match="put pictures there"):
        check_site(site, MODEL, references[MODEL], tmp_path)
    with pytest.raises(CheckError, match="takes a folder"):
        check_site(site, MODEL, references[MODEL], tmp_path / "missing")
