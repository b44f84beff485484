"""What the browser or the machine refuses is said with what to do, in the visitor's language."""

import json
from pathlib import Path

import pytest
from browsers import Visits
from playwright.sync_api import expect
from serving import Servers
from visit import Visit

from builder import paths

SCREEN_REFUSED = """
navigator.mediaDevices.getDisplayMedia = () =>
  Promise.reject(new DOMException('Permission denied', 'NotAllowedError'));
"""
# Nobody is there to choose a screen: a canvas stands for one.
SCREEN_OF_A_CANVAS = """
navigator.mediaDevices.getDisplayMedia = async () => {
  const canvas = Object.assign(document.createElement('canvas'), { width: 640, height: 400 });
  const context = canvas.getContext('2d');
  let shade = 0;
  setInterval(() => {
    context.fillStyle = `rgb(${shade++ % 255} 80 80)`;
    context.fillRect(0, 0, 640, 400);
  }, 50);
  globalThis.screenStream = canvas.captureStream();
  return screenStream;
};
"""
NO_MEMORY = b"throw new RangeError('WebAssembly.Memory(): could not allocate memory');\n"


def expect_notice(visit: Visit, code: str, locale: str) -> None:
    file = paths.template_dir() / "locales" / f"{locale[:2]}.json"
    text = json.loads(file.read_text("utf-8"))[f"error.{code}"]
    expect(visit.page.locator(f'#notices [data-code="{code}"]')).to_contain_text(text)


def open_with(script: str, url: str, visits: Visits, locale: str = "en-US") -> Visit:
    visit = visits.open("about:blank", locale=locale)
    visit.page.add_init_script(script)
    visit.page.goto(f"{url}/")
    visit.wait_until_matted("demo")
    return visit


@pytest.mark.parametrize("locale", ["en-US", "zh-CN"])
def test_a_screen_that_is_not_shared_is_said(
    locale: str, isolated_url: str, visits: Visits
) -> None:
    visit = open_with(SCREEN_REFUSED, isolated_url, visits, locale)
    visit.page.locator("#screen").click()
    expect_notice(visit, "screen-denied", locale)
    expect(visit.page.locator("#frame")).to_have_attribute("data-source", "demo")  # it goes on


def test_a_screen_is_shown_until_its_sharing_ends(isolated_url: str, visits: Visits) -> None:
    visit = open_with(SCREEN_OF_A_CANVAS, isolated_url, visits)
    visit.page.locator("#screen").click()
    visit.wait_until_matted("screen")
    visit.page.wait_for_timeout(500)
    assert visit.canvas().shape == (400, 640, 4)
    assert not visit.page.locator("#frame").evaluate("(e) => e.classList.contains('is-mirrored')")
    visit.page.evaluate(
        """() => {
          const [track] = screenStream.getVideoTracks();
          track.stop();
          track.dispatchEvent(new Event('ended'));
        }"""
    )
    expect(visit.page.locator("#frame")).to_have_attribute("data-source", "none")


def test_missing_memory_is_said(site_copy: Path, servers: Servers, visits: Visits) -> None:
    glue = [file for file in site_copy.glob("runtime-*/*.mjs") if "threaded" in file.name]
    assert glue
    for file in glue:
        file.write_bytes(NO_MEMORY)
    visit = visits.open(f"{servers.site(site_copy)[0]}/")
    expect_notice(visit, "out-of-memory", "en")
    expect(visit.page.locator("#frame")).to_have_attribute("data-state", "failed")
    expect(visit.page.locator("#retry")).to_be_visible()
