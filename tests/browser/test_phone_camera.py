"""A phone has two cameras: the other one is a button away, and is not mirrored."""

from browsers import Visits
from playwright.sync_api import expect

# The fake camera faces nowhere; here it does as it is asked.
TWO_SIDES = """
globalThis.asked = [];
const original = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
navigator.mediaDevices.getUserMedia = async (constraints) => {
  const { facingMode, ...video } = constraints.video;
  asked.push(facingMode);
  const stream = await original({ ...constraints, video });
  const [track] = stream.getVideoTracks();
  const settings = track.getSettings.bind(track);
  track.getSettings = () => ({ ...settings(), facingMode });
  return stream;
};
"""


def test_the_other_camera(isolated_url: str, visits: Visits) -> None:
    visit = visits.open(
        "about:blank", viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True
    )
    page = visit.page
    page.add_init_script(TWO_SIDES)
    page.goto(f"{isolated_url}/")
    visit.wait_until_matted("demo")
    expect(page.locator("#flip")).to_be_disabled()
    visit.play("camera", tap=True)
    mirrored = "(e) => e.classList.contains('is-mirrored')"
    assert page.locator("#frame").evaluate(mirrored)
    page.locator("#flip").tap()
    expect(page.locator("#mirror")).to_be_disabled()  # a room is not mirrored
    visit.wait_until_matted("camera")
    assert not page.locator("#frame").evaluate(mirrored)
    page.locator("#flip").tap()
    expect(page.locator("#mirror")).to_be_enabled()
    assert page.evaluate("asked") == ["user", "environment", "user"]


def test_a_desk_s_cameras_face_one_way(isolated_url: str, visits: Visits) -> None:
    visit = visits.open(f"{isolated_url}/")
    visit.wait_until_matted("demo")
    expect(visit.page.locator("#flip")).to_be_hidden()
