"""A browser that has WebGPU and no JavaScript Promise Integration, on a site built for it, too."""

import hashlib
import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from browsers import Visits
from gpu_worker import make_gpu_site
from serving import Servers
from visit import Visit

from builder import paths
from builder.site_plan import Runtime

# As in browsers that cannot let WebAssembly wait by itself; the page decides for its worker.
NO_JSPI = "delete WebAssembly.Suspending; delete WebAssembly.promising;"
FOLDERS = {"jspi": "/runtime-jspi-", "asyncify": "/runtime-asyncify/"}


@pytest.fixture(scope="module")
def both_site(site: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """As `livematte build --webgpu both` makes it, without half a minute of compression."""
    folder = make_gpu_site(site, tmp_path_factory.mktemp("both-site"))
    build = Runtime.from_npm(paths.node_modules(), "both").webgpu["asyncify"]
    (folder / "runtime-asyncify").mkdir()
    for file in (build.module, build.glue, build.wasm):
        shutil.copy(file, folder / "runtime-asyncify")
    parts: dict[str, Any] = {
        "module": f"runtime-asyncify/{build.module.name}",
        "glue": f"runtime-asyncify/{build.glue.name}",
        "wasm": f"runtime-asyncify/{build.wasm.name}",
        "wasmBytes": build.wasm.stat().st_size,
        "wasmSha256": hashlib.sha256(build.wasm.read_bytes()).hexdigest(),
    }
    manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
    manifest["runtimes"]["webgpu"]["asyncify"] = parts
    (folder / "manifest.json").write_text(json.dumps(manifest), "utf-8")
    return folder


@pytest.mark.parametrize("build", ["jspi", "asyncify"])
def test_the_build_that_the_browser_can_run(
    both_site: Path, servers: Servers, visits: Visits, build: str
) -> None:
    visit: Visit = visits.open("about:blank", webgpu=True)
    if build == "asyncify":
        visit.page.add_init_script(NO_JSPI)
    visit.page.goto(f"{servers.site(both_site)[0]}/licences.txt")
    video = {"width": 320, "height": 180, "frameRate": 30}
    visit.start_engine(video=video, backend="webgpu", effect={"kind": "mask"})
    visit.wait_for_frames(2, timeout_s=60)
    assert visit.stats["backend"] == "webgpu"
    fetched = {name for name, part in FOLDERS.items() if any(part in u for u in visit.requests)}
    assert fetched == {build}
    assert visit.told["errors"] == []
