"""The dev server on an address where a built site was visited, whose worker keeps the past."""

from collections.abc import Iterable
from pathlib import Path

from browsers import Visits
from playwright.sync_api import expect
from serving import Environ, Servers, StartResponse

from builder.live_reload import LiveReload
from builder.serve import create_app

TAGLINE = "The background behind you, changed live"


class Address:
    """One address, where one server after the other runs."""

    def __init__(self, folder: Path) -> None:
        self.app = create_app(folder)

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        return self.app.wsgi_app(environ, start_response)


def test_a_developer_sees_the_own_changes(
    servers: Servers, site: Path, site_copy: Path, visits: Visits
) -> None:
    address = Address(site)
    visit = visits.open(f"{servers.start(address)}/", service_workers="allow")
    page, tagline = visit.page, visit.page.locator(".tagline")
    visit.wait_until_matted("demo")
    expect(page.locator("#offline")).to_be_visible(timeout=60_000)

    def rewrite(old: str, new: str) -> None:
        index = site_copy / "index.html"
        index.write_text(index.read_text("utf-8").replace(old, new), "utf-8")

    # Another server, `livematte serve`: the next look shows what it has, whatever was kept.
    rewrite(TAGLINE, "A first change")
    address.app = create_app(site_copy, rebuild=lambda: rewrite("A first change", "A second one"))
    page.reload()
    expect(tagline).to_have_text("A first change")
    visit.wait_until_matted("demo")
    assert page.evaluate("crossOriginIsolated")
    # And each build from then on, by itself.
    live = next(each for each in address.app.extensions.values() if isinstance(each, LiveReload))
    live.rebuild()
    expect(tagline).to_have_text("A second one")
    visit.wait_until_matted("demo")
    # And the built site again, where that is what is served.
    address.app = create_app(site)
    page.reload()
    expect(tagline).to_have_text(TAGLINE)
