"""Comments fly between the person and the background, in the page as a visitor sets them up."""

import time

import numpy as np
import pytest
from browsers import Visits
from numpy.typing import NDArray
from playwright.sync_api import expect
from visit import ENGINE, Visit

Picture = NDArray[np.uint8]

# Asks the engine itself: colour that no frame has, on a still picture.
SETTLED_MS = 400


def green_screen(visit: Visit, url: str, query: str = "") -> None:
    visit.page.goto(f"{url}/?effect=color&color=%2300b140{query}")
    visit.wait_until_matted("demo")


def letters(picture: Picture) -> NDArray[np.bool_]:
    """Pixels that are neither the green nor near it: the person, and what flies."""
    return np.abs(picture[..., :3].astype(int) - [0x00, 0xB1, 0x40]).max(axis=-1) > 60


def settled(visit: Visit) -> Picture:
    """The canvas once nothing moves on it: a busy machine draws a paused clip late."""
    deadline = time.monotonic() + 30
    before = visit.canvas()
    while time.monotonic() < deadline:
        visit.page.wait_for_timeout(SETTLED_MS)
        now = visit.canvas()
        if np.array_equal(before, now):
            return now
        before = now
    pytest.fail("the canvas never stands still")


def test_they_fly_behind_the_person(isolated_url: str, visits: Visits) -> None:
    visit = visits.open("about:blank")
    green_screen(visit, isolated_url)
    page = visit.page
    page.locator("#pause").click()
    alone = settled(visit)
    page.locator("#comments > summary").click()
    page.locator("#comments-lines").fill("#ff00ff " + "█" * 100)
    for name in ("size", "density"):
        page.locator(f"#comments-{name}").fill("100")
    page.locator("#comments-on").check()
    page.wait_for_timeout(SETTLED_MS)
    first = visit.canvas()
    page.wait_for_timeout(700)
    second = visit.canvas()
    magenta = [255, 0, 255]
    inked = np.abs(first[..., :3].astype(int) - magenta).max(axis=-1) < 40
    assert inked.mean() > 0.1  # the bars are there
    assert np.abs(first.astype(int) - second).max() > 100  # and move, though the clip is paused
    person = letters(alone)
    # The rim of the person is soft, the inside is not touched.
    inside = person.copy()
    for shift in (-12, 12):
        inside &= np.roll(person, shift, axis=0) & np.roll(person, shift, axis=1)
    assert inside.mean() > 0.05
    # 3 of 255: roundings. One pixel in a hundred may lie where the matte itself is soft.
    change = np.abs(first[inside].astype(int) - alone[inside]).max(axis=-1)
    assert np.quantile(change, 0.99) <= 3
    page.keyboard.press("Escape")
    page.locator("#comments-on").uncheck()
    assert np.abs(settled(visit).astype(int) - alone).max() <= 3


def test_what_is_sent_flies_at_once_and_is_remembered(isolated_url: str, visits: Visits) -> None:
    visit = visits.open(f"{isolated_url}/")
    visit.wait_until_matted("demo")
    page = visit.page
    page.locator("#comments > summary").click()
    page.locator("#comments-line").fill("你好，世界")
    page.keyboard.press("Enter")
    expect(page.locator("#comments-on")).to_be_checked()
    expect(page.locator("#comments-line")).to_have_value("")
    assert page.locator("#comments-lines").input_value().endswith("你好，世界")
    assert "comments=" in page.url
    page.reload()
    visit.wait_until_matted("demo")
    expect(page.locator("#comments-on")).to_be_checked()
    assert page.locator("#comments-lines").input_value().endswith("你好，世界")


@pytest.mark.parametrize("compositor", ["cpu", "webgl2"])
@pytest.mark.parametrize("effect", ["color", "cutout"])
def test_both_compositors_draw_them_alike(
    compositor: str, effect: str, isolated_url: str, visits: Visits
) -> None:
    visit = visits.open(f"{isolated_url}/manifest.json")
    looks = {"kind": "color", "color": "#204060"} if effect == "color" else {"kind": "cutout"}
    visit.start_engine(effect=looks, compositor=compositor)
    visit.wait_for_frames(3)
    assert visit.stats["compositor"] == compositor
    calm = {"lines": ["█" * 40], "colors": "white", "calm": True, "size": 1, "density": 1}
    visit.page.evaluate("(comments) => livematte.matte.setComments(comments)", calm)
    visit.page.wait_for_timeout(1500)  # they have come in
    picture = visit.snapshot().astype(int)
    white = (picture > 225).all(axis=-1)  # with their alpha, too
    assert white.mean() > 0.08
    person = visit.capture().matte.alpha.mean()
    assert person > 0.05  # somebody is there, in front of them
    visit.page.evaluate("livematte.matte.setComments(null)")
    visit.page.wait_for_timeout(SETTLED_MS)
    gone = (visit.snapshot().astype(int) > 225).all(axis=-1)
    assert gone.mean() < white.mean() / 3


def test_who_wants_little_motion_gets_standing_comments(isolated_url: str, visits: Visits) -> None:
    visit = visits.open(f"{isolated_url}/?comments=", reduced_motion="reduce")
    visit.wait_until_matted("demo")
    assert visit.page.evaluate(f"async () => ({ENGINE}).comments.calm") is True
