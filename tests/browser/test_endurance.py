"""Starting, stopping and switching again and again leaves nothing behind."""

from browsers import Visits
from visit import Visit

VIDEO = {"width": 320, "height": 180, "frameRate": 30}
# Of the page's heap, after garbage was collected: what is kept by rights, such as compiled code
# and the figures' buffers, settles in the first rounds. A frame or a canvas that is kept for each
# round, or a listener with what it holds, is more than this in twenty.
GROWTH_LIMIT_BYTES = 500_000

# A listener for each round, so that a leaked one would be seen.
ROUND = """
async (index) => {
  const { matte, stream } = livematte;
  const effects = [
    { kind: 'blur', strength: 0.3 }, { kind: 'color', color: '#00ff00' }, { kind: 'mask' },
    { kind: 'cutout' }, { kind: 'overlay', color: '#ff0000' },
  ];
  matte.setEffect(effects[index % effects.length]);
  if (index % 5 === 0) await matte.setModel(index % 2 ? 'selfie' : 'selfie-landscape');
  const [track] = stream.getVideoTracks();
  const sources = [stream, track];
  const shown = new Promise((resolve) => {
    const off = matte.on('first-matte', () => { off(); resolve(); });
  });
  await matte.attach(sources[index % sources.length]);
  await shown;
  const stopped = new Promise((resolve) => {
    const off = matte.on('state', (state) => { if (state === 'idle') { off(); resolve(); } });
  });
  matte.detach();
  await stopped;
}
"""
ENGINE = """
async () => {
  const { engine, stream } = livematte;
  const matte = await engine.createMatte();
  const shown = new Promise((resolve) => matte.on('first-matte', resolve));
  await matte.attach(stream);
  await shown;
  matte.track;
  matte.dispose();
}
"""


class Heap:
    """The page's own heap, without what garbage collection would take."""

    def __init__(self, visit: Visit) -> None:
        self._session = visit.context.new_cdp_session(visit.page)

    def used(self) -> int:
        for _ in range(2):  # finalizers of the first one free more
            self._session.send("HeapProfiler.collectGarbage")
        return int(self._session.send("Runtime.getHeapUsage")["usedSize"])


def expect_closed_frames(visit: Visit) -> None:
    assert not [line for line in visit.said if "VideoFrame" in line]


def test_twenty_starts_and_stops_keep_nothing(isolated_url: str, visits: Visits) -> None:
    visit = visits.open(f"{isolated_url}/licences.txt")
    visit.start_engine(video=VIDEO)
    visit.wait_for_frames(2)
    heap = Heap(visit)
    for index in range(10):  # each effect and model once
        visit.page.evaluate(ROUND, index)
    before = heap.used()
    for index in range(10, 30):
        visit.page.evaluate(ROUND, index)
    growth = heap.used() - before
    assert growth < GROWTH_LIMIT_BYTES
    expect_closed_frames(visit)
    assert visit.told["errors"] == []


def test_engines_that_were_disposed_of_are_gone(isolated_url: str, visits: Visits) -> None:
    visit = visits.open(f"{isolated_url}/licences.txt")
    visit.start_engine(video=VIDEO)
    visit.wait_for_frames(2)
    heap, workers = Heap(visit), len(visit.page.workers)
    for _ in range(2):
        visit.page.evaluate(ENGINE)
    before = heap.used()
    for _ in range(4):
        visit.page.evaluate(ENGINE)
    growth = heap.used() - before
    assert growth < GROWTH_LIMIT_BYTES
    for _ in range(50):  # an engine takes a second to end, a busy machine longer
        if len(visit.page.workers) <= workers:
            break
        visit.page.wait_for_timeout(200)
    assert len(visit.page.workers) == workers
    expect_closed_frames(visit)
