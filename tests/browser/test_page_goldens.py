"""How the page looks, against pictures that were looked at.

The goldens are a sixth of the screen's size, so that they are small and the rounding of letters
does not matter. After a wanted change run this file with ``LIVEMATTE_RENEW_GOLDEN=1`` set, and look
at them before they are committed.
"""

import io
import os
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from browsers import Visits
from PIL import Image
from visit import Visit

from builder.demo import DemoClip

GOLDEN = Path(__file__).parent / "golden"
RENEW = "LIVEMATTE_RENEW_GOLDEN"
SCALE = 6
LOW_BITS = 2  # left out of a golden, for its size: 1 of 255 on the average

# Of 255. Fonts differ from machine to machine, and so does the antialiasing of what is drawn; at a
# sixth of the size that is a few pixels in a line of text. A tile that is missing, a colour that
# has changed or a picture that is hidden is far more: the test below says how much.
MEAN_TOLERANCE = 2.0
# The share of pixels that may differ by more than a quarter of the range.
FAR_SHARE = 0.005

SCREENS = {"phone": {"width": 390, "height": 844}, "desktop": {"width": 1440, "height": 900}}

# Figures differ from run to run.
HIDE = """
() => {
  for (const id of ['status-rate', 'status-time', 'status-threads', 'status-isolation']) {
    document.getElementById(id).style.visibility = 'hidden';
  }
  document.querySelectorAll('details').forEach((each) => { each.open = false; });
  scrollTo(0, 0);
}
"""


def shrunk(png: bytes) -> npt.NDArray[np.uint8]:
    picture = Image.open(io.BytesIO(png)).convert("RGB")
    size = (picture.width // SCALE, picture.height // SCALE)
    return np.asarray(picture.resize(size, Image.Resampling.BOX))


def difference(one: npt.NDArray[np.uint8], other: npt.NDArray[np.uint8]) -> tuple[float, float]:
    """Mean |Δ| of 255, and the share of pixels that are far from each other."""
    delta = np.abs(one.astype(int) - other)
    return float(delta.mean()), float((delta.max(axis=2) > 64).mean())


def compare(name: str, shot: npt.NDArray[np.uint8], tmp_path: Path) -> None:
    file = GOLDEN / f"{name}.png"
    if os.environ.get(RENEW):
        coarse = (shot >> LOW_BITS << LOW_BITS) + (1 << LOW_BITS >> 1)
        Image.fromarray(coarse.astype(np.uint8)).save(file, optimize=True)
    golden = np.asarray(Image.open(file).convert("RGB"))
    assert golden.shape == shot.shape, "the page has another size"
    mean, far = difference(golden, shot)
    if mean > MEAN_TOLERANCE or far > FAR_SHARE:
        Image.fromarray(shot).save(tmp_path / f"{name}.png")
        pytest.fail(
            f"{name} has changed: mean {mean:.2f} of 255, {far:.1%} far off; see {tmp_path}, and "
            f"{RENEW}=1 when it is wanted"
        )


def photographed(visit: Visit) -> npt.NDArray[np.uint8]:
    visit.page.evaluate(HIDE)
    visit.page.wait_for_timeout(700)  # what fades in has done so
    return shrunk(visit.page.screenshot(animations="disabled"))


@pytest.fixture(scope="session")
def portrait(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One frame of the clip: a still, so that each run shows the very same."""
    file = tmp_path_factory.mktemp("golden") / "portrait.png"
    Image.fromarray(DemoClip(640, 360).frame(40)[0]).save(file)
    return file


@pytest.mark.parametrize(
    ("name", "locale", "effect"),
    [
        ("desktop-light", "en-US", "image"),
        ("desktop-dark", "zh-CN", "blur"),
        ("phone-light", "zh-CN", "color"),
        ("phone-dark", "en-US", "cutout"),
    ],
)
def test_it_looks_as_it_did(
    name: str,
    locale: str,
    effect: str,
    isolated_url: str,
    portrait: Path,
    visits: Visits,
    tmp_path: Path,
) -> None:
    screen, scheme = name.split("-")
    visit = visits.open(
        f"{isolated_url}/",
        viewport=SCREENS[screen],
        color_scheme=scheme,
        locale=locale,
        reduced_motion="reduce",
    )
    visit.page.locator("#file").set_input_files(portrait)
    visit.wait_until_matted("picture")
    visit.choose_effect(effect)
    shot = photographed(visit)
    compare(name, shot, tmp_path)


@pytest.mark.skipif(bool(os.environ.get(RENEW)), reason="the goldens are being renewed")
def test_the_tolerance_sees_a_change(tmp_path: Path) -> None:
    """A button's colour, a tile that is gone, a picture that is hidden: none passes."""
    for name, box in {
        "desktop-light": (13, 127, 47, 145),  # the camera's button
        "phone-dark": (0, 13, 65, 53),  # the picture
    }.items():
        golden = np.asarray(Image.open(GOLDEN / f"{name}.png").convert("RGB")).copy()
        left, top, right, bottom = box
        golden[top:bottom, left:right] = 128
        with pytest.raises(pytest.fail.Exception, match="has changed"):
            compare(name, golden, tmp_path)


def test_the_goldens_are_small() -> None:
    assert sum(file.stat().st_size for file in GOLDEN.glob("*.png")) < 200_000
