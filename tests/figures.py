"""Figures that tests measure: kept as JSON, and printed at the end of the run."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).resolve().parents[1] / "test-results"

Figures = dict[str, Any]
Record = Callable[[str, Figures], None]

measured: dict[str, Figures] = {}


def record(name: str, figures: Figures) -> None:
    """Writes ``test-results/<name>.json`` and remembers a line for the end of the run."""
    measured[name] = figures
    RESULTS.mkdir(exist_ok=True)
    text = json.dumps(figures, indent=2, ensure_ascii=False) + "\n"
    (RESULTS / f"{name}.json").write_text(text, encoding="utf-8")


def lines() -> list[str]:
    """One for each thing that was measured in this run."""
    return [f"{name}: {shown(measured[name])}" for name in sorted(measured)]


def shown(value: Any) -> str:
    """A value as it is printed: four digits are enough for the eye."""
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, dict):
        return ", ".join(
            f"{key} ({shown(inner)})" if isinstance(inner, dict) else f"{key} {shown(inner)}"
            for key, inner in value.items()
        )
    return str(value)
