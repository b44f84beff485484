"""A background of the visitor's own outlives the visit."""

from pathlib import Path

import numpy as np
import pytest
from browsers import Visits
from PIL import Image
from playwright.sync_api import expect

PINK = (230, 60, 160)

STORAGE_FULL = """
IDBObjectStore.prototype.put = () => {
  throw new DOMException('no room', 'QuotaExceededError');
};
"""


@pytest.fixture
def wall(tmp_path: Path) -> Path:
    file = tmp_path / "wall.png"
    Image.new("RGB", (640, 360), PINK).save(file)
    return file


def test_it_is_there_again_after_a_reload(isolated_url: str, visits: Visits, wall: Path) -> None:
    visit = visits.open(f"{isolated_url}/")
    visit.wait_until_matted("demo")
    page = visit.page
    own = page.locator('input[name="backdrop"][value="own"]')
    expect(page.locator("#own-backdrop")).to_be_hidden()
    page.locator("#own-backdrop-file").set_input_files(wall)
    expect(own).to_be_checked()
    page.wait_for_timeout(500)
    page.reload()
    visit.wait_until_matted("demo")
    expect(page.locator("#own-backdrop")).to_be_visible()
    expect(own).to_be_checked()
    page.wait_for_timeout(500)
    corner = visit.canvas()[:40, :40, :3].astype(int)
    assert np.abs(corner - PINK).max() <= 3  # but for what the canvas rounds


def test_where_there_is_no_room_it_is_used_and_said_so(
    isolated_url: str, visits: Visits, wall: Path
) -> None:
    visit = visits.open("about:blank", locale="zh-CN")
    visit.page.add_init_script(STORAGE_FULL)
    visit.page.goto(f"{isolated_url}/")
    visit.wait_until_matted("demo")
    page = visit.page
    page.locator("#own-backdrop-file").set_input_files(wall)
    expect(page.locator('[data-code="backdrop-not-kept"]')).to_contain_text("没有空间")
    page.wait_for_timeout(500)
    corner = visit.canvas()[:40, :40, :3].astype(int)
    assert np.abs(corner - PINK).max() <= 3
    # The next visit begins with the site's own.
    page.reload()
    visit.wait_until_matted("demo")
    expect(page.locator('input[name="backdrop"][value="ridge"]')).to_be_checked()
