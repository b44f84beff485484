"""Writes builder/assets/web-ops.json: which ONNX ops onnxruntime-web runs, and how that is known.

    .venv/bin/python scripts/web_ops.py

wasm: ONNX's own conformance cases, one node each, are loaded by the package's wasm build in Node;
an op runs when a session can be made of one of its cases. WebGPU: the table in the package's own
documentation; what is not in it runs on the CPU, with a copy to it and back.
"""

import json
import re
import subprocess
import sys
import tempfile
import warnings
from collections import defaultdict
from pathlib import Path

import onnx

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "node_modules/onnxruntime-web"
TARGET = ROOT / "builder/assets/web-ops.json"

# Conformance cases are of the newest opset, which the runtime may not know yet; where a case is
# valid in an older one too it is tried there.
OPSETS = (None, 21, 17, 13)
IR_VERSION = 10
MOST_CASES = 4  # of one op: the first ones fail or pass alike

TRY_ALL = """
import fs from 'node:fs';
import * as ort from %(module)s;
const { InferenceSession, env } = ort.InferenceSession ? ort : ort.default;
env.wasm.numThreads = 1;
env.logLevel = 'fatal';
const runs = new Set();
for (const file of fs.readdirSync('.').filter((name) => name.endsWith('.onnx'))) {
  try {
    const options = { executionProviders: ['wasm'], graphOptimizationLevel: 'disabled' };
    const session = await InferenceSession.create(new Uint8Array(fs.readFileSync(file)), options);
    await session.release();
    runs.add(file.split('.')[0]);
  } catch {}
}
fs.writeFileSync('runs.json', JSON.stringify([...runs]));
"""


def main():
    """Write the table and say what is in it."""
    facts = json.loads((PACKAGE / "package.json").read_text("utf-8"))
    tried, runs = wasm_ops()
    lacking = sorted(tried - runs)
    found = {
        "runtime": f"{facts['name']} {facts['version']}",
        "onnx": onnx.__version__,
        "wasm": sorted(runs),
        "wasmLacks": lacking,
        "webgpu": webgpu_ops(),
    }
    TARGET.write_text(json.dumps(found, indent=1) + "\n", "utf-8")
    sys.stdout.write(
        f"{len(runs)} ops on wasm, without {', '.join(lacking)}; {len(found['webgpu'])} on WebGPU\n"
    )


def wasm_ops():
    """Try the cases of all ops; returns the names tried and those that run."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        tried = set()
        for name, models in cases().items():
            tried.add(name)
            for number, model in enumerate(models):
                (folder / f"{name}.{number}.onnx").write_bytes(model)
        module = json.dumps((PACKAGE / "dist/ort.node.min.mjs").as_uri())
        (folder / "try.mjs").write_text(TRY_ALL % {"module": module}, "utf-8")
        subprocess.run(["node", "try.mjs"], cwd=folder, check=True, stderr=subprocess.DEVNULL)
        return tried, set(json.loads((folder / "runs.json").read_text("utf-8")))


def cases():
    """ONNX's conformance cases of one node each, as bytes, by op."""
    from onnx.backend.test.case.node import collect_testcases

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of numpy, about the cases' own arithmetic
        collected = collect_testcases(None)
    found = defaultdict(list)
    for case in collected:
        nodes = case.model.graph.node if case.model else ()
        if len(nodes) != 1 or nodes[0].domain not in ("", "ai.onnx"):
            continue
        models = found[nodes[0].op_type]
        if len(models) < MOST_CASES * len(OPSETS):
            models += (at(case.model, opset) for opset in OPSETS)
    return found


def at(model, opset):
    """The model as one of another opset."""
    own = onnx.ModelProto()
    own.CopyFrom(model)
    own.ir_version = min(own.ir_version, IR_VERSION)
    if opset is not None:
        own.opset_import[0].version = opset
    return own.SerializeToString()


def webgpu_ops():
    """The table's rows: for each op the opsets that it is there for, like "7-8,9+"."""
    table = (PACKAGE / "docs/webgpu-operators.md").read_text("utf-8")
    found = {}
    for name, opsets in re.findall(r"^\| (\w+) \| ([^|]*)\|", table, re.MULTILINE):
        for domain, versions in re.findall(r"([\w.]+)\(([^)]*)\)", opsets):
            if domain == "ai.onnx":
                found[name] = versions
            elif domain == "com.microsoft":
                found[f"{domain}.{name}"] = versions
    return found


if __name__ == "__main__":
    main()
