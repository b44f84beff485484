"""Backgrounds of the visitor's own outlive the visit."""

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from browsers import Visits
from full_storage import open_without_room
from PIL import Image
from playwright.sync_api import expect
from visit import Visit

from builder.demo import DemoClip, write_webm

PINK = (230, 60, 160)


@pytest.fixture
def wall(tmp_path: Path) -> Path:
    file = tmp_path / "wall.png"
    Image.new("RGB", (640, 360), PINK).save(file)
    return file


def corner(visit: Visit) -> npt.NDArray[np.int_]:
    return visit.canvas()[:40, :40, :3].astype(int)


def test_it_is_there_again_after_a_reload(isolated_url: str, visits: Visits, wall: Path) -> None:
    visit = visits.open(f"{isolated_url}/")
    visit.wait_until_matted("demo")
    page = visit.page
    own = page.locator(".own-backdrop input")
    expect(own).to_have_count(0)
    page.locator("#own-backdrop-file").set_input_files(wall)
    expect(own).to_be_checked()
    assert "own" not in page.url
    page.wait_for_timeout(500)
    page.reload()
    visit.wait_until_matted("demo")
    expect(page.get_by_role("radio", name="Your own: wall.png")).to_be_checked()
    page.wait_for_timeout(500)
    assert np.abs(corner(visit) - PINK).max() <= 3  # but for what the canvas rounds
    # Away and back by the arrow keys.
    own.focus()
    page.keyboard.press("ArrowLeft")
    expect(own).not_to_be_checked()
    page.keyboard.press("ArrowRight")
    expect(own).to_be_checked()
    # Removed by the keyboard, it is gone for good, and the keyboard goes on from what is chosen.
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Remove wall.png")).to_be_focused()
    page.keyboard.press("Enter")
    expect(own).to_have_count(0)
    ridge = page.locator('input[name="backdrop"][value="ridge"]')
    expect(ridge).to_be_checked()
    expect(ridge).to_be_focused()
    page.wait_for_timeout(300)
    assert np.abs(corner(visit) - PINK).max() > 30
    page.reload()
    visit.wait_until_matted("demo")
    expect(own).to_have_count(0)


def test_the_oldest_leaves_for_a_ninth(isolated_url: str, visits: Visits, tmp_path: Path) -> None:
    visit = visits.open(f"{isolated_url}/")
    visit.wait_until_matted("demo")
    page = visit.page
    own = page.locator(".own-backdrop input")
    for number in range(9):
        file = tmp_path / f"{number}.png"
        Image.new("RGB", (64, 36), (20 * number, 90, 160)).save(file)
        page.locator("#own-backdrop-file").set_input_files(file)
        expect(page.get_by_role("radio", name=f"Your own: {number}.png")).to_be_checked()
    expect(own).to_have_count(8)
    page.wait_for_timeout(500)
    page.reload()
    visit.wait_until_matted("demo")
    expect(own).to_have_count(8)
    names = own.evaluate_all("all => all.map((each) => each.ariaLabel)")
    assert names == [f"Your own: {number}.png" for number in range(1, 9)]
    expect(own.last).to_be_checked()


def test_a_large_video_is_used_and_not_kept(
    isolated_url: str, visits: Visits, tmp_path: Path
) -> None:
    clip = tmp_path / "large.webm"
    write_webm(DemoClip(64, 36, fps=5, seconds=1), clip)
    with clip.open("ab") as file:
        file.write(bytes(20_000_001))  # behind its end no player looks
    visit = visits.open(f"{isolated_url}/")
    visit.wait_until_matted("demo")
    page = visit.page
    page.locator("#own-backdrop-file").set_input_files(clip)
    expect(page.locator(".own-backdrop input")).to_be_checked()
    expect(page.locator('[data-code="backdrop-too-large"]')).to_contain_text("20 MB")
    page.reload()
    visit.wait_until_matted("demo")
    expect(page.locator(".own-backdrop input")).to_have_count(0)
    expect(page.locator('input[name="backdrop"][value="ridge"]')).to_be_checked()


def test_where_there_is_no_room_it_is_used_and_said_so(
    isolated_url: str, visits: Visits, wall: Path
) -> None:
    visit = open_without_room(visits, isolated_url)
    page = visit.page
    page.locator("#own-backdrop-file").set_input_files(wall)
    expect(page.locator('[data-code="backdrop-not-kept"]')).to_contain_text("没有空间")
    page.wait_for_timeout(500)
    assert np.abs(corner(visit) - PINK).max() <= 3
    # The next visit begins with the site's own.
    page.reload()
    visit.wait_until_matted("demo")
    expect(page.locator('input[name="backdrop"][value="ridge"]')).to_be_checked()
