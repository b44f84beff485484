"""Chromium lends a page two frames of one camera at a time: nobody may starve of that."""

import pytest
from browsers import Visits

# Long enough for the engine to start and for its patience with a camera (three seconds) to end.
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


@pytest.mark.parametrize(
    ("engines", "mislaid"), [(2, 0), (1, 1), (1, 2)], ids=["two engines", "one lost", "two lost"]
)
def test_frames_flow(engines: int, mislaid: int, isolated_url: str, visits: Visits) -> None:
    visit = visits.open(f"{isolated_url}/licences.txt")
    visit.page.evaluate(MISLAY, mislaid)
    visit.start_engine(model="selfie-landscape", threads=1)
    visit.page.evaluate(BESIDE.replace("COUNT", str(engines)))
    visit.page.wait_for_function(FLOW, arg=FRAMES, timeout=LIMIT_MS)
