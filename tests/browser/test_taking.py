"""What a visitor takes away: recordings, the clipboard, a small window, a ZIP of cut-outs."""

import base64
import io
import json
import time
import zipfile
from pathlib import Path

import av
import numpy as np
import pytest
from browsers import Visits
from PIL import Image
from playwright.sync_api import Download, expect
from visit import TO_BASE64, Visit

from builder import paths
from builder.demo import DemoClip

TEXTS = json.loads((paths.template_dir() / "locales" / "en.json").read_text("utf-8"))


def open_page(url: str, visits: Visits, query: str = "", **context: object) -> Visit:
    visit = visits.open(f"{url}/{query}", **context)
    visit.wait_until_matted("demo")
    return visit


def record(visit: Visit, seconds: float) -> Download:
    page = visit.page
    page.locator("#record").click()
    expect(page.locator("#recording")).to_be_visible()
    # Red, whatever the source's own badge says.
    expect(page.locator("#recording .badge-dot")).to_have_css(
        "background-color", "rgb(255, 90, 67)"
    )
    page.wait_for_timeout(seconds * 1000)
    expect(page.locator("#recording-text")).to_contain_text("0:0")
    assert any(unit in page.locator("#recording-text").inner_text() for unit in ("KB", "MB"))
    with page.expect_download() as download:
        page.locator("#record").click()
    expect(page.locator("#recording")).to_be_hidden()
    return download.value


def frames_of(file: Path, codec: str | None = None) -> list[np.ndarray]:
    with av.open(str(file)) as container:
        stream = container.streams.video[0]
        if codec is None:
            return [frame.to_ndarray(format="rgb24") for frame in container.decode(stream)]
        context = av.CodecContext.create(codec, "r")
        decoded = [
            f for packet in container.demux(stream) if packet.size for f in context.decode(packet)
        ]
        return [frame.to_ndarray(format="rgba") for frame in decoded]


# As a player does it: the length is known, and the middle can be gone to.
SEEK = """
async (bytes) => {
  const video = document.createElement('video');
  const data = Uint8Array.from(atob(bytes), (letter) => letter.charCodeAt(0));
  video.src = URL.createObjectURL(new Blob([data], { type: 'video/webm' }));
  const when = (event) => new Promise((resolve) => {
    video.addEventListener(event, resolve, { once: true });
  });
  await when('loadedmetadata');
  const duration = video.duration;
  video.currentTime = duration / 2;
  await when('seeked');
  return [Number.isFinite(duration) ? duration : -1, video.currentTime / duration];
}
"""


def assert_seekable(visit: Visit, file: Path, seconds: float) -> None:
    duration, middle = visit.page.evaluate(SEEK, base64.b64encode(file.read_bytes()).decode())
    assert seconds - 1 < duration < seconds + 3  # the clicks take their time on a busy machine
    assert middle == pytest.approx(0.5, abs=0.01)
    with av.open(str(file)) as container:
        last = max(p.pts * p.time_base for p in container.demux(video=0) if p.pts is not None)
        assert container.duration is not None
        assert container.duration / av.time_base == pytest.approx(float(last), abs=0.002)


def test_a_recording_is_a_video_of_what_is_shown(isolated_url: str, visits: Visits) -> None:
    visit = open_page(isolated_url, visits, "?effect=color&color=%2300b140")
    download = record(visit, 3)
    assert download.suggested_filename.startswith("livematte-")
    assert download.suggested_filename.endswith(".webm")
    frames = frames_of(Path(download.path()))
    assert len(frames) > 5
    last = frames[-1].astype(int)
    assert last.shape[:2] == (720, 1280)
    # 24 of 255: lossy colours of a codec that halves chroma.
    assert np.abs(last[:60, :60].mean(axis=(0, 1)) - [0x00, 0xB1, 0x40]).max() < 24
    assert np.abs(frames[0].astype(int) - last).mean() > 0.3  # it moves
    assert_seekable(visit, Path(download.path()), 3)


WRITE_TO_MEMORY = """
globalThis.showSaveFilePicker = async () => ({
  createWritable: async () => {
    let file = new Blob([]);
    return {
      write: async (what) => {
        const { position = file.size, data = what } = what;
        const end = position + (data.size ?? data.length);
        file = new Blob([file.slice(0, position), data, file.slice(end)]);
      },
      close: async () => { globalThis.written = file; },
    };
  },
});
"""


def test_a_recording_that_streams_into_a_file_has_its_length(
    isolated_url: str, tmp_path: Path, visits: Visits
) -> None:
    """The file is the browser's there: no dialog of a headless one can be answered."""
    visit = visits.open("about:blank")
    visit.page.add_init_script(WRITE_TO_MEMORY)
    visit.page.goto(f"{isolated_url}/")
    visit.wait_until_matted("demo")
    page = visit.page
    page.locator("#devices > summary").click()
    page.locator("#to-file").check()
    page.locator("#record").click()
    page.wait_for_function(
        "() => /0:0[3-9]/.test(document.querySelector('#recording-text').innerText)"
    )
    page.locator("#record").click()
    page.wait_for_function("() => globalThis.written")
    written = page.evaluate(f"async () => {{ {TO_BASE64} return toBase64(written); }}")
    file = tmp_path / "written.webm"
    file.write_bytes(base64.b64decode(written))
    assert_seekable(visit, file, 3)


def test_a_cut_out_is_recorded_with_its_transparency(isolated_url: str, visits: Visits) -> None:
    visit = open_page(isolated_url, visits, "?effect=cutout")
    download = record(visit, 2.5)
    frames = frames_of(Path(download.path()), "libvpx-vp9")
    alpha = frames[-1][..., 3]
    assert alpha[:60, :60].max() < 20  # the room
    assert (alpha > 235).mean() > 0.05  # the person


def test_a_recording_is_saved_when_its_source_goes(isolated_url: str, visits: Visits) -> None:
    visit = open_page(isolated_url, visits)
    visit.play("camera")
    visit.page.locator("#record").click()
    expect(visit.page.locator("#recording-text")).to_contain_text("0:02", timeout=15_000)
    with visit.page.expect_download() as download:
        visit.page.locator("#camera").click()
    assert len(frames_of(Path(download.value.path()))) > 3


def test_a_recording_survives_its_tab(isolated_url: str, visits: Visits) -> None:
    visit = open_page(isolated_url, visits)
    page = visit.page
    page.locator("#record").click()
    page.wait_for_function(
        "() => /0:0[2-9]/.test(document.querySelector('#recording-text').innerText)"
    )
    page.close(run_before_unload=False)
    visit.page = visit.context.new_page()
    visit.page.goto(f"{isolated_url}/")
    expect(visit.page.locator("#kept-recording")).to_be_visible()
    with visit.page.expect_download() as download:
        visit.page.locator("#kept-save").click()
    assert len(frames_of(Path(download.value.path()))) > 3
    assert_seekable(visit, Path(download.value.path()), 2)
    expect(visit.page.locator("#kept-recording")).to_be_hidden()


def test_the_picture_is_copied(isolated_url: str, visits: Visits) -> None:
    visit = open_page(
        isolated_url, visits, "?effect=cutout", permissions=["clipboard-read", "clipboard-write"]
    )
    visit.page.locator("#copy").click()
    expect(visit.page.locator("#live")).to_have_text(TEXTS["announce.copied"])
    size = visit.page.evaluate(
        """async () => {
          const [item] = await navigator.clipboard.read();
          const bitmap = await createImageBitmap(await item.getType('image/png'));
          return [bitmap.width, bitmap.height];
        }"""
    )
    assert size == [1280, 720]


def test_a_refused_clipboard_is_said(isolated_url: str, visits: Visits) -> None:
    visit = open_page(isolated_url, visits)
    refuse = "Promise.reject(new DOMException('no', 'NotAllowedError'))"
    visit.page.evaluate(f"() => {{ navigator.clipboard.write = () => {refuse}; }}")
    visit.page.locator("#copy").click()
    expect(visit.page.locator('[data-code="clipboard-refused"]')).to_be_visible()


def pictures(folder: Path, count: int) -> list[Path]:
    files = []
    for index in range(count):
        file = folder / f"me {index}.png"
        Image.fromarray(DemoClip(320, 240).frame(60 * index)[0]).save(file)
        files.append(file)
    return files


def test_many_pictures_become_cut_outs_in_a_zip(
    isolated_url: str, tmp_path: Path, visits: Visits
) -> None:
    visit = open_page(isolated_url, visits)
    page = visit.page
    broken = tmp_path / "broken.png"
    broken.write_bytes(b"no picture")
    page.locator("#file").set_input_files([*pictures(tmp_path, 3), broken])
    expect(page.locator("#batch-text")).to_contain_text("4 pictures")
    with page.expect_download(timeout=60_000) as download:
        page.locator("#batch-start").click()
    expect(page.locator("#batch-text")).to_contain_text("broken.png")
    with zipfile.ZipFile(Path(download.value.path())) as archive:
        assert archive.testzip() is None
        assert archive.namelist() == ["me 0.png", "me 1.png", "me 2.png"]
        for name in archive.namelist():
            picture = Image.open(io.BytesIO(archive.read(name)))
            assert (picture.mode, picture.size) == ("RGBA", (320, 240))
            assert picture.getchannel("A").getextrema() == (0, 255)
    page.locator("#batch-cancel").click()
    visit.wait_until_shown(visit.frames_shown() + 1)  # the page went on beside it


def test_many_pictures_can_be_called_off(isolated_url: str, tmp_path: Path, visits: Visits) -> None:
    visit = open_page(isolated_url, visits)
    page = visit.page
    workers = len(page.workers)
    page.locator("#file").set_input_files(pictures(tmp_path, 12))
    page.locator("#batch-start").click()
    expect(page.locator("#batch-text")).to_contain_text("of 12")
    page.keyboard.press("Escape")
    expect(page.locator("#batch")).to_be_hidden()
    page.wait_for_timeout(1500)  # one that would begin late has begun
    give_up = time.monotonic() + 30
    while len(page.workers) != workers:  # only the page's own stay
        assert time.monotonic() < give_up, page.workers
        page.wait_for_timeout(100)
    expect(page.locator("#notices")).to_be_empty()


def test_before_and_after(isolated_url: str, visits: Visits) -> None:
    visit = open_page(isolated_url, visits)
    page = visit.page
    expect(page.locator("#compare-view")).to_be_hidden()
    page.locator("#compare").click()
    page.wait_for_timeout(500)
    assert page.evaluate("document.querySelector('#compare-canvas').width") == 1280
    page.keyboard.press("End")  # the line is moved by keys, too
    expect(page.locator("#compare-range")).to_have_value("100")
    page.locator("#compare").click()
    expect(page.locator("#compare-view")).to_be_hidden()
    # Nothing of the raw picture stays behind.
    assert page.evaluate("document.querySelector('#compare-canvas').width") == 1


@pytest.mark.parametrize("source", ["demo", "camera"])
def test_before_is_left_of_the_line_in_a_mirrored_view_too(
    source: str, isolated_url: str, visits: Visits
) -> None:
    visit = open_page(isolated_url, visits, "?effect=color&color=%23ff00ff")
    page = visit.page
    if source == "camera":
        visit.play("camera")
    mirrored = page.evaluate("document.querySelector('#frame').classList.contains('is-mirrored')")
    assert mirrored == (source == "camera")
    page.locator("#compare").click()
    page.wait_for_timeout(500)
    shot = Image.open(io.BytesIO(page.locator("#frame").screenshot())).convert("RGB")
    magenta = np.abs(np.asarray(shot).astype(int) - [255, 0, 255]).max(axis=-1) < 40
    before, after = np.array_split(magenta, 2, axis=1)
    # Nothing of the raw picture has that colour; what is not the person is drawn with it.
    assert before.mean() < 0.02
    assert after.mean() > 0.3


# The last changes the colours of the edge alone.
@pytest.mark.parametrize(
    ("key", "percent", "least"),
    [("softness", 100, 0.05), ("shrink", 100, 0.05), ("spill", 0, 0.02)],
)
def test_looks_change_the_picture_and_can_be_reset(
    key: str, percent: int, least: float, isolated_url: str, visits: Visits
) -> None:
    visit = open_page(isolated_url, visits, "?effect=color&color=%230047bb")
    page = visit.page
    page.locator("#pause").click()
    page.wait_for_timeout(400)
    before = visit.canvas().astype(int)
    page.locator("#looks > summary").click()
    page.locator(f"#looks-{key}").fill(str(percent))
    page.wait_for_timeout(400)
    assert np.abs(visit.canvas() - before).mean() > least
    assert f"{key}={percent // 100}" in page.url
    page.locator("#looks-reset").click()
    page.wait_for_timeout(400)
    assert np.abs(visit.canvas() - before).max() <= 3
    assert key not in page.url


def test_a_link_shows_what_it_says(isolated_url: str, visits: Visits) -> None:
    query = "?effect=color&color=%23e2694a&softness=0.8&islands=1&model=selfie"
    visit = open_page(isolated_url, visits, query)
    page = visit.page
    corner = visit.canvas()[5, 5, :3]
    assert np.abs(corner.astype(int) - [0xE2, 0x69, 0x4A]).max() <= 1
    expect(page.locator("#looks-softness")).to_have_value("80")
    expect(page.locator("#looks-islands")).to_be_checked()
    expect(page.locator("#status-model")).to_contain_text("square")
    # What does not fit is left out.
    page.goto(f"{isolated_url}/?effect=nonsense&strength=7&softness=x")
    visit.wait_until_matted("demo")
    expect(page.locator("#looks-softness")).to_have_value("50")
