"""Reloading: which build a page belongs to, and what stands in its place when a build fails."""

import re
import threading
import time
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from tiny_site import write

from builder.errors import SiteError
from builder.live_reload import LiveReload
from builder.serve import create_app


class Build:
    """Stands for a build: fails with ``error`` as long as there is one."""

    def __init__(self) -> None:
        self.error: Exception | None = None
        self.calls = 0

    def __call__(self) -> None:
        self.calls += 1
        if self.error:
            raise self.error


@pytest.fixture
def build() -> Build:
    return Build()


@pytest.fixture
def app(tmp_path: Path, build: Build) -> Flask:
    write(tmp_path / "site", {"index.html": "<head></head>start", "bare.html": "x", "app.js": "1"})
    write(tmp_path / "site", {"index.html.br": "not used"})
    return create_app(tmp_path / "site", build)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def live(app: Flask) -> LiveReload:
    found = app.extensions["livematte_live_reload"]
    assert isinstance(found, LiveReload)
    return found


def script(page: str) -> str:
    found = re.search(
        r'<script type="module" src="(/__livematte__/reload\.js\?[^"]+)"></script>', page
    )
    assert found
    return found[1]


def test_pages_get_the_script_and_files_do_not(client: FlaskClient) -> None:
    answer = client.get("/", headers={"Accept-Encoding": "br"})
    source = script(answer.text)
    assert answer.text == f'<head><script type="module" src="{source}"></script></head>start'
    assert "Content-Encoding" not in answer.headers
    assert script(client.get("/bare.html").text)
    assert client.get("/app.js").text == "1"


def test_the_script_is_a_file_that_the_policy_allows(client: FlaskClient) -> None:
    answer = client.get(script(client.get("/").text))
    assert answer.status_code == 200
    assert answer.content_type == "text/javascript; charset=utf-8"
    assert "EventSource('/__livematte__/events')" in answer.text
    page = client.get("/").text
    assert not re.search(r"<script(?![^>]* src=)", page)
    assert not re.search(r"\son\w+=|style=", page)


def test_the_style_of_the_failure_page(client: FlaskClient) -> None:
    assert client.get("/__livematte__/reload.css").content_type == "text/css; charset=utf-8"
    assert client.get("/__livematte__/__init__.py").status_code == 404
    assert client.post("/__livematte__/events").status_code == 405
    assert client.head("/__livematte__/events").data == b""


def test_each_build_has_its_generation(client: FlaskClient, live: LiveReload, build: Build) -> None:
    before, tag = live.generation, client.get("/").headers["ETag"]
    live.rebuild()
    assert build.calls == 1
    assert live.generation != before
    assert f"generation={live.generation}" in script(client.get("/").text)
    assert client.get("/", headers={"If-None-Match": tag}).status_code == 200


def test_generations_differ_between_servers() -> None:
    assert LiveReload(lambda: None).generation != LiveReload(lambda: None).generation


def test_a_failed_build_stands_in_place_of_every_page(
    client: FlaskClient, live: LiveReload, build: Build
) -> None:
    build.error = SiteError("index.html.j2:3: <script>alert('x')</script> & more; mend it")
    live.rebuild()
    for path in ("/", "/bare.html", "/missing.html"):
        answer = client.get(path)
        assert answer.status_code == 500
        assert "index.html.j2:3: &lt;script&gt;" in answer.text
        assert "<script>" not in answer.text
        assert script(answer.text)
        assert answer.headers["Cache-Control"] == "no-store"
        assert "Content-Security-Policy" in answer.headers
    assert client.get("/app.js").text == "1"
    build.error = None
    live.rebuild()
    assert "start" in client.get("/").text


def test_a_build_that_breaks_is_shown_too(
    client: FlaskClient, live: LiveReload, build: Build, caplog: pytest.LogCaptureFixture
) -> None:
    build.error = ZeroDivisionError("oh")
    live.rebuild()
    assert "ZeroDivisionError: oh" in client.get("/").text
    assert "Traceback" in caplog.text


def test_listeners_are_told_of_each_build(client: FlaskClient, live: LiveReload) -> None:
    answer = client.get("/__livematte__/events", buffered=False)
    assert answer.mimetype == "text/event-stream"
    assert answer.headers["Cache-Control"] == "no-store"
    events = answer.iter_encoded()
    assert next(events).decode() == f"data: {live.generation}\n\n"
    start = time.monotonic()
    threading.Timer(0.1, live.rebuild).start()
    assert next(events).decode() == f"data: {live.generation}\n\n"
    assert time.monotonic() - start < 10  # the next heartbeat, after 15 s, would tell it too
    answer.close()


def test_a_quiet_listener_hears_a_heartbeat(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("builder.live_reload._HEARTBEAT_S", 0.05)
    answer = client.get("/__livematte__/events", buffered=False)
    events = answer.iter_encoded()
    assert [next(events)[:1] for _ in range(3)] == [b"d", b":", b":"]
    answer.close()


def test_builds_never_overlap() -> None:
    running, most = [], []

    def build() -> None:
        running.append(1)
        most.append(len(running))
        time.sleep(0.02)
        running.pop()

    live = LiveReload(build)
    threads = [threading.Thread(target=live.rebuild) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == [1] * 5


def test_a_service_worker_of_before_is_replaced_by_one_that_keeps_nothing(tmp_path: Path) -> None:
    (tmp_path / "service-worker.js").write_text("the site's own")
    (tmp_path / "index.html").write_text("<html></html>")
    plain = create_app(tmp_path).test_client().get("/service-worker.js")
    assert plain.text == "the site's own"
    live = create_app(tmp_path, rebuild=lambda: None).test_client().get("/service-worker.js")
    assert live.content_type == "text/javascript; charset=utf-8"
    assert live.headers["Cache-Control"] == "no-cache"
    assert "skipWaiting" in live.text
    assert "addEventListener('fetch'" not in live.text
