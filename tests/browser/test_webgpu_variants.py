"""A variant that the GPU computes wrongly, on SwiftShader: another one takes over there."""

from hashlib import sha256
from pathlib import Path

import numpy as np
from gpu_worker import HEIGHT, WIDTH, GpuWorker
from test_webgpu import ALPHA_TOLERANCE, gpu, gpu_site, picture, reference

from builder.predict import Segmenter

__all__ = ["gpu", "gpu_site", "reference"]  # fixtures

LOAD = """
async ({ golden, hasSpare }) => {
  const full = new URL(golden.url, location).href;
  const spec = (name) => ({ ...gpu.modelSpec(name), golden: { ...golden, url: full } });
  const spare = hasSpare ? { ...spec('red'), variant: 'fp16' } : undefined;
  const model = { ...spec('red-or-nan'), variant: 'fp16-compute', spare };
  return gpu.ask('load-model', { model }).then(() => '', (error) => error.message);
}
"""


def test_a_wrong_variant_gives_way_to_another_one(
    gpu: GpuWorker, gpu_site: Path, reference: Segmenter
) -> None:
    rgb = np.full((HEIGHT, WIDTH, 3), (40, 90, 140), np.uint8)
    rgb[10:30, 20:40] = (255, 20, 20)  # so bright that the first variant answers with no numbers
    alpha = np.round(reference.model_alpha(rgb) * 255).astype(np.uint8)
    golden = rgb.transpose(2, 0, 1).tobytes() + alpha.tobytes()
    (gpu_site / "models/made.golden.bin").write_bytes(golden)
    facts = {
        "url": "./models/made.golden.bin",
        "sha256": sha256(golden).hexdigest(),
        "bytes": len(golden),
    }
    gpu.start()
    assert "golden-failed" in gpu.page.evaluate(LOAD, {"golden": facts, "hasSpare": False})
    assert gpu.page.evaluate(LOAD, {"golden": facts, "hasSpare": True}) == ""
    bright = picture(0.3)
    gpu.push(bright, 0)
    captured = gpu.capture()
    expected = reference.model_alpha(captured.model_rect.of(bright))
    assert np.abs(captured.model_alpha - expected).mean() <= ALPHA_TOLERANCE
    stats = gpu.told("stats")[-1]
    assert (stats["backend"], stats["variant"]) == ("webgpu", "fp16")
    assert gpu.told("error") == []
