"""Raw, matte and result side by side: one and the same frame."""

import numpy as np
import numpy.typing as npt
import pytest
from browsers import Visits
from playwright.sync_api import Page, expect
from visit import TO_BASE64, png_pixels

GREEN = (0, 0xB1, 0x40)
# Of 255: WebP loses a little, and the matte is enlarged by another filter at the edge.
TOLERANCE = 4.0

# All of them in one task, between two rounds of the page.
READ = f"""
async () => {{
  {TO_BASE64}
  const blobs = ['raw', 'mask', 'result'].map((name) => {{
    const canvas = document.getElementById('pane-' + name);
    const copy = new OffscreenCanvas(canvas.width, canvas.height);
    copy.getContext('2d').drawImage(canvas, 0, 0);
    return copy.convertToBlob();
  }});
  return Promise.all((await Promise.all(blobs)).map(toBase64));
}}
"""


def panes(page: Page) -> list[npt.NDArray[np.float64]]:
    return [png_pixels(data)[..., :3].astype(float) for data in page.evaluate(READ)]


@pytest.mark.parametrize("screen", ["desktop", "phone"])
def test_the_three_are_of_one_frame(screen: str, isolated_url: str, visits: Visits) -> None:
    size = {"width": 390, "height": 844} if screen == "phone" else {"width": 1280, "height": 800}
    locale = "zh-CN" if screen == "phone" else "en-US"
    visit = visits.open(
        f"{isolated_url}/?effect=color&color=%2300b140", viewport=size, locale=locale
    )
    visit.wait_until_matted("demo")
    page = visit.page
    expect(page.locator("#compare-panes")).to_be_hidden()
    page.locator("#compare").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")  # from the line to the button
    expect(page.locator("#compare-panes")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#panes")).to_be_visible()
    page.wait_for_function("() => document.querySelector('#pane-result').width === 1280")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    for _ in range(3):  # the clip moves: one that is late would not fit
        page.wait_for_timeout(300)
        raw, mask, result = panes(page)
        assert 0.1 < (mask > 127).mean() < 0.8
        blended = raw * mask / 255 + np.array(GREEN) * (1 - mask / 255)
        assert np.abs(blended - result).mean() < TOLERANCE
    page.locator("#compare-panes").click()
    expect(page.locator("#panes")).to_be_hidden()
    widths = "[...document.querySelectorAll('.pane canvas')].map((each) => each.width)"
    assert page.evaluate(widths) == [1, 1, 1]  # nothing of the raw picture stays
    page.locator("#compare-panes").click()
    page.reload()
    visit.wait_until_matted("demo")
    expect(page.locator("#panes")).to_be_hidden()  # it is asked for each time
