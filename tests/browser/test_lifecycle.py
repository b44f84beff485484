"""What happens to a page in a day: it is hidden, its camera is unplugged and comes back."""

import numpy as np
import pytest
from browsers import Visits
from camera import PLUGGED
from playwright.sync_api import expect
from visit import Visit

VIDEO = {"width": 320, "height": 180, "frameRate": 30}
HIDDEN_RATE = 3
WATCHED_MS = 1200

# Headless Chromium hides no page, so the page is told so, and gets no animation frames any more.
HIDEABLE = """
globalThis.animationFrames = 0;
let state = 'visible';
Object.defineProperty(document, 'visibilityState', { get: () => state });
globalThis.turn = (next) => {
  state = next;
  globalThis.requestAnimationFrame = () => ++animationFrames;
  document.dispatchEvent(new Event('visibilitychange'));
};
"""


def frames_meanwhile(visit: Visit) -> int:
    """How many frames are composited while somebody watches."""
    visit.page.wait_for_timeout(700)  # what was on its way, and the figures, are through
    before = visit.stats["frames"]
    visit.page.wait_for_timeout(WATCHED_MS)
    return int(visit.stats["frames"] - before)


def test_a_hidden_page_saves_frames_unless_a_track_is_sent(
    isolated_url: str, visits: Visits
) -> None:
    visit = visits.open("about:blank")
    visit.page.add_init_script(HIDEABLE)
    visit.page.goto(f"{isolated_url}/licences.txt")
    visit.start_engine(video=VIDEO, hiddenRate=HIDDEN_RATE)
    visit.wait_for_frames(5)
    few = HIDDEN_RATE * WATCHED_MS / 1000 + 2  # figures are up to half a second old
    visit.page.evaluate("turn('hidden')")
    assert 2 <= frames_meanwhile(visit) <= few
    visit.page.evaluate("() => { livematte.release = livematte.matte.keepRate(); }")
    assert frames_meanwhile(visit) > 1.5 * few
    visit.page.evaluate("() => { livematte.release(); livematte.track = livematte.matte.track; }")
    assert frames_meanwhile(visit) > 1.5 * few
    visit.page.evaluate("livematte.track.stop()")
    assert frames_meanwhile(visit) <= few
    assert visit.page.evaluate("animationFrames") == 0
    assert visit.told["errors"] == []


def colours_of(visit: Visit) -> int:
    """How many different colours the engine shows."""
    return len(np.unique(visit.snapshot().reshape(-1, 4), axis=0))


def test_nothing_of_a_camera_that_is_gone_stays(isolated_url: str, visits: Visits) -> None:
    visit = visits.open(f"{isolated_url}/licences.txt")
    visit.start_engine(video=VIDEO, effect={"kind": "color", "color": "#204060"})
    visit.wait_for_frames(5)
    assert colours_of(visit) > 1000
    visit.page.evaluate(
        """() => {
          const [track] = livematte.stream.getVideoTracks();
          track.stop();
          track.dispatchEvent(new Event('ended'));
        }"""
    )
    visit.page.wait_for_function("() => livematte.matte.state === 'idle'")
    assert colours_of(visit) == 1
    assert [error["code"] for error in visit.told["errors"]] == ["camera-lost"]
    assert visit.told["ended"] == 1


@pytest.mark.parametrize("wish", ["nothing", "demo"])
def test_a_camera_that_is_back_goes_on(isolated_url: str, visits: Visits, wish: str) -> None:
    visit = visits.open("about:blank")
    visit.page.add_init_script(PLUGGED)
    visit.page.goto(f"{isolated_url}/")
    visit.play("camera")
    visit.page.evaluate("camera.plug(false)")
    notice = visit.page.locator('#notices [data-code="camera-lost"]')
    expect(notice).to_have_count(1)
    if wish == "demo":
        visit.play("demo")
    visit.page.evaluate("camera.plug(true)")
    if wish == "nothing":
        visit.wait_until_matted("camera")
        expect(notice).to_have_count(0)
    else:
        visit.page.wait_for_timeout(500)
        visit.wait_until_matted("demo")
    assert visit.page.evaluate("camera.asked") == (2 if wish == "nothing" else 1)
