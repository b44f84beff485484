"""A whole site in a few hundred bytes: templates, engine, runtime and models that are made up."""

import hashlib
import json
from pathlib import Path
from typing import Any

from builder.site import DemoMedia, RejectedVariant, Runtime, SiteModel, SitePlan, SiteVariant

INDEX = """\
<!doctype html>
<html lang="{{ locale }}">
<head>
<title>{{ title }}</title>
{% for link in preload %}
<link{{ link | xmlattr }}>
{% endfor %}
</head>
<body>
<script type="application/json" id="manifest">{{ manifest | tojson }}</script>
<script type="application/json" id="locales">{{ locales | tojson }}</script>
<script type="module" src="{{ engine }}/page/app.js"></script>
<p>{{ version }}</p>
</body>
</html>
"""


def write(root: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")


def make_template(root: Path) -> Path:
    write(
        root,
        {
            "templates/index.html.j2": INDEX,
            "locales/en.json": '{"hello": "Hello"}',
            "locales/zh.json": '{"hello": "你好"}',
            "page/matte.js": "export const createMatte = () => 'matte';\n",
            "page/live-matte.js": "export * from './matte.js';\n",
            "page/app.js": "import '../shared/stats.js';\n",
            "shared/stats.js": "export const stats = {};\n",
            "worker/worker.js": "postMessage('ready');\n",
            "worker/webgpu/gpu.js": "export const gpu = 'where there is one';\n",
            "styles/app.css": "body { margin: 0 }\n",
            "service-worker.js": "const BUILD = '__BUILD__';\n",
            "assets/favicon.svg": '<svg xmlns="http://www.w3.org/2000/svg"/>\n',
        },
    )
    return root


def make_node_modules(root: Path) -> Path:
    facts = {
        "name": "onnxruntime-web",
        "version": "9.8.7",
        "license": "MIT",
        "repository": {"type": "git", "url": "https://example.org/runtime.git"},
    }
    dist = "onnxruntime-web/dist/"
    write(
        root,
        {
            "onnxruntime-web/package.json": json.dumps(facts),
            dist + "ort.wasm.min.mjs": "/* Copyright (c) Somebody. */ export default 1;\n",
            dist + "ort-wasm-simd-threaded.mjs": "export default 2;\n",
            dist + "ort-wasm-simd-threaded.wasm": "\0asm" + "wasm " * 400,
            dist + "ort.jspi.min.mjs": "export default 3;\n",
            dist + "ort-wasm-simd-threaded.jspi.mjs": "export default 4;\n",
            dist + "ort-wasm-simd-threaded.jspi.wasm": "\0asm" + "jspi " * 500,
            dist + "ort.webgpu.min.mjs": "export default 5;\n",
            dist + "ort-wasm-simd-threaded.asyncify.mjs": "export default 6;\n",
            dist + "ort-wasm-simd-threaded.asyncify.wasm": "\0asm" + "async " * 600,
        },
    )
    return root


def model(name: str = "tiny", **changes: Any) -> SiteModel:
    facts: dict[str, Any] = {
        "name": name,
        "title": {"en": "Tiny <model>", "zh": "小模型"},
        "licence": "Apache-2.0",
        "homepage": "https://example.org/model",
        "origin": "npm tiny@1.0.0 tiny.tflite",
        "height": 144,
        "width": 256,
        "threshold": 0.5,
        "ramp": (0.35, 0.65),
        "variants": (
            SiteVariant("fp32", b"fp32 " * 50, 0.0, 0.0, 1.0),
            SiteVariant("fp16", b"fp16 " * 40, 0.002, 1e-5, 0.9995),
        ),
        "preferred": "fp16",
        "golden": b"rgba" * 144 * 256,
        "rejected": (RejectedVariant("int8", "IoU 0.91", 77, 0.6, 0.02, 0.91),),
    }
    return SiteModel(**(facts | changes))


def make_plan(root: Path, **changes: Any) -> SitePlan:
    """Plan a site from sources below ``root``, written on first use."""
    if not root.exists():
        make_template(root / "template")
        make_node_modules(root / "node_modules")
    facts: dict[str, Any] = {
        "title": "Tiny & true",
        "template_dir": root / "template",
        "models": (model(),),
        "default_model": "tiny",
        "runtime": Runtime.from_npm(root / "node_modules"),
        "demo": DemoMedia(b"webm bytes", b"jpeg bytes", 1280, 720, 30, credit="Public domain"),
        "fingerprint": "f" * 16,
        "version": "1.2.3",
    }
    return SitePlan(**(facts | changes))


def snapshot(root: Path) -> dict[str, bytes]:
    """Read every file below a folder."""
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in sorted(root.rglob("*"))
        if path.is_file()
    }


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
