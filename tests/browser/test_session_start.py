"""A session of the variant that the builder has optimised starts earlier than one of the others."""

import json
from pathlib import Path

import pytest
from browsers import Visits

# The runtime's part alone, in turn, in one page: all code that both run has been compiled by the
# first of them, so that the ratio leaves out what a first visit gains besides.
RACE = """
async ({ runtime, files, turns }) => {
  const at = (path) => new URL(path, location).href;
  const ort = await import(at(runtime.module));
  ort.env.wasm.numThreads = 1;
  ort.env.wasm.wasmPaths = { mjs: at(runtime.glue), wasm: at(runtime.wasm) };
  const bytes = [];
  for (const { file } of files) bytes.push(await (await fetch(at(file))).arrayBuffer());
  const times = files.map(() => []);
  for (let turn = 0; turn < turns; turn++) {
    for (const [i, { level }] of files.entries()) {
      const begun = performance.now();
      const session = await ort.InferenceSession.create(new Uint8Array(bytes[i]), {
        executionProviders: ['wasm'], graphOptimizationLevel: level,
      });
      times[i].push(performance.now() - begun);
      await session.release();
    }
  }
  return times;
}
"""


@pytest.mark.alone
def test_the_optimised_variant_starts_earlier(
    isolated_url: str, shipped_site: Path, visits: Visits
) -> None:
    manifest = json.loads((shipped_site / "manifest.json").read_text("utf-8"))
    for model in manifest["models"]:
        variants = {each["name"]: each for each in model["variants"]}
        assert model["preferred"] == "optimized"
        assert variants["optimized"]["isOptimized"]
        files = [
            {"file": variants["fp16"]["file"], "level": "all"},
            {"file": variants["optimized"]["file"], "level": "disabled"},
        ]
        visit = visits.open(f"{isolated_url}/manifest.json")
        asked = {"runtime": manifest["runtime"], "files": files, "turns": 8}
        plain, ready = map(min, visit.page.evaluate(RACE, asked))
        # Measured 0.36 and 0.38, and 0.54 where the runtime optimises it once more.
        assert ready < 0.7 * plain, (model["name"], ready, plain)
