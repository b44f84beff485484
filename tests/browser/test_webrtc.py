"""The example of docs/engine.md, run for real: a call whose other end sees a matted picture.

Two peer connections on the loopback; the sender sends the engine's track, the receiver's frames
are looked at. The script is the one in the documentation, word for word.
"""

import base64
import io
import re
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from browsers import Visits
from camera import CAMERA
from PIL import Image
from serving import Holding, Servers
from visit import Visit

from builder.demo import DemoClip
from builder.serve import create_app

GREEN = (0, 255, 0)
# Chroma at half size, a lossy codec and limited range: a flat colour comes back within a few
# steps, next to an edge within more.
CODEC_TOLERANCE = 40

# What the element plays, read back: RGB at the size that was received.
RECEIVED = """
() => {
  const video = document.querySelector('video#received');
  const canvas = document.createElement('canvas');
  canvas.width = video.videoWidth;
  canvas.height = video.videoHeight;
  canvas.getContext('2d').drawImage(video, 0, 0);
  return canvas.toDataURL('image/png');
}
"""
LISTEN = """
async () => {
  const video = document.createElement('video');
  video.id = 'received';
  video.muted = true;
  document.body.append(video);
  globalThis.play = async (track) => {
    video.srcObject = new MediaStream([track]);
    await video.play();
  };
}
"""


def example() -> str:
    """The body of the WebRTC example in the documentation."""
    text = (Path(__file__).parents[2] / "docs" / "engine.md").read_text("utf-8")
    [script] = re.findall(r"```js\n// call\.js\n(.*?)```", text, re.DOTALL)
    return str(script)


def call(visit: Visit) -> None:
    """Runs the example's functions in the page: the received track is played in an element."""
    visit.page.evaluate(LISTEN)
    script = example().replace("export ", "") + "\nglobalThis.callWith = callWith;"
    visit.page.evaluate(f"() => {{ {script} }}")
    visit.page.evaluate(
        "async () => { globalThis.ended = await callWith(livematte.matte.track, play); }"
    )


def received(visit: Visit) -> npt.NDArray[np.uint8]:
    png = base64.b64decode(visit.page.evaluate(RECEIVED).split(",")[1])
    return np.asarray(Image.open(io.BytesIO(png)).convert("RGB"))


def share_of(picture: npt.NDArray[np.uint8], colour: tuple[int, int, int]) -> float:
    away = np.abs(picture.astype(int) - colour).max(axis=-1)
    return float((away <= CODEC_TOLERANCE).mean())


def wait_for_picture(visit: Visit, condition: str, limit_s: float = 30) -> None:
    visit.page.wait_for_function(
        f"""() => {{
          const video = document.querySelector('video#received');
          return {condition};
        }}""",
        timeout=limit_s * 1e3,
    )


def test_the_other_end_of_a_call_sees_the_person_on_green(
    isolated_url: str, camera_clip: DemoClip, visits: Visits
) -> None:
    visit = visits.open(f"{isolated_url}/licences.txt")
    video = {"width": 640, "height": 360, "frameRate": 30}
    visit.start_engine(effect={"kind": "color", "color": "#00ff00"}, video=video)
    visit.wait_for_frames(5)
    call(visit)
    wait_for_picture(visit, "video.videoWidth >= 320 && video.currentTime > 1.5")
    visit.page.wait_for_timeout(500)
    picture = received(visit)
    height, width = picture.shape[:2]
    assert width / height == pytest.approx(16 / 9, abs=0.05)

    # The person sways a little: where every frame has the same answer, the picture must have it.
    truth = np.stack(
        [
            np.asarray(Image.fromarray(camera_clip.frame(i)[1]).resize((width, height)))
            for i in range(0, len(camera_clip), 10)
        ]
    )
    person, background = truth.min(axis=0) > 0.99, truth.max(axis=0) < 0.01
    away = np.abs(picture.astype(int) - GREEN).max(axis=-1)
    assert person.mean() > 0.02
    assert background.mean() > 0.2
    # The network is wrong in places; it is never wrong in most of them.
    assert (away[background] <= CODEC_TOLERANCE).mean() > 0.9
    assert (away[person] > CODEC_TOLERANCE).mean() > 0.9


def test_a_call_before_the_first_matte_shows_the_replacement_only(
    site: Path, servers: Servers, visits: Visits
) -> None:
    app = Holding(create_app(site).wsgi_app, ".onnx")
    visit = visits.open(f"{servers.start(app)}/licences.txt")
    try:
        video = {"width": 640, "height": 360, "frameRate": 30}
        visit.start_engine(effect={"kind": "color", "color": "#00ff00"}, video=video)
        assert app.reached.wait(30)
        call(visit)
        wait_for_picture(visit, "video.videoWidth > 0 && video.currentTime > 0")
        for _ in range(3):
            visit.page.wait_for_timeout(300)
            assert share_of(received(visit), GREEN) == 1
        assert visit.stats["frames"] == 0
    finally:
        app.release()
    visit.wait_for_frames(5)
    # Before, the canvas has its first size, 300 × 150; then it takes a while to send another.
    wait_for_picture(visit, f"Math.abs(video.videoWidth / video.videoHeight - {16 / 9}) < 0.05")
    visit.page.wait_for_timeout(1500)
    assert share_of(received(visit), GREEN) < 0.95  # the control: now there is a person


TRACKS = """
async () => {
  const { matte, stream } = livematte;
  const [camera] = stream.getVideoTracks();
  const given = await matte.attach(camera);
  const isSame = given === matte.track;
  const seen = [];
  const { readable } = new MediaStreamTrackProcessor({ track: given });
  const reader = readable.getReader();
  while (seen.length < 5) {
    const { value } = await reader.read();
    seen.push([value.displayWidth, value.displayHeight, value.timestamp]);
    value.close();
  }
  await reader.cancel();
  given.stop();
  const next = matte.track;
  const isNew = next !== given && next.readyState === 'live';
  matte.dispose();
  return { isSame, kind: given.kind, seen, isNew, last: next.readyState,
    camera: camera.readyState };
}
"""


def test_a_track_gives_a_matted_track(isolated_url: str, visits: Visits) -> None:
    visit = visits.open(f"{isolated_url}/licences.txt")
    visit.start_engine(
        effect={"kind": "color", "color": "#00ff00"},
        video={"width": 640, "height": 360, "frameRate": 30},
    )
    visit.wait_for_frames(3)
    told = visit.page.evaluate(TRACKS)
    assert told["isSame"]
    assert told["kind"] == "video"
    assert told["seen"][-1][:2] == [640, 360]
    times = [time for _, _, time in told["seen"]]
    assert times == sorted(set(times))
    assert told["isNew"]
    assert told["last"] == "ended"
    assert told["camera"] == "live"  # the caller's own


def test_a_browser_without_track_generators_sends_a_canvas(
    isolated_url: str, visits: Visits
) -> None:
    visit = visits.open("about:blank")
    visit.page.add_init_script("delete globalThis.MediaStreamTrackGenerator;")
    visit.page.goto(f"{isolated_url}/licences.txt")
    visit.start_engine(
        effect={"kind": "color", "color": "#00ff00"},
        video={"width": 640, "height": 360, "frameRate": 30},
    )
    visit.wait_for_frames(3)
    call(visit)
    wait_for_picture(visit, "video.videoWidth >= 320 && video.currentTime > 1")
    assert 0.2 < share_of(received(visit), GREEN) < 0.95
    assert "CanvasCaptureMediaStreamTrack" in visit.page.evaluate("String(livematte.matte.track)")


def test_the_camera_is_of_no_green(camera_clip: DemoClip) -> None:
    """What the tests above take for the replacement colour is none of the camera's."""
    small = DemoClip(**{**CAMERA, "width": 320, "height": 180})
    assert max(share_of(small.frame(i)[0], GREEN) for i in range(0, len(small), 15)) < 0.001
