"""``manifest.json``: what the site consists of, for the page, for other pages and for caches."""

import hashlib
from collections.abc import Mapping
from typing import Any

from builder.site_plan import RejectedVariant, SiteModel, SitePlan, SiteVariant

SCHEMA = 1

Json = dict[str, Any]


def make_manifest(
    plan: SitePlan, files: Mapping[str, bytes], engine: str, places: Mapping[str, str]
) -> Json:
    """Describe a site, without the list of its files.

    Args:
        plan: the site.
        files: content by site path.
        engine: the engine's folder.
        places: the site path of each part: ``module``, ``glue`` and ``wasm`` of the plain runtime,
            ``reduced`` where it has a reduced module, and, after ``webgpu.<build>.``, of each
            WebGPU build; ``demo``, ``poster``, ``<model>.<variant>`` of each shipped variant,
            ``<model>.golden`` where there is one and ``background.<name>`` of each background
            picture.
    """
    demo = plan.demo
    return {
        "schema": SCHEMA,
        "livematte": plan.version,
        "fingerprint": plan.fingerprint,
        "title": plan.title,
        "defaultModel": plan.default_model,
        "engine": engine,
        "models": [_model(model, files, places) for model in plan.models],
        "runtime": {
            "package": plan.runtime.package,
            "version": plan.runtime.version,
            **_runtime("", files, places),
            "reduced": _wasm(places["reduced"], files) if "reduced" in places else None,
        },
        "runtimes": {
            "webgpu": {
                build: _runtime(f"webgpu.{build}.", files, places) for build in plan.runtime.webgpu
            }
        },
        "demo": {
            "file": places["demo"],
            "poster": places["poster"],
            "width": demo.width,
            "height": demo.height,
            "frameRate": demo.frame_rate,
        },
        "backgrounds": [
            {
                "name": each.name,
                "title": each.title,
                "file": places[f"background.{each.name}"],
                "width": each.width,
                "height": each.height,
            }
            for each in plan.backgrounds.pictures
        ],
    }


def file_list(files: Mapping[str, bytes]) -> list[Json]:
    """List path, size and sha256 of each file, sorted by path."""
    return [
        {"path": path, "bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
        for path, data in sorted(files.items())
    ]


def _runtime(prefix: str, files: Mapping[str, bytes], places: Mapping[str, str]) -> Json:
    paths = {part: places[prefix + part] for part in ("module", "glue")}
    return paths | _wasm(places[f"{prefix}wasm"], files)


def _wasm(path: str, files: Mapping[str, bytes]) -> Json:
    data = files[path]
    digest = hashlib.sha256(data).hexdigest()
    return {"wasm": path, "wasmBytes": len(data), "wasmSha256": digest}


def _model(model: SiteModel, files: Mapping[str, bytes], places: Mapping[str, str]) -> Json:
    shipped = ((variant, places[f"{model.name}.{variant.name}"]) for variant in model.variants)
    return {
        "name": model.name,
        "title": dict(model.title),
        "licence": model.licence,
        "homepage": model.homepage,
        "width": model.width,
        "height": model.height,
        "threshold": model.threshold,
        "ramp": list(model.ramp),
        "preferred": model.preferred,
        "prefer": {backend: list(names) for backend, names in model.prefer.items()},
        "golden": _golden(places.get(f"{model.name}.golden"), files),
        "variants": [_variant(variant, path, files[path]) for variant, path in shipped],
        "rejected": [
            {"name": variant.name, "reason": variant.reason, "bytes": variant.bytes}
            | _figures(variant)
            for variant in model.rejected
        ],
    }


def _golden(path: str | None, files: Mapping[str, bytes]) -> Json | None:
    if path is None:
        return None
    data = files[path]
    return {"file": path, "bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}


def _variant(variant: SiteVariant, path: str, data: bytes) -> Json:
    digest = hashlib.sha256(data).hexdigest()
    head = {"name": variant.name, "file": path, "bytes": len(data), "sha256": digest}
    where = {"backends": list(variant.backends), "needs": list(variant.needs)}
    how = {"isOptimized": variant.is_optimized, "isReduced": variant.is_reduced}
    return head | where | how | _figures(variant)


def _figures(variant: SiteVariant | RejectedVariant) -> Json:
    return {
        "maxAbsDiff": variant.max_abs_diff,
        "meanAbsDiff": variant.mean_abs_diff,
        "iou": variant.iou,
    }
