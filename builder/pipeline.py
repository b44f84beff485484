"""The stages in order: fetch → import → contract → simplify → rewrite → quantize → verify.

Each stage is compared with the one before it on the same pictures and writes down what it
measured. What a model's stages made is kept in the cache under the hash of everything that
went in: source bytes, recipe, the code of the stages and the versions of the tools.
"""

import hashlib
import json
import logging
import os
import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from builder import paths
from builder.built import GOLDEN, BuiltModel, Stage, Variant, is_built, read_built, write_figures
from builder.cache import filling
from builder.fetch import fetch
from builder.recipe import Recipe
from builder.tune.stored import chosen_rewrites
from builder.variants import Made, gate, make_variants

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import onnx

    from builder.verify import Comparison

log = logging.getLogger(__name__)

# Called with one line for each step; the command line shows it.
Progress = Callable[[str], None]

# A simplified graph computes the same sums in another order: float32 rounding, with headroom.
SIMPLIFY_TOLERANCE = 1e-4
# A rewritten graph adds in yet another order, means over whole pictures too. onnxruntime's own two
# ways of running one and the same graph are up to 1e-4 apart on the default models, the rewrites
# 2e-4. This is a tenth of a step of an 8-bit alpha; a wrong weight or edge moves it by far more.
REWRITE_TOLERANCE = 4e-4
# Enough for stable figures, few enough for a second or two per model. The seeds differ, so that
# int8 is never judged on the pictures that it was calibrated on.
VERIFY_FRAMES, VERIFY_SEED = 16, 2
CALIBRATION_FRAMES, CALIBRATION_SEED = 32, 1

_TOOLS = ("numpy", "onnx", "onnxruntime", "onnxsim", "tflite")
_EXTRAS = ("paddle2onnx", "paddlepaddle")
_STAGE_SOURCES = (
    "importers", "rewrites", "assets/portrait.png", "contract", "simplify.py", "quantize",
    "verify.py", "portraits.py", "demo.py", "backgrounds.py", "resample.py",
    "messages.py", "archives.py", "tune/stored.py", "tune/beside.py", "golden.py", "variants.py",
    "optimize.py", "cache.py", "built.py", "pipeline.py",
)  # fmt: skip


def build_model(recipe: Recipe, progress: Progress, calibration: Path | None = None) -> BuiltModel:
    """Take one model through all its stages, or out of the cache.

    Args:
        recipe: the model's recipe.
        progress: called with one line for each step.
        calibration: a folder of pictures to calibrate int8 on; the built-in portraits otherwise.

    Raises:
        LivematteError: any stage's own error; nothing is kept then.
    """
    source = fetch(recipe)
    frames = _pictures(recipe, calibration) if calibration else []
    folder = paths.cache_dir() / "models" / f"{recipe.name}-{_key(recipe, source, frames)}"
    if not is_built(folder):
        _make(recipe, source, frames, folder, progress)
    else:
        progress(f"{recipe.name}: unchanged, from the cache")
    return read_built(recipe, folder)


def convert(recipe: Recipe, source: bytes) -> "onnx.ModelProto":
    """Bring source bytes to the simplified fp32 model that keeps the contract."""
    return _convert(recipe, source, lambda _: None)[0]


def _convert(
    recipe: Recipe, source: bytes, progress: Progress
) -> "tuple[onnx.ModelProto, tuple[Stage, ...]]":
    from builder.contract import to_contract
    from builder.importers import import_model
    from builder.simplify import simplify
    from builder.verify import assert_exact

    clock = _Clock()
    imported = import_model(
        source, recipe.format, recipe.source.describe(), quantized=recipe.quantized
    )
    kept = to_contract(imported, recipe)
    stages = [_stage("import", kept, clock.lap(), None)]
    progress(f"{recipe.name}: imported, {stages[0].nodes} nodes")
    simplified = simplify(kept)
    ms = clock.lap()
    comparison = _compare(kept, simplified, verification(recipe))
    assert_exact(comparison, "simplify", SIMPLIFY_TOLERANCE)
    stages.append(_stage("simplify", simplified, ms, comparison))
    progress(
        f"{recipe.name}: simplified to {stages[1].nodes} nodes, "
        f"max |Δalpha| {comparison.max_abs_diff:.1e} on {comparison.frames} pictures"
    )
    return simplified, tuple(stages)


def _make(
    recipe: Recipe,
    source: bytes,
    pictures: "list[npt.NDArray[np.float32]]",
    folder: Path,
    progress: Progress,
) -> None:
    simplified, stages = _convert(recipe, source, progress)
    fp32, rewritten = _rewrite(recipe, simplified, progress)
    stages = (*stages, rewritten)
    frames = pictures or calibration(recipe)
    made = list(
        make_variants(
            fp32, simplified, frames, lambda line: progress(f"{recipe.name}: {line}"),
            is_quantised=recipe.quantized == "qdq",
        )
    )  # fmt: skip
    golden = golden_of(recipe, simplified)
    variants = [_judge(recipe, each, fp32, golden, progress) for each in made]
    with filling(folder) as new:
        for variant, each in zip(variants, made, strict=True):
            if variant.reason is None:
                (new / f"{variant.name}.onnx").write_bytes(_bytes(each.model))
        (new / GOLDEN).write_bytes(golden)
        write_figures(new, stages, variants)


def _rewrite(
    recipe: Recipe, simplified: "onnx.ModelProto", progress: Progress
) -> "tuple[onnx.ModelProto, Stage]":
    from builder.rewrites import apply_rewrites
    from builder.verify import assert_exact

    clock = _Clock()
    names = chosen_rewrites(recipe)
    rewritten = apply_rewrites(simplified, names)
    ms = clock.lap()
    comparison = _compare(simplified, rewritten, verification(recipe))
    assert_exact(comparison, "rewrite", REWRITE_TOLERANCE)
    stage = replace(_stage("rewrite", rewritten, ms, comparison), rewrites=names)
    progress(
        f"{recipe.name}: rewritten to {stage.nodes} nodes, "
        f"max |Δalpha| {comparison.max_abs_diff:.1e} on {comparison.frames} pictures"
    )
    return rewritten, stage


def calibration(recipe: Recipe) -> "list[npt.NDArray[np.float32]]":
    """The frames that int8 is calibrated on, unless someone has better ones."""
    return _frames(recipe, CALIBRATION_FRAMES, CALIBRATION_SEED)


def verification(recipe: Recipe) -> "list[npt.NDArray[np.float32]]":
    """The frames that every stage is compared on with the one before it."""
    return _frames(recipe, VERIFY_FRAMES, VERIFY_SEED)


def _pictures(recipe: Recipe, folder: Path) -> "list[npt.NDArray[np.float32]]":
    from builder.calibration import picture_frames

    return picture_frames(folder, recipe.input.height, recipe.input.width)


def _judge(
    recipe: Recipe, made: Made, fp32: "onnx.ModelProto", golden: bytes, progress: Progress
) -> Variant:
    from builder.golden import golden_distance

    comparison = _compare(fp32, made.model, verification(recipe))
    data = _bytes(made.model)
    reason = gate(comparison, golden_distance(made.model, golden))
    floats = f", {len(made.kept)} layers in float32" if made.kept else ""
    progress(
        f"{recipe.name}: {made.name} {len(data) / 1000:.0f} kB{floats}, mean |Δalpha| "
        f"{comparison.mean_abs_diff:.1e}, IoU {comparison.iou:.4f}"
        + (f" — not shipped: {reason}" if reason else "")
    )
    return Variant(
        made.name, len(data), hashlib.sha256(data).hexdigest(), comparison.max_abs_diff,
        comparison.mean_abs_diff, comparison.iou, reason, made.kept,
    )  # fmt: skip


def golden_of(recipe: Recipe, simplified: "onnx.ModelProto") -> bytes:
    """Of the graph before the rewrites, so that what they made is proved in the browser too."""
    from builder.golden import golden_frame

    return golden_frame(simplified, recipe.input.height, recipe.input.width)


def _frames(recipe: Recipe, count: int, seed: int) -> "list[npt.NDArray[np.float32]]":
    from builder.portraits import calibration_frames

    return calibration_frames(recipe.input.height, recipe.input.width, count=count, seed=seed)


def _compare(
    before: "onnx.ModelProto", after: "onnx.ModelProto", frames: "list[npt.NDArray[np.float32]]"
) -> "Comparison":
    from builder.verify import compare

    return compare(before, after, frames)


def _stage(
    name: str, model: "onnx.ModelProto", ms: float, comparison: "Comparison | None"
) -> Stage:
    return Stage(
        name=name,
        nodes=len(model.graph.node),
        bytes=len(_bytes(model)),
        ms=round(ms, 1),
        max_abs_diff=comparison.max_abs_diff if comparison else None,
        mean_abs_diff=comparison.mean_abs_diff if comparison else None,
        iou=comparison.iou if comparison else None,
    )


def _bytes(model: "onnx.ModelProto") -> bytes:
    data: bytes = model.SerializeToString(deterministic=True)
    return data


class _Clock:
    def __init__(self) -> None:
        self._start = time.perf_counter()

    def lap(self) -> float:
        """Milliseconds since the last lap."""
        start, self._start = self._start, time.perf_counter()
        return (self._start - start) * 1000


def _key(recipe: Recipe, source: bytes, calibration: "list[npt.NDArray[np.float32]]") -> str:
    parts = [
        [hashlib.sha256(frame.tobytes()).hexdigest() for frame in calibration],
        recipe.model_dump_json(),
        chosen_rewrites(recipe),
        hashlib.sha256(source).hexdigest(),
        code_hash(),
    ]
    return hash_json(parts)[:16]


@cache
def code_hash() -> str:
    """Hash the stages' code, their assets and the versions of their tools."""
    files = [path for name in _STAGE_SOURCES for path in files_of(paths.PACKAGE_DIR / name)]
    return hash_json([tool_versions(), hash_files(files)])


def tool_versions() -> list[str | None]:
    """The versions of the stages' tools; None for one of an extra that is not installed."""
    found: list[str | None] = [version(tool) for tool in _TOOLS]
    for tool in _EXTRAS:
        try:
            found.append(version(tool))
        except PackageNotFoundError:
            found.append(None)
    return found


def files_of(path: Path) -> list[Path]:
    """Every file at or below a path, sorted, without what Python and editors leave behind."""
    found = [path] if path.is_file() else path.rglob("*")
    return sorted(
        p for p in found
        if p.is_file() and "__pycache__" not in p.parts and not p.name.startswith(".")
    )  # fmt: skip


def hash_files(files: Iterable[Path]) -> str:
    """Hash names and bytes of files."""
    return hash_json(
        [
            [os.path.relpath(p, paths.PACKAGE_DIR), hashlib.sha256(p.read_bytes()).hexdigest()]
            for p in files
        ]
    )


def hash_json(value: Any) -> str:
    """Hash a value that JSON can hold."""
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()
