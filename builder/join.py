"""Joins the engine's modules into a few files: a page of a hundred small ones starts late.

A browser finds modules level by level, and each request costs a server and the browser a few
milliseconds, in the page and again in its worker. esbuild's executable, which its npm package
carries, joins what one context imports: whatever no other module imports is an entry and keeps its
name, what several entries share becomes a part of its own, so that a module still exists once. A
worker's entry is one file for itself, with a copy of the little that it shares: it is to run before
anything else has come.
"""

import json
import posixpath
import re
import subprocess
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from builder.errors import SiteError
from builder.messages import one_line

# How a page names the script of a worker: a world of its own, which starts soonest as one file.
_WORKER = re.compile(r"new URL\('([^']+\.js)', import\.meta\.url\)")

_TIME_LIMIT_S = 60  # it takes a fraction of a second


@dataclass(frozen=True, slots=True)
class JoinedModules:
    """What has taken the modules' place; paths are those below the engine's folder."""

    files: dict[str, bytes]
    imports: dict[str, tuple[str, ...]]  # what each file imports at its start

    def closure(self, entries: Iterable[str]) -> list[str]:
        """List files that are there and all that they import at their start, sorted."""
        found: set[str] = set()
        waiting = [entry for entry in entries if entry in self.files]
        while waiting:
            path = waiting.pop()
            if path not in found:
                found.add(path)
                waiting += self.imports[path]
        return sorted(found)


def join_modules(
    sources: Mapping[str, bytes], public: Iterable[str], esbuild: Path
) -> JoinedModules:
    """Join an engine's modules, and the style sheets that import others.

    Args:
        sources: the engine: content by path, as `engine_files` reads it.
        public: entries besides the modules that no other imports.
        esbuild: the executable.

    Returns:
        Every file of ``sources`` that is no module or style sheet, and the joined ones with their
        source maps. The same bytes for the same sources, wherever they lie.

    Raises:
        SiteError: a module has a mistake or imports one that is not there; esbuild does not run.
    """
    with tempfile.TemporaryDirectory(prefix="livematte-join-") as scratch:
        root = Path(scratch)
        for name, data in sources.items():
            path = root / "in" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        files = {n: d for n, d in sources.items() if not _is_joined(n)}
        imports: dict[str, tuple[str, ...]] = {}
        for number, (entries, late) in enumerate(_worlds(root, sources, public, esbuild)):
            joined = _run(root, f"out-{number}", entries, late, esbuild)
            files |= joined.files
            imports |= joined.imports
    return JoinedModules(dict(sorted(files.items())), imports)


def _is_joined(name: str) -> bool:
    return name.endswith((".js", ".css")) and not name.startswith("assets/")


def _worlds(
    root: Path, sources: Mapping[str, bytes], public: Iterable[str], esbuild: Path
) -> list[tuple[list[str], list[str]]]:
    """List the entries of each world that has modules in common, and what they import later.

    The page's first; then each worker's entry, and what that imports later; then the style sheets.
    """
    names = [name for name in sources if _is_joined(name)]
    _esbuild(root, [*names, "--outdir=../all", "--metafile=../all.json"], esbuild)
    inputs = json.loads((root / "all.json").read_text("utf-8"))["inputs"]
    imported = {each["path"] for facts in inputs.values() for each in facts["imports"]}
    workers = {
        posixpath.normpath(posixpath.join(posixpath.dirname(name), found))
        for name in names
        for found in _WORKER.findall(sources[name].decode("utf-8", "replace"))
    }
    # What a worker's entry imports later keeps its name, so that it can be asked for early.
    late = {
        name: {each["path"] for each in facts["imports"] if each["kind"] == "dynamic-import"}
        for name, facts in inputs.items()
        if name in workers
    }
    pages = {n for n in names if n.startswith("page/") and n not in imported} | set(public)
    sheets = {n for n in names if n.endswith(".css") and n not in imported}
    worlds = [(sorted(pages), list[str]())]
    for name in sorted(late):
        worlds += [([name], sorted(late[name])), (sorted(late[name]), [])]
    worlds.append((sorted(sheets), []))
    return [world for world in worlds if world[0]]


def _run(root: Path, out: str, entries: list[str], late: list[str], esbuild: Path) -> JoinedModules:
    arguments = [
        *entries,
        f"--outdir=../{out}",
        f"--metafile=../{out}.json",
        "--splitting",
        # As the import is written, which is right where the files lie, too.
        *(f"--external:*/{posixpath.basename(name)}" for name in late),
        # Beside the entries: import.meta.url leads from there to the site's root.
        f"--chunk-names={posixpath.dirname(entries[0])}/part-[hash]",
        "--minify",
        "--sourcemap",
        "--legal-comments=none",
    ]
    _esbuild(root, arguments, esbuild)
    folder = root / out
    files = {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
    outputs = json.loads((root / f"{out}.json").read_text("utf-8"))["outputs"]
    imports = {
        _below(out, path): tuple(
            _below(out, each["path"])
            for each in facts["imports"]
            if each["kind"] == "import-statement"
        )
        for path, facts in outputs.items()
    }
    return JoinedModules(files, imports)


def _below(out: str, path: str) -> str:
    return path.removeprefix(f"../{out}/")


def _esbuild(root: Path, arguments: list[str], esbuild: Path) -> None:
    command = [
        str(esbuild), *arguments, "--bundle", "--format=esm", "--outbase=.", "--target=esnext",
        "--charset=utf8", "--log-level=error", "--log-limit=1", "--color=false",
    ]  # fmt: skip
    try:
        done = subprocess.run(
            command, cwd=root / "in", stdin=subprocess.DEVNULL, capture_output=True, check=False,
            timeout=_TIME_LIMIT_S,
        )  # fmt: skip
    except OSError as error:
        raise SiteError(f"esbuild does not run ({error.strerror}); run `npm ci`") from error
    except subprocess.TimeoutExpired as error:
        raise SiteError("esbuild does not end; run `npm ci`, then build again") from error
    if done.returncode != 0:
        raise SiteError(f"{_mistake(done.stderr.decode('utf-8', 'replace'))}; mend the module")


def _mistake(told: str) -> str:
    """Write esbuild's first error as ``file:line:column: what``."""
    found = re.search(r"\[ERROR\] (.+)\n\s+(\S+:\d+:\d+):\n", told)
    return f"{found[2]}: {one_line(found[1])}" if found else f"esbuild: {one_line(told)}"


def find_esbuild(node_modules: Path) -> Path:
    """Find esbuild's executable for this machine; npm installs no other.

    Raises:
        SiteError: it is not there.
    """
    packages = node_modules / "@esbuild"
    for pattern in ("*/bin/esbuild", "*/esbuild.exe"):
        found = next(iter(sorted(packages.glob(pattern))), None)
        if found is not None:
            return found
    raise SiteError(f"esbuild is not in {node_modules}; run `npm ci`")
