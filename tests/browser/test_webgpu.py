"""The way over the GPU, on SwiftShader: what it computes is the Python reference's.

Frames are made here, so both sides see the very same bytes; what is left is float rounding, half
floats in the textures and the 8 bits in which a texture unit weighs its neighbours.
"""

import base64
import io
import json
from dataclasses import asdict
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from browsers import Visits
from gpu_worker import RAMP, GpuWorker, Picture, make_gpu_site, tiny_model
from PIL import Image
from playwright.sync_api import Error
from serving import Servers
from visit import TO_BASE64

from builder.effects import Effect, apply, parse_color, shape_alpha
from builder.looks import Looks
from builder.predict import Segmenter
from builder.resample import resize
from builder.roi import Rect
from builder.temporal import TemporalFilter

Floats = npt.NDArray[np.float64]

FRAME = (180, 320)
LOOKS = {
    "shrink": 0,
    "softness": 0.5,
    "spill": 0,
    "lightWrap": 0,
    "brightness": 0,
    "steadiness": 1,
    "islands": False,
    "region": True,
}
COMMENTS = {
    "lines": ["WWWWWWWWWWWWWWWWWWWWWWWWWWWW"],
    "speed": 1,
    "size": 1,
    "density": 1,
    "colors": "white",
    "mirrored": False,
    "calm": True,
}
INPUT_TOLERANCE = 2  # of 255; on frames that are RGB already it is rounding alone
ALPHA_TOLERANCE = 0.01
STEP = 2  # of 255, where the matte is flat
EDGE_STEPS = 6  # on its ramp, where an alpha that is off by 1/256 is off by three times as much


SAMPLE = f"""
async ({{ engine, rgba, width, height, rects }}) => {{
  {TO_BASE64}
  const load = (name) => import(new URL(`./${{engine}}/worker/webgpu/${{name}}.js`, location).href);
  const {{ requestGpu }} = await load('device');
  const {{ createGpuSampler }} = await load('gpu-sampler');
  const {{ createFloats, readBuffer }} = await load('steps');
  const {{ device }} = await requestGpu(navigator.gpu, {{ allowSoftware: true }});
  const input = createFloats(device, 'input', 3 * 36 * 64);
  const sampler = createGpuSampler(device, input, {{ width: 64, height: 36 }});
  const bytes = Uint8Array.from(atob(rgba), (char) => char.charCodeAt(0));
  const frame = new VideoFrame(bytes, {{
    format: 'RGBX', codedWidth: width, codedHeight: height, timestamp: 0,
    colorSpace: {{ primaries: 'bt709', transfer: 'iec61966-2-1', matrix: 'rgb', fullRange: true }},
  }});
  const sampled = [];
  for (const rect of rects) {{
    sampler.sample(frame, rect, {{ width, height }});
    sampled.push(await toBase64(new Uint8Array(await readBuffer(device, input))));
  }}
  frame.close();
  device.destroy();
  return sampled;
}}
"""


@pytest.fixture(scope="module")
def gpu_site(site: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_gpu_site(site, tmp_path_factory.mktemp("gpu-site"))


@pytest.fixture
def gpu(gpu_site: Path, servers: Servers, visits: Visits) -> GpuWorker:
    visit = visits.open(f"{servers.site(gpu_site)[0]}/licences.txt", webgpu=True)
    return GpuWorker(visit)


@pytest.fixture(scope="module")
def reference() -> Segmenter:
    return Segmenter(tiny_model("red"))


def is_one_colour(png: bytes) -> bool:
    pixels = np.asarray(Image.open(io.BytesIO(png)).convert("RGB")).reshape(-1, 3)
    return bool((pixels == pixels[0]).all())


def picture(x: float = 0.5, size: tuple[int, int] = FRAME) -> Picture:
    """A red disc with a soft edge before something blue and green, and noise over all of it."""
    height, width = size
    rows, columns = np.mgrid[0:height, 0:width]
    distance = np.hypot(columns - x * width, rows - 0.55 * height)
    red = np.clip((0.3 * height - distance) / 8 + 0.5, 0, 1)[..., None]
    behind = np.stack([columns * 0.1, rows * 200 / height, 255 - columns * 200 / width], axis=2)
    noise = np.random.default_rng(3).normal(0, 6, (height, width, 3))
    return np.clip(red * (220, 40, 60) + (1 - red) * behind + noise, 0, 240).astype(np.uint8)


def test_the_alpha_is_the_reference(gpu: GpuWorker, reference: Segmenter) -> None:
    gpu.start()
    for number, x in enumerate((0.3, 0.32, 0.5)):
        rgb = picture(x)
        gpu.push(rgb, number / 10)
        captured = gpu.capture()
        assert (captured.rgb == rgb).all()
        expected = reference.model_alpha(captured.model_rect.of(rgb))
        assert 0.05 < (expected > 0.5).mean() < 0.95
        assert np.abs(captured.model_alpha - expected).mean() <= ALPHA_TOLERANCE
    stats = gpu.told("stats")[-1]
    assert (stats["backend"], stats["compositor"]) == ("webgpu", "webgpu")
    assert stats["sampler"] == "webgpu-external"
    assert gpu.told("error") == []


@pytest.mark.parametrize("size", [(720, 1280), (45, 80)], ids=["shrunk", "enlarged"])
def test_the_model_input_is_the_reference(
    gpu: GpuWorker, gpu_site: Path, size: tuple[int, int]
) -> None:
    engine = json.loads((gpu_site / "manifest.json").read_text())["engine"]
    rgb = np.random.default_rng(5).integers(0, 256, (*size, 3), np.uint8)
    height, width = size
    rects = [Rect(0, 0, width, height), Rect(16, 3, width // 2, height // 2)]
    given = {"engine": engine, "width": width, "height": height, "rects": [*map(asdict, rects)]}
    given["rgba"] = base64.b64encode(np.dstack([rgb, rgb[..., 0]]).tobytes()).decode()
    for rect, sampled in zip(rects, gpu.page.evaluate(SAMPLE, given), strict=True):
        planes = np.frombuffer(base64.b64decode(sampled), np.float32).reshape(3, 36, 64)
        expected = resize(rect.of(rgb), 36, 64).transpose(2, 0, 1)
        assert np.abs(planes * 255 - expected).max() <= INPUT_TOLERANCE


def test_a_real_model_through_the_public_way(
    isolated_url: str, visits: Visits, references: dict[str, Segmenter]
) -> None:
    visit = visits.open(f"{isolated_url}/licences.txt", webgpu=True)
    visit.start_engine(backend="webgpu", model="selfie-landscape", effect={"kind": "mask"})
    visit.wait_for_frames(1, timeout_s=120)
    captured = visit.capture()
    expected = references["selfie-landscape"].model_alpha(captured.model_rect.of(captured.rgb))
    assert 0.1 < (expected >= 0.5).mean() < 0.9
    assert np.abs(captured.model_alpha - expected).mean() <= ALPHA_TOLERANCE
    assert visit.stats["backend"] == "webgpu"
    assert any("/runtime-jspi-" in url for url in visit.requests)
    assert visit.told["errors"] == []


def test_nothing_of_webgpu_is_fetched_without_an_adapter(isolated_url: str, visits: Visits) -> None:
    visit = visits.open(f"{isolated_url}/licences.txt")
    visit.start_engine(model="selfie-landscape")
    visit.wait_for_frames(5)
    assert visit.stats["backend"] == "wasm"
    assert not any("/runtime-jspi-" in url for url in visit.requests)


def test_the_first_frame_is_looked_at_closer_and_the_next_ones_follow(gpu: GpuWorker) -> None:
    gpu.start()
    whole = Rect(0, 0, FRAME[1], FRAME[0])
    gpu.push(picture(0.25), 0)
    first = gpu.capture().model_rect
    assert first != whole
    assert first.x + first.width < 0.6 * FRAME[1]
    for number in range(1, 4):
        gpu.push(picture(0.75), number / 10)  # a report later the person is found again
    moved = gpu.capture()
    assert moved.matte.full(*FRAME)[99, 240] > 0.9
    gpu.push(picture(0.75), 0.45)
    assert gpu.capture().matte.rect.x > first.x + 0.2 * FRAME[1]  # and what it has left is left


def test_the_blend_over_time_is_the_reference(gpu: GpuWorker, reference: Segmenter) -> None:
    gpu.start(looks={**LOOKS, "region": False})
    blended = TemporalFilter()
    whole = Rect(0, 0, FRAME[1], FRAME[0])
    # A little motion, none, a lot of it, a cut, a gap.
    for x, time_s in ((0.4, 0), (0.41, 0.03), (0.41, 0.07), (0.47, 0.1), (0.9, 0.13), (0.89, 0.9)):
        rgb = picture(x)
        gpu.push(rgb, time_s)
        expected = blended.apply(reference.model_alpha(rgb), whole, time_s)
        captured = gpu.capture()
        assert captured.matte.rect == whole
        assert np.abs(captured.matte.alpha - expected).max() <= ALPHA_TOLERANCE


def test_states_stay_on_the_gpu_until_the_source_changes(gpu: GpuWorker) -> None:
    gpu.start("red-so-far", looks={**LOOKS, "steadiness": 0})
    gpu.push(picture(0.2), 0)
    gpu.push(picture(0.8), 0.1)
    alpha = gpu.capture().matte.full(*FRAME)
    assert alpha[99, 64] > 0.9  # where it was, and where it is
    assert alpha[99, 256] > 0.9
    gpu.ask("attach", sourceId=1, input={"kind": "frames", "source": "stream"})
    gpu.push(picture(0.8), 0.2)
    alpha = gpu.capture().matte.full(*FRAME)
    assert alpha[99, 64] < 0.1
    assert alpha[99, 256] > 0.9


def test_states_are_forgotten_after_a_sleep(gpu: GpuWorker) -> None:
    gpu.start("red-so-far", looks={**LOOKS, "steadiness": 0})
    gpu.push(picture(0.2), 0)
    gpu.push(picture(0.8), 300)
    alpha = gpu.capture().matte.full(*FRAME)
    assert alpha[99, 64] < 0.1
    assert alpha[99, 256] > 0.9


def test_turned_frames_are_seen_upright(gpu: GpuWorker, reference: Segmenter) -> None:
    gpu.start()
    upright = picture(0.3)
    for number, rotation in enumerate((90, 180, 270)):
        turned = np.ascontiguousarray(np.rot90(upright, rotation // 90))
        gpu.push(turned, number / 10, rotation=rotation)
        captured = gpu.capture()
        assert (captured.rgb == upright).all()
        expected = reference.model_alpha(captured.model_rect.of(upright))
        assert np.abs(captured.model_alpha - expected).mean() <= ALPHA_TOLERANCE


def shown_with(gpu: GpuWorker, effect: dict[str, object], **looks: float) -> Floats:
    """What the canvas shows of the frame that it has, by another effect: RGBA, premultiplied."""
    gpu.ask("set-effect", effect=effect)
    gpu.ask("set-looks", looks={**LOOKS, **looks})
    shown = gpu.snapshot().astype(float)
    shown[..., :3] *= shown[..., 3:] / 255
    return shown


def test_effects_are_the_reference(gpu: GpuWorker) -> None:
    gpu.start()
    rgb = picture(0.35)
    gpu.push(rgb, 0)
    alpha = gpu.capture().matte.full(*FRAME)
    flat = (alpha < RAMP[0] - 0.1) | (alpha > RAMP[1] + 0.1)
    assert flat.mean() > 0.5
    shaped = shape_alpha(alpha, 0.5, RAMP)[..., None]
    inked = np.array(parse_color("#20a040"))
    for kind, expected in {
        "color": rgb * shaped + inked * (1 - shaped),
        "overlay": rgb * (1 - shaped / 2) + inked * shaped / 2,
        "cutout": np.dstack([rgb * shaped, 255 * shaped]),
        "mask": np.repeat(255 * alpha[..., None], 3, axis=2),
    }.items():
        color = {"color": "#20a040"} if kind in ("color", "overlay") else {}
        shown = shown_with(gpu, {"kind": kind, **color})
        off = np.abs(shown[..., : expected.shape[2]] - expected).max(axis=2)
        assert off[flat].max() <= STEP, kind
        assert off.max() <= EDGE_STEPS, kind
        assert off.mean() <= 0.5, kind
    for strength in (0.2, 1.0):
        expected = apply(Effect("blur", strength=strength), rgb, alpha, ramp=RAMP).astype(int)
        shown = shown_with(gpu, {"kind": "blur", "strength": strength})
        # Another grid than the reference's: close all over, never far off.
        assert np.abs(shown[..., :3] - expected).mean() <= 1.5
        assert np.abs(shown[..., :3] - expected).max() <= 24


def test_looks_are_the_reference(gpu: GpuWorker) -> None:
    gpu.start()
    rgb = picture(0.35)
    gpu.push(rgb, 0)
    alpha = gpu.capture().matte.full(*FRAME)
    effect = Effect("color", color=parse_color("#20a040"))
    unchanged = apply(effect, rgb, alpha, ramp=RAMP).astype(int)
    sharp = 40  # where the ramp is so steep that an alpha that is off by 1/256 shows
    for given, looks, most in (
        ({"brightness": 0.6}, Looks(brightness=0.6), 2 * EDGE_STEPS),
        ({"brightness": -0.6}, Looks(brightness=-0.6), 2 * EDGE_STEPS),
        ({"lightWrap": 0.8}, Looks(light_wrap=0.8), 2 * EDGE_STEPS),
        ({"shrink": 0.5, "softness": 0}, Looks(shrink=0.5, softness=0), sharp),
    ):
        expected = apply(effect, rgb, alpha, ramp=RAMP, looks=looks).astype(int)
        assert np.abs(expected - unchanged).max() > 2 * most  # there is something to be seen
        off = np.abs(
            shown_with(gpu, {"kind": "color", "color": "#20a040"}, **given)[..., :3] - expected
        )
        assert off.max() <= most, given
        assert off.mean() <= 0.5, given


@pytest.mark.parametrize("kind", ["color", "cutout"])
def test_the_rooms_colour_is_taken_out_of_the_edge(gpu: GpuWorker, kind: str) -> None:
    gpu.start()
    rgb = picture(0.35)
    gpu.push(rgb, 0)
    alpha = gpu.capture().matte.full(*FRAME)
    black = Effect("color", color=(0, 0, 0))
    color = {"color": "#000000"} if kind == "color" else {}
    for softness in (0.5, 1):
        looks = Looks(softness=softness)
        plain = apply(black, rgb, alpha, ramp=RAMP, looks=looks).astype(int)
        looks = Looks(softness=softness, spill=1)
        expected = apply(black, rgb, alpha, ramp=RAMP, looks=looks).astype(int)
        shown = shown_with(gpu, {"kind": kind, **color}, softness=softness, spill=1)[..., :3]
        off, change = np.abs(shown - expected), np.abs(expected - plain)
        # Half floats, and an alpha in bytes where the weights of both sides begin: their quotients
        # are a few steps off at some pixels, hardly on the whole.
        assert change.max() > 20
        assert off.max() <= 2 * EDGE_STEPS
        assert off[change > 2].mean() <= 0.15 * change[change > 2].mean()


def test_comments_fly_behind_the_person(gpu: GpuWorker) -> None:
    gpu.start()
    rgb = picture(0.5)
    gpu.push(rgb, 0)
    alpha = shape_alpha(gpu.capture().matte.full(*FRAME), 0.5, RAMP)
    effects = ({"kind": "color", "color": "#000000"}, {"kind": "cutout"})
    without = [shown_with(gpu, effect) for effect in effects]
    gpu.ask("set-comments", comments=COMMENTS)
    gpu.page.wait_for_timeout(1500)  # they fade in
    for effect, before in zip(effects, without, strict=True):
        changed = np.abs(shown_with(gpu, effect) - before).max(axis=2) > STEP
        assert changed[alpha == 0].mean() > 0.02
        assert not changed[alpha == 1].any()
    gpu.ask("detach")
    alone = gpu.snapshot()
    assert len(np.unique(alone.reshape(-1, 4), axis=0)) > 10  # they go on without anybody


def test_a_picture_behind(gpu: GpuWorker) -> None:
    gpu.start(effect={"kind": "color", "color": "#000000"})
    image = np.zeros((90, 90, 3), np.uint8)
    image[..., 0] = np.arange(90)[:, None] * 2
    image[..., 2] = 90
    gpu.page.evaluate(
        """async ({ size }) => {
          const canvas = new OffscreenCanvas(size, size);
          const context = canvas.getContext('2d');
          for (let y = 0; y < size; y++) {
            context.fillStyle = `rgb(${2 * y} 0 90)`;
            context.fillRect(0, y, size, 1);
          }
          const image = canvas.transferToImageBitmap();
          await gpu.ask('set-effect', { effect: { kind: 'image', image } }, [image]);
        }""",
        {"size": 90},
    )
    rgb = picture(0.35)
    gpu.push(rgb, 0)
    alpha = gpu.capture().matte.full(*FRAME)
    expected = apply(Effect("image", image=image), rgb, alpha, ramp=RAMP).astype(int)
    off = np.abs(gpu.snapshot()[..., :3].astype(int) - expected)
    assert off.max() <= 8  # the reference rounds the scaled picture to whole pixels and bytes
    assert off.mean() <= 1
    gpu.ask("detach")
    alone = gpu.snapshot()[..., :3].astype(int)
    background = apply(Effect("image", image=image), rgb, np.zeros_like(alpha), ramp=RAMP)
    assert np.abs(alone - background.astype(int)).max() <= 8


def test_no_pixel_of_the_frame_once_the_alpha_is_no_number(gpu: GpuWorker) -> None:
    gpu.start("red-or-nan", effect={"kind": "overlay", "color": "#00ff00"})
    good, bad = picture(0.4), picture(0.4)
    bad[20:60, 40:90] = 255
    gpu.push(good, 0)
    assert len(np.unique(gpu.snapshot().reshape(-1, 4), axis=0)) > 100
    gpu.push(bad, 0.1)
    # The very frame that the alpha is of shows nothing, before anybody has been told.
    assert len(np.unique(gpu.snapshot().reshape(-1, 4), axis=0)) == 1
    with pytest.raises(Error, match="inference-failed"):
        gpu.push(good, 0.2)
    assert [error["code"] for error in gpu.told("error")] == ["inference-failed"]
    assert [error["code"] for error in gpu.told("broken")] == ["inference-failed"]
    assert gpu.told("state")[-1] == "failed"


def test_an_alpha_that_is_no_number_is_told_without_another_frame(gpu: GpuWorker) -> None:
    gpu.start("red-or-nan")
    bad = picture(0.4)
    bad[20:60, 40:90] = 255
    gpu.push(picture(0.4), 0)
    gpu.push(bad, 0.1)
    gpu.page.wait_for_function("() => gpu.told.broken.length > 0")
    assert [error["code"] for error in gpu.told("error")] == ["inference-failed"]


def test_a_device_that_is_lost_is_told_and_nothing_is_shown(gpu: GpuWorker) -> None:
    gpu.start(effect={"kind": "overlay", "color": "#00ff00"})
    gpu.push(picture(0.4), 0)
    assert not is_one_colour(gpu.page.locator("canvas").screenshot())
    gpu.destroy_device()
    gpu.page.wait_for_function("() => gpu.told.broken.length > 0")
    for _ in range(20):  # the screen follows
        if is_one_colour(gpu.page.locator("canvas").screenshot()):
            return
        gpu.page.wait_for_timeout(100)
    pytest.fail("the canvas still shows something")
    assert [error["code"] for error in gpu.told("broken")] == ["gpu-lost"]
    assert gpu.told("state")[-1] == "failed"


def test_the_track_gets_what_the_canvas_shows(gpu: GpuWorker) -> None:
    gpu.start(effect={"kind": "color", "color": "#20a040"})
    gpu.ask("send-frames", isOn=True)
    gpu.push(picture(0.35), 0)
    shown = gpu.snapshot()[..., :3].astype(int)
    gpu.page.wait_for_function("() => globalThis.output?.displayWidth === 320")
    pixels = gpu.page.evaluate(
        """async () => {
          const bytes = new Uint8Array(320 * 180 * 4);
          const layout = [{ offset: 0, stride: 320 * 4 }];
          await output.copyTo(bytes, { format: 'RGBA', layout });
          return Array.from(bytes);
        }"""
    )
    sent = np.array(pixels).reshape(*FRAME, 4)[..., :3]
    assert np.abs(sent - shown).max() <= 1
