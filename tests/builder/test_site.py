"""What a build writes: layout, manifest, pages, preloads, headers, licences; always the same."""

import io
import json
import re
from dataclasses import replace
from html import unescape
from pathlib import Path

import pytest
from PIL import Image
from tiny_site import make_node_modules, make_plan, model, sha256, snapshot, write

from builder import headers, paths
from builder.build import tell_of_large_files
from builder.errors import SiteError
from builder.join import find_esbuild
from builder.precompress import decompress, is_compressible
from builder.site import Runtime, SitePlan, SiteVariant, render_site, site_files
from builder.site_choices import WEBGPU_BUILDS


@pytest.fixture
def plan(tmp_path: Path) -> SitePlan:
    return make_plan(tmp_path / "source")


def render(plan: SitePlan, tmp_path: Path, name: str = "site") -> Path:
    render_site(plan, tmp_path / name, cache_dir=tmp_path / "cache")
    return tmp_path / name


def block(page: bytes, name: str) -> object:
    found = re.search(rf'<script type="application/json" id="{name}">(.*?)</script>', page.decode())
    assert found
    return json.loads(found[1])


def test_layout(plan: SitePlan, tmp_path: Path) -> None:
    site = render(plan, tmp_path)
    plain = [name for name in snapshot(site) if not name.endswith((".br", ".gz"))]
    shapes = sorted(re.sub(r"-[0-9a-f]{10}", "-#", name) for name in plain)
    assert shapes == [
        ".nojekyll",
        "_headers",
        "app.webmanifest",
        "engine-#/assets/favicon.svg",
        "engine-#/page/app.js",
        "engine-#/page/live-matte.js",
        "engine-#/page/matte.js",
        "engine-#/shared/stats.js",
        "engine-#/styles/app.css",
        "engine-#/worker/webgpu/gpu.js",
        "engine-#/worker/worker.js",
        "favicon.svg",
        "icons/icon-192.png",
        "icons/icon-512.png",
        "icons/maskable-512.png",
        "index.html",
        "licences.txt",
        "live-matte.js",
        "manifest.json",
        "matte.js",
        "media/demo-#.jpg",
        "media/demo-#.webm",
        "models/tiny.fp16-#.onnx",
        "models/tiny.fp32-#.onnx",
        "models/tiny.golden-#.bin",
        "runtime-#/ort-wasm-simd-threaded.mjs",
        "runtime-#/ort-wasm-simd-threaded.wasm",
        "runtime-#/ort.wasm.min.mjs",
        "runtime-jspi-#/ort-wasm-simd-threaded.jspi.mjs",
        "runtime-jspi-#/ort-wasm-simd-threaded.jspi.wasm",
        "runtime-jspi-#/ort.jspi.min.mjs",
        "service-worker.js",
    ]


def test_copies_stand_beside_every_compressible_file(plan: SitePlan, tmp_path: Path) -> None:
    files = snapshot(render(plan, tmp_path))
    compressible = [name for name in files if is_compressible(name)]
    assert len(compressible) == 25
    for name in compressible:
        for suffix in (".br", ".gz"):
            assert decompress(files[name + suffix], suffix) == files[name]
    copies = {name for name in files if name.endswith((".br", ".gz"))}
    assert copies == {name + suffix for name in compressible for suffix in (".br", ".gz")}


def test_two_renders_are_byte_identical(plan: SitePlan, tmp_path: Path) -> None:
    first = snapshot(render(plan, tmp_path, "one"))
    render_site(plan, tmp_path / "two", cache_dir=tmp_path / "another cache")
    assert snapshot(tmp_path / "two") == first


def test_the_sources_place_does_not_show(plan: SitePlan, tmp_path: Path) -> None:
    assert site_files(plan) == site_files(make_plan(tmp_path / "elsewhere"))
    assert not any(str(tmp_path).encode() in data for data in site_files(plan).values())


def test_manifest(plan: SitePlan, tmp_path: Path) -> None:
    site = render(plan, tmp_path)
    manifest = json.loads((site / "manifest.json").read_text("utf-8"))
    assert {
        key: manifest[key] for key in ("schema", "livematte", "fingerprint", "defaultModel")
    } == {
        "schema": 1,
        "livematte": "1.2.3",
        "fingerprint": "f" * 16,
        "defaultModel": "tiny",
    }
    assert (site / manifest["engine"] / "page" / "matte.js").is_file()
    (tiny,) = manifest["models"]
    assert tiny["title"] == {"en": "Tiny <model>", "zh": "小模型"}
    assert (tiny["width"], tiny["height"], tiny["threshold"]) == (256, 144, 0.5)
    assert (tiny["ramp"], tiny["preferred"]) == ([0.35, 0.65], "fp16")
    fp16 = tiny["variants"][1]
    data = (site / fp16["file"]).read_bytes()
    assert data == b"fp16 " * 40
    assert fp16 == {
        "name": "fp16",
        "file": f"models/tiny.fp16-{sha256(data)[:10]}.onnx",
        "bytes": 200,
        "sha256": sha256(data),
        "backends": ["wasm", "webgpu"],
        "needs": [],
        "isOptimized": False,
        "isReduced": False,
        "maxAbsDiff": 0.002,
        "meanAbsDiff": 1e-5,
        "iou": 0.9995,
    }
    golden = tiny["golden"]
    data = (site / golden["file"]).read_bytes()
    assert data == b"rgba" * 144 * 256
    assert golden == {
        "file": f"models/tiny.golden-{sha256(data)[:10]}.bin",
        "bytes": 4 * 144 * 256,
        "sha256": sha256(data),
    }
    assert tiny["rejected"] == [
        {
            "name": "int8",
            "reason": "IoU 0.91",
            "bytes": 77,
            "maxAbsDiff": 0.6,
            "meanAbsDiff": 0.02,
            "iou": 0.91,
        }
    ]
    runtime = manifest["runtime"]
    assert (runtime["package"], runtime["version"]) == ("onnxruntime-web", "9.8.7")
    assert runtime["wasmBytes"] == (site / runtime["wasm"]).stat().st_size == 2004
    assert runtime["wasmSha256"] == sha256((site / runtime["wasm"]).read_bytes())
    assert len({Path(runtime[part]).parent for part in ("module", "glue", "wasm")}) == 1
    assert runtime["reduced"] is None
    jspi = manifest["runtimes"]["webgpu"].pop("jspi")
    assert manifest["runtimes"] == {"webgpu": {}}
    assert jspi.pop("wasmBytes") == (site / jspi["wasm"]).stat().st_size == 2504
    assert (site / jspi["module"]).read_text() == "export default 3;\n"
    assert (site / jspi["glue"]).read_text() == "export default 4;\n"
    assert jspi.pop("wasmSha256") == sha256((site / jspi["wasm"]).read_bytes())
    assert len({Path(path).parent for path in jspi.values()}) == 1
    assert (site / manifest["demo"]["file"]).read_bytes() == b"webm bytes"
    assert (site / manifest["demo"]["poster"]).read_bytes() == b"jpeg bytes"


def test_manifest_lists_every_file_that_a_page_may_ask_for(plan: SitePlan, tmp_path: Path) -> None:
    site = render(plan, tmp_path)
    files = snapshot(site)
    manifest = json.loads(files["manifest.json"])
    unlisted = {"manifest.json", "_headers", ".nojekyll"}
    expected = {n for n in files if not n.endswith((".br", ".gz"))} - unlisted
    assert {entry["path"] for entry in manifest["files"]} == expected
    for entry in manifest["files"]:
        data = files[entry["path"]]
        assert (entry["bytes"], entry["sha256"]) == (len(data), sha256(data))


def test_the_page_carries_the_manifest_and_the_locales(plan: SitePlan, tmp_path: Path) -> None:
    site = render(plan, tmp_path)
    page = (site / "index.html").read_bytes()
    manifest = json.loads((site / "manifest.json").read_text("utf-8"))
    inline = block(page, "manifest")
    assert manifest.pop("files")  # for caches only, and as large as all the rest
    assert manifest.pop("build")  # the page's own bytes are part of it
    assert inline == manifest
    assert block(page, "locales") == {"en": {"hello": "Hello"}, "zh": {"hello": "你好"}}
    assert "你好".encode() in page  # not as \\u escapes, which are twice as long


def test_values_are_escaped(tmp_path: Path) -> None:
    title = "</script><script>alert('x')</script>"
    files = site_files(make_plan(tmp_path / "source", title=title, models=(model(),)))
    page = files["index.html"].decode()
    assert "alert('x')" not in page
    assert title in unescape(page)


def test_engine_name_follows_every_byte(plan: SitePlan) -> None:
    def engine() -> str:
        return json.loads(site_files(plan)["manifest.json"])["engine"]

    first = engine()
    stylesheet = plan.template_dir / "styles" / "app.css"
    stylesheet.write_text("body { margin: 9 }\n")
    second = engine()
    stylesheet.rename(stylesheet.with_name("main.css"))
    assert len({first, second, engine()}) == 3
    assert re.fullmatch(r"engine-[0-9a-f]{10}", first)


def test_what_editors_leave_behind_is_not_shipped(plan: SitePlan) -> None:
    before = site_files(plan)
    write(
        plan.template_dir,
        {"page/app.js~": "x", "page/.app.js.swp": "x", "assets/.DS_Store": "x", "README.md": "x"},
    )
    assert site_files(plan) == before


@pytest.mark.parametrize("name", ["matte.js", "live-matte.js"])
def test_stable_entries_lead_to_the_engine(name: str, plan: SitePlan) -> None:
    files = site_files(plan)
    found = re.fullmatch(r"export \* from '\./(.*)';\n", files[name].decode())
    assert found
    assert files[found[1]] == (plan.template_dir / "page" / name).read_bytes()


def test_preloads_name_files_of_the_site(plan: SitePlan) -> None:
    files = site_files(plan)
    links = [
        dict(re.findall(r'([a-z]+)="([^"]*)"', link))
        for link in re.findall(r"<link ([^>]*)>", files["index.html"].decode())
    ]
    assert all(link["href"] in files for link in links)
    early = {"rel": "prefetch", "as": "fetch", "crossorigin": "anonymous", "fetchpriority": "high"}
    module = {"rel": "modulepreload"}
    script = early | {"as": "script"}
    assert [link | {"href": re.sub(r"-[0-9a-f]{10}", "-#", link["href"])} for link in links] == [
        early | {"href": "runtime-#/ort-wasm-simd-threaded.wasm"},
        early | {"href": "models/tiny.fp16-#.onnx"},
        early | {"href": "models/tiny.golden-#.bin"},
        module | {"href": "engine-#/page/app.js"},
        module | {"href": "engine-#/page/matte.js"},
        module | {"href": "engine-#/shared/stats.js"},
        script | {"href": "engine-#/worker/worker.js"},
        script | {"href": "runtime-#/ort.wasm.min.mjs"},
        script | {"href": "runtime-#/ort-wasm-simd-threaded.mjs"},
    ]


def test_preloads_follow_the_default_model(tmp_path: Path) -> None:
    other = model("other", variants=(SiteVariant("fp32", b"o", 0, 0, 1),), preferred="fp32")
    plan = make_plan(tmp_path / "s", models=(model(), other), default_model="other")
    page = site_files(plan)["index.html"].decode()
    assert re.findall(r'href="models/([\w.]+)-[0-9a-f]+\.onnx', page) == ["other.fp32"]


def test_joined_modules_take_the_place_of_the_others(plan: SitePlan) -> None:
    joined = replace(plan, esbuild=find_esbuild(paths.node_modules()))
    apart, files = site_files(plan), site_files(joined)
    assert files == site_files(joined)
    (engine,) = {name.split("/")[0] for name in files if name.startswith("engine-")}
    assert not any(name.startswith(f"{engine}/") for name in apart)  # other bytes, another name
    assert f"{engine}/page/app.js" in files
    assert f"{engine}/shared/stats.js" not in files
    for name in ("matte.js", "live-matte.js"):
        found = re.fullmatch(r"export \* from '\./(.*)';\n", files[name].decode())
        assert found
        assert found[1] in files
    links = re.findall(r'rel="modulepreload" href="([^"]*)"', files["index.html"].decode())
    assert all(link in files for link in links)
    early = [link.removeprefix(f"{engine}/") for link in links if link.startswith(engine)]
    assert {"page/app.js", "page/matte.js"} <= set(early)
    assert "page/live-matte.js" not in early


def test_static_host_headers(plan: SitePlan) -> None:
    files = site_files(plan)
    rules: dict[str, dict[str, str]] = {}
    for line in files["_headers"].decode().splitlines():
        if line.startswith("/"):
            rules[line] = current = {}
        else:
            name, _, value = line.strip().partition(": ")
            current[name] = value
    assert rules.pop("/*") == headers.security_headers(isolate=True)
    folders = {name.split("/")[0] for name in files if "/" in name}
    for page in ("/", "/index.html"):  # a second policy, which a browser keeps as well
        assert rules.pop(page) == {"Content-Security-Policy": headers.PAGE_POLICY}
    folders.remove("icons")  # their names stay
    assert set(rules) == {f"/{folder}/*" for folder in folders}
    assert all(rule == {"Cache-Control": headers.IMMUTABLE} for rule in rules.values())


def test_a_page_in_a_folder_is_not_kept_for_ever(plan: SitePlan) -> None:
    write(plan.template_dir, {"templates/help/keys.html.j2": "keys"})
    files = site_files(plan)
    assert files["help/keys.html"] == b"keys"
    assert b"/help/*" not in files["_headers"]


def test_licences(plan: SitePlan) -> None:
    text = site_files(plan)["licences.txt"].decode()
    for part in (
        "Livematte 1.2.3",
        "onnxruntime-web 9.8.7\nLicence: MIT",
        "Copyright (c) Somebody.",
        "The above copyright notice and this permission notice shall be included",
        "https://example.org/runtime/blob/v9.8.7/ThirdPartyNotices.txt",
        "Model tiny: Tiny <model>\nLicence: Apache-2.0",
        "npm tiny@1.0.0 tiny.tflite",
        "Demonstration clip\nPublic domain",
        "Apache License",
    ):
        assert part in text


def test_partial_templates_are_no_pages(plan: SitePlan) -> None:
    write(
        plan.template_dir,
        {
            "templates/_part.html.j2": "<b>{{ title }}</b>",
            "templates/about.html.j2": "{% include '_part.html.j2' %}",
        },
    )
    files = site_files(plan)
    assert files["about.html"] == b"<b>Tiny &amp; true</b>"
    assert "_part.html" not in files


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        (
            "templates/index.html.j2",
            "a\n{{ nothing }}",
            r"index\.html\.j2:2: 'nothing' is undefined",
        ),
        ("templates/index.html.j2", "a\nb\n{% if %}", r"index\.html\.j2:3: Expected"),
        (
            "templates/index.html.j2",
            "{% include 'gone' %}",
            r"index\.html\.j2:1: no template 'gone'",
        ),
        ("templates/index.html.j2", "\n{{ 1 // 0 }}", r"index\.html\.j2:2: .*by zero"),
        ("templates/index.html.j2", "{{ title + 1 }}", r"index\.html\.j2:1: "),
        ("templates/_x.j2", "\n\n{{ lost }}", r"_x\.j2:3: 'lost' is undefined"),
        ("locales/zh.json", '{"a": ', r"zh\.json is no JSON: .*line 1 column 7"),
        ("locales/zh.json", "[]", r"zh\.json holds no JSON object"),
    ],
)
def test_mistakes_are_told_with_their_place(
    plan: SitePlan, name: str, text: str, message: str
) -> None:
    if name == "templates/_x.j2":
        write(plan.template_dir, {"templates/index.html.j2": "{% include '_x.j2' %}"})
    write(plan.template_dir, {name: text})
    with pytest.raises(SiteError, match=message) as caught:
        site_files(plan)
    assert "\n" not in str(caught.value)


def test_a_template_that_is_not_utf8(plan: SitePlan) -> None:
    (plan.template_dir / "templates" / "index.html.j2").write_bytes(b"caf\xe9")
    with pytest.raises(SiteError, match=r"index\.html\.j2 .*not UTF-8"):
        site_files(plan)


@pytest.mark.parametrize(
    ("gone", "message"),
    [
        ("templates/index.html.j2", "index.html.j2 is missing"),
        ("page/matte.js", "matte.js is missing"),
        ("locales/en.json", "no locales/en.json .*languages are: zh"),
    ],
)
def test_missing_sources(plan: SitePlan, gone: str, message: str) -> None:
    (plan.template_dir / gone).unlink()
    with pytest.raises(SiteError, match=message):
        site_files(plan)


def test_a_reduced_runtime_is_what_the_page_asks_for_early(tmp_path: Path, plan: SitePlan) -> None:
    reduced = tmp_path / "reduced.wasm"
    reduced.write_bytes(b"less")
    runtime = replace(plan.runtime, reduced=reduced)
    variants = [replace(each, is_reduced=True) for each in plan.models[0].variants]
    models = (replace(plan.models[0], variants=tuple(variants)), *plan.models[1:])
    files = site_files(replace(plan, runtime=runtime, models=models))
    manifest = json.loads(files["manifest.json"])
    found = manifest["runtime"]["reduced"]
    assert files[found["wasm"]] == b"less"
    assert found["wasm"] == manifest["runtime"]["wasm"].replace(".wasm", ".reduced.wasm")
    assert (found["wasmBytes"], found["wasmSha256"]) == (4, sha256(b"less"))
    assert all(each["isReduced"] for each in manifest["models"][0]["variants"])
    page = files["index.html"].decode()
    assert f'href="{found["wasm"]}"' in page
    assert f'href="{manifest["runtime"]["wasm"]}"' not in page
    changed = "Changed: one copy lacks functions that the models do not call"
    assert changed in files["licences.txt"].decode()
    assert changed not in site_files(plan)["licences.txt"].decode()


def test_a_missing_runtime_file(plan: SitePlan) -> None:
    plan.runtime.wasm.unlink()
    with pytest.raises(SiteError, match=r"cannot read .*\.wasm: No such file.*npm ci"):
        site_files(plan)


def test_runtime_of_npm(tmp_path: Path) -> None:
    with pytest.raises(SiteError, match=r"onnxruntime-web is not in .*npm ci"):
        Runtime.from_npm(tmp_path)
    write(tmp_path, {"onnxruntime-web/package.json": '{"name": "onnxruntime-web"}'})
    with pytest.raises(SiteError, match=r"package\.json is damaged"):
        Runtime.from_npm(tmp_path)


@pytest.mark.parametrize(
    ("webgpu", "builds"),
    [("jspi", ["jspi"]), ("both", ["jspi", "asyncify"]), ("none", [])],
)
def test_the_installed_runtime_is_whole(webgpu: str, builds: list[str]) -> None:
    runtime = Runtime.from_npm(paths.node_modules(), webgpu)
    assert (runtime.package, runtime.licence) == ("onnxruntime-web", "MIT")
    assert list(runtime.webgpu) == builds
    for build in (runtime, *runtime.webgpu.values()):
        assert all(path.is_file() for path in (build.module, build.glue, build.wasm))
        # The module must ask for the glue by the name that the site gives it.
        assert build.glue.name in build.module.read_text("utf-8")


def test_no_file_of_a_usual_site_is_too_large_for_a_host() -> None:
    told: list[str] = []
    for webgpu in WEBGPU_BUILDS:
        runtime = Runtime.from_npm(paths.node_modules(), webgpu)
        files = [build.wasm for build in (runtime, *runtime.webgpu.values())]
        tell_of_large_files(files, told.append)
        assert len(told) == (1 if webgpu == "both" else 0)
        told.clear()
    tell_of_large_files([Runtime.from_npm(paths.node_modules(), "both").webgpu["asyncify"].wasm],
                        told.append)  # fmt: skip
    assert "asyncify.wasm is 25." in told[0]
    assert "up to 25 MiB refuse it" in told[0]


def test_a_site_has_the_webgpu_builds_that_were_chosen(tmp_path: Path) -> None:
    for webgpu, builds in (("both", ["jspi", "asyncify"]), ("none", [])):
        runtime = Runtime.from_npm(make_node_modules(tmp_path / webgpu), webgpu)
        files = site_files(make_plan(tmp_path / f"{webgpu}-plan", runtime=runtime))
        found = json.loads(files["manifest.json"])["runtimes"]["webgpu"]
        assert list(found) == builds
        for build, parts in found.items():
            assert all(parts[part] in files for part in ("module", "glue", "wasm"))
            assert parts["wasmBytes"] == len(files[parts["wasm"]])
            assert parts["wasm"].startswith(f"runtime-{build}-")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"default_model": "big"}, "default model 'big' is not built; choose one of: tiny"),
        ({"models": ()}, "none is built"),
        ({"models": (model(), model())}, "two models have one name"),
        ({"models": (model(preferred="int8"),)}, "preferred variant 'int8'"),
        ({"models": (model("../up"),), "default_model": "../up"}, "cannot be part of a file name"),
        (
            {"models": (model(variants=(SiteVariant("fp16", b"", float("nan"), 0, 1),)),)},
            "figures that are no numbers",
        ),
    ],
)
def test_plans_that_do_not_fit(tmp_path: Path, changes: dict[str, object], message: str) -> None:
    with pytest.raises(SiteError, match=message):
        make_plan(tmp_path / "source", **changes)


def test_content_may_be_a_file(plan: SitePlan, tmp_path: Path) -> None:
    (tmp_path / "m.onnx").write_bytes(b"from a file")
    variant = SiteVariant("fp32", tmp_path / "m.onnx", 0, 0, 1)
    other = make_plan(tmp_path / "source", models=(model(variants=(variant,), preferred="fp32"),))
    path = f"models/tiny.fp32-{sha256(b'from a file')[:10]}.onnx"
    assert site_files(other)[path] == b"from a file"


def test_the_service_worker_follows_every_byte_of_the_build(plan: SitePlan) -> None:
    before = site_files(plan)
    build = json.loads(before["manifest.json"])["build"]
    assert re.fullmatch("[0-9a-f]{10}", build)
    assert before["service-worker.js"] == f"const BUILD = '{build}';\n".encode()
    write(plan.template_dir, {"locales/en.json": '{"hello": "Hello!"}'})
    after = site_files(plan)
    assert after["service-worker.js"] != before["service-worker.js"]


def test_the_site_can_be_installed(tmp_path: Path) -> None:
    plan = make_plan(tmp_path / "s", title={"en": "My site", "zh": "我的网站"}, locale="zh")
    files = site_files(plan)
    facts = json.loads(files["app.webmanifest"])
    assert (facts["name"], facts["lang"], facts["start_url"]) == ("我的网站", "zh", "./")
    sizes = {}
    for icon in facts["icons"]:
        with Image.open(io.BytesIO(files[icon["src"]])) as picture:
            assert icon["sizes"] == "{}x{}".format(*picture.size)
            assert picture.getpixel((picture.width // 2, picture.height // 2))[3] == 255
            corner = picture.getpixel((0, 0))[3]
        sizes[icon["sizes"], icon.get("purpose", "any")] = corner
    # A maskable icon fills its square: the system cuts it.
    assert sizes == {("192x192", "any"): 0, ("512x512", "any"): 0, ("512x512", "maskable"): 255}
