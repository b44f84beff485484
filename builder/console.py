"""How the command line looks: one console, its tables and its progress bars."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)
from rich.table import Table
from rich.text import Text

from builder.progress import Advance

if TYPE_CHECKING:
    from builder.built import BuiltModel
    from builder.check import CheckResult

# Progress goes where it cannot get into a pipe; results go to standard output.
progress_console = Console(stderr=True, highlight=False)
result_console = Console(highlight=False)


def say(line: str) -> None:
    """Show one step."""
    progress_console.print(Text.assemble(("· ", "dim"), line), soft_wrap=True)


@contextmanager
def progress_bar(what: str) -> Iterator[Advance]:
    """Show a bar; what is yielded takes the count done and the total, where that is known."""
    with _bar(what, MofNCompleteColumn()) as advance:
        yield advance


@contextmanager
def byte_bar(what: str) -> Iterator[Advance]:
    """Show a bar of bytes and their speed; one line where there is no terminal."""
    if not progress_console.is_terminal:
        say(what)
    with _bar(what, DownloadColumn(), TransferSpeedColumn()) as advance:
        yield advance


@contextmanager
def _bar(what: str, *columns: ProgressColumn) -> Iterator[Advance]:
    plain = not progress_console.is_terminal
    ends = TextColumn("{task.description}"), BarColumn(), *columns, TimeRemainingColumn()
    with Progress(*ends, console=progress_console, transient=True, disable=plain) as bar:
        task = bar.add_task(what, total=None)

        def advance(done: int, total: int | None) -> None:
            bar.update(task, completed=done, total=total)

        yield advance


def variants_table(models: "Sequence[BuiltModel]") -> Table:
    """The variants of each model with what was measured; the lines below say why which is taken."""
    table = Table(title="Variants, compared with fp32 on the same pictures", title_justify="left")
    for column in ("model", "variant", "kB", "max |Δ|", "mean |Δ|", "IoU", "taken on"):
        words = column in ("model", "variant", "taken on")
        table.add_column(column, justify="left" if words else "right")
    lines = []
    for model in models:
        choice = model.choice
        for v in (*model.variants, *model.rejected):
            first = [backend for backend, names in choice.order.items() if names[:1] == (v.name,)]
            taken = "not shipped" if v.reason else ", ".join(first)
            table.add_row(
                model.recipe.name, v.name, f"{v.bytes / 1000:.0f}", f"{v.max_abs_diff:.1e}",
                f"{v.mean_abs_diff:.1e}", f"{v.iou:.4f}", taken,
            )  # fmt: skip
            why = v.reason or choice.reasons.get(v.name, "")
            floats = f"; {len(v.kept)} layers stay in float32" if v.kept else ""
            lines.append(f"{model.recipe.name} {v.name}: {why}{floats}")
    table.caption = "\n".join(lines)
    table.caption_justify = "left"
    return table


def facts_table(facts: Mapping[str, Any]) -> Table:
    """What a model's file says of itself."""
    table = Table(show_header=False, title=facts["file"])
    for end in ("inputs", "outputs"):
        for tensor in facts[end]:
            shape = "×".join(map(str, tensor["shape"]))
            notes = [tensor["layout"], tensor["quantized"] and f"quantised, {tensor['quantized']}"]
            known = ", ".join(note for note in notes if note)
            table.add_row(
                end[:-1],
                f"{tensor['name']}  {tensor['dtype']} {shape}" + f"  ({known})" * bool(known),
            )
    table.add_row("format", f"{facts['format']} ({facts['version']})")
    table.add_row("size", f"{facts['bytes'] / 1000:.0f} kB")
    weights = f"{facts['weightBytes'] / 1000:.0f} kB, {facts['parameters']:,} numbers"
    table.add_row("parameters", weights)
    macs = "open shapes" if facts["macs"] is None else f"{facts['macs'] / 1e6:.1f} million"
    table.add_row("MACs a frame", macs)
    table.add_row("ops", ", ".join(f"{count} {op}" for op, count in facts["ops"].items()))
    for backend, names in facts["lacking"].items():
        if names:
            what = "not known on wasm" if backend == "untried" else f"not on {backend}"
            table.add_row(what, ", ".join(names))
    table.add_row("frame → alpha", "kept" if facts["keepsContract"] else "not kept; see convert")
    return table


def evaluation_table(facts: Mapping[str, Any]) -> Table:
    """The figures of an evaluation, and the files that are not in them."""
    table = Table(show_header=False, title=f"{facts['model']}")
    for name, value in facts.items():
        if isinstance(value, float):
            table.add_row(name, f"{value:.4f}")
        elif isinstance(value, int):
            table.add_row(name, str(value))
    for name in ("unreadable", "unpaired"):
        files = facts[name]
        shown = ", ".join(map(str, files[:10])) + (" …" if len(files) > 10 else "")
        table.add_row(name, f"{len(files)}" + (f": {shown}" if files else ""))
    return table


def check_table(result: "CheckResult") -> Table:
    """The pictures of a check, the farthest from the reference first."""
    title = f"{result.model} in {result.browser}, against the Python reference"
    table = Table(title=title, title_justify="left")
    for column in ("picture", "backend", "variant", "max |Δ|", "mean |Δ|", "IoU", ""):
        words = column in ("picture", "backend", "variant", "")
        table.add_column(column, justify="left" if words else "right", overflow="fold")
    for p in sorted(result.pictures, key=lambda p: -p.mean_abs_diff):
        verdict = "same" if p.is_right else "[bold red]differs[/]"
        figures = (f"{p.max_abs_diff:.1e}", f"{p.mean_abs_diff:.1e}", f"{p.iou:.4f}")
        table.add_row(p.name, p.backend, p.variant, *figures, verdict)
    if result.unreadable:
        table.caption = "\n".join(result.unreadable)
    return table
