"""What the command line shows of an inspection."""

from pathlib import Path

from rich.table import Table

from builder.inspect.advice import Advice
from builder.inspect.probe import Probe


def findings_table(probed: Probe) -> Table:
    """The conventions, the best first: how person-like and how confident the answers are."""
    size = f"{probed.guess.width}×{probed.guess.height}"
    carried = f", {probed.runs} frames each with the state carried" if probed.runs > 1 else ""
    table = Table(
        title=f"Conventions, tried on {probed.pictures} portraits of {size}{carried}",
        title_justify="left",
    )
    for column in ("input", "channels", "output", "kind", "person-like", "confident"):
        table.add_column(column, justify="right" if column[-4:] in ("like", "dent") else "left")
    for finding in probed.findings:
        person = ", ".join(map(str, finding.reading.person))
        kind = f"{finding.reading.kind} {person}".strip()
        style = "bold" if finding is probed.chosen else None
        table.add_row(
            finding.convention.name, finding.convention.channels, finding.output, kind,
            f"{finding.score:.3f}", f"{finding.confidence:.3f}", style=style,
        )  # fmt: skip
    table.caption = "person-like: soft IoU with the portraits' own alpha; confident: mean |2α − 1|"
    table.caption_justify = "left"
    return table


def advice_lines(advice: Advice, saved: Path | None) -> list[str]:
    """The recipe, unless it has been saved, and what is not sure about it."""
    lines = []
    if advice.recipe is not None:
        lines.append(
            f"recipe: {saved}" if saved else f"the recipe that follows:\n\n{advice.recipe}"
        )
    else:
        lines.append("no recipe follows")
    if advice.doubts:
        lines += ["not sure:", *(f"  * {doubt}" for doubt in advice.doubts)]
    return lines
