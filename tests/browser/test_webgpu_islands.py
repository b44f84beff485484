"""The clean-up of a matte's shape on the GPU, against the Python reference's."""

import numpy as np
from gpu_worker import GpuWorker
from test_webgpu import ALPHA_TOLERANCE, LOOKS, gpu, gpu_site, picture, reference

from builder.predict import Segmenter
from builder.shape import clean

__all__ = ["gpu", "gpu_site", "reference"]  # fixtures


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
