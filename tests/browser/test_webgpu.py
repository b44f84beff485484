"""The way over the GPU, on SwiftShader: what it computes is the Python reference's.

Frames are made here, so both sides see the very same bytes; what is left is float rounding, half
floats in the textures and the 8 bits in which a texture unit weighs its neighbours.
"""

from pathlib import Path

import numpy as np
import pytest
from browsers import Visits
from gpu_worker import RAMP, GpuWorker, Picture, make_gpu_site, tiny_model
from playwright.sync_api import Error
from serving import Servers

from builder.effects import Effect, apply, parse_color, shape_alpha
from builder.predict import Segmenter
from builder.roi import Rect
from builder.temporal import TemporalFilter

FRAME = (180, 320)
ALPHA_TOLERANCE = 0.01
STEP = 2  # of 255, where the matte is flat
EDGE_STEPS = 6  # on its ramp, where an alpha that is off by 1/256 is off by three times as much


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
    gpu.start(looks={"region": False, "steadiness": 1, "shrink": 0, "softness": 0.5})
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
    gpu.start("red-so-far", looks={"region": True, "steadiness": 0})
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


@pytest.mark.parametrize("rotation", [90, 180, 270])
def test_a_turned_frame_is_seen_upright(
    gpu: GpuWorker, reference: Segmenter, rotation: int
) -> None:
    gpu.start()
    upright = picture(0.3)
    gpu.push(np.ascontiguousarray(np.rot90(upright, rotation // 90)), 0, rotation=rotation)
    captured = gpu.capture()
    assert (captured.rgb == upright).all()
    expected = reference.model_alpha(captured.model_rect.of(upright))
    assert np.abs(captured.model_alpha - expected).mean() <= ALPHA_TOLERANCE


@pytest.mark.parametrize("kind", ["color", "overlay", "cutout", "mask"])
def test_effects_are_the_reference(gpu: GpuWorker, kind: str) -> None:
    color = {"color": "#20a040"} if kind in ("color", "overlay") else {}
    gpu.start(effect={"kind": kind, **color})
    rgb = picture(0.35)
    gpu.push(rgb, 0)
    alpha = gpu.capture().matte.full(*FRAME)
    shaped = shape_alpha(alpha, 0.5, RAMP)[..., None]
    shown = gpu.snapshot().astype(float)
    inked = np.array(parse_color("#20a040"))
    expected = {
        "color": rgb * shaped + inked * (1 - shaped),
        "overlay": rgb * (1 - shaped / 2) + inked * shaped / 2,
        "cutout": np.dstack([rgb * shaped, 255 * shaped]),
        "mask": np.repeat(255 * alpha[..., None], 3, axis=2),
    }[kind]
    if kind == "cutout":
        shown[..., :3] *= shown[..., 3:] / 255  # a PNG is not premultiplied
    off = np.abs(shown[..., : expected.shape[2]] - expected).max(axis=2)
    flat = (alpha < RAMP[0] - 0.1) | (alpha > RAMP[1] + 0.1)
    assert flat.mean() > 0.5
    assert off[flat].max() <= STEP
    assert off.max() <= EDGE_STEPS
    assert off.mean() <= 0.5


@pytest.mark.parametrize("strength", [0.2, 1.0])
def test_blur_is_the_reference(gpu: GpuWorker, strength: float) -> None:
    gpu.start(effect={"kind": "blur", "strength": strength})
    rgb = picture(0.35)
    gpu.push(rgb, 0)
    alpha = gpu.capture().matte.full(*FRAME)
    effect = Effect("blur", strength=strength)
    expected = apply(effect, rgb, alpha, ramp=RAMP).astype(int)
    off = np.abs(gpu.snapshot()[..., :3].astype(int) - expected)
    # Another grid than the reference's: close all over, never far off.
    assert off.mean() <= 1.5
    assert off.max() <= 24


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


def test_a_device_that_is_lost_is_told_and_nothing_is_shown(gpu: GpuWorker) -> None:
    gpu.start(effect={"kind": "overlay", "color": "#00ff00"})
    gpu.push(picture(0.4), 0)
    gpu.destroy_device()
    gpu.page.wait_for_function("gpu.told.broken.length > 0")
    assert [error["code"] for error in gpu.told("broken")] == ["gpu-lost"]
    assert gpu.told("state")[-1] == "failed"


def test_the_track_gets_what_the_canvas_shows(gpu: GpuWorker) -> None:
    gpu.start(effect={"kind": "color", "color": "#20a040"})
    gpu.ask("send-frames", isOn=True)
    gpu.push(picture(0.35), 0)
    shown = gpu.snapshot()[..., :3].astype(int)
    gpu.page.wait_for_function("globalThis.output?.displayWidth === 320")
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
