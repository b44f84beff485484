"""The bench on the real page, short and small: its figures are whole and agree with each other.

It runs as a command of its own, as people run it. Times are not judged here.
"""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from builder import paths

SECONDS = 2
TIMEOUT_S = 280
RUN = {"seconds", "frames", "fps", "dropped_frames", "stages", "long_tasks", "longest_task_ms",
       "series"}  # fmt: skip
STAGES = {"sampleMs", "inferMs", "maskMs", "compositeMs", "totalMs"}


def bench(*words: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [
            sys.executable,
            "-m",
            "builder",
            "bench",
            "--seconds",
            str(SECONDS),
            "--visit",
            "1",
            *map(str, words),
        ],
        cwd=paths.DATA_DIR,
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
        check=False,
    )


@pytest.fixture(scope="module")
def report(site: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of bench.json and bench.html."""
    folder = tmp_path_factory.mktemp("bench")
    files = ["--json", folder / "bench.json", "--html", folder / "bench.html"]
    done = bench("--site", site, "--size", "320x180", "--effect", "color", *files)
    assert done.returncode == 0, done.stderr
    assert "frames a second" in done.stdout
    assert "first matte" in done.stdout
    return folder


@pytest.fixture(scope="module")
def figures(report: Path) -> dict[str, Any]:
    return dict(json.loads((report / "bench.json").read_text("utf-8")))


def test_it_says_what_it_measured(figures: dict[str, Any]) -> None:
    assert figures["schema"] == 1
    assert figures["model"] == "selfie-landscape"
    assert figures["variant"] in {"fp32", "fp16", "optimized", "int8"}
    assert figures["backend"] == "wasm"
    assert figures["isolated"] is True
    assert figures["threads"] >= 1
    assert figures["effect"] == "color"
    assert figures["clip"] == {"width": 320, "height": 180, "fps": 30}
    assert figures["machine"]["cpus"] >= 1
    assert figures["machine"]["load_after"] >= 0
    assert "Chrome" in figures["machine"]["browser"]


@pytest.mark.parametrize("name", ["live", "throughput"])
def test_a_run_agrees_with_itself(name: str, figures: dict[str, Any]) -> None:
    run = figures[name]
    assert set(run) >= RUN
    assert run["frames"] > 0
    assert run["seconds"] >= SECONDS
    assert run["fps"] == pytest.approx(run["frames"] / run["seconds"], rel=0.01)
    assert set(run["stages"]) >= STAGES
    for stage in run["stages"].values():
        assert 0 <= stage["p50"] <= stage["p95"]
    assert run["stages"]["inferMs"]["p95"] > 0  # on a busy machine not every frame is inferred
    assert run["stages"]["totalMs"]["p50"] >= run["stages"]["inferMs"]["p50"]
    assert run["series"][0][0] == 0
    assert run["series"][-1][0] == pytest.approx(run["seconds"], abs=0.01)


def test_the_quality_is_governed_at_the_cameras_rate_alone(figures: dict[str, Any]) -> None:
    assert figures["live"]["governor"].keys() == {"level", "stride"}
    assert "governor" not in figures["throughput"]


def test_a_camera_gives_no_more_frames_than_it_has(figures: dict[str, Any]) -> None:
    # Two words of the engine can lie half a second apart from their frames.
    assert figures["live"]["fps"] <= 1.3 * figures["clip"]["fps"]


def test_the_start_with_a_cold_and_a_warm_profile(figures: dict[str, Any], site: Path) -> None:
    cold, warm = figures["start"]["cold"], figures["start"]["warm"]
    assert cold["first_matte_ms"] > 0
    assert warm["first_matte_ms"] > 0
    # Cold, the runtime and a model must come; warm, what has a hash in its name is there already.
    manifest = json.loads((site / "manifest.json").read_text("utf-8"))
    runtime = (site / (manifest["runtime"]["reduced"]["wasm"] + ".br")).stat().st_size
    everything = sum(path.stat().st_size for path in site.rglob("*") if path.is_file())
    assert runtime < cold["bytes"] < everything
    assert warm["bytes"] < cold["bytes"] / 5
    assert warm["requests"] < cold["requests"]
    assert figures["start"]["reload"]["first_matte_ms"] > 0
    assert figures["start"]["reload"]["bytes"] < cold["bytes"] / 5


def test_memory_is_of_the_page_and_its_worker(figures: dict[str, Any]) -> None:
    memory = figures["memory"]
    for moment in ("before", "after"):
        assert memory[moment]["js"] > 500_000
        assert memory[moment]["wasm"] >= 1_000_000
        assert memory[moment]["wasm"] % 65536 == 0  # whole pages
    growth = sum(memory["after"].values()) - sum(memory["before"].values())
    assert memory["growth_bytes"] == growth


def test_without_peers_there_are_no_ratios(figures: dict[str, Any]) -> None:
    assert figures["peers"] == []
    assert figures["ratio_to_litert"] is None
    assert figures["ratio_to_tasks_vision"] is None


def test_the_report(report: Path, figures: dict[str, Any]) -> None:
    page = (report / "bench.html").read_text("utf-8")
    assert f"{figures['live']['fps']:.1f}" in page
    assert page.count("<svg") == 3
