"""How the bench tells its figures: tables, and one HTML file, light or dark as the reader has it.

The plots are a few bars and two lines, so they are drawn as SVG by the template: a plotting
library would add tens of megabytes to the installation, and pictures that know one theme only.
"""

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, StrictUndefined

from builder import bench_figures, paths
from builder.errors import BenchError

if TYPE_CHECKING:
    from rich.table import Table

_SIZE = re.compile(r"([0-9]{1,5})[x×]([0-9]{1,5})", re.IGNORECASE)
_ROOM = 420  # the longest bar, in units of the drawing
_ROW = 22
_TOP, _BOTTOM, _LEFT, _RIGHT = 10, 190, 40, 710  # the line plot's frame

RUNS = ("at the camera's rate", "as fast as taken")
PEER_HEAD = ("peer", "does", "p50 / p95, rate", "Livematte is")

Bar = tuple[str, float, str, str]  # label, value, text, series


def parse_size(text: str) -> tuple[int, int]:
    """``1280x720`` → width and height in pixels. Raises `BenchError` for anything else."""
    match = _SIZE.fullmatch(text.strip())
    if not match:
        raise BenchError(f"{text!r} is no size; give --size as WIDTHxHEIGHT, such as 1280x720")
    return int(match[1]), int(match[2])


def bench_tables(result: Mapping[str, Any]) -> list["Table | str"]:
    """What the command line prints."""
    from rich.table import Table

    def table(title: str, head: Sequence[str], rows: Sequence[Sequence[str]]) -> Table:
        out = Table(*head, title=title, title_justify="left")
        for column in out.columns:
            column.justify = "right" if column is not out.columns[0] else "left"
            column.overflow = "fold"  # a narrow terminal loses nothing
        for row in rows:
            out.add_row(*row)
        return out

    figures = bench_figures
    shown: list[Table | str] = [
        summary(result),
        table("the page at work", ("", *RUNS), figures.rows(result)),
        table("the page's start", ("", *figures.START_TITLES.values()), figures.start_rows(result)),
        f"memory: {figures.memory_line(result['memory'])}",
    ]
    if result["peers"]:
        shown.append(table("peers", PEER_HEAD, figures.peer_rows(result)))
    return shown


def render_report(result: Mapping[str, Any]) -> str:
    """The whole file, from the JSON that the bench writes."""
    template = paths.PACKAGE_DIR / "assets" / "bench.html.j2"
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, keep_trailing_newline=True
    )
    return environment.from_string(template.read_text("utf-8")).render(
        result=result,
        runs=RUNS,
        profiles=tuple(bench_figures.START_TITLES.values()),
        peer_head=PEER_HEAD,
        summary=summary(result),
        rows=bench_figures.rows(result),
        start_rows=bench_figures.start_rows(result),
        memory=bench_figures.memory_line(result["memory"]),
        peers=bench_figures.peer_rows(result),
        rate=_rate_plot(result),
        stages=_bars("Stages at the camera's rate, ms: p50, and p95 below it", _stage_bars(result)),
        start=_bars("Time to the first matte, ms", _start_bars(result)),
        peer_bars=_bars("Frames or inferences a second", _peer_bars(result)),
    )


def summary(result: Mapping[str, Any]) -> str:
    """What was measured, on what, in one line."""
    machine, clip = result["machine"], result["clip"]
    return (
        f"{result['model']} ({result['variant']}), {result['backend']}, {result['threads']} "
        f"threads, {result['effect']}, {clip['width']}×{clip['height']} at {clip['fps']} fps;"
        f" {machine['browser']}, {machine['cpus']} cores, "
        f"load {machine['load']:.1f} before and {machine['load_after']:.1f} after"
    )


def _stage_bars(result: Mapping[str, Any]) -> list[Bar]:
    bars: list[Bar] = []
    for name, title in bench_figures.STAGE_TITLES.items():
        stage = result["live"]["stages"].get(name)
        if stage:
            bars.append((title, stage["p50"], f"{stage['p50']:.1f}", "one"))
            bars.append(("", stage["p95"], f"{stage['p95']:.1f}", "two"))
    return bars


def _start_bars(result: Mapping[str, Any]) -> list[Bar]:
    titles = bench_figures.START_TITLES
    times = {titles[name]: result["start"][name]["first_matte_ms"] for name in titles}
    return [(title, ms, f"{ms:.0f}", "one") for title, ms in times.items()]


def _peer_bars(result: Mapping[str, Any]) -> list[Bar]:
    ran = [peer for peer in result["peers"] if "reason" not in peer]
    if not ran:
        return []
    same = result["same_work"]
    infer_ms = same["stages"]["inferMs"]["p50"]
    bars: list[Bar] = [("Livematte, frames", same["fps"], f"{same['fps']:.1f}", "one")]
    if infer_ms > 0:
        bars.append(("Livematte, inference", 1000 / infer_ms, f"{1000 / infer_ms:.1f}", "one"))
    bars += [(peer["package"], peer["fps"], f"{peer['fps']:.1f}", "two") for peer in ran]
    return bars


def _bars(title: str, bars: Sequence[Bar]) -> dict[str, Any]:
    longest = max((value for _, value, _, _ in bars), default=0) or 1
    return {
        "title": title,
        "height": max(1, len(bars)) * _ROW,
        "bars": [
            {
                "label": label,
                "y": i * _ROW,
                "width": round(_ROOM * value / longest, 1),
                "text": text,
                "series": series,
            }
            for i, (label, value, text, series) in enumerate(bars)
        ],
    }


def _rate_plot(result: Mapping[str, Any]) -> dict[str, Any]:
    series = {"one": result["live"]["series"], "two": result["throughput"]["series"]}
    points = [point for each in series.values() for point in each]
    end = max((second for second, _ in points), default=0) or 1
    top = max((fps for _, fps in points), default=0) or 1

    def place(second: float, fps: float) -> str:
        x = _LEFT + (_RIGHT - _LEFT) * second / end
        return f"{x:.1f},{_height_of(fps, top):.1f}"

    return {
        "title": f"Frames a second over {end:.0f} s: {RUNS[0]} (teal), {RUNS[1]} (orange)",
        "height": 200,
        "ticks": [
            {"y": round(_height_of(share * top, top), 1), "text": f"{share * top:.0f}"}
            for share in (0, 0.5, 1)
        ],
        "lines": [
            {"series": name, "points": " ".join(place(*point) for point in each)}
            for name, each in series.items()
        ],
    }


def _height_of(fps: float, top: float) -> float:
    return _BOTTOM - (_BOTTOM - _TOP) * fps / top
