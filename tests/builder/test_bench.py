"""The bench without a browser: its arithmetic, tables, report, and what it refuses."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tflite
from ai_edge_litert.interpreter import Interpreter
from click.testing import CliRunner

from builder import bench, bench_figures, paths
from builder.bench import BenchOptions, run_bench
from builder.bench_figures import memory_figures, percentiles, ratios, run_figures
from builder.bench_metadata import with_normalization
from builder.bench_peers import LITERT, PEERS, TASKS_VISION, _figures, _tflite
from builder.bench_report import parse_size, render_report
from builder.bench_server import counted
from builder.cli import main
from builder.errors import BenchError, BrowserError, ServeError
from builder.recipe import load_recipe


def stats(total_ms: float = 8.0, infer_ms: float = 4.0) -> dict[str, Any]:
    stages = {name: {"p50": 1.0, "p95": 2.0} for name in bench_figures.STAGE_TITLES}
    stages["inferMs"] = {"p50": infer_ms, "p95": infer_ms + 1}
    stages["totalMs"] = {"p50": total_ms, "p95": total_ms + 1}
    return {"stages": stages}


def governor(level: int, stride: int) -> dict[str, Any]:
    return {"level": level, "stride": stride, "reason": "slow"}


def told(frames: int = 60, governors: Any = (None, None, None), **more: Any) -> dict[str, Any]:
    """Two seconds, from frame 5 on."""
    counters: list[dict[str, Any]] = [
        {"ms": 1000.0, "frames": 5, "droppedFrames": 1, "fps": 20.0},
        {"ms": 2000.0, "frames": 5 + frames // 2, "droppedFrames": 1, "fps": 25.0},
        {"ms": 3000.0, "frames": 5 + frames, "droppedFrames": 4, "fps": 30.0},
    ]
    for each, state in zip(counters, governors, strict=True):
        each["governor"] = state
    return {"told": counters, "stats": stats(), "longTasks": [], **more}


def result(**more: Any) -> dict[str, Any]:
    """What a whole bench gives."""
    peers = [
        {"package": "@litertjs/core", "version": "2", "does": "inference", "fps": 250.0,
         "ms": {"p50": 2.0, "p95": 3.0}},
        {"package": "@mediapipe/tasks-vision", "version": None, "does": "whole frame",
         "reason": "not installed; `npm ci` brings it"},
    ]  # fmt: skip
    start = {"first_matte_ms": 900.4, "requests": 80, "bytes": 3_100_000}
    out: dict[str, Any] = {
        "model": "selfie-<b>", "variant": "fp16", "backend": "wasm", "threads": 2, "effect": "blur",
        "machine": {"cpus": 2, "load": 1.5, "load_after": 2.5, "browser": "Chrome/156"},
        "clip": {"width": 1280, "height": 720, "fps": 30},
        "start": {"cold": start, "warm": {**start, "first_matte_ms": 400.0},
                  "reload": {**start, "first_matte_ms": 300.0}},
        "live": run_figures(told(), 30),
        "throughput": run_figures(told(120)),
        "same_work": run_figures(told(120)),
        "memory": memory_figures({"js": 1000, "wasm": 5000}, {"js": 4000, "wasm": 5000}, 2),
        "peers": peers,
        **more,
    }  # fmt: skip
    return {**out, **ratios(out)}


def test_percentiles_are_nearest_rank() -> None:
    assert percentiles(range(1, 101)) == {"p50": 50, "p95": 95}
    assert percentiles([3, 1, 2]) == {"p50": 2, "p95": 3}
    assert percentiles([7.1234567]) == {"p50": 7.123, "p95": 7.123}
    with pytest.raises(BenchError, match="nothing was measured"):
        percentiles([])


def test_a_run_is_what_happened_between_the_first_word_and_the_last() -> None:
    figures = run_figures(told(50), 30)
    assert (figures["frames"], figures["seconds"], figures["fps"]) == (50, 2.0, 25.0)
    assert figures["dropped_frames"] == 3
    assert figures["missed_frames"] == 10  # of the 60 that the camera gave
    assert figures["series"] == [[0.0, 20.0], [1.0, 25.0], [2.0, 30.0]]
    assert "missed_frames" not in run_figures(told(50))
    assert run_figures(told(62), 30)["missed_frames"] == 0


def test_only_tasks_above_the_limit_count() -> None:
    tasks = [{"startMs": 0, "durationMs": ms} for ms in (50, 50.1, 90)]
    figures = run_figures(told(longTasks=tasks))
    assert (figures["long_tasks"], figures["longest_task_ms"]) == (2, 90)


def test_a_run_without_frames_is_none() -> None:
    with pytest.raises(BenchError, match="nothing was measured: 0 frames"):
        run_figures(told(0))


def test_the_live_run_says_how_far_the_quality_was_lowered() -> None:
    states = (governor(0, 1), governor(2, 3), governor(1, 2))
    figures = run_figures(told(governors=states), 30)
    assert figures["governor"] == {"level": 2, "stride": 3}
    assert run_figures(told(), 30)["governor"] is None
    lowered = {row[0]: row[1:] for row in bench_figures.rows(result(live=figures))}
    assert lowered["quality"] == ("lowered by 2, the model saw 1 of 3", "full")
    full = run_figures(told(governors=[governor(0, 1)] * 3), 30)
    assert {row[0]: row[1] for row in bench_figures.rows(result(live=full))}["quality"] == "full"


def test_a_throughput_with_frames_that_the_model_did_not_see_is_refused() -> None:
    with pytest.raises(BenchError, match=r"the model saw one of 2 frames.*build the site anew"):
        run_figures(told(governors=(None, governor(1, 2), None)))
    with pytest.raises(BenchError, match="less than every second frame"):
        run_figures(told(stats=stats(infer_ms=0.0)))


def test_memory_growth_is_of_both_kinds() -> None:
    figures = memory_figures({"js": 100, "wasm": 20}, {"js": 90, "wasm": 50}, 3.04)
    assert figures["growth_bytes"] == 20
    assert figures["seconds"] == 3.0


def test_ratios_say_how_many_times_as_fast() -> None:
    found = result()
    assert found["ratio_to_litert"] == 0.5  # 2 ms against 4 ms
    assert found["ratio_to_tasks_vision"] is None
    ran = {"package": "@mediapipe/tasks-vision", "fps": 12.0, "ms": {"p50": 80, "p95": 90}}
    found = result(peers=[ran])
    assert found["ratio_to_litert"] is None
    assert found["ratio_to_tasks_vision"] == 5.0  # 60 fps against 12
    assert ratios({"peers": [], "same_work": None}) == {
        "ratio_to_litert": None,
        "ratio_to_tasks_vision": None,
    }


def test_the_tables() -> None:
    rows = {what: (live, fed) for what, live, fed in bench_figures.rows(result())}
    assert rows["frames a second"] == ("30.0", "60.0")
    assert rows["infer, p50 / p95 ms"] == ("4.0 / 5.0", "4.0 / 5.0")
    assert rows["dropped by the engine"] == ("3", "–")
    assert rows["missed of the camera's"] == ("0", "–")
    assert rows["main-thread tasks > 50 ms"] == ("0", "0")
    starts = {what: rest for what, *rest in bench_figures.start_rows(result())}
    assert starts["first matte"] == ["900 ms", "400 ms", "300 ms"]
    assert starts["transferred"] == ["3,100 kB"] * 3
    litert, tasks = bench_figures.peer_rows(result())
    assert litert == ("@litertjs/core 2", "inference", "2.0 / 3.0 ms, 250.0 fps", "0.50 ×")
    assert tasks[2:] == ("not run: not installed; `npm ci` brings it", "–")
    assert "3 kB more after 2 s" in bench_figures.memory_line(result()["memory"])


def test_the_report_is_one_file_with_its_plots() -> None:
    page = render_report(result())
    assert page.startswith("<!doctype html>")
    assert "selfie-&lt;b&gt;" in page
    assert "selfie-<b>" not in page
    for outside in ("http:", "https:", "<script", "src=", "href="):
        assert outside not in page
    assert "load 1.5 before and 2.5 after" in page
    assert "prefers-color-scheme: dark" in page
    assert page.count("<svg") == 4  # the rate, the stages, the start, the peers
    assert page.count("<polyline") == 2
    # The longest bar takes all the room, one of half its value half of that.
    assert 'width="420.0" height="16" rx="2"><title>cold profile: 900' in page
    assert 'width="186.6" height="16" rx="2"><title>warm profile: 400' in page
    assert 'width="139.9" height="16" rx="2"><title>reloaded: 300' in page
    assert page.count("<svg", 0, page.index("Memory")) == 3
    assert render_report(result(peers=[])).count("<svg") == 3


@pytest.mark.parametrize(("text", "size"), [("640x360", (640, 360)), (" 16×32 ", (16, 32))])
def test_a_size(text: str, size: tuple[int, int]) -> None:
    assert parse_size(text) == size


@pytest.mark.parametrize("text", ["", "640", "640x", "-4x4", "4.5x4", "640x360x2"])
def test_what_is_no_size(text: str) -> None:
    with pytest.raises(BenchError, match="give --size as WIDTHxHEIGHT"):
        parse_size(text)


def refusal(*words: str | Path) -> str:
    done = CliRunner().invoke(main, ["bench", *map(str, words)])
    assert done.exit_code == 1, done.output
    (line,) = [each for each in done.stderr.splitlines() if not each.startswith("·")]
    return line


def test_refusals_are_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "give --size as" in refusal("--size", "large")
    assert "even width" in refusal("--size", "15x16")
    assert 'did you mean "selfie"?' in refusal("--model", "selfi")
    assert "is no site" in refusal("--site", tmp_path)
    words = {"defaultModel": "a", "models": [{"name": "a"}, {"name": "b"}]}
    (tmp_path / "manifest.json").write_text(json.dumps(words))
    assert "has no model c; it has a, b" in refusal("--site", tmp_path, "--model", "c")
    monkeypatch.setenv("LIVEMATTE_CHROMIUM", str(tmp_path / "none"))
    assert "does not run" in refusal("--site", tmp_path)


def test_no_chromium_no_bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIVEMATTE_CHROMIUM", str(tmp_path / "none"))
    words = {"defaultModel": "a", "models": [{"name": "a"}]}
    (tmp_path / "manifest.json").write_text(json.dumps(words))
    with pytest.raises(BrowserError):
        run_bench(BenchOptions(site=tmp_path), lambda _: None)


def test_figures_of_something_else_are_refused() -> None:
    seen = {"stats": {"backend": "wasm", "width": 640, "height": 360}, "effect": "blur"}
    asked = {"width": 640, "height": 360, "effect": "blur"}
    bench._check(seen, BenchOptions(**asked))
    bench._check(seen, BenchOptions(**asked, backend="wasm"))
    with pytest.raises(BenchError, match="ran on wasm, not on webgpu"):
        bench._check(seen, BenchOptions(**asked, backend="webgpu"))
    with pytest.raises(BenchError, match="gave 640×360, not 1280×360"):
        bench._check(seen, BenchOptions(**{**asked, "width": 1280}))
    with pytest.raises(BenchError, match="drew blur, not mask"):
        bench._check(seen, BenchOptions(**{**asked, "effect": "mask"}))


def test_every_effect_of_the_command_can_be_measured() -> None:
    from builder.cli import EFFECTS

    assert set(bench.EFFECTS) == set(EFFECTS)
    assert all(effect["kind"] == name for name, effect in bench.EFFECTS.items())


def test_the_server_counts_what_it_sends(tmp_path: Path) -> None:
    import urllib.request

    (tmp_path / "index.html").write_bytes(b"a" * 1000)
    with counted(tmp_path) as (url, traffic):
        for _ in range(2):
            with urllib.request.urlopen(url) as answer:
                assert answer.read() == b"a" * 1000
                assert answer.headers["Cross-Origin-Opener-Policy"] == "same-origin"
        assert (traffic.requests, traffic.bytes) == (2, 2000)


def test_no_site_no_server(tmp_path: Path) -> None:
    with pytest.raises(ServeError, match="no site"), counted(tmp_path):
        pass


def test_metadata_leave_the_model_as_it_is(tmp_path: Path) -> None:
    folder = paths.node_modules() / "@mediapipe" / "selfie_segmentation"
    model = (folder / "selfie_segmentation_landscape.tflite").read_bytes()
    tagged = with_normalization(model, 2.0, 255.0)
    old, new = tflite.Model.GetRootAs(model), tflite.Model.GetRootAs(tagged)
    assert new.Version() == old.Version()
    assert new.Description() == old.Description()
    assert new.BuffersLength() == old.BuffersLength() + 1
    assert new.OperatorCodesLength() == old.OperatorCodesLength()
    assert (new.MetadataLength(), old.MetadataLength()) == (1, 0)
    entry = new.Metadata(0)
    assert entry.Name() == b"TFLITE_METADATA"
    assert entry.Buffer() == old.BuffersLength()
    data = new.Buffers(entry.Buffer()).DataAsNumpy().tobytes()
    assert data[4:8] == b"M001"
    for value in (2.0, 255.0):
        assert np.float32(value).tobytes() in data
    # The tensors stand where they can be mapped, and are those of the old file.
    for i in range(old.BuffersLength()):
        assert np.array_equal(old.Buffers(i).DataAsNumpy(), new.Buffers(i).DataAsNumpy())
    assert tagged.endswith(model)
    assert (len(tagged) - len(model)) % 64 == 0
    # An entry that is there already stays.
    twice = tflite.Model.GetRootAs(with_normalization(tagged, 0.0, 1.0))
    assert [twice.Metadata(i).Buffer() for i in range(2)] == [126, 127]
    # It still runs as before. The first op that is MediaPipe's own is past the shapes.
    inputs = [Interpreter(model_content=each).get_input_details() for each in (model, tagged)]
    assert [list(each[0]["shape"]) for each in inputs] == [[1, 144, 256, 3]] * 2


def test_a_peer_whose_mask_is_wrong_is_not_a_peer() -> None:
    ran = {"ms": [2.0, 4.0], "seconds": 0.01, "person": 0.3}
    figures = _figures(LITERT, ran)
    assert (figures["runs"], figures["fps"]) == (2, 200.0)
    assert figures["ms"] == {"p50": 2.0, "p95": 4.0}
    for person in (0.0, 1.0):
        assert "its mask is wrong" in _figures(TASKS_VISION, {**ran, "person": person})["reason"]


def test_the_peers_run_tflite_only() -> None:
    recipe = load_recipe("selfie")
    assert _tflite(recipe)[4:8] == b"TFL3"
    with pytest.raises(ValueError, match="run TFLite only"):
        _tflite(recipe.model_copy(update={"format": "onnx"}))
    bgr = recipe.input.model_copy(update={"channels": "BGR"})
    with pytest.raises(ValueError, match="another input"):
        _tflite(recipe.model_copy(update={"input": bgr}))


def test_peers_are_for_development_only() -> None:
    """So that they can never be a part of a site, which takes runtime packages alone."""
    package = json.loads((paths.DATA_DIR / "package.json").read_text("utf-8"))
    for peer in PEERS:
        assert peer.package in package["devDependencies"]
        assert peer.package not in package["dependencies"]
