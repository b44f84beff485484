"""What the compositors draw, pixel by pixel, against the Python reference of the effects.

All get the same RGB frame and the same small alpha. The frame is given often enough that it goes
up by each of the WebGL2 compositor's ways of uploading it.
"""

import base64
import json
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from browsers import Visits
from visit import Visit

from builder.effects import Effect, apply, blurred_background, parse_color, shape_alpha
from builder.looks import DEFAULT_LOOKS, Looks, ramp_with
from builder.resample import resize

HEIGHT, WIDTH = 180, 320
SMALL = (36, 64)  # of the alpha
RAMP = (0.2, 0.8)
FRAMES = 8  # three for each way of uploading, and the winner's
STEP = 1  # of 255: WebGL lets a driver round a blended byte either way
EDGE_STEPS = 3  # where the alpha, a byte on the GPU, goes through the steep ramp

START = """
async (given) => {
  const { engine, choice, rgba, alpha, threshold, ramp } = given;
  const { width, height, alphaWidth, alphaHeight } = given;
  const bytes = (text) => Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
  const module = new URL(`./${engine}/worker/compositor/choose.js`, location).href;
  const { createCompositor } = await import(module);
  const canvas = new OffscreenCanvas(1, 1);
  const told = { restored: 0 };
  const compositor = createCompositor({
    choice, canvas, effect: { kind: 'cutout' }, onRestored: () => told.restored++,
  });
  compositor.resize(width, height);
  const pixels = bytes(rgba);
  const frame = (format) => new VideoFrame(pixels, {
    format, codedWidth: width, codedHeight: height, timestamp: 0,
    colorSpace: { primaries: 'bt709', transfer: 'iec61966-2-1', matrix: 'rgb', fullRange: true },
  });
  const matte = {
    alpha: new Float32Array(bytes(alpha).buffer),
    width: alphaWidth, height: alphaHeight, threshold, ramp,
  };
  // Premultiplied and the top row last, as WebGL gives it.
  const readWebgl = (gl, out) => {
    gl.bindFramebuffer(gl.FRAMEBUFFER, null);
    gl.readPixels(0, 0, width, height, gl.RGBA, gl.UNSIGNED_BYTE, out);
  };
  const readPlain = (context, out) => {
    const { data } = context.getImageData(0, 0, width, height);
    for (let i = 0; i < data.length; i++) {
      const row = height - 1 - Math.floor(i / (4 * width));
      const a = data[i | 3] / 255;
      out[4 * width * row + (i % (4 * width))] = (i & 3) === 3 ? data[i] : data[i] * a + 0.5;
    }
  };
  const read = () => {
    const out = new Uint8Array(4 * width * height);
    if (compositor.kind === 'webgl2') readWebgl(canvas.getContext('webgl2'), out);
    else readPlain(canvas.getContext('2d'), out);
    return btoa(Array.from(out, (byte) => String.fromCharCode(byte)).join(''));
  };
  globalThis.work = { canvas, compositor, frame, matte, read, told };
}
"""

DRAW = """
async ({ effect, picture, frames, looks }) => {
  const { compositor, frame, matte, read } = globalThis.work;
  if (looks) compositor.setLooks(looks);
  if (picture) {
    const bytes = Uint8ClampedArray.from(atob(picture.rgba), (char) => char.charCodeAt(0));
    const image = await createImageBitmap(new ImageData(bytes, picture.width, picture.height));
    compositor.setEffect({ ...effect, image });
  } else compositor.setEffect(effect);
  const drawn = [];
  for (let i = 0; i < frames; i++) {
    const each = frame('RGBX');
    try {
      await compositor.prepare(each);
      compositor.render(each, matte);
      drawn.push(read());
    } finally {
      each.close();
    }
  }
  return drawn;
}
"""

STAND_IN = """
async () => {
  const { compositor, read } = globalThis.work;
  compositor.render(null, null);
  return read();
}
"""

RENDERER = """
() => {
  const gl = new OffscreenCanvas(1, 1).getContext('webgl2');
  const info = gl?.getExtension('WEBGL_debug_renderer_info');
  return gl && info ? gl.getParameter(info.UNMASKED_RENDERER_WEBGL) : null;
}
"""

LOSE = """
async () => {
  const { canvas, compositor, frame, matte, read, told } = globalThis.work;
  const loss = canvas.getContext('webgl2').getExtension('WEBGL_lose_context');
  const nextTask = () => new Promise((resolve) => setTimeout(resolve, 50));
  const errors = [];
  const attempt = async () => {
    const each = frame('RGBX');
    try {
      await compositor.prepare(each);
      compositor.render(each, matte);
    } catch (error) {
      errors.push(error.code);
    } finally {
      each.close();
    }
  };
  loss.loseContext();
  await attempt();
  await nextTask();
  await attempt();
  loss.restoreContext();
  while (told.restored === 0) await nextTask();
  await attempt();
  return { errors, pixels: read() };
}
"""


def _picture() -> np.ndarray:
    """Fine and coarse detail in all channels, ``[H, W, 3]`` uint8."""
    rng = np.random.default_rng(5)
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH]
    smooth = np.stack([x * 255 / WIDTH, y * 255 / HEIGHT, (x + y) * 255 / (WIDTH + HEIGHT)], axis=2)
    return np.clip(smooth + rng.normal(0, 25, smooth.shape), 0, 255).astype(np.uint8)


def _alpha() -> np.ndarray:
    """A soft disc that leaves the picture at the bottom, ``[h, w]`` float32, in steps of 1/255."""
    y, x = np.mgrid[0 : SMALL[0], 0 : SMALL[1]]
    disc = np.clip((13 - np.hypot(x - 30, y - 27)) / 5 + 0.5, 0, 1)
    return (np.round(disc * 255) / 255).astype(np.float32)


def _text(array: np.ndarray) -> str:
    return base64.b64encode(np.ascontiguousarray(array).tobytes()).decode()


def _rgba(rgb: np.ndarray) -> np.ndarray:
    return np.dstack([rgb, np.full(rgb.shape[:2], 255, np.uint8)])


def _pixels(text: str) -> np.ndarray:
    """What readPixels gave, the top row first: ``[H, W, 4]``."""
    return np.frombuffer(base64.b64decode(text), np.uint8).reshape(HEIGHT, WIDTH, 4)[::-1]


@pytest.fixture(params=["webgl2", "cpu"])
def draw(request: pytest.FixtureRequest, visits: Visits, modules_url: str, site: Path) -> "Draw":
    visit = visits.open(f"{modules_url}/licences.txt")
    visit.expect("WebGL")  # a lost context and slow readbacks are warned of
    engine = json.loads((site / "manifest.json").read_text())["engine"]
    return Draw(visit, engine, request.param)


class Draw:
    """A compositor in a page, with one frame and one alpha."""

    def __init__(self, visit: Visit, engine: str, choice: str) -> None:
        self.page = visit.page
        self.choice = choice
        self.rgb, self.small = _picture(), _alpha()
        self._facts = {
            "engine": engine,
            "choice": choice,
            "width": WIDTH,
            "height": HEIGHT,
            "alphaWidth": SMALL[1],
            "alphaHeight": SMALL[0],
        }

    def start(self, threshold: float = 0.5, ramp: tuple[float, float] | None = RAMP) -> None:
        given = {"rgba": _text(_rgba(self.rgb)), "alpha": _text(self.small)}
        shape = {"threshold": threshold, "ramp": ramp}
        self.page.evaluate(START, {**self._facts, **given, **shape})

    def __call__(
        self,
        effect: dict[str, Any],
        picture: np.ndarray | None = None,
        looks: Looks | None = None,
        frames: int = FRAMES,
    ) -> np.ndarray:
        """Every frame that was drawn: ``[frames, H, W, 4]``."""
        given: dict[str, Any] = {"effect": effect, "frames": frames, "picture": None}
        if looks is not None:
            facts = asdict(looks)
            given["looks"] = {"lightWrap": facts.pop("light_wrap"), **facts}
        if picture is not None:
            height, width, _ = picture.shape
            given["picture"] = {"rgba": _text(_rgba(picture)), "width": width, "height": height}
        return np.stack([_pixels(text) for text in self.page.evaluate(DRAW, given)])

    def alpha(self) -> np.ndarray:
        """Enlarged to the frame."""
        return resize(self.small, HEIGHT, WIDTH)


def _assert_like(drawn: np.ndarray, expected: np.ndarray, alpha: np.ndarray) -> None:
    """``drawn`` [n, H, W, C] is ``expected`` [H, W, C], within a step, a few more at the edge."""
    off = np.abs(drawn.astype(int) - expected.astype(int)).max(axis=(0, 3))
    inside = (alpha <= RAMP[0]) | (alpha >= RAMP[1])
    assert inside.any()
    assert not inside.all()
    assert off[inside].max() <= STEP
    assert off[~inside].max() <= EDGE_STEPS


@pytest.mark.parametrize("threshold", [0.5, 0.3])
@pytest.mark.parametrize("ramp", [RAMP, None])
def test_color(draw: Draw, threshold: float, ramp: tuple[float, float] | None) -> None:
    draw.start(threshold, ramp)
    drawn = draw({"kind": "color", "color": "#20a040"})
    effect = Effect("color", color=parse_color("#20a040"))
    expected = apply(effect, draw.rgb, draw.alpha(), threshold=threshold, ramp=ramp)
    off = np.abs(drawn[..., :3].astype(int) - expected.astype(int))
    assert off.max() <= EDGE_STEPS
    assert off.mean() <= 0.1
    assert (drawn[..., 3] == 255).all()


@pytest.mark.parametrize("size", [(90, 90), (60, 200)], ids=["square", "wide"])
def test_a_picture_covers_the_frame(draw: Draw, size: tuple[int, int]) -> None:
    draw.start()
    y, x = np.mgrid[0 : size[0], 0 : size[1]]
    ramps = [x * 255 / size[1], y * 255 / size[0], np.full(size, 80.0)]
    picture = np.stack(ramps, axis=2).astype(np.uint8)
    drawn = draw({"kind": "image"}, picture)
    expected = apply(Effect("image", image=picture), draw.rgb, draw.alpha(), ramp=RAMP)
    off = np.abs(drawn[..., :3].astype(int) - expected.astype(int))
    # The reference rounds the scaled picture to whole pixels and bytes; a browser's 2D canvas has a
    # filter of its own.
    assert off.max() <= 8
    assert off.mean() <= 1


def test_cut_out_is_premultiplied(draw: Draw) -> None:
    draw.start()
    drawn = draw({"kind": "cutout"})
    shaped = shape_alpha(draw.alpha(), 0.5, RAMP)[..., None]
    expected = np.round(np.dstack([draw.rgb * shaped, shaped * 255]))
    _assert_like(drawn, expected, draw.alpha())


def test_overlay_tints_the_person_half(draw: Draw) -> None:
    draw.start()
    drawn = draw({"kind": "overlay", "color": "#00ff00"})
    weight = 0.5 * shape_alpha(draw.alpha(), 0.5, RAMP)[..., None]
    expected = np.round(draw.rgb * (1 - weight) + np.array([0, 255, 0]) * weight)
    _assert_like(drawn[..., :3], expected, draw.alpha())


def test_mask_is_the_unshaped_alpha(draw: Draw) -> None:
    draw.start()
    drawn = draw({"kind": "mask"})
    expected = np.repeat(np.round(draw.alpha() * 255)[..., None], 3, axis=2)
    assert np.abs(drawn[..., :3].astype(int) - expected).max() <= STEP


@pytest.mark.parametrize("strength", [0.1, 0.5, 1.0])
def test_blur(draw: Draw, strength: float) -> None:
    draw.start()
    drawn = draw({"kind": "blur", "strength": strength})[..., :3].astype(int)
    effect = Effect("blur", strength=strength)
    expected = apply(effect, draw.rgb, draw.alpha(), ramp=RAMP).astype(int)
    person = shape_alpha(draw.alpha(), 0.5, RAMP) == 1
    assert np.abs(drawn - expected)[:, person].max() <= STEP
    # Another grid and bytes between the passes: close all over, never far off.
    assert np.abs(drawn - expected).mean() <= 1.5
    assert np.abs(drawn - expected).max() <= 24


def test_blur_does_not_bleed_the_person_into_the_background(draw: Draw) -> None:
    draw.small = np.round(draw.small)  # a hard edge, so that nothing of the person is background
    person = draw.alpha() >= 0.5
    draw.rgb = np.where(person[..., None], (250, 10, 10), (10, 10, 200)).astype(np.uint8)
    draw.start()
    drawn = draw({"kind": "blur", "strength": 1.0})
    background = shape_alpha(draw.alpha(), 0.5, RAMP) == 0
    plain = blurred_background(draw.rgb, np.zeros_like(draw.alpha()), 1.0)
    assert plain[background][:, 0].max() > 90  # what a blur that does not weigh would show
    assert drawn[:, background, 0].max() < 45


GREEN = {"kind": "color", "color": "#20a040"}
ALL_LOOKS = Looks(shrink=0.3, softness=0.65, spill=0.7, light_wrap=0.8, brightness=0.5)
EDGE_LOOKS = Looks(shrink=-0.5, softness=0.6)


@pytest.mark.parametrize(
    "looks",
    [EDGE_LOOKS, Looks(light_wrap=1.0), ALL_LOOKS],
    ids=["edge", "light", "all"],
)
def test_looks_over_a_color(draw: Draw, looks: Looks) -> None:
    draw.start()
    drawn = draw(GREEN, looks=looks, frames=1)[..., :3].astype(int)
    effect = Effect("color", color=parse_color("#20a040"))
    expected = apply(effect, draw.rgb, draw.alpha(), ramp=RAMP, looks=looks).astype(int)
    plain = apply(effect, draw.rgb, draw.alpha(), ramp=RAMP).astype(int)
    off = np.abs(drawn - expected)
    # The light comes from another grid, in bytes: a few steps off at the most.
    assert off.max() <= (6 if looks.light_wrap else EDGE_STEPS)
    assert off.mean() <= 0.3
    assert np.abs(plain - expected).mean() > 5 * off.mean()


def test_looks_over_a_picture_a_blur_and_nothing(draw: Draw) -> None:
    draw.start()
    picture = np.full((45, 80, 3), (200, 120, 40), np.uint8)
    drawn = draw({"kind": "image"}, picture, looks=ALL_LOOKS, frames=1)[..., :3].astype(int)
    effect = Effect("image", image=picture)
    expected = apply(effect, draw.rgb, draw.alpha(), ramp=RAMP, looks=ALL_LOOKS)
    assert np.abs(drawn - expected).max() <= 6
    drawn = draw({"kind": "blur", "strength": 0.5}, frames=1)[..., :3].astype(int)
    expected = apply(Effect("blur"), draw.rgb, draw.alpha(), ramp=RAMP, looks=ALL_LOOKS)
    person = shape_alpha(draw.alpha(), 0.5, ramp_with(RAMP, ALL_LOOKS)) == 1
    assert np.abs(drawn - expected)[:, person].max() <= STEP
    assert np.abs(drawn - expected).mean() <= 1.5  # as without looks
    drawn = draw({"kind": "cutout"}, frames=1)
    shaped = shape_alpha(draw.alpha(), 0.5, ramp_with(RAMP, ALL_LOOKS))[..., None]
    white = Effect("color", color=(255, 255, 255))
    bright = Looks(brightness=ALL_LOOKS.brightness)
    person_only = apply(white, draw.rgb, np.ones_like(draw.alpha()), looks=bright)
    expected = np.dstack([person_only * shaped, shaped * 255])
    assert np.abs(drawn - expected).max() <= EDGE_STEPS


@pytest.mark.parametrize("looks", [Looks(spill=1.0), Looks(spill=0.6, brightness=0.5)])
def test_the_rooms_colour_is_taken_out_of_the_edge(draw: Draw, looks: Looks) -> None:
    # A red person before a blue room, whose edge is not where the matte's is. The matte's is as
    # steep as a model's: in a wide one hardly a pixel has both sides near.
    draw.small = np.round(np.clip((draw.small - 0.5) * 5 + 0.5, 0, 1) * 255) / np.float32(255)
    shown = np.clip((draw.alpha() - 0.5) * 4, 0, 1)[..., None]
    noise = np.random.default_rng(6).normal(0, 6, draw.rgb.shape)
    draw.rgb = (shown * (200, 60, 40) + (1 - shown) * (30, 90, 200) + noise).astype(np.uint8)
    draw.start()
    alpha = draw.alpha()
    color, picture = parse_color("#20a040"), np.full((45, 80, 3), (200, 120, 40), np.uint8)
    for effect, given, image in (
        (Effect("color", color=color), GREEN, None),
        (Effect("image", image=picture), {"kind": "image"}, picture),
    ):
        drawn = draw(given, image, looks=looks, frames=1)[..., :3].astype(int)
        expected = apply(effect, draw.rgb, alpha, ramp=RAMP, looks=looks).astype(int)
        plain = apply(effect, draw.rgb, alpha, ramp=RAMP, looks=replace(looks, spill=0))
        off = np.abs(drawn - expected)
        # Both sides of the edge are sums in bytes, divided where there may be little of them.
        assert off.max() <= 6
        assert off.mean() <= 0.3
        assert np.abs(plain.astype(int) - expected).max() > 30
    drawn = draw({"kind": "cutout"}, looks=looks, frames=1)
    shaped = shape_alpha(alpha, 0.5, RAMP)[..., None]
    black = apply(Effect("color", color=(0, 0, 0)), draw.rgb, alpha, ramp=RAMP, looks=looks)
    assert np.abs(drawn - np.dstack([black, shaped * 255])).max() <= 6


@pytest.mark.parametrize("kind", ["color", "blur"])
def test_default_looks_change_no_pixel(draw: Draw, kind: str) -> None:
    draw.start()
    effect = {**GREEN, "kind": kind, "strength": 0.5}
    plain = draw(effect, frames=1)
    changed = draw(effect, looks=ALL_LOOKS, frames=1)
    assert (changed != plain[-1]).any()
    assert (draw(effect, looks=DEFAULT_LOOKS, frames=1) == plain[-1]).all()


def test_no_pixel_of_the_frame_without_an_alpha(draw: Draw) -> None:
    draw.start()
    draw({"kind": "blur", "strength": 0.5})
    drawn = _pixels(draw.page.evaluate(STAND_IN))
    assert len(np.unique(drawn.reshape(-1, 4), axis=0)) == 1
    draw({"kind": "cutout"})
    assert (_pixels(draw.page.evaluate(STAND_IN)) == 0).all()


@pytest.mark.parametrize("draw", ["webgl2"], indirect=True)
def test_a_lost_context_fails_until_it_is_back(draw: Draw) -> None:
    draw.start()
    drawn = draw({"kind": "color", "color": "#20a040"})
    after = draw.page.evaluate(LOSE)
    assert after["errors"] == ["webgl-unavailable", "webgl-unavailable"]
    assert (_pixels(after["pixels"]) == drawn[-1]).all()


def test_without_a_gpu_the_processor_draws(visits: Visits, modules_url: str, site: Path) -> None:
    visit = visits.open(f"{modules_url}/licences.txt")
    visit.expect("WebGL")
    renderer = visit.page.evaluate(RENDERER)
    draw = Draw(visit, json.loads((site / "manifest.json").read_text())["engine"], "auto")
    draw.start()
    is_emulated = renderer is None or "SwiftShader" in renderer or "llvmpipe" in renderer
    expected = "cpu" if is_emulated else "webgl2"
    assert visit.page.evaluate("work.compositor.kind") == expected
