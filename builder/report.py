"""The build report: what was built from what, each stage's error, the variants and why."""

import hashlib
import io
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from jinja2 import Environment, StrictUndefined
from numpy.typing import NDArray
from PIL import Image

from builder import __version__, paths, report_plots
from builder.built import BuiltModel
from builder.portraits import calibration_frames
from builder.tune.stored import read_tuning

if TYPE_CHECKING:
    from builder.site_plan import Runtime
    from builder.tune.stored import Tuning

FOLDER = "report"
SAMPLES, SAMPLE_SEED = 3, 5  # other pictures than those that anything was measured on


def report_files(models: Sequence[BuiltModel], runtime: "Runtime") -> dict[str, bytes]:
    """Make the report: ``report.html`` and what it shows, content by site path.

    Needs neither scripts nor inline styles, so it lives under the site's own policy.
    """
    files: dict[str, bytes] = {}

    def place(stem: str, suffix: str, data: bytes) -> str:
        path = f"{FOLDER}/{stem}-{hashlib.sha256(data).hexdigest()[:10]}{suffix}"
        files[path] = data
        return path

    assets = paths.PACKAGE_DIR / "assets"
    style = place("report", ".css", (assets / "report.css").read_bytes())
    entries = [_entry(model, place) for model in models]
    source = (assets / "report.html.j2").read_text("utf-8")
    page = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    ).from_string(source)
    html = page.render(
        models=entries, style=style, version=__version__,
        runtime=f"{runtime.package} {runtime.version}",
        whole=runtime.wasm.stat().st_size,
        reduced=runtime.reduced.stat().st_size if runtime.reduced else None,
    )  # fmt: skip
    return {"report.html": html.encode(), **files}


def _entry(model: BuiltModel, place: Any) -> dict[str, Any]:
    import onnx

    from builder.inspect.cost import count_macs, count_weights

    fp32 = onnx.load_from_string(model.data("fp32"))
    tuning, recipe = read_tuning(model.recipe), model.recipe
    macs = count_macs(fp32)
    return {
        "name": recipe.name, "title": recipe.title.en, "licence": recipe.licence,
        "homepage": recipe.homepage, "source": recipe.source.describe(),
        "size": f"{recipe.input.width}×{recipe.input.height}",
        "macs": "–" if macs is None else f"{macs / 1e6:.1f} million",
        "parameters": f"{count_weights(fp32)[0]:,}",
        "published": recipe.published, "stages": model.stages,
        "variants": _variants(model), "tuning": tuning,
        "plots": [place(*plot) for plot in _plots(model, tuning)],
        "samples": [place(*sample) for sample in _samples(model)],
    }  # fmt: skip


def _variants(model: BuiltModel) -> list[dict[str, Any]]:
    choice = model.choice
    return [
        {
            "name": v.name, "bytes": v.bytes, "max": v.max_abs_diff, "mean": v.mean_abs_diff,
            "iou": v.iou, "kept": len(v.kept), "shipped": v.reason is None,
            "why": v.reason or choice.reasons.get(v.name, ""),
            "taken": [b for b, names in choice.order.items() if names[:1] == (v.name,)],
        }
        for v in (*model.variants, *model.rejected)
    ]  # fmt: skip


def _plots(model: BuiltModel, tuning: "Tuning | None") -> list[tuple[str, str, bytes]]:
    name = model.recipe.name
    variants = [*model.variants, *model.rejected]
    drawn = [
        (f"{name}-bytes", report_plots.bars(
            "Size of each variant", "kB", [v.name for v in variants],
            {"size": [v.bytes / 1000 for v in variants]},
        )),
        (f"{name}-error", report_plots.bars(
            "Distance from fp32", "mean |Δalpha|", [v.name for v in variants[1:]],
            {"error": [v.mean_abs_diff for v in variants[1:]]}, log=True,
        )),
    ]  # fmt: skip
    if tuning is not None:
        rows = {f"{n} thread{'s' * (n != '1')}": n for n in tuning.before_ms}
        series: dict[str, list[float | None]] = {
            "as converted": [tuning.before_ms[n] for n in rows.values()],
            "rewritten": [tuning.after_ms[n] for n in rows.values()],
        }
        if tuning.yardstick:
            series[tuning.yardstick.runtime] = [tuning.yardstick.ms[n] for n in rows.values()]
        plot = report_plots.bars("One inference in the browser", "ms", list(rows), series)
        drawn.append((f"{name}-time", plot))
    return [(stem, ".svg", data) for stem, data in drawn]


def _samples(model: BuiltModel) -> list[tuple[str, str, bytes]]:
    """Portraits, and the same cut out before white, side by side."""
    import onnx

    from builder import verify

    recipe = model.recipe
    frames = calibration_frames(recipe.input.height, recipe.input.width, SAMPLES, SAMPLE_SEED)
    fp32 = onnx.load_from_string(model.data("fp32"))
    made = []
    for number, frame in enumerate(frames):
        [alpha] = verify.run(fp32, [frame])
        cut_out = frame * alpha + (1 - alpha)
        both = np.concatenate([frame, cut_out], axis=3)[0].transpose(1, 2, 0)
        made.append((f"{recipe.name}-sample-{number}", ".webp", _webp(both)))
    return made


def _webp(rgb: NDArray[np.float32]) -> bytes:
    out = io.BytesIO()
    Image.fromarray((np.clip(rgb, 0, 1) * 255).astype(np.uint8)).save(out, "WEBP", quality=80)
    return out.getvalue()
