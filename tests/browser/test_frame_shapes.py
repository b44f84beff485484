"""Frames as phones send them: turned by a number, and of another size from one to the next."""

import numpy as np
import numpy.typing as npt
import pytest
from browsers import Visits
from made_frames import MAKE, Made, Picture
from visit import Captured, Visit

from builder.demo import DemoClip
from builder.evaluate.metrics import miou

# A track whose frames are written one by one; each is awaited in the engine.
START = """
() => {
  MAKE_A_FRAME
  const track = new MediaStreamTrackGenerator({ kind: 'video' });
  const writer = track.writable.getWriter();
  globalThis.source = {
    track,
    async show(init) {
      await writer.write(make(init));
      for (let tries = 0; tries < 1000; tries++) {
        const shown = await livematte.matte.capture().catch(() => null);
        if (shown?.timestamp === init.timestamp) return;
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
      throw new Error(`never shown: ${init.timestamp}`);
    },
  };
  return livematte.matte.attach(track).then(() => undefined);
}
""".replace("MAKE_A_FRAME", MAKE)
FRAME_US = 33_333
# Bytes of Y'CbCr, converted by the browser and blended by a compositor.
STEPS = 4


class Source:
    """Shows made frames to an engine, one after the other."""

    def __init__(self, visit: Visit) -> None:
        self._visit = visit
        self._count = 0
        visit.page.evaluate(START)

    def show(self, made: Made) -> Captured:
        """What was composited last, once it is this frame."""
        self._count += 1
        init = {**made.init, "timestamp": self._count * FRAME_US}
        self._visit.page.evaluate("init => source.show(init)", init)
        return self._visit.capture()


def wall() -> Picture:
    """Nobody, and no two corners alike."""
    y, x = np.mgrid[0:180, 0:320]
    return np.stack([0.3 + x / 800, 0.35 + y / 450, np.full(x.shape, 0.5)], 2).astype(np.float32)


def expect_picture(seen: npt.NDArray[np.uint8], made: Made) -> None:
    assert seen.shape[:2] == made.upright.shape[:2]
    off = np.abs(seen[..., :3] - made.upright * 255)
    assert off.max() <= STEPS


@pytest.mark.parametrize("compositor", ["cpu", "webgl2"])
def test_turned_frames_are_drawn_upright(
    isolated_url: str, visits: Visits, compositor: str
) -> None:
    visit = visits.open(f"{isolated_url}/licences.txt")
    visit.expect("WebGL")
    effect = {"kind": "overlay", "color": "#ff0000"}  # nobody is there, so it changes nothing
    visit.start_engine(source=None, compositor=compositor, effect=effect)
    source = Source(visit)
    for rotation, flip in [(90, False), (180, True)]:
        made = Made(wall(), "NV12", rotation=rotation, flip=flip)
        for count in range(7):  # three for each way of the upload, and the winner's
            captured = source.show(made)
            if count in (0, 3, 6):
                expect_picture(captured.rgb, made)
                expect_picture(visit.snapshot(), made)
    stats = visit.stats
    assert (stats["compositor"], stats["width"], stats["height"]) == (compositor, 320, 180)


def person(width: int, height: int, rotation: int) -> tuple[Made, npt.NDArray[np.float32]]:
    """A frame whose upright picture has that size, and its true alpha."""
    rgb, alpha = DemoClip(width, height).frame(5)
    stored = (np.rot90(rgb, rotation // 90) / np.float32(255)).astype(np.float32)
    return Made(stored, "RGBX", rotation=rotation), alpha


def test_a_source_that_changes_its_size(isolated_url: str, visits: Visits) -> None:
    visit = visits.open(f"{isolated_url}/licences.txt")
    visit.start_engine(source=None, effect={"kind": "mask"})
    visit.page.evaluate(
        """() => {
          livematte.sizes = [];
          livematte.matte.on('size', (size) => livematte.sizes.push(size));
        }"""
    )
    source = Source(visit)
    shapes = [(640, 360, 0), (360, 640, 90), (360, 640, 0), (320, 180, 180)]
    for width, height, rotation in shapes:
        made, truth = person(width, height, rotation)
        for count in range(2):
            captured = source.show(made)
            region = captured.matte.rect
            assert captured.rgb.shape[:2] == (height, width)
            assert region.x + region.width <= width
            assert region.y + region.height <= height
            # Nothing of a frame of another shape is blended in: not a person who lies on the side.
            matte = captured.matte.full(height, width)
            assert miou(matte, truth) > 0.9, (width, height, rotation, count)
            drawn = visit.snapshot()
            assert drawn.shape[:2] == (height, width)
            assert np.abs(drawn[..., 0] / 255 - matte).max() <= 2 / 255
    told = visit.page.evaluate("livematte.sizes")
    assert told == [
        {"width": width, "height": height} for width, height, _ in [*shapes[:2], shapes[3]]
    ]
    assert visit.told["errors"] == []
