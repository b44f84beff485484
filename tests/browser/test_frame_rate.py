"""How fast the page mattes a 1280 × 720 camera, measured as a visitor would see it."""

import time

import pytest
from browsers import Visits
from figures import Record

SECONDS = 6
ROUNDS = 3
SLOWEST_FPS = 24  # the camera gives 30, so this leaves a fifth for a busy machine
EFFECTS = {
    "image": None,  # the page's own start: a drawn picture behind the person
    "blur": {"kind": "blur", "strength": 0.5},
    "color": {"kind": "color", "color": "#00b140"},
}

PICTURE = """
async () => {
  const canvas = new OffscreenCanvas(1280, 720);
  const context = canvas.getContext('2d');
  const paint = context.createLinearGradient(0, 0, 1280, 720);
  paint.addColorStop(0, '#204080');
  paint.addColorStop(1, '#e0a060');
  context.fillStyle = paint;
  context.fillRect(0, 0, 1280, 720);
  livematte.matte.setEffect({ kind: 'image', image: canvas.transferToImageBitmap() });
}
"""


@pytest.mark.parametrize("effect", EFFECTS)
@pytest.mark.alone
def test_the_camera_is_matted_at_its_rate(
    effect: str, isolated_url: str, visits: Visits, record_figures: Record
) -> None:
    visit = visits.open(f"{isolated_url}/licences.txt")
    visit.start_engine(effect=EFFECTS[effect] or {"kind": "cutout"})
    if effect == "image":
        visit.page.evaluate(PICTURE)
    visit.wait_for_frames(30)  # what is compiled at first use has been compiled

    # Other programs can only take away from the rate, so the best of a few rounds is the page's.
    for _ in range(ROUNDS):
        before, started = visit.stats, time.monotonic()
        visit.page.wait_for_timeout(SECONDS * 1000)
        after, seconds = visit.stats, time.monotonic() - started
        fps = (after["frames"] - before["frames"]) / seconds
        if fps >= SLOWEST_FPS:
            break
    dropped = after["droppedFrames"] - before["droppedFrames"]
    record_figures(
        f"frame-rate-{effect}",
        {
            "fps": round(fps, 2),
            "seconds": round(seconds, 2),
            "size": f"{after['width']}×{after['height']}",
            "dropped": dropped,
            "threads": after["threads"],
            "model": after["model"],
            "sampler": after["sampler"],
            "stages": after["stages"],
        },
    )
    assert visit.told["errors"] == []
    assert (after["width"], after["height"]) == (1280, 720)
    assert seconds >= 5
    assert fps >= SLOWEST_FPS
    for stage in ("sampleMs", "inferMs", "compositeMs", "totalMs"):
        assert 0 < after["stages"][stage]["p50"] <= after["stages"][stage]["p95"]
