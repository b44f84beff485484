"""The page as a visitor uses it: clicks, keys, files, languages, a phone."""

import io
import json
from pathlib import Path

import numpy as np
import pytest
from browsers import Visits
from PIL import Image
from playwright.sync_api import expect

from builder import paths
from builder.demo import DemoClip, write_webm

TEXTS = {
    locale: json.loads((paths.template_dir() / "locales" / f"{locale}.json").read_text("utf-8"))
    for locale in ("en", "zh")
}


@pytest.fixture(scope="session")
def picture_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A photograph of the person, 640 × 480."""
    file = tmp_path_factory.mktemp("picture") / "me.png"
    Image.fromarray(DemoClip(640, 480).frame(100)[0]).save(file)
    return file


@pytest.fixture(scope="session")
def video_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A second of video, 320 × 240."""
    file = tmp_path_factory.mktemp("video") / "me.webm"
    write_webm(DemoClip(320, 240, fps=15, seconds=1), file)
    return file


def test_it_opens_with_the_demonstration_matted(isolated_url: str, visits: Visits) -> None:
    visit = visits.open(f"{isolated_url}/")
    visit.wait_until_matted("demo")
    before = visit.canvas()
    visit.page.wait_for_timeout(500)
    after = visit.canvas()
    assert before.shape == after.shape == (720, 1280, 4)
    assert np.abs(before.astype(int) - after).mean() > 0.5  # it moves
    visit.page.wait_for_timeout(1500)
    page = visit.page
    assert "wide" in page.locator("#status-model").inner_text()
    assert page.locator("#status-backend").inner_text() == "wasm"
    assert page.locator("#status-isolation").inner_text() == "isolated"
    assert "2 threads" in page.locator("#status-threads").inner_text()
    assert float(page.locator("#status-rate").inner_text().split()[0]) > 5
    assert float(page.locator("#status-time").inner_text().split()[0]) > 0


def test_it_works_without_isolation(plain_url: str, visits: Visits) -> None:
    visit = visits.open(f"{plain_url}/")
    visit.wait_until_matted("demo")
    expect(visit.page.locator("#status-isolation")).to_have_text("not isolated")
    expect(visit.page.locator("#status-threads")).to_have_text("1 thread")


def test_the_camera_is_turned_on_and_off(isolated_url: str, visits: Visits) -> None:
    visit = visits.open(f"{isolated_url}/")
    visit.play("camera")
    expect(visit.page.locator("#camera-text")).to_have_text(TEXTS["en"]["action.cameraOff"])
    visit.page.locator("#camera").click()
    expect(visit.page.locator("#frame")).to_have_attribute("data-state", "empty")
    expect(visit.page.locator("#camera-text")).to_have_text(TEXTS["en"]["action.cameraOn"])


def test_a_picture_is_opened(isolated_url: str, picture_file: Path, visits: Visits) -> None:
    visit = visits.open(f"{isolated_url}/")
    visit.choose_effect("mask")
    visit.page.locator("#file").set_input_files(picture_file)
    visit.wait_until_matted("picture")
    expect(visit.page.locator("#badge-text")).to_have_text("me.png")
    mask = visit.canvas()
    assert mask.shape == (480, 640, 4)
    true_alpha = DemoClip(640, 480).frame(100)[1]
    person = mask[..., 0] >= 128
    wanted = true_alpha >= 0.5
    # What the model makes of this picture, against its true matte: a coarse check that the very
    # picture, upright and whole, is what was matted.
    assert (person & wanted).sum() / (person | wanted).sum() > 0.9


def test_a_video_is_opened_and_paused(isolated_url: str, video_file: Path, visits: Visits) -> None:
    visit = visits.open(f"{isolated_url}/")
    visit.page.locator("#file").set_input_files(video_file)
    visit.wait_until_matted("video")
    assert visit.canvas().shape == (240, 320, 4)
    visit.wait_until_shown(visit.frames_shown() + 20)  # it loops: one round has 15
    visit.page.locator("#pause").click()
    visit.page.wait_for_timeout(500)
    still = visit.frames_shown()
    visit.page.wait_for_timeout(1000)
    assert visit.frames_shown() <= still + 1
    visit.page.locator("#pause").click()
    visit.wait_until_shown(still + 6)


def test_a_dropped_picture_is_opened(isolated_url: str, picture_file: Path, visits: Visits) -> None:
    visit = visits.open(f"{isolated_url}/")
    visit.drop("#stage", picture_file, "image/png")
    visit.wait_until_matted("picture")
    assert visit.canvas().shape == (480, 640, 4)


def test_each_effect_shows_what_its_name_says(
    isolated_url: str, picture_file: Path, visits: Visits
) -> None:
    visit = visits.open(f"{isolated_url}/")
    visit.page.locator("#file").set_input_files(picture_file)
    visit.wait_until_matted("picture")
    rgb, alpha = DemoClip(640, 480).frame(100)
    # Well inside and well outside, where no matte is in doubt.
    person, room = np.zeros_like(alpha, bool), np.zeros_like(alpha, bool)
    y = np.argwhere(alpha > 0.5)[0, 0] + 70  # below the hair's top: the face
    x = int(np.flatnonzero(alpha[y] > 0.5).mean())
    person[y - 12 : y + 12, x - 12 : x + 12] = True
    room[:60, :60] = True
    assert alpha[person].min() == 1
    assert alpha[room].max() == 0

    def shown(effect: str) -> tuple[np.ndarray, np.ndarray]:
        visit.choose_effect(effect)
        canvas = visit.canvas().astype(int)
        return canvas[person], canvas[room]

    near = 6  # of 255: rounding, and the way through a colour-managed canvas
    raw_person, raw_room = rgb[person].astype(int), rgb[room].astype(int)

    inside, outside = shown("mask")
    assert (inside[:, :3] >= 250).all()
    assert (outside[:, :3] <= 5).all()

    inside, outside = shown("color")
    assert np.abs(inside[:, :3] - raw_person).max() <= near
    assert np.abs(outside - [0x00, 0xB1, 0x40, 255]).max() <= 1

    inside, outside = shown("cutout")
    assert np.abs(inside[:, :3] - raw_person).max() <= near
    assert (outside[:, 3] == 0).all()

    inside, outside = shown("overlay")
    tinted = (raw_person + np.array([0, 255, 0])) / 2
    assert np.abs(inside[:, :3] - tinted).max() <= near
    assert np.abs(outside[:, :3] - raw_room).max() <= near

    inside, outside = shown("blur")
    assert np.abs(inside[:, :3] - raw_person).max() <= near
    assert outside[:, :3].std(axis=0).max() < raw_room.std(axis=0).max()

    inside, outside = shown("image")
    assert np.abs(inside[:, :3] - raw_person).max() <= near
    assert np.abs(outside[:, :3] - raw_room).mean() > 20
    assert (outside[:, 3] == 255).all()


def test_the_model_is_switched_while_it_plays(isolated_url: str, visits: Visits) -> None:
    visit = visits.open(f"{isolated_url}/")
    visit.wait_until_matted("demo")
    visit.page.locator("#model").select_option("selfie")
    expect(visit.page.locator("#status-model")).to_contain_text("square")
    visit.wait_until_shown(visit.frames_shown() + 1)


def test_a_saved_picture_keeps_its_transparency(
    isolated_url: str, picture_file: Path, visits: Visits
) -> None:
    visit = visits.open(f"{isolated_url}/")
    visit.page.locator("#file").set_input_files(picture_file)
    visit.wait_until_matted("picture")
    visit.choose_effect("cutout")
    with visit.page.expect_download() as download:
        visit.page.locator("#snapshot").click()
    saved = Image.open(io.BytesIO(Path(download.value.path()).read_bytes()))
    assert download.value.suggested_filename.startswith("livematte-")
    assert (saved.format, saved.mode, saved.size) == ("PNG", "RGBA", (640, 480))
    low, high = saved.getchannel("A").getextrema()
    assert (low, high) == (0, 255)


@pytest.mark.parametrize(("browser", "locale"), [("en-US", "en"), ("zh-CN", "zh"), ("fr-FR", "en")])
def test_it_speaks_the_browser_s_language(
    browser: str, locale: str, isolated_url: str, visits: Visits
) -> None:
    visit = visits.open(f"{isolated_url}/", locale=browser)
    assert visit.page.locator("html").get_attribute("lang") == locale
    expect(visit.page.locator("#camera-text")).to_have_text(TEXTS[locale]["action.cameraOn"])


def test_the_language_is_switched_and_remembered(isolated_url: str, visits: Visits) -> None:
    visit = visits.open(f"{isolated_url}/")
    page = visit.page
    page.locator('[data-locale="zh"]').click()
    texts = page.locator("[data-i18n]").evaluate_all(
        "(all) => all.map((element) => [element.dataset.i18n, element.textContent.trim()])"
    )
    assert len(texts) > 20
    for key, text in texts:
        assert text == TEXTS["zh"][key], key
    assert page.locator("html").get_attribute("lang") == "zh"
    page.reload()
    expect(page.locator("#camera-text")).to_have_text(TEXTS["zh"]["action.cameraOn"])
    page.locator('[data-locale="en"]').click()
    expect(page.locator("#camera-text")).to_have_text(TEXTS["en"]["action.cameraOn"])


def test_both_languages_say_the_same_things() -> None:
    assert set(TEXTS["en"]) == set(TEXTS["zh"])
    assert all(text.strip() for texts in TEXTS.values() for text in texts.values())


# Buttons of the bar that are wider than their place: what is too much lies over the bar's own edge.
REACHES_OUT = """(() => {
    const bar = document.querySelector('.actions');
    const edge = bar.getBoundingClientRect().right - parseFloat(getComputedStyle(bar).paddingRight);
    return [...bar.querySelectorAll('.button')]
        .filter((button) => button.getBoundingClientRect().right > edge + 0.5)
        .map(({ id }) => id);
})()"""


@pytest.mark.parametrize("locale", ["en-GB", "zh-CN"])
@pytest.mark.parametrize(("width", "height"), [(360, 640), (390, 844), (1280, 800), (844, 390)])
def test_it_fits_the_screen(
    width: int, height: int, locale: str, isolated_url: str, visits: Visits
) -> None:
    visit = visits.open(
        f"{isolated_url}/",
        viewport={"width": width, "height": height},
        device_scale_factor=2,
        has_touch=width < 1000,
        locale=locale,
    )
    visit.wait_until_matted("demo")
    wide = visit.page.evaluate("document.documentElement.scrollWidth")
    assert wide <= width  # nothing to scroll sideways for
    # The picture and the camera's button are there at once.
    for selector in ("#canvas", "#camera"):
        box = visit.page.locator(selector).bounding_box()
        assert box is not None
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= width
        assert box["y"] >= 0
        assert box["y"] + min(box["height"], 44) <= height
    box = visit.page.locator("#camera").bounding_box()
    assert box is not None
    assert box["height"] >= 40  # large enough for a finger
    assert visit.page.evaluate(REACHES_OUT) == []
    visit.play("camera", tap=width < 1000)


def test_keys_do_what_the_list_says(isolated_url: str, visits: Visits) -> None:
    visit = visits.open(f"{isolated_url}/")
    visit.wait_until_matted("demo")
    visit.page.keyboard.press("c")
    visit.wait_until_matted("camera")
    visit.page.keyboard.press("d")
    visit.wait_until_matted("demo")
    visit.page.keyboard.press("?")
    expect(visit.page.locator("#help")).to_be_visible()
    visit.page.keyboard.press("Escape")
    expect(visit.page.locator("#help")).to_be_hidden()
