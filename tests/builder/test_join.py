"""The engine's modules in a few files: what they do stays, and a module still exists once."""

import json
import re
import subprocess
from pathlib import Path

import pytest

from builder import paths
from builder.engine_files import engine_files
from builder.errors import SiteError
from builder.join import JoinedModules, find_esbuild, join_modules

PUBLIC = ("page/matte.js", "page/live-matte.js")

SOURCES = {
    "page/app.js": """\
import { count } from '../shared/state.js';
const { two, site } = await import('./matte.js');
console.log(count() + two(), site);
""",
    "page/matte.js": """\
import { count } from '../shared/state.js';
import { spawn } from './life.js';
export { site } from './life.js';
export const two = () => count() + 10 * spawn.length;
""",
    "page/life.js": """\
export const site = new URL('../../', import.meta.url).pathname;
export function spawn() {
  return new Worker(new URL('../worker/worker.js', import.meta.url));
}
""",
    "page/live-matte.js": "export * from './matte.js';\n",
    "shared/state.js": "let n = 0;\nexport function count() { return ++n; }\n",
    "worker/worker.js": """\
import { count } from '../shared/state.js';
postMessage(count());
if (globalThis.never) await import('./late.js');
""",
    "worker/late.js": "export default 'late';\n",
    "styles/page.css": "@import './a.css';\n@import './b.css';\n",
    "styles/a.css": "a { color: red }\n",
    "styles/b.css": "b { color: blue }\n",
    "assets/watchdog.js": "var untouched = 1; // as it is\n",
    "assets/favicon.svg": "<svg/>",
}


def join(changes: dict[str, str] | None = None) -> JoinedModules:
    sources = {name: text.encode() for name, text in (SOURCES | (changes or {})).items()}
    return join_modules(sources, PUBLIC, find_esbuild(paths.node_modules()))


def test_entries_keep_their_names_and_the_others_are_gone() -> None:
    joined = join()
    shapes = {re.sub(r"part-[A-Z0-9]{8}", "part-#", name) for name in joined.files}
    assert {name for name in shapes if not name.endswith(".map")} == {
        "assets/favicon.svg",
        "assets/watchdog.js",
        "page/app.js",
        "page/live-matte.js",
        "page/matte.js",
        "page/part-#.js",
        "styles/page.css",
        "worker/late.js",  # only when it is asked for
        "worker/worker.js",
    }
    assert joined.files["assets/watchdog.js"] == SOURCES["assets/watchdog.js"].encode()
    sheet = joined.files["styles/page.css"]
    assert b"@import" not in sheet
    assert sheet.index(b"red") < sheet.index(b"#00f")


def test_a_module_that_two_entries_share_exists_once(tmp_path: Path) -> None:
    for name, data in join().files.items():
        path = tmp_path / "site" / "engine" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    (tmp_path / "package.json").write_text('{"type": "module"}')
    entry = tmp_path / "site" / "engine" / "page" / "app.js"
    ran = subprocess.run(["node", entry], capture_output=True, text=True, check=True, timeout=30)
    # 1 from the page, 2 from the engine: one counter. And the address of the site is what it was.
    assert ran.stdout.split() == ["3", f"{tmp_path}/site/"]


def test_what_a_start_needs() -> None:
    joined = join()
    parts = {name for name in joined.files if "/part-" in name and name.endswith(".js")}
    page = {name for name in parts if name.startswith("page/")}
    assert page
    early = joined.closure(["page/matte.js", "worker/worker.js", "page/gone.js"])
    # Not what is imported later, such as the worker's part.
    assert set(early) == {"page/matte.js", "worker/worker.js", *page}
    assert "page/matte.js" not in joined.closure(["page/app.js"])


def test_a_workers_entry_is_one_file() -> None:
    late = "import { count } from '../shared/state.js';\nexport default count();\n"
    joined = join({"worker/late.js": late})
    assert joined.imports["worker/worker.js"] == ()
    # What it imports later lies where it says.
    assert b'import("./late.js")' in joined.files["worker/worker.js"]
    assert "worker/late.js" in joined.files


def test_source_maps_lead_to_the_modules() -> None:
    facts = json.loads(join().files["worker/worker.js.map"])
    assert [name.split("/")[-1] for name in facts["sources"]] == ["state.js", "worker.js"]
    assert facts["sourcesContent"][1] == SOURCES["worker/worker.js"]


def test_the_same_bytes_every_time() -> None:
    assert join() == join()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"page/life.js": "export const site = ;"}, r"^page/life\.js:1:20: Unexpected"),
        ({"page/life.js": "import './gone.js';"}, r"^page/life\.js:1:7: Could not resolve"),
        (
            {"page/matte.js": "export const two = () => 2;"},
            r"^page/app\.js:1:9: No matching export",
        ),
    ],
)
def test_a_mistake_in_a_module_is_told(changes: dict[str, str], message: str) -> None:
    if "page/matte.js" in changes:
        changes = changes | {"page/app.js": "import { site } from './matte.js';\nsite();"}
    with pytest.raises(SiteError, match=message) as caught:
        join(changes)
    assert "\n" not in str(caught.value)
    assert "/tmp" not in str(caught.value)


def test_without_esbuild(tmp_path: Path) -> None:
    with pytest.raises(SiteError, match=r"esbuild is not in .*npm ci"):
        find_esbuild(tmp_path)
    with pytest.raises(SiteError, match=r"esbuild does not run .*npm ci"):
        join_modules({"page/matte.js": b""}, (), tmp_path / "esbuild")


def test_the_engine_finds_the_site_from_wherever_its_modules_go() -> None:
    """A part lies in its entry's folder: modules of another depth would see another root."""
    asking = {
        name
        for name, data in engine_files(paths.template_dir()).items()
        if b"import.meta.url" in data
    }
    assert "page/matte.js" in asking
    assert all(re.fullmatch(r"(page|worker)/[\w-]+\.js", name) for name in asking)
