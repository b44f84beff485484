"""The service worker: a site that was visited opens without a network, isolated on every host."""

import hashlib
import json
import re
import shutil
import time
from collections.abc import Iterable
from pathlib import Path

import pytest
from browsers import Visits
from playwright.sync_api import Request, expect
from serving import Environ, Servers, StartResponse, WsgiApp
from visit import Visit

from builder.serve import create_app

ALLOW = {"service_workers": "allow"}


class Host:
    """A plain static host: a folder that may be exchanged, below a path, which may go away."""

    def __init__(self, folder: Path, below: str = "", isolate: bool = False) -> None:
        self.is_there = True
        self._below = below
        self._isolate = isolate
        self.put(folder)

    def put(self, folder: Path) -> None:
        """Serves another folder from now on.

        The application is made here, in one thread: Flask's routes are parsed as Python, which
        must not happen in several threads at once (Python 3.11 raises SystemError then).
        """
        self._app: WsgiApp = create_app(folder, isolate=self._isolate).wsgi_app

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        path = environ["PATH_INFO"]
        if not self.is_there or not path.startswith(f"{self._below}/"):
            start_response("503 Service Unavailable", [("Content-Length", "0")])
            return []
        environ["PATH_INFO"] = path.removeprefix(self._below)
        return self._app(environ, start_response)


def loads_of(visit: Visit) -> list[str]:
    """The addresses that the page has been loaded from, again and again: also those left early."""
    loads: list[str] = []

    def note(request: Request) -> None:
        if request.is_navigation_request():
            loads.append(request.url)

    visit.page.on("request", note)
    return loads


def wait_for_loads(visit: Visit, loads: list[str], count: int) -> None:
    """Waits until the page has been asked for so often, and is there.

    From outside: a page that gives way to the next one may never answer, whatever it is asked.
    """
    deadline = time.monotonic() + 60
    while len(loads) < count:
        assert time.monotonic() < deadline, f"{len(loads)} loads instead of {count}"
        visit.page.wait_for_timeout(50)
    visit.page.wait_for_load_state()


def wait_until_kept(visit: Visit) -> None:
    visit.wait_until_matted("demo")
    expect(visit.page.locator("#offline")).to_be_visible(timeout=60_000)


def test_it_opens_without_a_network(servers: Servers, site: Path, visits: Visits) -> None:
    host = Host(site, isolate=True)
    visit = visits.open(f"{servers.start(host)}/", **ALLOW)
    wait_until_kept(visit)
    host.is_there = False
    visit.page.reload()
    visit.wait_until_matted("demo")
    assert visit.page.evaluate("crossOriginIsolated")
    runtime = json.loads((site / "manifest.json").read_text("utf-8"))["runtime"]["reduced"]
    asked = "async (path) => (await fetch(path)).headers.get('Livematte-Sha256')"
    assert visit.page.evaluate(asked, runtime["wasm"]) == runtime["wasmSha256"]
    # Nothing is loaded for the workers that they would load once more.
    assert visit.page.locator("link[rel=prefetch]").count() == 0
    assert visit.page.locator("link[rel=modulepreload]").count() > 0
    visit.play("camera")
    # The model that the first visit did not need is not there, and the page says so.
    visit.expect("Failed to load resource")
    visit.page.locator("#model").select_option("selfie")
    expect(visit.page.locator('[data-code="model-unavailable"]')).to_be_visible()
    expect(visit.page.locator("#model")).to_have_value("selfie-landscape")


def test_other_models_are_kept_when_they_were_used(
    servers: Servers, site: Path, visits: Visits
) -> None:
    host = Host(site, isolate=True)
    visit = visits.open(f"{servers.start(host)}/", **ALLOW)
    wait_until_kept(visit)
    visit.page.locator("#model").select_option("selfie")
    expect(visit.page.locator("#status-model")).to_contain_text("square")
    host.is_there = False
    visit.expect("503")
    visit.page.reload()
    visit.wait_until_matted("demo")
    expect(visit.page.locator("#status-model")).to_contain_text("square")


@pytest.mark.parametrize("below", ["", "/people/anna"])
def test_a_host_without_headers_costs_one_reload(
    below: str, servers: Servers, site: Path, visits: Visits
) -> None:
    url = servers.start(Host(site, below))
    visit = visits.open("about:blank", **ALLOW)
    loads = loads_of(visit)
    visit.page.goto(f"{url}{below}/")
    wait_for_loads(visit, loads, 2)
    visit.wait_until_matted("demo")
    assert visit.page.evaluate("crossOriginIsolated")
    expect(visit.page.locator("#status-threads")).to_contain_text("threads")
    wait_until_kept(visit)
    assert len(loads) == 2
    visit.page.reload()
    visit.wait_until_matted("demo")
    visit.page.wait_for_timeout(500)
    assert len(loads) == 3
    assert visit.page.evaluate("crossOriginIsolated")


def test_a_page_that_cannot_be_isolated_does_not_reload_for_ever(
    servers: Servers, site_copy: Path, visits: Visits
) -> None:
    # A worker that adds no header, as one that the browser keeps from doing so.
    script = site_copy / "service-worker.js"
    source = script.read_text()
    script.write_text(re.sub(r"ISOLATION = .*?\}\)", "ISOLATION = ({})", source, flags=re.S))
    url = servers.start(Host(site_copy))
    visit = visits.open("about:blank", **ALLOW)
    loads = loads_of(visit)
    visit.page.goto(f"{url}/")
    wait_for_loads(visit, loads, 2)
    visit.wait_until_matted("demo")
    assert visit.page.evaluate("sessionStorage.length === 1")
    assert visit.page.evaluate("navigator.serviceWorker.controller !== null")
    visit.page.wait_for_timeout(2000)
    assert len(loads) == 2
    assert not visit.page.evaluate("crossOriginIsolated")
    expect(visit.page.locator("#status-threads")).to_have_text("1 thread")


def other_build(site: Path, folder: Path) -> Path:
    """The same site with another engine, as a later build would make it."""
    shutil.copytree(site, folder, ignore=shutil.ignore_patterns("*.br", "*.gz"))
    [engine] = folder.glob("engine-*")
    renamed = "engine-0123456789"
    engine.rename(folder / renamed)
    for name in ("index.html", "embed.html", "matte.js", "live-matte.js", "manifest.json"):
        file = folder / name
        if file.exists():
            file.write_text(file.read_text("utf-8").replace(engine.name, renamed), "utf-8")
    return folder


def seal(folder: Path) -> None:
    """Writes the list of files and the build's name anew."""
    manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
    paths = [p for p in sorted(folder.rglob("*")) if p.is_file() and p.name != "manifest.json"]
    listed = [p for p in paths if p.name not in ("_headers", ".nojekyll", "service-worker.js")]
    manifest["files"] = [
        {
            "path": p.relative_to(folder).as_posix(),
            "bytes": p.stat().st_size,
            "sha256": hashlib.sha256(p.read_bytes()).hexdigest(),
        }
        for p in listed
    ]
    worker = folder / "service-worker.js"
    worker.write_text(worker.read_text().replace(manifest["build"], "0" * 10))
    manifest["build"] = "0" * 10
    (folder / "manifest.json").write_text(json.dumps(manifest), "utf-8")


def engines_of(visit: Visit) -> set[str]:
    """The builds that the page is made of."""
    urls = visit.page.evaluate(
        "[...document.querySelectorAll('[src], link[href]')].map((e) => e.src || e.href)"
        ".concat(performance.getEntriesByType('resource').map((entry) => entry.name))"
    )
    return {found[0] for url in urls if (found := re.search(r"engine-[0-9a-f]{10}", url))}


def until(visit: Visit, script: str) -> None:
    """Waits in a page that stays: asks again and again, since a promise is not waited for there."""
    deadline = time.monotonic() + 60
    while not visit.page.evaluate(f"async () => !!(await {script})"):
        assert time.monotonic() < deadline, f"never true: {script}"
        visit.page.wait_for_timeout(200)


def test_a_new_build_takes_over_whole_at_a_navigation(
    servers: Servers, site: Path, tmp_path: Path, visits: Visits
) -> None:
    host = Host(site, isolate=True)
    visit = visits.open(f"{servers.start(host)}/", **ALLOW)
    wait_until_kept(visit)
    [before] = engines_of(visit)

    newer = other_build(site, tmp_path / "newer")
    seal(newer)
    host.put(newer)
    visit.page.reload()  # still the kept one, at once; the browser looks for a newer worker
    visit.wait_until_matted("demo")
    assert engines_of(visit) == {before}
    visit.page.evaluate("navigator.serviceWorker.ready.then((r) => r.update())")
    waiting = "navigator.serviceWorker.ready.then((r) => r.waiting?.state === 'installed')"
    until(visit, waiting)
    assert engines_of(visit) == {before}

    host.is_there = False  # what comes now was kept whole before
    visit.expect("503")  # the browser looks for a newer worker
    loads = loads_of(visit)
    visit.page.reload()
    wait_for_loads(visit, loads, 2)  # the page is sent round once
    visit.wait_until_matted("demo")
    assert engines_of(visit) == {"engine-0123456789"}
    assert len(loads) == 2
    host.is_there = True
    expect(visit.page.locator("#offline")).to_be_visible(timeout=60_000)
    until(visit, "caches.keys().then((names) => names.length === 1)")


def test_a_damaged_file_is_not_kept(servers: Servers, site_copy: Path, visits: Visits) -> None:
    (site_copy / "licences.txt").write_text("something else")
    visit = visits.open(f"{servers.start(Host(site_copy, isolate=True))}/", **ALLOW)
    visit.wait_until_matted("demo")
    refusal = "licences.txt is not the file that was built"
    give_up = time.monotonic() + 60
    while not any(refusal in said for said in visit.said):
        assert time.monotonic() < give_up, f"nothing was refused: {visit.said}"
        visit.page.wait_for_timeout(100)
    expect(visit.page.locator("#offline")).to_be_hidden()
