"""The dev server in a real browser: the page follows each build by itself, under its own policy."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Playwright, expect

from builder.chromium import find_chromium, launch_args
from builder.errors import SiteError
from builder.serve import serving

PAGE = '<!doctype html><html><head><link rel="icon" href="data:,"></head><body>{}</body></html>'


@pytest.fixture
def browser(playwright: Playwright) -> Iterator[Browser]:
    browser = playwright.chromium.launch(executable_path=find_chromium(), args=launch_args())
    yield browser
    browser.close()


def save_until_shown(page: Page, source: Path, text: str, shown: str) -> None:
    """Save again every second: the watch may not have begun the first time."""
    for _ in range(15):
        source.write_text(text)
        try:
            expect(page.locator("body")).to_contain_text(shown, timeout=1000)
        except AssertionError:
            continue
        return
    pytest.fail(f"{shown!r} is not shown, but {page.locator('body').inner_text()!r}")


def test_the_page_follows_the_builds(browser: Browser, tmp_path: Path) -> None:
    source, index = tmp_path / "source.txt", tmp_path / "site" / "index.html"

    def rebuild() -> None:
        text = source.read_text()
        if "mistake" in text:
            raise SiteError(f"source.txt:1: {text}; mend it")
        index.write_text(PAGE.format(text))

    index.parent.mkdir()
    source.write_text("first")
    rebuild()
    complaints: list[str] = []
    with serving(tmp_path / "site", rebuild=rebuild, watch=[source]) as url:
        page = browser.new_page()
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(url)
        expect(page.locator("body")).to_have_text("first")
        assert page.evaluate("crossOriginIsolated")

        save_until_shown(page, source, "second", "second")
        assert not complaints

        save_until_shown(page, source, "a mistake <b>here</b>", "mistake <b>here</b>; mend it")
        expect(page.get_by_role("heading")).to_have_text("The build failed")
        assert page.get_by_role("alert").evaluate("e => getComputedStyle(e).whiteSpace") == (
            "pre-wrap"
        )

        save_until_shown(page, source, "third", "third")
        page.wait_for_timeout(1500)  # for a change that is still being told
        loaded = page.evaluate("performance.timeOrigin")
        page.wait_for_timeout(1500)
        assert page.evaluate("performance.timeOrigin") == loaded, "a page must not reload for ever"
        page.close()
    # The failed build's page has this status on purpose.
    assert all("500" in complaint for complaint in complaints), complaints
