"""Folders that are listed, and files that are written whole or not at all."""

import errno
import os
from pathlib import Path

import pytest

from builder.cli.options import write_text
from builder.errors import CheckError, ContractError, LivematteError, MediaError
from builder.files import files_in, write_whole


def interrupted(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    """From now on half of each file is written, then comes the error."""
    write = Path.write_bytes

    def half(path: Path, data: bytes) -> int:
        write(path, data[: len(data) // 2])
        raise error

    monkeypatch.setattr(Path, "write_bytes", half)
    monkeypatch.setattr(Path, "write_text", lambda path, text, _: half(path, text.encode()))


FULL = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@pytest.mark.parametrize("error", [FULL, KeyboardInterrupt()], ids=["full disk", "Ctrl-C"])
def test_whole_or_not_at_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    target = tmp_path / "model.onnx"
    write_whole(target, b"older")
    interrupted(monkeypatch, error)
    with pytest.raises(type(error)):
        write_whole(target, b"newer and longer")
    assert target.read_bytes() == b"older"
    assert [path.name for path in tmp_path.iterdir()] == ["model.onnx"]


def test_a_report_on_a_full_disk_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    interrupted(monkeypatch, FULL)
    with pytest.raises(MediaError, match=r"report\.json: cannot be written: No space left"):
        write_text(tmp_path / "report.json", "{}")
    assert list(tmp_path.iterdir()) == []


def test_a_converted_model_on_a_full_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from builder import convert

    class Built:
        recipe = convert.recipe_for("selfie")
        rejected = ()
        variants = (type("Variant", (), {"name": "fp32"}),)

        def data(self, _: str) -> bytes:
            return b"a model"

    monkeypatch.setattr(convert, "build_model", lambda *_: Built())
    interrupted(monkeypatch, FULL)
    with pytest.raises(ContractError, match=r"o\.onnx: cannot be written \(No space left"):
        convert.convert_to_file("selfie", tmp_path / "o.onnx", None, "fp32", lambda _: None)
    assert list(tmp_path.iterdir()) == []


def test_files_are_listed_in_order_without_hidden_ones(tmp_path: Path) -> None:
    for name in ("b.png", "a.png", ".DS_Store"):
        (tmp_path / name).write_bytes(b"")
    (tmp_path / "folder").mkdir()
    assert [p.name for p in files_in(tmp_path, CheckError, "")] == ["a.png", "b.png"]


@pytest.mark.parametrize("name", ["a.png", "missing"])
def test_what_is_no_folder(tmp_path: Path, name: str) -> None:
    (tmp_path / "a.png").write_bytes(b"")
    with pytest.raises(CheckError, match=r"cannot be listed: [^;]*; name a folder") as caught:
        files_in(tmp_path / name, CheckError, "name a folder")
    assert isinstance(caught.value, LivematteError)
