"""Chromium lends a page two frames of one camera at a time: nobody may starve of that."""

import pytest
from browsers import Visits

# Long enough for the engine to start and for its patience with a camera (five seconds) to end.
LIMIT_MS = 30_000
FRAMES = 30

# Another engine on the same page and the same camera.
BESIDE = """async () => {
    const { engine, matte, stream } = livematte;
    livematte.all = [matte];
    for (let i = 1; i < COUNT; i++) {
        const beside = await engine.createMatte({ model: 'selfie-landscape', threads: 1 });
        await beside.attach(stream);
        livematte.all.push(beside);
    }
}"""
# Frames that the page has and forgets, as one that is lost on its way from page to worker.
MISLAY = """async (count) => {
    window.mislaid = [];
    window.plays = 0;
    const { play } = HTMLVideoElement.prototype;
    HTMLVideoElement.prototype.play = function () {
        window.plays++;
        return play.call(this);
    };
    const camera = await navigator.mediaDevices.getUserMedia({ video: true });
    const [track] = camera.getVideoTracks();
    const { readable } = new MediaStreamTrackProcessor({ track, maxBufferSize: 1 });
    const reader = readable.getReader();
    for (let i = 0; i < count; i++) window.mislaid.push((await reader.read()).value);
}"""
FLOW = """(count) => {
    livematte.since ??= livematte.all.map(({ stats }) => stats.frames);
    return livematte.all.every(({ stats }, i) => stats.frames >= livematte.since[i] + count);
}"""


# Alone: an engine that is kept waiting for seconds takes the camera's frames for lost.
@pytest.mark.alone
@pytest.mark.parametrize(
    ("engines", "mislaid", "videos"),
    [(2, 0, 0), (1, 1, 0), (1, 2, 1)],
    ids=["two engines", "one lost", "two lost"],
)
def test_frames_flow(
    engines: int, mislaid: int, videos: int, isolated_url: str, visits: Visits
) -> None:
    visit = visits.open(f"{isolated_url}/licences.txt")
    visit.page.evaluate(MISLAY, mislaid)
    visit.start_engine(model="selfie-landscape", threads=1)
    visit.page.evaluate(BESIDE.replace("COUNT", str(engines)))
    visit.page.wait_for_function(FLOW, arg=FRAMES, timeout=LIMIT_MS)
    # Only where nothing else helps does a video element play the camera.
    assert visit.page.evaluate("plays") == videos


# One frame of odd size, and never another: after a while it is shown by its copy.
STILL = """async () => {
    const { matte, told } = livematte;
    const canvas = document.createElement('canvas');
    [canvas.width, canvas.height] = [641, 361];
    const context = canvas.getContext('2d');
    const paint = context.createLinearGradient(0, 0, 641, 361);
    paint.addColorStop(0, '#c02060');
    paint.addColorStop(1, '#20a0e0');
    context.fillStyle = paint;
    context.fillRect(0, 0, 641, 361);
    const stream = canvas.captureStream(0);
    matte.setEffect({ kind: 'overlay', color: '#00b140' });
    await matte.attach(stream);
    const until = async (isDone) => {
        while (!isDone()) await new Promise((resolve) => setTimeout(resolve, 10));
    };
    stream.getVideoTracks()[0].requestFrame();
    await until(() => told.firstMatte.length > 0);
}"""


def test_a_copy_is_the_same_picture(isolated_url: str, visits: Visits) -> None:
    visit = visits.open(f"{isolated_url}/licences.txt")
    visit.start_engine(source=None, model="selfie-landscape", threads=1)
    visit.page.evaluate(STILL)
    early, drawn = visit.capture(), visit.snapshot()
    # It is copied after a tenth of a second, and no canvas is taken for a camera that starves.
    visit.page.wait_for_timeout(6000)
    late, redrawn = visit.capture(), visit.snapshot()
    assert early.rgb.shape == (361, 641, 3)
    assert early.rgb.std() > 10  # a picture, not a plain area
    assert (late.rgb == early.rgb).all()
    assert (redrawn == drawn).all()
