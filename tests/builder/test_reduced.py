"""The runtime with what models call: which functions stay, and whether what is left still runs."""

import hashlib
import json
import subprocess
from pathlib import Path

import numpy as np
import onnx
import pytest
from contract_models import matting

from builder import paths
from builder.build import build_site
from builder.built import BuiltModel, Variant
from builder.errors import ReduceError, TuneError
from builder.recipe import Recipe, load_recipe
from builder.reduced.functions import mark_calls, reduce_runtime
from builder.reduced.runtime import reduced_runtime
from builder.reduced.signature import graph_signature
from builder.reduced.stored import Calls, packed, read_calls, write_calls
from builder.reduced.wasm_module import WasmModule, leb128

MODEL = matting(16, 24).SerializeToString()
RUNTIME = paths.node_modules() / "onnxruntime-web" / "dist" / "ort-wasm-simd-threaded.wasm"
MODELS = ("selfie-landscape", "selfie")


def section(kind: int, *entries: bytes) -> bytes:
    content = leb128(len(entries)) + b"".join(entries)
    return bytes((kind,)) + leb128(len(content)) + content


def body(code: bytes, locals_: bytes = b"\x00") -> bytes:
    code = locals_ + code + b"\x0b"
    return leb128(len(code)) + code


def text(name: str) -> bytes:
    return leb128(len(name)) + name.encode()


def small_module() -> bytes:
    """Imports a memory and a function; the numbers of its own functions are one more than here.

    0, exported, calls 1 and, through the table, what it is asked for: 2 or 3. 3 calls 4. Nothing
    calls 5.
    """
    i32 = b"\x41"
    bodies = (
        # Instructions with immediates that look like a call of 5: a constant, a memory offset,
        # floats, a branch table, a vector constant, a shuffle, an atomic, a bulk copy.
        body(
            b"\x10\x02" + b"\x1a"
            + i32 + b"\x10\x1a" + i32 + b"\x06\x1a"
            + b"\x43\x10\x06\x10\x06\x1a" + b"\x44\x10\x06\x10\x06\x10\x06\x10\x06\x1a"
            + i32 + b"\x00\x28\x02\x90\x0c\x1a"
            + b"\x02\x40" + i32 + b"\x00\x0e\x01\x00\x00\x0b"
            + b"\xfd\x0c" + b"\x10\x06" * 8 + b"\x1a"
            + i32 + b"\x00\xfe\x10\x02\x10\x1a" + b"\xfe\x03\x00"
            + i32 + b"\x00" + i32 + b"\x00" + i32 + b"\x00\xfc\x0a\x00\x00"
            + b"\x20\x00\x11\x01\x00",
            locals_=b"\x01\x02\x7f",
        ),
        body(i32 + b"\x0b"),
        body(i32 + b"\x0c"),
        body(b"\x10\x05"),
        body(i32 + b"\x0e"),
        body(i32 + b"\x0f"),
    )  # fmt: skip
    return b"\0asm\1\0\0\0" + b"".join(
        (
            section(0)[:1] + b"\x05" + text("name"),
            section(1, b"\x60\x01\x7f\x01\x7f", b"\x60\x00\x01\x7f"),
            section(
                2,
                text("a") + text("m") + b"\x02\x03\x01\x80\x80\x04",
                text("a") + text("f") + b"\x00\x01",
            ),
            section(3, b"\x00", *[b"\x01"] * 5),
            section(4, b"\x70\x00\x02"),
            section(7, text("run") + b"\x00\x01", text("t") + b"\x01\x00"),
            section(9, b"\x00\x41\x00\x0b\x02\x03\x04"),
            section(10, *bodies),
        )
    )


RUN = """
const fs = require('node:fs');
const { file, asked, initial } = JSON.parse(process.argv[1]);
const memory = new WebAssembly.Memory({ initial, maximum: 65536, shared: true });
const module = new WebAssembly.Module(fs.readFileSync(file));
const { exports } = new WebAssembly.Instance(module, { a: { m: memory, f: () => 9 } });
const answers = asked.map((i) => {
  try { return exports.run(i); } catch (error) { return String(error); }
});
const marks = Array.from(new Uint8Array(memory.buffer, (initial - 1) * 65536, 6));
console.log(JSON.stringify({ answers, marks }));
"""


def run(wasm: bytes, tmp_path: Path, *asked: int) -> dict[str, list[object]]:
    """Ask the small module for entries of its table, in a real engine."""
    file = tmp_path / "small.wasm"
    file.write_bytes(wasm)
    facts = json.dumps({"file": str(file), "asked": asked, "initial": 2})
    done = subprocess.run(["node", "-e", RUN, facts], capture_output=True, text=True, check=True)
    answer: dict[str, list[object]] = json.loads(done.stdout)
    return answer


def test_the_small_module_is_one(tmp_path: Path) -> None:
    assert run(small_module(), tmp_path, 0, 1)["answers"] == [12, 14]


def test_bytes_are_the_same_when_nothing_is_changed() -> None:
    whole = RUNTIME.read_bytes()
    assert WasmModule.parse(whole).to_bytes() == whole


def test_calls_are_found_and_numbers_that_look_like_one_are_not() -> None:
    module = WasmModule.parse(small_module())
    assert [sorted(module.calls(i)) for i in range(6)] == [[1], [], [], [4], [], []]
    assert module.imported == 1
    assert module.entries == {0}


def test_a_function_notes_that_it_is_called(tmp_path: Path) -> None:
    marked = mark_calls(small_module(), 65536)
    assert run(marked, tmp_path) == {"answers": [], "marks": [0, 0, 0, 0, 0, 0]}
    assert run(marked, tmp_path, 0) == {"answers": [12], "marks": [1, 1, 1, 0, 0, 0]}
    assert run(marked, tmp_path, 1) == {"answers": [14], "marks": [1, 1, 0, 1, 1, 0]}


def test_what_is_called_stays_with_what_it_names(tmp_path: Path) -> None:
    reduced = reduce_runtime(small_module(), {0, 3})
    answers = run(reduced, tmp_path, 1, 0)["answers"]
    assert answers == [14, "RuntimeError: unreachable"]
    gone = [i for i, each in enumerate(WasmModule.parse(reduced).bodies) if len(each) == 3]
    assert gone == [2, 5]


def test_what_the_host_calls_stays(tmp_path: Path) -> None:
    answers = run(reduce_runtime(small_module(), ()), tmp_path, 0)["answers"]
    assert answers == ["RuntimeError: unreachable"]  # from 2, not from 0


RUN_IS_0 = section(7, text("run") + b"\0\0")


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"\0asm\2\0\0\0", "no WebAssembly module"),
        (small_module()[:-3], "cut short"),
        (b"\0asm\1\0\0\0" + section(2, b"\x01a") + RUN_IS_0, "cut short"),
        (b"\0asm\1\0\0\0" + section(2, text("a") + text("f") + b"\x09\0") + RUN_IS_0, "kind 9"),
        (
            b"\0asm\1\0\0\0" + section(7, text("f") + b"\0\0") + section(10, body(b"\xff")),
            "instruction 0xff",
        ),
    ],
)
def test_what_is_not_understood_is_refused(data: bytes, reason: str) -> None:
    with pytest.raises(ReduceError, match=reason):
        reduce_runtime(data, ())


def test_the_models_that_come_along_need_less_than_half_of_it(tmp_path: Path) -> None:
    called = set()
    for name in MODELS:
        calls = read_calls(load_recipe(name))
        assert calls is not None
        called |= calls.called
    whole = RUNTIME.read_bytes()
    reduced = reduce_runtime(whole, called)
    assert len(reduced) < len(whole) / 2
    file = tmp_path / "reduced.wasm"
    file.write_bytes(reduced)
    check = (
        "process.exit(WebAssembly.validate(require('fs').readFileSync(process.argv[1])) ? 0 : 1)"
    )
    assert subprocess.run(["node", "-e", check, str(file)], check=False).returncode == 0


def a_calls(**changes: object) -> Calls:
    facts = {
        "runtime": "some 1.0", "browser": "some", "wasm_sha256": "a", "variant": "fp32",
        "graph_sha256": "b", "count": 3, "functions": packed({0, 9, 17287}),
    }  # fmt: skip
    return Calls.model_validate({**facts, **changes})


def test_calls_are_kept_beside_the_recipe(tmp_path: Path) -> None:
    recipe = load_recipe("selfie").model_copy(update={"folder": tmp_path})
    assert read_calls(recipe) is None
    write_calls(recipe, a_calls())
    kept = read_calls(recipe)
    assert kept == a_calls()
    assert kept.called == {0, 9, 17287}
    assert packed(set()) != packed({0})
    (tmp_path / "selfie.calls.json").write_text("{}")
    with pytest.raises(TuneError, match=r"selfie\.calls\.json: runtime is wrong"):
        read_calls(recipe)


@pytest.mark.parametrize("functions", ["!", "AAAA", packed({1})])
def test_damaged_calls_are_refused(functions: str) -> None:
    with pytest.raises(TuneError, match="livematte build --tune"):
        _ = a_calls(functions=functions).called


def a_model(tmp_path: Path, name: str, calls: Calls | None) -> BuiltModel:
    recipe = load_recipe("selfie").model_copy(update={"name": name, "folder": tmp_path})
    if calls:
        write_calls(recipe, calls)
    figures = (0.0, 0.0, 1.0)
    (tmp_path / "fp32.onnx").write_bytes(MODEL)
    return BuiltModel(recipe, tmp_path, (), (Variant("fp32", 1, "b", *figures),), ())


def fits(wasm: Path, function: int) -> Calls:
    runtime = hashlib.sha256(wasm.read_bytes()).hexdigest()
    graph = graph_signature(MODEL)
    functions = packed({function})
    return a_calls(wasm_sha256=runtime, graph_sha256=graph, functions=functions, count=1)


@pytest.fixture
def small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(paths, "cache_dir", lambda: tmp_path / "cache")
    file = tmp_path / "runtime.wasm"
    file.write_bytes(small_module())
    return file


def test_a_site_gets_what_its_models_call(small: Path, tmp_path: Path) -> None:
    first, second = fits(small, 2), fits(small, 3)
    models = [a_model(tmp_path, name, calls) for name, calls in (("a", first), ("b", second))]
    lines: list[str] = []
    reduced = reduced_runtime(small, models, lines.append)
    assert reduced is not None
    assert (reduced.models, lines) == ({"a", "b"}, [])
    assert reduced.wasm.read_bytes() == reduce_runtime(small_module(), {2, 3})
    assert reduced.wasm.name == small.name
    alone = reduced_runtime(small, models[:1], lines.append)
    assert alone is not None
    assert alone.wasm.read_bytes() == reduce_runtime(small_module(), {2})
    assert reduced_runtime(small, models[:1], lines.append) == alone


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        (None, "is not known"),
        ({"wasm_sha256": "other"}, "was measured with some 1.0"),
        ({"graph_sha256": "other"}, "has changed"),
        ({"variant": "fp16"}, "has changed"),
    ],
)
def test_a_model_whose_calls_are_not_known_loads_the_whole_runtime(
    changes: dict[str, str] | None, reason: str, small: Path, tmp_path: Path
) -> None:
    known = fits(small, 2)
    stale = None if changes is None else known.model_copy(update=changes)
    good, bad = a_model(tmp_path, "good", known), a_model(tmp_path, "bad", stale)
    lines: list[str] = []
    reduced = reduced_runtime(small, [good, bad], lines.append)
    assert reduced is not None
    assert reduced.models == {"good"}
    [line] = lines
    assert line.startswith("bad: ")
    assert reason in line
    assert "--tune" in line
    assert reduced_runtime(small, [bad, good], lines.append) is None  # the default one


def test_a_graph_is_known_by_its_form_not_by_its_weights() -> None:
    def with_tensor(values: np.ndarray) -> str:
        model = onnx.load_from_string(MODEL)
        model.graph.initializer.append(onnx.numpy_helper.from_array(values, "more"))
        return graph_signature(model.SerializeToString())

    weights = np.float32([1, 2])
    assert with_tensor(weights) == with_tensor(weights * 2) != graph_signature(MODEL)
    assert with_tensor(weights) != with_tensor(weights[:1])
    assert with_tensor(np.int64([1, 2])) != with_tensor(np.int64([1, 3]))
    renamed = onnx.load_from_string(MODEL)
    renamed.graph.node[0].op_type = "Other"
    assert graph_signature(renamed.SerializeToString()) != graph_signature(MODEL)


def test_tuning_measures_what_is_called_of_each_model_as_it_is_then(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    told: list[tuple[str, ...]] = []

    def fake_tune(recipe: Recipe, _: object) -> None:
        told.append(("tuned", recipe.name))

    class EnoughError(Exception):
        """All that is looked at here is over."""

    def fake_build(recipe: Recipe, *_: object) -> BuiltModel:
        if len(told) == 3 * len(MODELS):
            raise EnoughError
        told.append(("built", recipe.name))
        return BuiltModel(recipe, tmp_path, (), (), ())

    def fake_measure(model: BuiltModel, wasm: Path, _: object) -> None:
        told.append(("measured", model.recipe.name, wasm.name))

    monkeypatch.setattr("builder.tune.race.tune", fake_tune)
    monkeypatch.setattr("builder.build.build_model", fake_build)
    monkeypatch.setattr("builder.reduced.measure.measure_calls", fake_measure)
    with pytest.raises(EnoughError):
        build_site(MODELS, tmp_path / "site", progress=lambda _: None, tuned=True)
    assert told == [
        step
        for name in MODELS
        for step in (("tuned", name), ("built", name), ("measured", name, RUNTIME.name))
    ]
