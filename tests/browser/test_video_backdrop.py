"""A video behind the person."""

from itertools import pairwise
from pathlib import Path

import numpy as np
from browsers import Visits
from playwright.sync_api import expect

from builder.demo import DemoClip, write_webm


def test_a_video_plays_behind_the_person(isolated_url: str, visits: Visits, tmp_path: Path) -> None:
    clip = tmp_path / "behind.webm"
    write_webm(DemoClip(320, 180, fps=15, seconds=2), clip)
    visit = visits.open(f"{isolated_url}/")
    visit.wait_until_matted("demo")
    page = visit.page
    page.locator("#own-backdrop-file").set_input_files(clip)
    expect(page.locator(".own-backdrop input")).to_be_checked()
    page.locator("#pause").click()  # the person stands still, what is behind goes on
    page.wait_for_timeout(800)
    seen = [visit.canvas()[..., :3].astype(int)]
    for _ in range(3):
        page.wait_for_timeout(400)
        seen.append(visit.canvas()[..., :3].astype(int))
    moved = [np.abs(one - other).mean() for one, other in pairwise(seen)]
    assert max(moved) > 0.3, moved
    # Another background, and it rests.
    page.locator('input[name="backdrop"][value="ink"]').check(force=True)
    page.wait_for_timeout(800)
    still = visit.canvas()
    page.wait_for_timeout(500)
    assert (visit.canvas() == still).all()
