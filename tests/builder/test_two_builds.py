"""Two builds of the same inputs are the same bytes: two processes, two caches, two hash seeds."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from builder import paths


@pytest.mark.timeout(900)
def test_two_real_builds_are_byte_identical(tmp_path: Path) -> None:
    # The compressed copies cost half a minute a file, and have a test of their own: they may come
    # out of the cache, all else is made twice.
    shared = paths.cache_dir() / "compressed"
    shared.mkdir(parents=True, exist_ok=True)
    builds = []
    for number, zone in enumerate(("UTC", "Asia/Shanghai")):
        cache = tmp_path / f"cache{number}"
        cache.mkdir()
        (cache / "compressed").symlink_to(shared)
        environment = {
            **os.environ, "LIVEMATTE_CACHE": str(cache), "PYTHONHASHSEED": str(number + 1),
            "TZ": zone, "LC_ALL": "C.UTF-8" if number else "C",
        }  # fmt: skip
        site = tmp_path / f"site{number}"
        words = ["-m", "builder", "build", "--model", "selfie-landscape", "--site", str(site)]
        builds.append(
            subprocess.Popen(
                [sys.executable, *words], cwd=paths.DATA_DIR, env=environment, text=True,
                stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            )
        )  # fmt: skip
    for build in builds:
        said, _ = build.communicate(timeout=800)
        assert build.returncode == 0, said
    first, second = (tree(tmp_path / f"site{number}") for number in (0, 1))
    assert first.keys() == second.keys()
    assert [path for path in first if first[path] != second[path]] == []
    for part in ("manifest.json", "report.html"):
        assert part in first
    assert any(path.endswith(".webm") for path in first)


def tree(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
