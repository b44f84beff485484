"""Starting, stopping and switching again and again leaves nothing behind."""

from browsers import Visits
from metered import expect_closed_frames, open_metered, step
from visit import Visit

# Of the page's and the worker's heaps, after garbage was collected: what is kept by rights, such as
# compiled code and the figures' buffers, settles in the first rounds. A frame or a canvas that is
# kept for each round, or a listener with what it holds, is more than this in eighty.
GROWTH_LIMIT_BYTES = 500_000
# WebAssembly's memory never shrinks and has gaps where sessions were: some 4 MB in sixteen changes
# of the model. Sixteen sessions that are kept would be more: half a megabyte of weights each alone.
WASM_LIMIT_BYTES = 6_000_000

# A listener for each round, so that a leaked one would be seen.
ROUND = """
async ({ index, effect }) => {
  const { matte, stream } = livematte;
  matte.setEffect(effect);
  if (index % 5 === 0) await matte.setModel(index % 2 ? 'selfie' : 'selfie-landscape');
  const [track] = stream.getVideoTracks();
  const sources = [stream, track];
  const shown = new Promise((resolve, reject) => {
    const off = matte.on('first-matte', () => { off(); clearTimeout(limit); resolve(); });
    const limit = setTimeout(
      () => reject(new Error(`no matte: ${JSON.stringify(matte.stats)}`)), 60_000,
    );
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
  const shown = new Promise((resolve, reject) => {
    const limit = setTimeout(
      () => reject(new Error(`no matte: ${JSON.stringify(matte.stats)}`)), 60_000,
    );
    matte.on('first-matte', () => { clearTimeout(limit); resolve(); });
  });
  await matte.attach(stream);
  await shown;
  matte.track;
  matte.dispose();
}
"""


def test_a_hundred_starts_and_stops_keep_nothing(isolated_url: str, visits: Visits) -> None:
    visit, meter = open_metered(visits, isolated_url)
    for index in range(20):  # each effect and model more than once
        visit.page.evaluate(ROUND, step(index))
    before = meter.bytes()
    for index in range(20, 100):
        visit.page.evaluate(ROUND, step(index))
    after = meter.bytes()
    assert after["js"] - before["js"] < GROWTH_LIMIT_BYTES
    assert after["wasm"] - before["wasm"] < WASM_LIMIT_BYTES
    expect_closed_frames(visit, meter)
    assert visit.told["errors"] == []


def gone(visit: Visit, workers: int) -> None:
    """Waits until there are no more workers than that."""
    for _ in range(50):  # an engine takes a second to end, a busy machine longer
        if len(visit.page.workers) <= workers:
            break
        visit.page.wait_for_timeout(200)
    assert len(visit.page.workers) == workers


def test_engines_that_were_disposed_of_are_gone(isolated_url: str, visits: Visits) -> None:
    visit, meter = open_metered(visits, isolated_url)
    workers = len(visit.page.workers)
    for _ in range(2):
        visit.page.evaluate(ENGINE)
    gone(visit, workers)
    before = meter.bytes()
    for _ in range(4):
        visit.page.evaluate(ENGINE)
    gone(visit, workers)
    after = meter.bytes()
    assert after["js"] - before["js"] < GROWTH_LIMIT_BYTES
    assert after["wasm"] - before["wasm"] < WASM_LIMIT_BYTES
    expect_closed_frames(visit, meter)
