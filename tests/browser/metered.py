"""An engine whose memory is measured while it is used over and over."""

from typing import Any

from browsers import Visits
from visit import Visit

from builder.bench_memory import MemoryMeter

VIDEO = {"width": 320, "height": 180, "frameRate": 30}
EFFECTS = (
    {"kind": "blur", "strength": 0.3},
    {"kind": "color", "color": "#00ff00"},
    {"kind": "mask"},
    {"kind": "cutout"},
    {"kind": "overlay", "color": "#ff0000"},
)


def step(index: int) -> dict[str, Any]:
    """What a round in the page is told: its number, and the effect whose turn it is."""
    return {"index": index, "effect": EFFECTS[index % len(EFFECTS)]}


# Chromium tells of frames that nobody closed in the page, but not in its workers, where the engine
# has them: those are counted here.
WATCH = """
{
  const frames = { seen: 0, lost: 0 };
  const gone = new FinalizationRegistry(() => frames.lost++);
  const watch = (frame) => {
    frames.seen++;
    gone.register(frame, undefined, frame);
    return frame;
  };
  const { close, clone } = VideoFrame.prototype;
  VideoFrame.prototype.close = function () {
    gone.unregister(this);
    close.call(this);
  };
  VideoFrame.prototype.clone = function () {
    return watch(clone.call(this));
  };
  const { read } = ReadableStreamDefaultReader.prototype;
  ReadableStreamDefaultReader.prototype.read = async function () {
    const answer = await read.call(this);
    if (answer.value instanceof VideoFrame) watch(answer.value);
    return answer;
  };
  globalThis.watchedFrames = frames;
}
"""
# A camera's frame that comes while the stream is on its way to the worker is lost in Chromium, now
# and then on a busy machine: no script of the page ever has it.
LOST_ON_THE_WAY = "A VideoFrame was garbage collected without being closed"


def expect_closed_frames(visit: Visit, meter: MemoryMeter) -> None:
    """Every frame that an engine's worker was given, or has copied, was closed."""
    meter.bytes()  # collects garbage; who waits for that hears of it a moment later
    visit.page.wait_for_timeout(300)
    assert all(seen > 0 for seen in meter.evaluate("watchedFrames.seen"))
    assert not any(meter.evaluate("watchedFrames.lost"))


def open_metered(visits: Visits, url: str) -> tuple[Visit, MemoryMeter]:
    visit = visits.open("about:blank")
    visit.expect(LOST_ON_THE_WAY)
    meter = MemoryMeter(visit.page, WATCH)
    visit.page.goto(f"{url}/licences.txt")
    visit.start_engine(video=VIDEO)
    visit.wait_for_frames(2)
    return visit, meter
