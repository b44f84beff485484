"""The clean-up of a matte's shape on the GPU, against the Python reference's."""

import base64
import json
from pathlib import Path

import numpy as np
from gpu_worker import GpuWorker
from test_webgpu import ALPHA_TOLERANCE, LOOKS, gpu, gpu_site, picture, reference
from visit import TO_BASE64

from builder.predict import Segmenter
from builder.shape import Float, clean, keep_largest

__all__ = ["gpu", "gpu_site", "reference"]  # fixtures

LARGEST = f"""
async ({{ engine, masks }}) => {{
  {TO_BASE64}
  const load = (name) => import(new URL(`./${{engine}}/worker/webgpu/${{name}}.js`, location).href);
  const {{ requestGpu }} = await load('device');
  const {{ createComponents }} = await load('gpu-components');
  const {{ createFloats, readBuffer, submit }} = await load('steps');
  const {{ device }} = await requestGpu(navigator.gpu, {{ allowSoftware: true }});
  const results = [];
  for (const {{ width, height, alpha }} of masks) {{
    const components = createComponents(device, width, height);
    const matte = createFloats(device, 'matte', width * height);
    const bytes = Uint8Array.from(atob(alpha), (char) => char.charCodeAt(0));
    const numbers = new Float32Array(bytes.buffer);
    let kept;
    for (const each of [numbers.toReversed(), numbers]) {{ // the first one leaves nothing behind
      device.queue.writeBuffer(matte, 0, each);
      submit(device, (encoder) => {{
        kept = components.run(encoder, matte);
      }});
    }}
    results.push(await toBase64(new Uint8Array(await readBuffer(device, kept))));
    components.dispose();
    matte.destroy();
  }}
  device.destroy();
  return results;
}}
"""


def made_masks() -> list[Float]:
    """Components that are hard to follow, and those that all implementations share."""
    random = np.random.default_rng(11)
    spiral = np.zeros((64, 64), np.float32)
    for ring in range(0, 32, 2):  # one line, each ring joined to the next one
        spiral[ring, ring : 64 - ring] = spiral[63 - ring, ring : 64 - ring] = 1
        spiral[ring : 64 - ring, ring] = spiral[ring : 64 - ring, 63 - ring] = 1
        spiral[ring + 1, ring] = 0
        if ring + 2 < 32:
            spiral[ring + 2, ring + 1] = 1
    noise = [random.random((90, 160)).astype(np.float32) * level for level in (0.17, 0.2, 1.0)]
    facts = json.loads((Path(__file__).parents[1] / "shared/shape-masks.json").read_text())
    shared = [np.zeros((each["height"], each["width"]), np.float32) for each in facts]
    for mask, each in zip(shared, facts, strict=True):
        for left, top, right, bottom, level in each["rectangles"]:
            mask[top:bottom, left:right] = level / 255
    return [spiral, *noise, *shared]


def test_the_largest_component_is_the_references(gpu: GpuWorker) -> None:
    masks = made_masks()
    given = [
        {"height": len(mask), "width": mask.shape[1], "alpha": base64.b64encode(mask).decode()}
        for mask in masks
    ]
    engine = gpu.page.evaluate("async () => (await (await fetch('./manifest.json')).json()).engine")
    answers = gpu.page.evaluate(LARGEST, {"engine": engine, "masks": given})
    changed = 0
    for mask, answer in zip(masks, answers, strict=True):
        kept = np.frombuffer(base64.b64decode(answer), np.float32).reshape(mask.shape)
        assert np.array_equal(kept, keep_largest(mask))
        changed += not np.array_equal(kept, mask)
    assert changed >= 5


def test_of_two_people_the_largest_stays(gpu: GpuWorker, reference: Segmenter) -> None:
    rgb = picture(0.3)
    rgb[20:80, 240:300] = (220, 40, 60)  # as sure as the other one
    plain = reference.model_alpha(rgb)
    kept = clean(keep_largest(plain))
    assert np.abs(kept - clean(plain)).max() > 0.9
    gpu.start(looks={**LOOKS, "region": False, "islands": "largest"})
    gpu.push(rgb, 0)
    assert np.abs(gpu.capture().matte.alpha - kept).max() <= ALPHA_TOLERANCE
    assert gpu.snapshot()[50, 270, 0] == 0
    gpu.ask("set-looks", looks={**LOOKS, "region": False, "islands": True})
    gpu.push(rgb, 0.03)
    assert np.abs(gpu.capture().matte.alpha - clean(plain)).max() <= ALPHA_TOLERANCE


def test_islands_are_removed_as_by_the_reference(gpu: GpuWorker, reference: Segmenter) -> None:
    rgb = picture(0.3)
    rgb[20:60, 260:300] = (150, 60, 60)  # rather person than not, but not sure
    plain = reference.model_alpha(rgb)
    cleaned = clean(plain)
    island = (plain > 0.7) & (cleaned == 0)
    assert island.sum() > 20
    assert (cleaned > 0.9).sum() > 100
    gpu.start(looks={**LOOKS, "region": False, "islands": True})
    gpu.push(rgb, 0)
    found = gpu.capture().matte.alpha
    assert np.abs(found - cleaned).max() <= ALPHA_TOLERANCE
    shown = gpu.snapshot()[..., 0]
    assert shown[40, 280] == 0  # in the middle of the island
    assert shown[100, 96] > 240  # of the person
    gpu.ask("set-looks", looks={**LOOKS, "region": False})
    gpu.push(rgb, 0.03)
    assert np.abs(gpu.capture().matte.alpha - plain).max() <= ALPHA_TOLERANCE
