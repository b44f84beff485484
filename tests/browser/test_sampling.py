"""Every way of reading a frame gives the model the same picture: what is shown, at its size.

Frames are made here in every format, with the RGB that they stand for as the reference, and taken
from a camera, a canvas and a decoder.
"""

import base64
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from browsers import Visits
from made_frames import LUMA, MAKE, Made, Picture, Region, picture
from playwright.sync_api import Page

MODEL = (36, 64)
WAYS = ("planes", "rgba", "webgl2", "canvas2d")
TOLERANCE = 2 / 255
# Chromium's own conversion on the processor (libyuv) has 2 where BT.709's and BT.2020's blue is
# 2.112 and 2.142 times Cb in narrow range: that much of |Cb - 128|.
LIBYUV_BLUE = {"bt709": 0.112, "bt2020-ncl": 0.142}
FORMATS = ("I420", "I420A", "I422", "I444", "NV12", "RGBA", "RGBX", "BGRA", "BGRX")

START = """
async ({ engine, width, height }) => {
  const load = (name) => import(new URL(`./${engine}/worker/${name}.js`, location).href);
  const { PlaneSampler } = await load('sampling/plane-sampler');
  const { CanvasSampler } = await load('sampling/canvas-sampler');
  const { Webgl2Sampler } = await load('sampling/webgl2-sampler');
  const { createFrameSampler } = await load('frame-sampler');
  const ways = () => new Map([
    ['planes', new PlaneSampler(width, height)],
    ['rgba', new PlaneSampler(width, height, 'RGBA')],
    ['webgl2', new Webgl2Sampler(width, height)],
    ['canvas2d', new CanvasSampler(width, height)],
  ]);
  const toText = (floats) =>
    btoa(Array.from(new Uint8Array(floats.buffer), (byte) => String.fromCharCode(byte)).join(''));
  const sampled = new Float32Array(3 * width * height);
  const known = ways();
  // What each way that supports the frame gives; the frame is closed.
  const sampleAll = async (frame, rect) => {
    const given = { size: [frame.displayWidth, frame.displayHeight], format: frame.format };
    try {
      for (const [name, way] of known) {
        if (!way.supports(frame)) continue;
        sampled.fill(NaN);
        await way.sample(frame, sampled, rect ?? undefined);
        given[name] = toText(sampled);
      }
      return given;
    } finally {
      frame.close();
    }
  };
  MAKE_A_FRAME
  globalThis.sampling = { ways, known, sampleAll, make, createFrameSampler, sampled };
}
""".replace("MAKE_A_FRAME", MAKE)

MADE = """
async ({ frame, rect }) => sampling.sampleAll(sampling.make(frame), rect)
"""

CAMERA = """
async ({ rect }) => {
  const video = { width: 1280, height: 720 };
  const stream = await navigator.mediaDevices.getUserMedia({ video });
  const [track] = stream.getVideoTracks();
  const reader = new MediaStreamTrackProcessor({ track }).readable.getReader();
  try {
    return await sampling.sampleAll((await reader.read()).value, rect);
  } finally {
    track.stop();
  }
}
"""

# Colours that stay inside the gamut after chroma has been halved.
DRAW = """
  const canvas = new OffscreenCanvas(318, 178);
  const context = canvas.getContext('2d');
  const gradient = context.createLinearGradient(0, 0, 318, 178);
  for (const [at, color] of [[0, '#a05060'], [0.5, '#508858'], [1, '#404880']]) {
    gradient.addColorStop(at, color);
  }
  context.fillStyle = gradient;
  context.fillRect(0, 0, 318, 178);
"""

CANVAS = f"""
async ({{ rect }}) => {{
  {DRAW}
  return sampling.sampleAll(new VideoFrame(canvas, {{ timestamp: 0 }}), rect);
}}
"""

DECODED = f"""
async ({{ rect }}) => {{
  {DRAW}
  const [chunks, frames] = [[], []];
  const error = (reason) => {{ throw reason; }};
  const output = (chunk, about) => chunks.push([chunk, about]);
  const encoder = new VideoEncoder({{ output, error }});
  encoder.configure({{ codec: 'vp8', width: 318, height: 178, bitrate: 4e6 }});
  const drawn = new VideoFrame(canvas, {{ timestamp: 0 }});
  encoder.encode(drawn, {{ keyFrame: true }});
  drawn.close();
  await encoder.flush();
  encoder.close();
  const decoder = new VideoDecoder({{ output: (frame) => frames.push(frame), error }});
  decoder.configure(chunks[0][1].decoderConfig);
  decoder.decode(chunks[0][0]);
  await decoder.flush();
  decoder.close();
  return sampling.sampleAll(frames[0], rect);
}}
"""

LOSE = """
async ({ frame }) => {
  const { ways, make, createFrameSampler, sampled } = sampling;
  const made = make(frame);
  // Its context is an own one, so that it can be lost only where it is made.
  const contexts = [];
  const { getContext } = OffscreenCanvas.prototype;
  OffscreenCanvas.prototype.getContext = function (...args) {
    const context = getContext.apply(this, args);
    contexts.push(context);
    return context;
  };
  try {
    const all = ways();
    const order = ['webgl2', 'planes'].map((name) => [name, all.get(name)]);
    const sampler = createFrameSampler(64, 36, order);
    await sampler.sample(made, sampled);
    const before = [sampler.way, Array.from(sampled)];
    contexts.at(-1).getExtension('WEBGL_lose_context').loseContext();
    sampled.fill(NaN);
    await sampler.sample(made, sampled);
    return { before, after: [sampler.way, Array.from(sampled)] };
  } finally {
    OffscreenCanvas.prototype.getContext = getContext;
    made.close();
  }
}
"""


class Sampling:
    """A page with every way of sampling."""

    def __init__(self, page: Page, engine: str) -> None:
        self._page = page
        page.evaluate(START, {"engine": engine, "height": MODEL[0], "width": MODEL[1]})

    def run(self, script: str, **given: Any) -> dict[str, Any]:
        return dict(self._page.evaluate(script, given))

    def all(self, script: str, region: Region | None = None, **given: Any) -> dict[str, Picture]:
        """What each way gives of one frame."""
        rect = region and dict(zip(("x", "y", "width", "height"), region, strict=True))
        told = self.run(script, rect=rect, **given)
        return {name: _floats(told[name]) for name in WAYS if name in told}


@pytest.fixture
def sampling(visits: Visits, modules_url: str, site: Path) -> Sampling:
    visit = visits.open(f"{modules_url}/licences.txt")
    visit.expect("WebGL")  # a lost context is warned of
    return Sampling(visit.page, json.loads((site / "manifest.json").read_text())["engine"])


def _floats(text: str) -> Picture:
    values: Picture = np.frombuffer(base64.b64decode(text), np.float32).reshape(3, *MODEL)
    return values.transpose(1, 2, 0)


def _expect_alike(given: dict[str, Picture], expected: Picture, blue: float = 0) -> None:
    """All ways within the tolerance, the browser's own a bit more in ``blue``."""
    assert given.keys() == set(WAYS)
    for name, seen in given.items():
        off = np.abs(seen - expected).max(axis=(0, 1))
        more = np.array([0, 0, 0 if name == "planes" else blue])
        assert (off <= TOLERANCE + more).all(), f"{name}: {off * 255} steps"


@pytest.mark.parametrize("formats", [FORMATS[:5], FORMATS[5:]], ids=["yuv", "rgb"])
def test_every_format(sampling: Sampling, formats: tuple[str, ...]) -> None:
    for pixel_format in formats:
        made = Made(picture(180, 320), pixel_format)
        # Shrunk by five; little, on one axis; a lot, at an odd place; enlarged, in a corner.
        for region in (None, (32, 16, 96, 64), (33, 17, 201, 99), (0, 159, 33, 21)):
            _expect_alike(sampling.all(MADE, region, frame=made.init), made.seen(MODEL, region))


def test_every_colour_matrix_and_range(sampling: Sampling) -> None:
    for matrix, (_, kb) in LUMA.items():
        for full_range in (True, False):
            made = Made(picture(180, 320), matrix=matrix, full_range=full_range)
            luma = made.rgb @ np.array([LUMA[matrix][0], 1 - sum(LUMA[matrix]), kb])
            cb = np.abs(made.rgb[..., 2] - luma).max() / (2 - 2 * kb) * 224 / 255
            blue = 0 if full_range else LIBYUV_BLUE.get(matrix, 0) * cb
            _expect_alike(sampling.all(MADE, frame=made.init), made.seen(MODEL), blue)


def test_an_odd_size_and_a_crop(sampling: Sampling) -> None:
    made = Made(picture(181, 321))
    _expect_alike(sampling.all(MADE, frame=made.init), made.seen(MODEL))
    visible = {"x": 20, "y": 10, "width": 201, "height": 101}
    made = Made(picture(181, 321), visibleRect=visible)
    for region in (None, (11, 7, 150, 80)):
        _expect_alike(sampling.all(MADE, region, frame=made.init), made.seen(MODEL, region))


@pytest.mark.parametrize("flip", [False, True], ids=["turned", "mirrored"])
def test_a_turned_frame_is_seen_upright(sampling: Sampling, flip: bool) -> None:
    for rotation in (0, 90, 180, 270):
        for pixel_format in ("I420", "NV12", "RGBX"):
            made = Made(picture(180, 320), pixel_format, rotation=rotation, flip=flip)
            for region in (None, (17, 33, 97, 101)):
                _expect_alike(sampling.all(MADE, region, frame=made.init), made.seen(MODEL, region))


@pytest.mark.parametrize("source", [CAMERA, CANVAS, DECODED], ids=["camera", "canvas", "decoded"])
def test_frames_of_real_sources(sampling: Sampling, source: str) -> None:
    for region in (None, (32, 16, 240, 144), (48, 32, 97, 55)):
        given = sampling.all(source, region)
        assert np.ptp(given["rgba"]) > 0.1  # something is seen
        _expect_alike(given, given["rgba"], 0)


def test_other_gamuts_and_hdr_are_left_to_the_browser(sampling: Sampling) -> None:
    for changes in ({"primaries": "bt2020"}, {"transfer": "pq"}, {"transfer": "linear"}):
        made = Made(picture(180, 320), matrix="bt2020-ncl")
        made.init["colorSpace"] |= changes
        given = sampling.all(MADE, frame=made.init)
        assert "planes" not in given
        assert np.abs(given["rgba"] - made.seen(MODEL)).max() > 10 * TOLERANCE
        for seen in given.values():
            assert np.abs(seen - given["rgba"]).max() <= TOLERANCE


def test_a_lost_context_leaves_sampling_to_the_others(sampling: Sampling) -> None:
    told = sampling.run(LOSE, frame=Made(picture(180, 320)).init)
    (before, first), (after, second) = told["before"], told["after"]
    assert (before, after) == ("webgl2", "planes")
    assert np.abs(np.array(first) - np.array(second)).max() <= TOLERANCE
