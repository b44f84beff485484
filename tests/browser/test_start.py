"""A page that cannot start says why, instead of loading for ever."""

import json

import pytest
from browsers import Visits
from playwright.sync_api import expect
from visit import Visit

from builder import paths

TEXTS = json.loads((paths.template_dir() / "locales" / "en.json").read_text("utf-8"))


def open_without(module: str, url: str, visits: Visits, script: str = "") -> Visit:
    """Opens the page after ``script``, without one of its modules."""
    visit = visits.open("about:blank")
    visit.expect("Failed to load resource", "ERR_FAILED")
    visit.page.add_init_script(script)
    visit.page.route(f"**/page/{module}", lambda route: route.abort())
    visit.page.goto(f"{url}/")
    return visit


@pytest.mark.parametrize("module", ["app.js", "stage.js", "dom.js"])
def test_a_file_that_did_not_arrive_is_said(module: str, modules_url: str, visits: Visits) -> None:
    page = open_without(module, modules_url, visits).page
    expect(page.locator(".incomplete")).to_be_visible()
    expect(page.locator(".incomplete")).to_have_text(TEXTS["page.incomplete"])
    expect(page.locator(".too-old")).to_be_hidden()
    expect(page.locator(".workspace")).to_be_hidden()


def test_a_browser_that_is_too_old_is_said(modules_url: str, visits: Visits) -> None:
    # Such a browser stops at the first module that it cannot read.
    script = "delete globalThis.VideoFrame;"
    page = open_without("app.js", modules_url, visits, script).page
    expect(page.locator(".too-old")).to_be_visible()
    expect(page.locator(".too-old")).to_have_text(TEXTS["page.tooOld"])
    expect(page.locator(".incomplete")).to_be_hidden()


def test_a_page_that_starts_complains_of_nothing(modules_url: str, visits: Visits) -> None:
    page = visits.open(f"{modules_url}/").page
    expect(page.locator(".workspace")).to_be_visible()
    expect(page.locator(".incomplete")).to_be_hidden()
    expect(page.locator(".too-old")).to_be_hidden()
