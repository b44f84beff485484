"""The plots of the build report: SVG by matplotlib, the same bytes for the same figures.

Text stays text and colours are variables of the SVG's own style sheet, which follows the reader's
light or dark scheme inside an ``<img>`` too.
"""

import io
import re
from collections.abc import Mapping, Sequence

# Stand-ins for colours, in the order of the style sheet's variables; no plot has them otherwise.
_INK, _GRID, _SERIES = "#010203", "#010204", ("#010205", "#010206", "#010207")
_STYLE = """<style>
:root { --ink: #16191d; --grid: #d8dce2; --a: #0b7a75; --b: #c2571a; --c: #5b57a6; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e8ebee; --grid: #333a42; --a: #4cc3bb; --b: #f0935a; --c: #a5a1ee; }
}
text { font-family: system-ui, sans-serif !important; }
</style>"""
_VARIABLES = dict(zip((_INK, _GRID, *_SERIES), ("ink", "grid", "a", "b", "c"), strict=True))

# A phone shows it without scrolling; text of 11 px there stays legible.
WIDTH_IN, ROW_IN = 5.0, 0.28


def bars(
    title: str,
    unit: str,
    rows: Sequence[str],
    series: Mapping[str, Sequence[float | None]],
    *,
    log: bool = False,
) -> bytes:
    """Draw horizontal bars, up to three series beside each other.

    Args:
        title: of the plot; it is a text of the SVG too.
        unit: of the numbers, at the axis.
        rows: the labels, from the top down.
        series: a number for each row by the series' name; None draws nothing.
        log: a logarithmic axis; zeros draw nothing there.
    """
    import matplotlib as mpl
    from matplotlib.figure import Figure

    style = {
        "svg.fonttype": "none", "svg.hashsalt": "livematte", "font.size": 9,
        "text.color": _INK, "axes.labelcolor": _INK, "xtick.color": _INK, "ytick.color": _INK,
        "axes.edgecolor": _GRID, "grid.color": _GRID,
    }  # fmt: skip
    with mpl.rc_context(style):
        count = len(rows) * len(series)
        figure = Figure(figsize=(WIDTH_IN, 0.9 + ROW_IN * max(count, 2)), layout="constrained")
        axes = figure.add_subplot()
        height = 0.8 / len(series)
        for number, (name, values) in enumerate(series.items()):
            places = [row + height * (number - (len(series) - 1) / 2) for row in range(len(rows))]
            shown = [value or 0.0 for value in values]
            drawn = axes.barh(places, shown, height * 0.9, label=name, color=_SERIES[number])
            texts = ["" if value is None else f" {value:.3g}" for value in values]
            axes.bar_label(drawn, texts)
        axes.set_yticks(range(len(rows)), rows)
        axes.invert_yaxis()
        axes.set_xlabel(unit)
        axes.set_title(title, loc="left", fontsize=10)
        axes.margins(x=0.15)
        if log:
            axes.set_xscale("log")
        if len(series) > 1:
            axes.legend(frameon=False, loc="best")
        axes.grid(axis="x")
        axes.set_axisbelow(True)
        for side in ("top", "right"):
            axes.spines[side].set_visible(False)
        out = io.StringIO()
        figure.savefig(out, format="svg", transparent=True, metadata={"Date": None})
    return _themed(out.getvalue(), title).encode()


def _themed(svg: str, title: str) -> str:
    from html import escape

    for stand_in, name in _VARIABLES.items():
        svg = svg.replace(stand_in, f"var(--{name})")
    head = re.search(r"<svg[^>]*>", svg)
    place = head.end() if head else 0
    return f"{svg[:place]}\n<title>{escape(title)}</title>\n{_STYLE}{svg[place:]}"
