"""A long run: what an engine holds after minutes of a camera, of effects, models and sources.

`make soak` runs it, no ordinary test run does: its name is not a test's. ``SOAK_MINUTES`` is ten.
"""

import logging
import os
import time

import pytest
from browsers import Visits
from metered import expect_closed_frames, open_metered, step
from visit import Visit

log = logging.getLogger(__name__)

MINUTES = float(os.environ.get("SOAK_MINUTES", "10"))
SETTLING_S = 60  # whatever is kept by rights is there by then
GROWTH_LIMIT_BYTES = 5_000_000

# A few seconds of a visitor who tries everything out.
STEP = """
async ({ index, effect }) => {
  const { matte, stream } = livematte;
  matte.setEffect(effect);
  if (index % 4 === 0) await matte.setModel(index % 8 ? 'selfie' : 'selfie-landscape');
  if (index % 3 === 0) {
    matte.detach();
    await matte.attach(stream);
  }
  await new Promise((resolve) => setTimeout(resolve, 3000));
}
"""


def run_for(visit: Visit, seconds: float, first: int) -> int:
    """Tries everything out, over and over. Returns how many steps there have been."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        visit.page.evaluate(STEP, step(first))
        first += 1
    return first


@pytest.mark.timeout(60 * MINUTES + 300)
def test_a_long_run_keeps_nothing(isolated_url: str, visits: Visits) -> None:
    visit, meter = open_metered(visits, isolated_url)
    steps = run_for(visit, SETTLING_S, 0)
    before = meter.bytes()
    for minute in range(1, max(2, round(MINUTES))):
        steps = run_for(visit, 60, steps)
        after = meter.bytes()
        growth = {name: after[name] - before[name] for name in after}
        log.info("%d min, %d steps: %s bytes more", minute, steps, growth)
    assert sum(growth.values()) < GROWTH_LIMIT_BYTES, growth
    expect_closed_frames(visit, meter)
    assert visit.told["errors"] == []
    assert visit.stats["frames"] > 0
