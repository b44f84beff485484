"""Renders a site: everything is gathered in memory first, then written and swapped in at once.

A build that fails, at whatever point, leaves the site that is there untouched. The same plan makes
the same bytes, in every file, on every machine.

What a site consists of::

    index.html                    templates/*.j2, rendered
    manifest.json                 what the site is and which files it has
    matte.js, live-matte.js       the engine's public API and its element, under names that stay
    engine-<hash>/                the engine's own files, its modules joined
    runtime-<hash>/               the inference runtime
    runtime-jspi-<hash>/          its build with WebGPU, which is fetched where there is a GPU only
    models/<name>.<variant>-<hash>.onnx
    models/<name>.golden-<hash>.bin   the frame on which the page proves what runs the model
    media/demo-<hash>.webm        the demonstration clip and its poster
    media/background-<hash>.webp  background pictures of the site's own
    service-worker.js             keeps a build for visits without a network
    app.webmanifest  icons/       make the site installable
    favicon.*  licences.txt  _headers  .nojekyll
    *.br  *.gz                    beside every compressible file
"""

import json
import logging
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from builder import paths
from builder.engine_files import content_hash, engine_files, tree_hash
from builder.errors import SiteError
from builder.headers import IMMUTABLE, PAGE_POLICY, cache_control, security_headers
from builder.icons import app_manifest, icon_files
from builder.join import JoinedModules, join_modules
from builder.licences import licences_text
from builder.manifest import file_list, make_manifest
from builder.overlay import check_overlay
from builder.pages import read_locales, render_pages
from builder.precompress import compressed_copies
from builder.site_backgrounds import SUFFIX as BACKGROUND_SUFFIX
from builder.site_choices import COMMENTS, PAGE_EFFECTS
from builder.site_plan import (
    BACKDROPS,
    Content,
    DemoMedia,
    RejectedVariant,
    Runtime,
    RuntimeBuild,
    SiteModel,
    SitePlan,
    SiteVariant,
)
from builder.swap import check_replaceable, is_site, replacing

__all__ = [
    "Content",
    "DemoMedia",
    "RejectedVariant",
    "Runtime",
    "RuntimeBuild",
    "SiteModel",
    "SitePlan",
    "SiteVariant",
    "is_site",
    "render_site",
    "site_files",
]

log = logging.getLogger(__name__)

Progress = Callable[[str], None]

# Modules that the page or its worker imports; the order is the order of the preload list.
_MODULE_FOLDERS = ("page", "shared", "worker")

# What other pages import, each under its own name in the site's root.
_PUBLIC_MODULES = ("matte.js", "live-matte.js")

# What the page runs at once, where the modules are joined.
_EARLY = (
    "worker/worker.js", "worker/main.js", "worker/runtime-glue.js",
    "page/first-paint.js", "page/app.js", "page/matte.js",
)  # fmt: skip

# Only those other pages need them.
_NOT_THE_PAGES = ("live-matte.js", "live-matte-source.js")

# Imported on machines with a usable GPU only.
_WHERE_GPU = "worker/webgpu"


def render_site(
    plan: SitePlan,
    out_dir: Path,
    *,
    cache_dir: Path | None = None,
    progress: Progress = lambda _: None,
) -> None:
    """Render a plan and put it in the place of ``out_dir``, whole or not at all.

    Args:
        plan: everything that the site is made of.
        out_dir: the site's folder: new, empty, or an older site, which is replaced.
        cache_dir: where compressed copies are kept; Livematte's cache unless named.
        progress: called with one line before each step that takes more than a moment.

    Raises:
        SiteError: a template has a mistake, a file is missing, the folder holds something else, or
            the disk refuses.
    """
    check_replaceable(out_dir)
    files = site_files(plan)
    copies = compressed_copies(files, cache_dir or paths.cache_dir(), progress)
    with replacing(out_dir) as new:
        for path, data in (files | copies).items():
            target = new / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(data)
    log.info("%s: %d files, %d compressed copies", out_dir, len(files), len(copies))


def site_files(plan: SitePlan) -> dict[str, bytes]:
    """Make every file of a site except the compressed copies: content by site path, sorted.

    Raises:
        SiteError: a template has a mistake or a file cannot be read.
    """
    try:
        return _site_files(plan)
    except OSError as error:
        raise SiteError(
            f"cannot read {error.filename}: {error.strerror}; build again, or run `npm ci` if it "
            "is in node_modules"
        ) from error


def _site_files(plan: SitePlan) -> dict[str, bytes]:
    if plan.overlay:
        check_overlay(plan.template_dir, plan.overlay)
    sources = engine_files(plan.template_dir, plan.overlay)
    joined = None
    if plan.esbuild:
        public = [f"page/{name}" for name in _PUBLIC_MODULES]
        joined = join_modules(sources, public, plan.esbuild)
        sources = joined.files
    engine = f"engine-{tree_hash(sources)}"
    files = {f"{engine}/{name}": data for name, data in sources.items()}
    hashed, stable = _hashed_files(plan), _stable_files(sources, engine)
    files |= dict(hashed.values()) | stable
    places = {part: path for part, (path, _) in hashed.items()}
    files["licences.txt"] = licences_text(plan, files[places["module"]]).encode()

    manifest = make_manifest(plan, files, engine, places)
    locales = read_locales(plan.template_dir, plan.locale, plan.overlay)
    description = locales[plan.locale].get("page.description", "")
    files["app.webmanifest"] = app_manifest(plan.title, plan.locale, description)
    pages = render_pages(
        plan.template_dir,
        {
            "title": plan.title,
            "engine": engine,
            "manifest": manifest,
            "locales": locales,
            "locale": plan.locale,
            "preload": preload_links(manifest, _early_modules(sources, joined)),
            "version": plan.version,
            "defaults": _defaults(plan),
            "base": plan.base,
        },
        plan.overlay,
    )
    files |= pages | dict(plan.extra)
    build = tree_hash(files)
    files["service-worker.js"] = _service_worker(plan, build)
    # Pages carry the manifest without this list, which only caches read and which names the pages.
    files["manifest.json"] = _json(manifest | {"build": build, "files": file_list(files)})
    files["_headers"] = _static_host_headers(files).encode()
    files[".nojekyll"] = b""  # else GitHub Pages drops names that start with an underscore
    return dict(sorted(files.items()))


def _hashed_files(plan: SitePlan) -> dict[str, tuple[str, bytes]]:
    """Read what comes from outside the engine: site path and content of each part."""
    runtime, demo = plan.runtime, plan.demo
    hashed = _runtime_files("runtime", runtime)
    for name, build in runtime.webgpu.items():
        files = _runtime_files(f"runtime-{name}", build)
        hashed |= {f"webgpu.{name}.{part}": file for part, file in files.items()}
    for model in plan.models:
        for variant in model.variants:
            name, data = f"{model.name}.{variant.name}", _read(variant.content)
            hashed[name] = (f"models/{name}-{content_hash(data)}.onnx", data)
        if model.golden is not None:
            name, data = f"{model.name}.golden", _read(model.golden)
            hashed[name] = (f"models/{name}-{content_hash(data)}.bin", data)
    for each in plan.backgrounds.pictures:
        path = f"media/background-{content_hash(each.data)}{BACKGROUND_SUFFIX}"
        hashed[f"background.{each.name}"] = (path, each.data)
    for part, content, suffix in (
        ("demo", demo.video, demo.video_suffix),
        ("poster", demo.poster, demo.poster_suffix),
    ):
        data = _read(content)
        hashed[part] = (f"media/demo-{content_hash(data)}{suffix}", data)
    return hashed


def _runtime_files(folder: str, build: Runtime | RuntimeBuild) -> dict[str, tuple[str, bytes]]:
    """Read one build of the runtime; ``reduced`` is there where it has a reduced module."""
    paths = {"module": build.module, "glue": build.glue, "wasm": build.wasm}
    names = {part: path.name for part, path in paths.items()}
    if isinstance(build, Runtime) and build.reduced is not None:
        paths["reduced"] = build.reduced
        names["reduced"] = f"{build.wasm.stem}.reduced.wasm"
    data = {part: path.read_bytes() for part, path in paths.items()}
    folder += f"-{tree_hash({names[part]: data[part] for part in paths})}"
    return {part: (f"{folder}/{names[part]}", data[part]) for part in paths}


def _stable_files(sources: Mapping[str, bytes], engine: str) -> dict[str, bytes]:
    """Make the files whose names others rely on: the public API and the icons."""
    files = {
        path.removeprefix("assets/"): data
        for path, data in sources.items()
        if path.startswith("assets/favicon.")
    }
    for name in _PUBLIC_MODULES:
        files[name] = f"export * from './{engine}/page/{name}';\n".encode()
    return files | icon_files()


def _defaults(plan: SitePlan) -> dict[str, Any]:
    """Say what the page shows at a first visit: part of its settings."""
    own = plan.backgrounds.pictures
    backdrop = own[0].name if own else BACKDROPS[0]
    if plan.default_effect == COMMENTS:
        return {"effect": PAGE_EFFECTS[0], "backdrop": backdrop, "comments": {"on": True}}
    return {"effect": plan.default_effect, "backdrop": backdrop}


def _service_worker(plan: SitePlan, build: str) -> bytes:
    """Write the build's name into the worker: its bytes change with each build, so it updates."""
    name = "service-worker.js"
    own = plan.overlay / name if plan.overlay else None
    path = own if own and own.is_file() else plan.template_dir / name
    return path.read_bytes().replace(b"'__BUILD__'", f"'{build}'".encode())


def _read(content: Content) -> bytes:
    return content.read_bytes() if isinstance(content, Path) else content


def _early_modules(sources: Iterable[str], joined: JoinedModules | None) -> list[str]:
    """Name the modules, below the engine's folder, that the page needs at once."""
    if joined:
        return joined.closure(_EARLY)
    return [
        path
        for folder in _MODULE_FOLDERS
        for path in sorted(sources)
        if path.startswith(f"{folder}/") and path.endswith(".js")
        if not path.endswith(_NOT_THE_PAGES) and not path.startswith(f"{_WHERE_GPU}/")
    ]


def preload_links(
    manifest: Mapping[str, Any], modules: Iterable[str]
) -> list[dict[str, str | None]]:
    """List what a browser should ask for at once instead of finding it module by module.

    The large files first: they take longest, and the worker, which needs them, starts last. It
    fetches what is its own through the browser's cache, so a page's ``preload`` would count as
    unused and be warned of in the console, Safari would load it twice, and ``modulepreload`` would
    read modules that the page never runs; ``prefetch`` with a high priority is as early in
    Chromium. The service worker, which no such cache stands before, leaves each ``prefetch`` out of
    the page. Modules come one after the other without their links, at one round trip for each level
    of imports.

    Args:
        manifest: the site's.
        modules: paths below the engine's folder.

    Returns:
        The attributes of a ``<link>`` each: ``rel``, ``href``, ``as``, ``crossorigin`` and
        ``fetchpriority``, None where one does not belong.
    """
    engine, runtime = manifest["engine"], manifest["runtime"]
    model = next(m for m in manifest["models"] if m["name"] == manifest["defaultModel"])
    weights = next(v["file"] for v in model["variants"] if v["name"] == model["preferred"])
    golden = [model["golden"]["file"]] if model["golden"] else []
    wasm = (runtime["reduced"] or runtime)["wasm"]
    own = [f"{engine}/{path}" for path in modules if not path.startswith("worker/")]
    workers = [f"{engine}/{path}" for path in modules if path.startswith("worker/")]
    return [
        *(
            _link("prefetch", path, "fetch", "anonymous", "high")
            for path in (wasm, weights, *golden)
        ),
        *(_link("modulepreload", path) for path in own),
        *(
            _link("prefetch", path, "script", "anonymous", "high")
            for path in (*workers, runtime["module"], runtime["glue"])
        ),
    ]


def _link(
    rel: str,
    href: str,
    as_: str | None = None,
    crossorigin: str | None = None,
    fetchpriority: str | None = None,
) -> dict[str, str | None]:
    return {
        "rel": rel, "href": href, "as": as_, "crossorigin": crossorigin,
        "fetchpriority": fetchpriority,
    }  # fmt: skip


def _static_host_headers(files: Mapping[str, bytes]) -> str:
    """Write the headers in the form that Netlify and Cloudflare Pages read.

    Where several rules match a path their headers add up: no rule names one twice, except for the
    page's policy, since of several policies each must be kept.
    """
    rules = ["/*", *(f"  {name}: {value}" for name, value in security_headers().items())]
    for path in ("/", "/index.html"):
        rules += [path, f"  Content-Security-Policy: {PAGE_POLICY}"]
    folders = sorted({path.split("/")[0] for path in files if "/" in path})
    for folder in folders:
        inside = [path for path in files if path.startswith(f"{folder}/")]
        if all(cache_control(path) == IMMUTABLE for path in inside):
            rules += [f"/{folder}/*", f"  Cache-Control: {IMMUTABLE}"]
    return "\n".join(rules) + "\n"


def _json(value: object) -> bytes:
    return (json.dumps(value, ensure_ascii=False, indent=2) + "\n").encode()
