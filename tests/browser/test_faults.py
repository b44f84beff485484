"""What goes wrong outside the page is said in a sentence, and the page goes on working."""

import json
from pathlib import Path

import pytest
from browsers import Visits
from camera import REMEMBER_TRACKS, UNPLUG
from playwright.sync_api import expect
from serving import Servers, WithHeaders
from visit import Visit

from builder import paths
from builder.headers import CONTENT_SECURITY_POLICY
from builder.serve import create_app

WITHOUT_WASM = CONTENT_SECURITY_POLICY.replace(" 'wasm-unsafe-eval'", "")
TEXTS = json.loads((paths.template_dir() / "locales" / "en.json").read_text("utf-8"))

# Stands before the browser's own function: fake devices are never busy and cannot be unplugged.
CAMERA_THAT_IS_BUSY = """
navigator.mediaDevices.getUserMedia = () =>
  Promise.reject(new DOMException('Could not start video source', 'NotReadableError'));
"""


def expect_notice(visit: Visit, code: str, **names: str) -> None:
    text = TEXTS[f"error.{code}"].format(**names)
    expect(visit.page.locator(f'#notices [data-code="{code}"]')).to_contain_text(text)


def expect_the_page_goes_on(visit: Visit) -> None:
    visit.play("demo")
    expect(visit.page.locator("#notices > *")).to_have_count(0)


@pytest.mark.parametrize(
    ("camera", "code"), [("refused", "camera-denied"), ("none", "camera-missing")]
)
def test_no_camera_is_said(camera: str, code: str, isolated_url: str, visits: Visits) -> None:
    visit = visits.open(f"{isolated_url}/", camera=camera)
    visit.wait_until_matted("demo")
    visit.page.locator("#camera").click()
    expect_notice(visit, code)
    expect(visit.page.locator("#frame")).to_have_attribute("data-source", "demo")  # it goes on
    expect_the_page_goes_on(visit)


def test_a_busy_camera_is_said(isolated_url: str, visits: Visits) -> None:
    visit = visits.open("about:blank")
    visit.page.add_init_script(CAMERA_THAT_IS_BUSY)
    visit.page.goto(f"{isolated_url}/")
    visit.wait_until_matted("demo")
    visit.page.locator("#camera").click()
    expect_notice(visit, "camera-busy")
    expect_the_page_goes_on(visit)


def test_a_camera_that_is_taken_away_is_said(isolated_url: str, visits: Visits) -> None:
    visit = visits.open("about:blank")
    visit.page.add_init_script(REMEMBER_TRACKS)
    visit.page.goto(f"{isolated_url}/")
    visit.play("camera")
    visit.page.evaluate(UNPLUG)
    expect_notice(visit, "camera-lost")
    expect(visit.page.locator("#frame")).to_have_attribute("data-state", "empty")
    visit.page.locator("#camera").click()  # plugged in again
    visit.wait_until_matted("camera")
    expect(visit.page.locator("#notices > *")).to_have_count(0)


def test_an_insecure_address_is_said(isolated_url: str, visits: Visits) -> None:
    visit = visits.open("about:blank")
    # Over http from another machine there is no such thing as a camera.
    visit.page.add_init_script(
        "Object.defineProperty(navigator, 'mediaDevices', { value: undefined });"
    )
    visit.page.goto(f"{isolated_url}/")
    visit.wait_until_matted("demo")
    visit.page.locator("#camera").click()
    expect_notice(visit, "insecure-origin")
    expect_the_page_goes_on(visit)


UNREADABLE = {
    "notes.txt": b"only words",
    "broken.png": b"\x89PNG\r\n\x1a\n" + bytes(range(200)),
    "broken.jpg": b"\xff\xd8\xff\xe0" + b"nothing" * 50,
    "broken.webm": b"\x1aE\xdf\xa3" + b"nothing" * 50,
    "broken.mp4": b"\x00\x00\x00\x18ftypmp42" + b"nothing" * 50,
    "empty.png": b"",
}


@pytest.mark.parametrize("name", UNREADABLE)
def test_an_unreadable_file_is_said_by_name(
    name: str, isolated_url: str, tmp_path: Path, visits: Visits
) -> None:
    file = tmp_path / name
    file.write_bytes(UNREADABLE[name])
    visit = visits.open(f"{isolated_url}/")
    visit.wait_until_matted("demo")
    visit.page.locator("#file").set_input_files(file)
    expect_notice(visit, "file-unreadable", name=name)
    expect_the_page_goes_on(visit)


def test_forbidden_wasm_is_said(site: Path, servers: Servers, visits: Visits) -> None:
    app = WithHeaders(create_app(site).wsgi_app, {"Content-Security-Policy": WITHOUT_WASM})
    visit = visits.open("about:blank")
    visit.expect("Content Security Policy", "WebAssembly")
    visit.page.goto(f"{servers.start(app)}/")
    expect_notice(visit, "wasm-blocked")
    expect(visit.page.locator("#frame")).to_have_attribute("data-state", "failed")
    visit.page.locator('[data-locale="zh"]').click()  # the page itself is well
    expect(visit.page.locator("html")).to_have_attribute("lang", "zh")


def test_a_camera_that_comes_after_the_model_failed_is_not_waited_for(
    site: Path, servers: Servers, visits: Visits
) -> None:
    app = WithHeaders(create_app(site).wsgi_app, {"Content-Security-Policy": WITHOUT_WASM})
    visit = visits.open("about:blank")
    visit.expect("Content Security Policy", "WebAssembly")
    visit.page.goto(f"{servers.start(app)}/licences.txt")
    visit.start_engine(source=None)
    visit.page.wait_for_function("() => livematte.told.errors.length > 0")
    assert visit.told["errors"][0]["code"] == "wasm-blocked"
    visit.page.evaluate(
        "async () => livematte.matte.attach(await livematte.engine.openCamera({ width: 640 }))"
    )
    visit.page.wait_for_function("() => livematte.matte.state === 'failed'")


@pytest.mark.parametrize("damage", ["missing", "other bytes"])
def test_a_missing_or_damaged_model_is_said_and_can_be_tried_again(
    damage: str, site_copy: Path, servers: Servers, visits: Visits
) -> None:
    models = {file: file.read_bytes() for file in (site_copy / "models").glob("*.onnx")}
    assert models
    for file, content in models.items():
        if damage == "missing":
            file.unlink()
        else:
            file.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    visit = visits.open("about:blank")
    visit.expect("404", "Failed to load resource")
    visit.page.goto(f"{servers.site(site_copy)[0]}/")
    expect_notice(visit, "model-unavailable")
    expect(visit.page.locator("#frame")).to_have_attribute("data-state", "failed")
    for file, content in models.items():
        file.write_bytes(content)
    visit.page.locator("#retry").click()
    visit.wait_until_matted("demo")


def test_a_damaged_runtime_never_runs(site_copy: Path, servers: Servers, visits: Visits) -> None:
    [wasm] = site_copy.glob("runtime-*/*.reduced.wasm")
    for copy in wasm.parent.glob(f"{wasm.name}.*"):
        copy.unlink()
    content = wasm.read_bytes()
    # A byte of the last section: it would be compiled and run.
    wasm.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    visit = visits.open("about:blank")
    visit.page.goto(f"{servers.site(site_copy)[0]}/")
    expect_notice(visit, "model-unavailable")
    expect(visit.page.locator("#frame")).to_have_attribute("data-state", "failed")
    wasm.write_bytes(content)
    visit.page.locator("#retry").click()
    visit.wait_until_matted("demo")


@pytest.mark.parametrize("name", ["worker.js", "main.js"])
def test_a_missing_worker_is_said(
    name: str, site_copy: Path, servers: Servers, visits: Visits
) -> None:
    [file] = site_copy.glob(f"engine-*/worker/{name}")
    file.unlink()
    visit = visits.open("about:blank")
    visit.expect("404", "Failed to load resource")
    visit.page.goto(f"{servers.site(site_copy)[0]}/")
    expect(visit.page.locator("#frame")).to_have_attribute("data-state", "failed")
    expect(visit.page.locator("#notices > *").first).to_be_visible()
