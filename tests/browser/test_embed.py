"""The bare page for a stream's scene and for other pages' frames."""

import io
import json

import numpy as np
from browsers import Visits
from camera import PLUGGED
from PIL import Image
from playwright.sync_api import Page, expect
from serving import Servers

from builder import paths

TEXTS = json.loads((paths.template_dir() / "locales" / "en.json").read_text("utf-8"))

MODULE = "document.querySelector('script[type=module]').src"
STATS = f"async () => (await (await import({MODULE})).matte)?.stats"


def wait_for_frames(page: Page, count: int = 3) -> None:
    for _ in range(300):
        stats = page.evaluate(STATS)
        if stats and stats["frames"] >= count:
            return
        page.wait_for_timeout(100)
    raise AssertionError(f"no {count} frames: {page.locator('#said').inner_text()}")


def shot(page: Page) -> np.ndarray:
    """What a program that films the page gets: with its transparency."""
    return np.asarray(Image.open(io.BytesIO(page.screenshot(omit_background=True))).convert("RGBA"))


def test_a_transparent_scene(isolated_url: str, visits: Visits) -> None:
    visit = visits.open(f"{isolated_url}/embed.html?bg=transparent&effect=cutout&model=selfie")
    wait_for_frames(visit.page)
    picture = shot(visit.page)
    assert picture[:40, :40, 3].max() == 0
    assert (picture[..., 3] == 255).mean() > 0.05
    assert visit.page.evaluate(STATS)["model"] == "selfie"
    expect(visit.page.locator("#said")).to_be_hidden()


def test_a_scene_with_a_background_and_comments(isolated_url: str, visits: Visits) -> None:
    query = "?source=demo&effect=image&backdrop=ink&comments=hello&fit=cover&bg=%23ff0000"
    visit = visits.open(f"{isolated_url}/embed.html{query}")
    wait_for_frames(visit.page)
    picture = shot(visit.page)
    assert picture[..., 3].min() == 255
    assert picture[:40, :40, :3].mean() > 150  # the drawn sky, no red
    assert visit.page.evaluate(STATS)["source"] == "video"


def test_a_refused_camera_is_said(isolated_url: str, visits: Visits) -> None:
    visit = visits.open(f"{isolated_url}/embed.html", camera="refused")
    expect(visit.page.locator("#said")).to_have_text(TEXTS["error.camera-denied"])


def test_a_camera_that_is_back_goes_on_by_itself(isolated_url: str, visits: Visits) -> None:
    visit = visits.open("about:blank")
    visit.page.add_init_script(PLUGGED)
    visit.page.goto(f"{isolated_url}/embed.html?effect=mask")
    said = visit.page.locator("#said")
    wait_for_frames(visit.page)
    for asked in (2, 3):
        visit.page.evaluate("camera.plug(false)")
        expect(said).to_have_text(TEXTS["error.camera-lost"])
        visit.page.evaluate("camera.plug(true)")
        expect(said).to_be_hidden()
        wait_for_frames(visit.page)
        assert visit.page.evaluate("camera.asked") == asked


def test_it_runs_in_another_site_s_frame(
    servers: Servers, isolated_url: str, visits: Visits
) -> None:
    """Framed by another origin, which the page with the controls forbids."""

    def host(environ: dict, start_response: object) -> list[bytes]:
        frames = [("bare", "embed.html?source=demo"), ("whole", "")]
        body = "".join(f'<iframe id="{n}" src="{isolated_url}/{p}"></iframe>' for n, p in frames)
        start_response("200 OK", [("Content-Type", "text/html")])  # type: ignore[operator]
        return [b"<!doctype html>" + body.encode()]

    visit = visits.open("about:blank")
    visit.expect("frame-ancestors")
    visit.page.goto(servers.start(host))
    bare = visit.page.frame_locator("#bare")
    expect(bare.locator("#canvas")).to_be_visible()
    expect(visit.page.frame_locator("#whole").locator("#camera")).to_have_count(0)
