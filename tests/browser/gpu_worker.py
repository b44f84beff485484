"""The engine's worker on WebGPU, driven by hand: frames go in one by one, each is waited for.

WebGPU runs on SwiftShader here, which takes a second or more for a real network, so the models are
made for the purpose: one convolution and a sigmoid. Person is what is red. The second one answers
with values that are no numbers wherever red is at its brightest.
"""

import base64
import hashlib
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
from onnx import TensorProto, helper, numpy_helper
from visit import TO_BASE64, Captured, Visit, png_pixels

from builder.roi import Rect
from builder.tracker import Matte

Picture = npt.NDArray[np.uint8]

HEIGHT, WIDTH = 36, 64
RAMP = (0.2, 0.8)
MODELS = ("red", "red-or-nan", "red-so-far")

# The real worker, but its device is kept where a message can reach it.
WORKER = """
import './real-worker.js';
const { requestDevice } = GPUAdapter.prototype;
const devices = [];
GPUAdapter.prototype.requestDevice = async function (...given) {
  const device = await requestDevice.apply(this, given);
  devices.push(device);
  return device;
};
addEventListener('message', ({ data }) => {
  if (data.type === 'test-destroy') for (const device of devices) device.destroy();
});
"""

START = """
async ({ model, ...wishes }) => {
  const { modelSpec, gpuRuntimeSpec } = await import(new URL('./shared.js', location).href);
  const manifest = await (await fetch('./manifest.json')).json();
  const root = new URL('./', location);
  const script = new URL(`${manifest.engine}/worker/worker.js`, root);
  const worker = new Worker(script, { type: 'module' });
  const told = { state: [], error: [], broken: [], stats: [] };
  const waiting = new Map();
  worker.onerror = (event) => told.error.push({ code: 'crash', message: event.message });
  worker.onmessage = ({ data }) => {
    if (data.type === 'event') told[data.name]?.push(data.value);
    if (data.type === 'output') {
      globalThis.output = data.frame;
      worker.postMessage({ type: 'output-taken' });
    }
    if (data.type !== 'reply') return;
    const { resolve, reject } = waiting.get(data.id);
    if (data.ok) resolve(data.value);
    else reject(new Error(`${data.error.code}: ${data.error.message} ${data.error.detail}`));
  };
  let id = 0;
  const ask = (type, payload = {}, transfer = []) => new Promise((resolve, reject) => {
    waiting.set(++id, { resolve, reject });
    setTimeout(() => reject(new Error(`${type}: no answer, ${JSON.stringify(told)}`)), 60_000);
    worker.postMessage({ type, id, payload }, transfer);
  });
  globalThis.gpu = { worker, told, ask, modelSpec: (name) => modelSpec(manifest, root, name) };
  const canvas = document.createElement('canvas');
  document.body.replaceChildren(canvas);
  const offscreen = canvas.transferControlToOffscreen();
  const init = {
    canvas: offscreen, backend: 'webgpu', runtime: gpuRuntimeSpec(manifest, root, true),
    threads: 1, ...wishes,
  };
  await ask('init', init, [offscreen]);
  await ask('load-model', { model: gpu.modelSpec(model) });
  await ask('attach', { sourceId: 1, input: { kind: 'frames', source: 'stream' } });
}
"""

PUSH = """
async ({ rgba, width, height, timestamp, init }) => {
  const bytes = Uint8Array.from(atob(rgba), (char) => char.charCodeAt(0));
  const frame = new VideoFrame(bytes, {
    format: 'RGBX', codedWidth: width, codedHeight: height, timestamp,
    colorSpace: { primaries: 'bt709', transfer: 'iec61966-2-1', matrix: 'rgb', fullRange: true },
    ...init,
  });
  gpu.worker.postMessage({ type: 'frame', sourceId: 1, frame }, [frame]);
  const nextTask = () => new Promise((resolve) => setTimeout(resolve, 5));
  for (const limit = performance.now() + 30_000; performance.now() < limit; ) {
    const shown = await gpu.ask('capture').catch(() => null);
    if (shown?.timestamp === timestamp) return;
    if (gpu.told.error.length > 0) break;
    await nextTask();
  }
  throw new Error(`the frame is not shown: ${JSON.stringify(gpu.told)}`);
}
"""

CAPTURE = f"""
async () => {{
  {TO_BASE64}
  const {{ rgba, alpha, modelAlpha, ...facts }} = await gpu.ask('capture');
  return {{
    ...facts,
    rgba: await toBase64(rgba),
    alpha: await toBase64(alpha),
    modelAlpha: await toBase64(modelAlpha),
  }};
}}
"""

SNAPSHOT = f"""
async () => {{
  {TO_BASE64}
  return toBase64(await gpu.ask('snapshot', {{ type: 'image/png' }}));
}}
"""


def tiny_model(kind: str) -> onnx.ModelProto:
    """A model that keeps the contract: person is what is redder than green and blue."""
    weights = np.zeros((1, 3, 3, 3), np.float32)
    weights[0] = np.array([8.0, -4.0, -4.0], np.float32)[:, None, None] / 9
    constants = {"weights": weights, "bias": np.array([-0.5], np.float32)}
    nodes = [
        helper.make_node("Conv", ["frame", "weights", "bias"], ["logits"], pads=[1, 1, 1, 1]),
        helper.make_node("Sigmoid", ["logits"], ["alpha" if kind == "red" else "fit"]),
    ]
    inputs = [_floats("frame", 3)]
    outputs = [_floats("alpha", 1)]
    if kind == "red-or-nan":
        constants |= {"edge": np.array([0.99], np.float32), "nan": np.array([np.nan], np.float32)}
        nodes += [
            helper.make_node("Split", ["frame"], ["r", "g", "b"], axis=1, num_outputs=3),
            helper.make_node("Greater", ["r", "edge"], ["is_bright"]),
            helper.make_node("Where", ["is_bright", "nan", "fit"], ["alpha"]),
        ]
    if kind == "red-so-far":  # the most that has been seen in any frame
        inputs.append(_floats("state0_in", 1))
        outputs.append(_floats("state0_out", 1))
        nodes += [
            helper.make_node("Max", ["fit", "state0_in"], ["alpha"]),
            helper.make_node("Identity", ["alpha"], ["state0_out"]),
        ]
    graph = helper.make_graph(
        nodes,
        kind,
        inputs,
        outputs,
        [numpy_helper.from_array(value, name) for name, value in constants.items()],
    )
    return helper.make_model(graph, ir_version=8, opset_imports=[helper.make_opsetid("", 18)])


def _floats(name: str, channels: int) -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, channels, HEIGHT, WIDTH])


def make_gpu_site(site: Path, folder: Path) -> Path:
    """The site with the tiny models in place of its own, and a device within reach."""
    for path in _plain_files(site):
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        os.link(site / path, folder / path)
    manifest = json.loads((site / "manifest.json").read_text())
    manifest["models"] = [_add_model(folder, name) for name in MODELS]
    manifest["defaultModel"] = MODELS[0]
    _write(folder / "manifest.json", json.dumps(manifest))
    engine = folder / manifest["engine"]
    (engine / "worker/worker.js").rename(engine / "worker/real-worker.js")
    _write(engine / "worker/worker.js", WORKER)
    _write(folder / "shared.js", f"export * from './{manifest['engine']}/shared/manifest.js';")
    return folder


def _plain_files(site: Path) -> Iterator[Path]:
    for path in site.rglob("*"):
        if path.is_file() and path.suffix not in (".br", ".gz"):
            yield path.relative_to(site)


def _add_model(folder: Path, name: str) -> dict[str, Any]:
    data = tiny_model(name).SerializeToString()
    (folder / f"models/{name}.onnx").write_bytes(data)
    digest = hashlib.sha256(data).hexdigest()
    variant = {"name": "fp32", "file": f"models/{name}.onnx", "bytes": len(data), "sha256": digest}
    facts = {"width": WIDTH, "height": HEIGHT, "threshold": 0.5, "ramp": RAMP}
    return {"name": name, "preferred": "fp32", "variants": [variant], **facts}


def _write(path: Path, text: str) -> None:
    path.unlink(missing_ok=True)  # it may be the site's own, by a link
    path.write_text(text)


class GpuWorker:
    """A worker in a page of the site of `make_gpu_site`."""

    def __init__(self, visit: Visit) -> None:
        self.page = visit.page

    def start(
        self,
        model: str = "red",
        effect: dict[str, Any] | None = None,
        **wishes: Any,
    ) -> None:
        effect = effect or {"kind": "mask"}
        self.page.evaluate(START, {"model": model, "effect": effect, **wishes})

    def push(self, rgb: Picture, time_s: float, **init: Any) -> None:
        """Gives it a frame and waits until it is shown."""
        rgba = np.dstack([rgb, np.full(rgb.shape[:2], 255, np.uint8)])
        given = {"rgba": base64.b64encode(rgba.tobytes()).decode(), "init": init}
        height, width, _ = rgb.shape
        given |= {"width": width, "height": height, "timestamp": round(time_s * 1e6)}
        self.page.evaluate(PUSH, given)

    def ask(self, kind: str, **payload: Any) -> Any:
        given = {"kind": kind, "payload": payload}
        return self.page.evaluate("({ kind, payload }) => gpu.ask(kind, payload)", given)

    def capture(self) -> Captured:
        facts = self.page.evaluate(CAPTURE)
        rgba = np.frombuffer(base64.b64decode(facts["rgba"]), np.uint8)
        size = (facts["alphaHeight"], facts["alphaWidth"])
        alpha, model_alpha = (
            np.frombuffer(base64.b64decode(facts[name]), np.float32).reshape(size)
            for name in ("alpha", "modelAlpha")
        )
        return Captured(
            rgba.reshape(facts["height"], facts["width"], 4)[..., :3],
            Matte(alpha, Rect(**facts["alphaRect"])),
            model_alpha,
            Rect(**facts["modelRect"]),
            facts["timestamp"],
        )

    def snapshot(self) -> Picture:
        """What the canvas shows: RGBA, not premultiplied."""
        return png_pixels(self.page.evaluate(SNAPSHOT))

    def told(self, name: str) -> list[Any]:
        return list(self.page.evaluate("(name) => gpu.told[name]", name))

    def destroy_device(self) -> None:
        self.page.evaluate("gpu.worker.postMessage({ type: 'test-destroy' })")
