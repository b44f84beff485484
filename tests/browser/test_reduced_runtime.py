"""The page on the runtime that is reduced to its models, and on the whole one where it must."""

import hashlib
import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from beside import in_a_thread
from browsers import Visits
from playwright.sync_api import expect
from serving import Servers
from test_own_model import onnx_file
from visit import Visit

from builder import paths
from builder.pipeline import build_model
from builder.recipe import load_recipe
from builder.reduced.functions import mark_calls, reduce_runtime
from builder.reduced.measure import MARKS_BYTES, MEMORY_BYTES, measure_calls
from builder.reduced.stored import read_calls
from builder.reduced.wasm_module import WasmModule
from builder.tune.browser import open_track

RUNTIME = paths.node_modules() / "onnxruntime-web" / "dist" / "ort-wasm-simd-threaded.wasm"
TRAP = "the reduced runtime lacks something"


def runtime_of(site: Path) -> dict[str, Any]:
    return dict(json.loads((site / "manifest.json").read_text("utf-8"))["runtime"])


def loaded(visit: Visit) -> set[str]:
    """The names of the WebAssembly files that have been asked for."""
    urls = [url.split("?")[0].split("/")[-1] for url in visit.requests]
    return {name for name in urls if name.endswith(".wasm")}


def reduce_further(site: Path, wasm: bytes) -> None:
    """Exchanges the reduced runtime of a site, as if it had been built with it."""
    reduced = runtime_of(site)["reduced"]
    (site / reduced["wasm"]).write_bytes(wasm)
    for name in ("index.html", "manifest.json"):
        text = (site / name).read_text("utf-8")
        digest = hashlib.sha256(wasm).hexdigest()
        text = text.replace(reduced["wasmSha256"], digest)
        (site / name).write_text(text.replace(str(reduced["wasmBytes"]), str(len(wasm))), "utf-8")


def test_the_page_runs_on_the_reduced_runtime_alone(isolated_url: str, visits: Visits) -> None:
    visit = visits.open(f"{isolated_url}/")
    visit.wait_until_matted("demo")
    expect(visit.page.locator("#status-threads")).to_contain_text("threads")
    visit.page.locator("#model").select_option("selfie")
    expect(visit.page.locator("#status-model")).to_contain_text("square")
    assert loaded(visit) == {"ort-wasm-simd-threaded.reduced.wasm"}


def test_a_model_of_ones_own_gets_the_whole_one(
    isolated_url: str, visits: Visits, tmp_path: Path
) -> None:
    visit = visits.open(f"{isolated_url}/")
    visit.wait_until_matted("demo")
    visit.page.locator("#own-model-file").set_input_files(onnx_file(tmp_path / "red.onnx"))
    expect(visit.page.locator("#status-model")).to_have_text("red.onnx")
    assert "ort-wasm-simd-threaded.wasm" in loaded(visit)


@pytest.mark.parametrize("isolate", [True, False])
def test_where_it_lacks_something_the_whole_one_takes_over(
    isolate: bool, servers: Servers, site_copy: Path, visits: Visits
) -> None:
    reduce_further(site_copy, reduce_runtime(RUNTIME.read_bytes(), ()))
    url, _ = servers.site(site_copy, isolate=isolate)
    visit = visits.open(f"{url}/")
    visit.expect("RuntimeError", "unreachable")  # the runtime's own word on it
    visit.wait_until_matted("demo")
    threads = "2 threads" if isolate else "1 thread"
    expect(visit.page.locator("#status-threads")).to_have_text(threads)
    assert any(TRAP in line for line in visit.said)


def test_where_its_threads_lack_something_the_page_mattes_all_the_same(
    servers: Servers, site_copy: Path, visits: Visits
) -> None:
    with ThreadPoolExecutor(1) as pool:
        called = pool.submit(called_by_one_thread, site_copy).result()
    reduce_further(site_copy, reduce_runtime(RUNTIME.read_bytes(), called))
    url, _ = servers.site(site_copy)
    visit = visits.open(f"{url}/")
    visit.expect("RuntimeError", "unreachable", "worker sent an error")
    visit.wait_until_matted("demo")
    assert any(TRAP in line for line in visit.said)
    assert "ort-wasm-simd-threaded.wasm" in loaded(visit)


def called_by_one_thread(site: Path) -> set[int]:
    """What the default model calls where nothing is left to other threads."""
    [model] = (site / "models").glob("selfie-landscape.optimized-*.onnx")
    whole = RUNTIME.read_bytes()
    base = MEMORY_BYTES - MARKS_BYTES
    with open_track((1,), mark_calls(whole, base), MEMORY_BYTES) as track:
        track.load("model", model.read_bytes(), is_optimized=True)
        track.race(["model"], 1, 1, 3)
        track.free("model")
        return track.marks(base, len(WasmModule.parse(whole).bodies))


@in_a_thread
def test_what_a_model_calls_is_measured_and_stored(tmp_path: Path) -> None:
    built = build_model(load_recipe("selfie-landscape"), lambda _: None, None)
    recipe = built.recipe.model_copy(update={"folder": tmp_path})
    lines: list[str] = []
    calls = measure_calls(replace(built, recipe=recipe), RUNTIME, lines.append)
    assert read_calls(recipe) == calls
    stored = read_calls(load_recipe("selfie-landscape"))
    assert stored is not None
    assert (calls.wasm_sha256, calls.graph_sha256) == (stored.wasm_sha256, stored.graph_sha256)
    # Which thread takes which part of the work is another one each time.
    assert len(calls.called ^ stored.called) < 0.03 * stored.count
    assert f"{calls.count} of the runtime's 17288 functions" in lines[-1]
