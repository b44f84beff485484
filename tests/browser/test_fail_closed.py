"""The raw room is never shown by accident: not before the first matte, not after an error.

In place of the segmenter stands one that fails in a chosen way. Whatever the effect, the canvas
must then be of one single colour, all over and all the time: such a picture says nothing of what
the camera films, which is more than that no pixel equals the camera's.
"""

import io
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from browsers import Visits
from camera import CAMERA
from PIL import Image
from serving import Holding, Servers
from visit import Visit

from builder.demo import DemoClip
from builder.serve import create_app

# Keeps the shape of worker/segmenter.js. Its good alpha shows the camera in the left half; a speck
# in the corner keeps the region of interest the whole frame, so that halves stay halves.
SEGMENTER = """
const GOOD_RUNS = %(good_runs)d;
let runs = 0; // of all sessions: a new one would mend it
export async function createSegmenter({ model, threads }) {
  %(at_start)s
  const { width, height } = model;
  const left = Float32Array.from({ length: width * height }, (_, i) => i %% width < width / 2);
  left[width * height - 1] = 1;
  return {
    model,
    threads,
    input: new Float32Array(3 * width * height),
    async run() {
      if (runs++ < GOOD_RUNS) return left;
      %(at_run)s
    },
    reset() {},
    async dispose() {},
  };
}
"""
# good runs, what is done at the start, what is done after the good runs
FAILURES = {
    "throws at once": (0, "", "throw new Error('made to fail');"),
    "throws later": (15, "", "throw new Error('made to fail');"),
    "answers NaN": (15, "", "return left.map(() => NaN);"),
    "answers too little": (15, "", "return left.subarray(1);"),
    "never answers": (0, "", "return new Promise(() => {});"),
    "does not start": (0, "throw new Error('made to fail');", "return left;"),
    "never fails": (10**9, "", ""),
    "never starts": (0, "await new Promise(() => {});", "return left;"),
}

COLOUR = (255, 0, 200)  # of nothing that the clip shows; proved below
STILL = """
async () => {
  const camera = new ImageCapture(livematte.stream.getVideoTracks()[0]);
  await livematte.matte.attach(await camera.grabFrame());
}
"""

EFFECTS = """
async (kind) => {
  const { matte } = livematte;
  if (kind === 'image') {
    const canvas = new OffscreenCanvas(64, 36);
    const context = canvas.getContext('2d');
    context.fillStyle = '#ff00c8';
    context.fillRect(0, 0, 64, 36);
    matte.setEffect({ kind, image: canvas.transferToImageBitmap() });
  } else if (kind === 'blur') matte.setEffect({ kind, strength: 0.3 });
  else if (kind === 'color') matte.setEffect({ kind, color: '#ff00c8' });
  else if (kind === 'overlay') matte.setEffect({ kind, color: '#00ff00' });
  else matte.setEffect({ kind });
}
"""
KINDS = ("overlay", "blur", "cutout", "mask", "color", "image")


def broken(site_copy: Path, failure: str) -> Path:
    """The site with a segmenter that fails."""
    good_runs, at_start, at_run = FAILURES[failure]
    [file] = site_copy.glob("engine-*/worker/segmenter.js")
    parts = {"good_runs": good_runs, "at_start": at_start, "at_run": at_run}
    file.write_text(SEGMENTER % parts)
    return site_copy


def picture_of(visit: Visit, selector: str) -> npt.NDArray[np.uint8]:
    """What the screen shows of an element: RGB."""
    png = visit.page.locator(selector).screenshot()
    return np.asarray(Image.open(io.BytesIO(png)).convert("RGB"))


def soon_one_colour(visit: Visit) -> bool:
    """Whether the screen is of one colour: it follows the canvas some frames later."""
    for _ in range(10):
        screen = picture_of(visit, "canvas").reshape(-1, 3)
        if (screen == screen[0]).all():
            return True
        visit.page.wait_for_timeout(100)
    return False


def expect_one_colour(visit: Visit, kind: str) -> None:
    """Both the engine's picture and the screen are of one colour, now and a little later."""
    seen = set()
    for _ in range(2):
        canvas = visit.snapshot().reshape(-1, 4)
        assert (canvas == canvas[0]).all(), f"{kind}: the canvas shows something"
        assert soon_one_colour(visit), f"{kind}: the screen shows something"
        seen.add(tuple(canvas[0].tolist()))
        visit.page.wait_for_timeout(200)
    assert len(seen) == 1, f"{kind}: the colour changes"
    if kind in ("color", "image"):
        assert seen == {(*COLOUR, 255)}
    if kind == "cutout":
        assert [colour[3] for colour in seen] == [0]


@pytest.mark.parametrize("failure", [name for name in FAILURES if name != "never fails"])
def test_a_failing_segmenter_shows_nothing_of_the_camera(
    failure: str, site_copy: Path, servers: Servers, visits: Visits
) -> None:
    url, _ = servers.site(broken(site_copy, failure))
    visit = visits.open(f"{url}/licences.txt")
    visit.start_engine(effect={"kind": "cutout"})
    if FAILURES[failure][0]:
        visit.page.wait_for_function("() => livematte.told.firstMatte.length > 0")  # it did work
        visit.page.wait_for_function("() => livematte.told.errors.length > 0")
    else:
        visit.page.wait_for_timeout(1500)  # the camera films on
    # First as it is: whatever is asked of the engine makes it draw anew.
    assert soon_one_colour(visit), "what was shown before the failure is still there"
    for kind in KINDS:
        visit.page.evaluate(EFFECTS, kind)
        expect_one_colour(visit, kind)
    if not failure.startswith("never"):
        assert visit.told["errors"][0]["code"] != ""
        assert visit.told["states"][-1] == "failed"


def test_the_stand_in_would_show_the_camera_if_it_did_not_fail(
    site_copy: Path, servers: Servers, visits: Visits
) -> None:
    """The control: with good runs all along, the left half is the camera's."""
    url, _ = servers.site(broken(site_copy, "never fails"))
    visit = visits.open(f"{url}/licences.txt")
    visit.start_engine(effect={"kind": "color", "color": "#ff00c8"})
    visit.wait_for_frames(2)
    # A picture stands still; a camera that stops leaves nothing to look at.
    visit.page.evaluate(STILL)
    visit.page.wait_for_timeout(1000)
    raw, canvas = visit.capture().rgb.astype(int), visit.snapshot()[..., :3].astype(int)
    assert np.abs(canvas[:, :600] - raw[:, :600]).max() <= 3
    assert (canvas[:-20, 700:] == COLOUR).all()


def test_the_camera_films_nothing_of_the_replacement_colour(camera_clip: DemoClip) -> None:
    for index in range(0, len(camera_clip), 30):
        away = np.abs(camera_clip.frame(index)[0].astype(int) - COLOUR).max(axis=-1)
        assert away.min() > 20


def test_nothing_is_shown_before_the_first_matte(
    site: Path, servers: Servers, visits: Visits
) -> None:
    app = Holding(create_app(site).wsgi_app, ".onnx")
    visit = visits.open(f"{servers.start(app)}/licences.txt")
    try:
        visit.start_engine(effect={"kind": "cutout"})
        assert app.reached.wait(30)
        visit.page.wait_for_timeout(1000)
        for kind in KINDS:
            visit.page.evaluate(EFFECTS, kind)
            expect_one_colour(visit, kind)
        assert visit.stats["frames"] == 0
    finally:
        app.release()
    visit.wait_for_frames(2)
    assert visit.told["errors"] == []


def test_nothing_is_left_when_the_source_is_taken_off(isolated_url: str, visits: Visits) -> None:
    visit = visits.open(f"{isolated_url}/licences.txt")
    visit.start_engine(effect={"kind": "overlay", "color": "#00ff00"})
    visit.wait_for_frames(3)
    visit.page.evaluate("livematte.matte.detach()")
    visit.page.wait_for_function("() => livematte.matte.state === 'idle'")
    for kind in KINDS:
        visit.page.evaluate(EFFECTS, kind)
        expect_one_colour(visit, kind)


@pytest.fixture(scope="module")
def filmed() -> npt.NDArray[np.float64]:
    """What the camera films, small and grey, upright and mirrored: [N, 54 × 96]."""
    clip = DemoClip(**{**CAMERA, "width": 96, "height": 54})
    grey = [Image.fromarray(clip.frame(i)[0]).convert("L") for i in range(0, len(clip), 2)]
    frames = np.stack([np.asarray(frame, np.float64) for frame in grey])
    return np.concatenate([frames, frames[:, :, ::-1]]).reshape(2 * len(grey), -1)


def likeness(shown: npt.NDArray[np.uint8], filmed: npt.NDArray[np.float64]) -> float:
    """The highest correlation of a picture with anything that was filmed."""
    small = np.asarray(Image.fromarray(shown).convert("L").resize((96, 54)), np.float64).ravel()
    return max(float(np.corrcoef(small, raw)[0, 1]) for raw in filmed)


def test_the_page_shows_nothing_of_a_camera_that_cannot_be_matted(
    site_copy: Path,
    servers: Servers,
    isolated_url: str,
    filmed: npt.NDArray[np.float64],
    visits: Visits,
) -> None:
    well = visits.open(f"{isolated_url}/")
    well.play("camera")
    well.choose_effect("overlay")
    # The control; the person is tinted, and the page's text lies over the picture.
    assert likeness(picture_of(well, "#canvas"), filmed) > 0.6

    url, _ = servers.site(broken(site_copy, "throws at once"))
    visit = visits.open(f"{url}/")
    visit.page.locator("#camera").click()
    visit.page.locator('#frame[data-state="failed"][data-source="camera"]').wait_for()
    for effect in ("overlay", "blur", "cutout", "mask", "color"):
        visit.choose_effect(effect)
        visit.page.locator("#notices button").evaluate_all("(all) => all.forEach((b) => b.click())")
        assert likeness(picture_of(visit, "#frame"), filmed) < 0.5, effect
