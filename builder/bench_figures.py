"""The arithmetic of the bench: from what the browser told to figures. Nothing here is measured."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from builder.errors import BenchError

LONG_TASK_MS = 50


def percentiles(values: Sequence[float]) -> dict[str, float]:
    """``p50`` and ``p95`` by the nearest-rank definition, which the engine's figures follow too.

    Raises `BenchError` when there are no values: nothing was measured then.
    """
    if not values:
        raise BenchError("nothing was measured: not one run came to its end")
    ordered = sorted(values)
    ranks = {"p50": 0.5, "p95": 0.95}
    return {
        name: round(ordered[max(0, math.ceil(share * len(ordered)) - 1)], 3)
        for name, share in ranks.items()
    }


def run_figures(told: Mapping[str, Any], clip_fps: int | None = None) -> dict[str, Any]:
    """The figures of one run.

    Args:
        told: what bench.js gives: ``told`` (the engine's counters, each with its time in ms),
            ``stats`` (the last of them whole) and ``longTasks``.
        clip_fps: the camera's rate, where frames come at their own; the frames that should have
            come and did not are ``missed_frames`` then, wherever they got lost. The engine's
            governor may be at work then: ``governor`` is how far it went. Without a rate the
            frames are fed as fast as they are taken, each at its whole quality.

    Raises `BenchError` when no frame was matted, or a fed one was not matted by the model itself.
    """
    first, last = told["told"][0], told["told"][-1]
    seconds = (last["ms"] - first["ms"]) / 1000
    frames = last["frames"] - first["frames"]
    if seconds <= 0 or frames <= 0:
        raise BenchError(f"nothing was measured: {frames} frames in {seconds:.1f} s")
    stages = told["stats"]["stages"]
    tasks = [task["durationMs"] for task in told["longTasks"] if task["durationMs"] > LONG_TASK_MS]
    figures = {
        "seconds": round(seconds, 3),
        "frames": frames,
        "fps": round(frames / seconds, 2),
        "dropped_frames": last["droppedFrames"] - first["droppedFrames"],
        "stages": {
            name: {key: round(ms, 3) for key, ms in stage.items()} for name, stage in stages.items()
        },
        "long_tasks": len(tasks),
        "longest_task_ms": round(max(tasks, default=0.0), 1),
        "series": [
            [round((each["ms"] - first["ms"]) / 1000, 2), round(each["fps"], 2)]
            for each in told["told"]
        ],
    }
    if clip_fps is None:
        _check_whole(told)
    else:
        figures["missed_frames"] = max(0, round(clip_fps * seconds) - frames)
        figures["governor"] = _governor(told)
    return figures


def _governor(told: Mapping[str, Any]) -> dict[str, int] | None:
    """The furthest that the quality was brought down; None when nothing was governed."""
    states = [each["governor"] for each in told["told"] if each["governor"] is not None]
    if not states:
        return None
    return {key: max(state[key] for state in states) for key in ("level", "stride")}


def _check_whole(told: Mapping[str, Any]) -> None:
    """A rate that was reached with frames left out by the model is not the model's."""
    governor = _governor(told)
    if governor is not None:
        raise BenchError(
            "the throughput was measured with the governor on (the model saw one of "
            f"{governor['stride']} frames), so it is no figure; build the site anew"
        )
    if told["stats"]["stages"]["inferMs"]["p50"] <= 0:
        raise BenchError("the model has seen less than every second frame; run it again")


def memory_figures(
    before: Mapping[str, int], after: Mapping[str, int], seconds: float
) -> dict[str, Any]:
    """How much JavaScript's heaps and WebAssembly's memories grew, in bytes."""
    growth = sum(after.values()) - sum(before.values())
    return {
        "seconds": round(seconds, 1),
        "before": dict(before),
        "after": dict(after),
        "growth_bytes": growth,
    }


def ratios(result: Mapping[str, Any]) -> dict[str, float | None]:
    """How many times as fast as the peers; 1 is as fast, None where a peer did not run.

    * ``ratio_to_litert``: LiteRT.js's median inference ÷ the engine's, both back to back.
    * ``ratio_to_tasks_vision``: the engine's throughput with a colour ÷ tasks-vision's.
    """
    ran = {peer["package"]: peer for peer in result["peers"] if "reason" not in peer}
    litert, tasks = ran.get("@litertjs/core"), ran.get("@mediapipe/tasks-vision")
    same_work = result["same_work"]
    infer_ms = same_work["stages"]["inferMs"]["p50"] if same_work else 0
    return {
        "ratio_to_litert": round(litert["ms"]["p50"] / infer_ms, 3)
        if litert and infer_ms
        else None,
        "ratio_to_tasks_vision": (
            round(same_work["fps"] / tasks["fps"], 3) if tasks and same_work else None
        ),
    }


START_TITLES = {"cold": "cold profile", "warm": "warm profile", "reload": "reloaded"}
STAGE_TITLES = {
    "sampleMs": "sample",
    "inferMs": "infer",
    "maskMs": "filter the mask",
    "compositeMs": "composite",
    "totalMs": "arrival → composited",
}


def rows(result: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """The table: what, at the camera's rate, frames fed as fast as they are taken."""
    live, fed = result["live"], result["throughput"]
    out = [
        ("frames a second", f"{live['fps']:.1f}", f"{fed['fps']:.1f}"),
        ("frames, seconds", _counted(live), _counted(fed)),
        # Fed frames are more than are taken: the newest wins, and the others mean nothing.
        ("dropped by the engine", str(live["dropped_frames"]), "–"),
        ("missed of the camera's", str(live["missed_frames"]), "–"),
        ("quality", _quality(live["governor"]), "full"),
    ]
    for name, title in STAGE_TITLES.items():
        out.append((f"{title}, p50 / p95 ms", _stage(live, name), _stage(fed, name)))
    out.append((f"main-thread tasks > {LONG_TASK_MS} ms", _tasks(live), _tasks(fed)))
    return out


def _quality(governor: Mapping[str, int] | None) -> str:
    """How far the governor brought it down, in words."""
    if governor is None or governor["level"] <= 0:
        return "full"
    sparse = f", the model saw 1 of {governor['stride']}" if governor["stride"] > 1 else ""
    return f"lowered by {governor['level']}{sparse}"


def _counted(run: Mapping[str, Any]) -> str:
    return f"{run['frames']} in {run['seconds']:.1f}"


def _stage(run: Mapping[str, Any], name: str) -> str:
    stage = run["stages"].get(name)
    return f"{stage['p50']:.1f} / {stage['p95']:.1f}" if stage else "–"


def _tasks(run: Mapping[str, Any]) -> str:
    longest = f", longest {run['longest_task_ms']:.0f} ms" if run["long_tasks"] else ""
    return f"{run['long_tasks']}{longest}"


def start_rows(result: Mapping[str, Any]) -> list[tuple[str, ...]]:
    """The table of the page's start: what, then as in ``START_TITLES``."""
    starts = [result["start"][name] for name in START_TITLES]
    return [
        ("first matte", *(f"{start['first_matte_ms']:.0f} ms" for start in starts)),
        ("transferred", *(_kilobytes(start["bytes"]) for start in starts)),
        ("requests", *(str(start["requests"]) for start in starts)),
    ]


def memory_line(memory: Mapping[str, Any]) -> str:
    """The memory's growth in words."""
    after = memory["after"]
    return (
        f"{_kilobytes(memory['growth_bytes'])} more after {memory['seconds']:.0f} s "
        f"(JavaScript {_kilobytes(after['js'])}, WebAssembly {_kilobytes(after['wasm'])})"
    )


def peer_rows(result: Mapping[str, Any]) -> list[tuple[str, str, str, str]]:
    """The table of the peers: package, what it does, its figures, the ratio."""
    found = {
        "@litertjs/core": result["ratio_to_litert"],
        "@mediapipe/tasks-vision": result["ratio_to_tasks_vision"],
    }
    out = []
    for peer in result["peers"]:
        name = f"{peer['package']} {peer['version'] or ''}".strip()
        if "reason" in peer:
            out.append((name, peer["does"], f"not run: {peer['reason']}", "–"))
            continue
        figures = f"{peer['ms']['p50']:.1f} / {peer['ms']['p95']:.1f} ms, {peer['fps']:.1f} fps"
        ratio = found[peer["package"]]
        out.append((name, peer["does"], figures, "–" if ratio is None else f"{ratio:.2f} ×"))
    return out


def _kilobytes(count: float) -> str:
    return f"{count / 1000:,.0f} kB"
