"""The compressed copies: right, small, the same everywhere, and made only once."""

import gzip
import logging
import subprocess
import sys
import time
from pathlib import Path

import brotli
import pytest

from builder import paths, precompress
from builder.precompress import compress, compressed_copies, decompress, is_compressible, warm_up
from builder.site import Runtime

TEXT = b"".join(b"line %d of a long text\n" % i for i in range(3_000))
LARGE = bytes(1_100_000)  # more than a moment, by its size
both = pytest.mark.parametrize("suffix", [".br", ".gz"])


@pytest.mark.parametrize("data", [b"", b"x", TEXT])
def test_the_formats_own_readers_agree(data: bytes) -> None:
    assert gzip.decompress(compress(data, ".gz")) == data
    assert brotli.decompress(compress(data, ".br")) == data


def test_smallest_settings() -> None:
    real = Runtime.from_npm(paths.node_modules()).module.read_bytes()
    assert len(compress(real, ".br")) <= min(
        len(brotli.compress(real, quality=quality)) for quality in (9, 10, 11)
    )
    assert len(compress(real, ".gz")) <= len(gzip.compress(real, 9))
    assert len(gzip.compress(real, 9)) < len(gzip.compress(real, 6))  # else it would prove nothing


def test_gzip_tells_no_time_name_or_system() -> None:
    # RFC 1952: magic, deflate, no flags, time 0, slowest, unknown system
    assert compress(TEXT, ".gz")[:10].hex(" ") == "1f 8b 08 00 00 00 00 00 02 ff"


@both
def test_always_the_same(suffix: str) -> None:
    assert compress(TEXT, suffix) == compress(TEXT, suffix)


@both
def test_damage_is_noticed(suffix: str) -> None:
    good = compress(TEXT, suffix)
    assert decompress(good, suffix) == TEXT
    assert decompress(good[:-20], suffix) is None
    assert decompress(b"", suffix) is None


def test_what_is_compressible() -> None:
    assert all(map(is_compressible, ["a.js", "a/b.WASM", "m.fp16-0123456789.onnx", "a.svg"]))
    assert not any(map(is_compressible, ["a.webm", "a.jpg", "a.br", "_headers", "a.js/b", "a"]))


def test_copies_of_a_site(tmp_path: Path) -> None:
    files = {"a.js": TEXT, "clip.webm": b"video", "b.css": b"b"}
    copies = compressed_copies(files, tmp_path)
    assert list(copies) == ["a.js.br", "a.js.gz", "b.css.br", "b.css.gz"]
    assert all(decompress(data, path[-3:]) == files[path[:-3]] for path, data in copies.items())


def test_unchanged_content_comes_from_the_cache(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines: list[str] = []
    first = compressed_copies({"a.js": LARGE}, tmp_path, lines.append)
    assert lines == ["compressing a.js, once (1 MB)"]
    monkeypatch.setattr(precompress, "compress", None)
    again = compressed_copies({"another/name.js": LARGE}, tmp_path, lines.append)
    assert list(again.values()) == list(first.values())
    assert len(lines) == 1


def test_the_same_content_is_compressed_once_at_a_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was begun early is waited for, not begun again."""
    calls: list[str] = []

    def slow(data: bytes, suffix: str) -> bytes:
        calls.append(suffix)
        time.sleep(0.3)
        return compress(data, suffix)

    monkeypatch.setattr(precompress, "compress", slow)
    (tmp_path / "a.js").write_bytes(LARGE)
    lines: list[str] = []
    early = warm_up([tmp_path / "a.js", tmp_path / "missing.js"], tmp_path / "cache")
    copies = compressed_copies({"b.js": LARGE}, tmp_path / "cache", lines.append)
    early.join()
    assert sorted(calls) == [".br", ".gz"]
    assert decompress(copies["b.js.br"], ".br") == LARGE
    assert lines == ["compressing b.js, once (1 MB)"]


@both
def test_a_damaged_entry_is_made_again(
    tmp_path: Path, suffix: str, caplog: pytest.LogCaptureFixture
) -> None:
    first = compressed_copies({"a.js": TEXT}, tmp_path)
    (entry,) = tmp_path.rglob(f"*{suffix}")
    entry.write_bytes(entry.read_bytes()[:-10])
    assert compressed_copies({"a.js": TEXT}, tmp_path) == first
    assert "is damaged and made again" in caplog.text
    assert entry.read_bytes() == first["a.js" + suffix]


def test_another_setting_has_other_entries(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    compressed_copies({"a.js": TEXT}, tmp_path)
    monkeypatch.setattr(precompress, "_TAG", "another")
    compressed_copies({"a.js": TEXT}, tmp_path)
    assert len(list(tmp_path.rglob("*.br"))) == 2


def test_a_cache_that_cannot_be_written_costs_only_time(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").write_text("x")
    copies = compressed_copies({"a.js": b"a"}, tmp_path / "file")
    assert decompress(copies["a.js.br"], ".br") == b"a"
    assert "cannot keep" in caplog.text


def test_nothing_half_written_stays_in_the_cache(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(self: Path, target: Path) -> Path:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", fail)
    compressed_copies({"a.js": b"a"}, tmp_path)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


INTERRUPTED = """\
import os, signal, sys, threading
from pathlib import Path
from builder.precompress import compressed_copies
threading.Timer(0.5, os.kill, (os.getpid(), signal.SIGINT)).start()
try:
    compressed_copies({"large.wasm": Path(sys.argv[1]).read_bytes()}, Path(sys.argv[2]))
except KeyboardInterrupt:
    print("interrupted", flush=True)
"""


@pytest.mark.alone
def test_an_interrupt_does_not_wait_for_the_file(tmp_path: Path) -> None:
    wasm = Runtime.from_npm(paths.node_modules()).wasm  # takes half a minute in one piece
    start = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-c", INTERRUPTED, wasm, tmp_path],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "interrupted\n"
    assert time.monotonic() - start < 8  # it is half a second, and a busy machine's start of Python
    assert list(tmp_path.rglob("*.br")) == []


def test_a_failing_codec_is_not_hidden(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> bytes:
        raise MemoryError

    monkeypatch.setattr(precompress, "compress", broken)
    with pytest.raises(MemoryError):
        compressed_copies({"a.js": b"a"}, tmp_path)


def test_cache_is_quiet_when_all_is_well(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    compressed_copies({"a.js": b"a"}, tmp_path)
    compressed_copies({"a.js": b"a"}, tmp_path)
    assert caplog.records == []
