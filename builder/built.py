"""What the pipeline makes of one model, as it lies in the cache."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from builder.recipe import Recipe
from builder.tune.stored import read_tuning
from builder.variants import Choice, choose_variants

GOLDEN = "golden.bin"
_REPORT = "model.json"


@dataclass(frozen=True)
class Stage:
    """What one stage made, against the stage before it (none before the first)."""

    name: str
    nodes: int
    bytes: int
    ms: float
    max_abs_diff: float | None
    mean_abs_diff: float | None
    iou: float | None
    rewrites: tuple[str, ...] = ()  # what the stage "rewrite" applied besides tidying


@dataclass(frozen=True)
class Variant:
    """One shape of the model, measured against fp32; ``reason`` says why it is not shipped."""

    name: str
    bytes: int
    sha256: str
    max_abs_diff: float
    mean_abs_diff: float
    iou: float
    reason: str | None = None
    kept: tuple[str, ...] = ()  # the layers that int8 leaves in float32


@dataclass(frozen=True)
class BuiltModel:
    """A model after all its stages; ``folder`` holds ``<variant>.onnx`` of each one shipped."""

    recipe: Recipe
    folder: Path
    stages: tuple[Stage, ...]
    variants: tuple[Variant, ...]
    rejected: tuple[Variant, ...]

    @property
    def choice(self) -> Choice:
        """Which variants the page takes on which backend, and why."""
        tuning = read_tuning(self.recipe)
        return choose_variants(self.variants, tuning.variants if tuning else {})

    @property
    def preferred(self) -> str:
        """Which variant the page takes on wasm."""
        return self.choice.order["wasm"][0]

    @property
    def golden(self) -> Path:
        """The file of its golden frame."""
        return self.folder / GOLDEN

    def data(self, variant: str) -> bytes:
        """Read the ONNX bytes of a shipped variant."""
        return (self.folder / f"{variant}.onnx").read_bytes()


def is_built(folder: Path) -> bool:
    """Whether a folder of the cache holds a whole model."""
    return (folder / _REPORT).is_file()


def write_figures(folder: Path, stages: tuple[Stage, ...], variants: list[Variant]) -> None:
    """Write down what was measured."""
    report = {"stages": [asdict(s) for s in stages], "variants": [asdict(v) for v in variants]}
    (folder / _REPORT).write_text(json.dumps(report, indent=1), "utf-8")


def read_built(recipe: Recipe, folder: Path) -> BuiltModel:
    """Read a model back from the cache."""
    report = json.loads((folder / _REPORT).read_text("utf-8"))
    variants = [Variant(**{**v, "kept": tuple(v["kept"])}) for v in report["variants"]]
    return BuiltModel(
        recipe=recipe,
        folder=folder,
        stages=tuple(Stage(**{**s, "rewrites": tuple(s["rewrites"])}) for s in report["stages"]),
        variants=tuple(v for v in variants if v.reason is None),
        rejected=tuple(v for v in variants if v.reason is not None),
    )
