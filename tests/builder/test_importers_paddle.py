"""Paddle models: two files or an archive, converted by paddle2onnx in a process of its own."""

import io
import subprocess
import tarfile
import zipfile
from importlib.metadata import version
from pathlib import Path

import numpy as np
import onnx
import paddle_maker
import pytest
from contract_networks import bilinear, frames, prepared, run, softmax
from recipe_maker import make_recipe

from builder import verify
from builder.contract import to_contract
from builder.errors import FetchError, ModelImportError
from builder.fetch import fetch
from builder.importers import import_model, paddle
from builder.importers.paddle_files import pack, unpack
from builder.inspect import inspect_file

SIZE = (16, 24)


@pytest.fixture
def pair(tmp_path: Path) -> Path:
    program, parameters, _ = paddle_maker.segmenter(*SIZE)
    (tmp_path / "small.pdmodel").write_bytes(program)
    (tmp_path / "small.pdiparams").write_bytes(parameters)
    return tmp_path / "small.pdmodel"


def by_hand(picture):
    """What the program says, in numpy: [1, 3, H, W] → [1, 2, H, W]."""
    weights = paddle_maker.segmenter(*SIZE)[2]
    padded = np.pad(picture.astype(np.float64), ((0, 0), (0, 0), (1, 1), (1, 1)))
    views = np.lib.stride_tricks.sliding_window_view(padded, (3, 3), (2, 3))[:, :, ::2, ::2]
    hidden = np.einsum("nchwij,ocij->nohw", views, weights["conv_a.w_0"])
    classes = np.einsum("nchw,oc->nohw", hidden.clip(0), weights["conv_b.w_0"][..., 0, 0])
    return softmax(bilinear(classes, SIZE), 1)


def test_a_pair_of_files(pair):
    model = import_model(pack(pair), "paddle", "small")
    assert [value.name for value in model.graph.input] == ["x"]
    picture = frames(1, SIZE)[0]
    np.testing.assert_allclose(run(model, {"x": picture})[0], by_hand(picture), atol=1e-5)


def test_the_pair_by_its_recipe(pair):
    recipe = make_recipe(
        *SIZE, format="paddle", source={"path": str(pair)},
        input={"mean": (0.5, 0.5, 0.5), "std": (0.5, 0.5, 0.5)},
        output={"kind": "softmax", "person": (1,)},
    )  # fmt: skip
    kept = to_contract(import_model(fetch(recipe), "paddle", "small"), recipe)
    seen = frames(2, SIZE)
    for frame, alpha in zip(seen, verify.run(kept, seen), strict=True):
        wanted = by_hand(prepared(frame, mean=0.5, std=0.5))[:, 1:]
        np.testing.assert_allclose(alpha, wanted, atol=1e-5)
        assert np.ptp(alpha) > 0.1


def test_the_pack_is_the_same_every_time(pair):
    first = pack(pair)
    with zipfile.ZipFile(io.BytesIO(first)) as archive:
        assert {info.date_time for info in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
    pair.touch()
    assert pack(pair) == first


def zipped(files):
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        for name, contents in files.items():
            archive.writestr(name, contents)
    return data.getvalue()


def tarred(files):
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w:gz") as archive:
        for name, contents in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(contents)
            archive.addfile(info, io.BytesIO(contents))
    return data.getvalue()


@pytest.mark.parametrize("packed", [zipped, tarred])
def test_an_archive_as_it_is_published(packed):
    """A folder with a configuration beside the pair."""
    files = {"m/deploy.yaml": b"x", "m/model.pdmodel": b"p", "m/model.pdiparams": b"w"}
    pair = unpack(packed(files), "a.zip")
    assert (pair.program, pair.parameters, pair.suffix) == (b"p", b"w", ".pdmodel")


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({}, "holds 0 files"),
        ({"a.pdiparams": b"", "b.pdiparams": b""}, "holds 2 files"),
        ({"a.pdiparams": b"", "b.pdmodel": b""}, "no program beside it"),
    ],
)
def test_archives_without_one_pair(files, message):
    with pytest.raises(ModelImportError, match=message):
        unpack(zipped(files), "a.zip")


def test_no_archive():
    with pytest.raises(FetchError, match="archive"):
        import_model(b"no archive", "paddle", "a.zip")


@pytest.mark.parametrize(
    ("suffix", "contents"),
    [(".pdmodel", slice(0, 0)), (".pdmodel", slice(0, -40)), (".pdiparams", slice(0, -40)),
     (".pdiparams", slice(0, 0))],
)  # fmt: skip
def test_damaged_files(pair, suffix, contents):
    path = pair.with_suffix(suffix)
    path.write_bytes(path.read_bytes()[contents])
    refused = "paddle2onnx cannot convert it|not a valid model|not an ONNX file"
    with pytest.raises(ModelImportError, match=refused) as caught:
        import_model(pack(pair), "paddle", "small.pdmodel")
    assert "\n" not in str(caught.value)


def test_nothing_converted_is_not_believed(pair, monkeypatch):
    """paddle2onnx ends well after writing no bytes, where it cannot parse the program."""

    def nothing(command, **_):
        Path(command[-1]).write_bytes(b"")
        return subprocess.CompletedProcess(command, 0, "", "[ERROR] Failed to parse")

    monkeypatch.setattr(paddle.subprocess, "run", nothing)
    with pytest.raises(ModelImportError, match=r"cannot convert it .*Failed to parse"):
        import_model(pack(pair), "paddle", "small")


def test_a_program_without_its_parameters(pair):
    pair.with_suffix(".pdiparams").unlink()
    recipe = make_recipe(format="paddle", source={"path": str(pair)})
    with pytest.raises(FetchError, match=r"small\.pdiparams: cannot be read"):
        fetch(recipe)


def test_what_is_missing_is_said(pair, monkeypatch):
    def missing(name):
        raise paddle.PackageNotFoundError(name)

    monkeypatch.setattr(paddle, "version", missing)
    with pytest.raises(ModelImportError, match=r"pip install 'livematte\[paddle\]'"):
        import_model(pack(pair), "paddle", "small")


def test_a_program_of_paddle_3_needs_more(pair):
    assert version("paddle2onnx").startswith("1.")
    program = pair.rename(pair.with_suffix(".json"))
    with pytest.raises(ModelImportError, match=r"livematte\[paddle3\]"):
        import_model(pack(program), "paddle", "small")


def test_a_program_of_paddle_3_goes_to_paddle2onnx_2(pair, tmp_path, monkeypatch):
    """What does it takes 770 MB; its place is taken by a module that writes a known model."""
    stand_in = tmp_path / "paddle2onnx"
    stand_in.mkdir()
    known = import_model(pack(pair), "paddle", "small")
    onnx.save(known, tmp_path / "known.onnx")
    (stand_in / "__init__.py").write_text(
        "import shutil\n"
        "def export(model, parameters, output, opset_version, verbose):\n"
        "    assert model.endswith('.json') and open(model).read() == '{}'\n"
        f"    shutil.copy({str(tmp_path / 'known.onnx')!r}, output)\n"
    )
    (tmp_path / "paddle2onnx-2.0.1.dist-info").mkdir()
    (tmp_path / "paddle2onnx-2.0.1.dist-info/METADATA").write_text(
        "Metadata-Version: 2.1\nName: paddle2onnx\nVersion: 2.0.1\n"
    )
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setattr(paddle, "version", lambda _: "2.0.1")
    program = pair.rename(pair.with_suffix(".json"))
    program.write_text("{}")
    assert import_model(pack(program), "paddle", "small") == known


def test_inspect_reads_a_pair(pair):
    facts = inspect_file(pair)
    assert facts.format.startswith("Paddle")
    assert facts.inputs[0].shape[1:] == (3, *SIZE)
    assert facts.ops["Conv"] == 2
