"""Damaged files by the thousand: what the importers and the recipe reader make of them.

A case is a good file with a few bytes changed, cut out, doubled or put in, by a seed that a failure
names. Anything but one of the project's own errors, each on one line, is a failure; so is a case
that takes longer than ``LIMIT_S`` or more memory than ``MEMORY_LIMIT``.
"""

import random
import resource
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from contract_models import matting
from tflite_maker import Maker, Steps, conv_options

from builder import paths
from builder.errors import LivematteError, RecipeError
from builder.importers import import_model
from builder.importers.paddle_files import unpack
from builder.recipe import load_recipe

LIMIT_S = 20  # of one case; a good one takes milliseconds
MEMORY_LIMIT = 2 << 30  # bytes that the process may grow by
EXTREMES = (b"\x00", b"\xff", b"\x7f", b"\x80", b"\x01", b"\xff\xff\xff\x7f", b"\xff\xff\xff\xff",
            b"\x00\x00\x00\x80", b"\xff" * 8)  # fmt: skip
WORDS = (b"=", b"[", b"]", b'"', b"\n", b"nan", b"-1", b"1e999", b"true", b"[[state]]", b"input",
         b"\xc3", b"{}", b"person = [0, 0]", b"9" * 400)  # fmt: skip


@dataclass(frozen=True)
class Target:
    """A good file and what reads it."""

    name: str
    good: bytes
    read: Callable[[bytes], object]
    words: tuple[bytes, ...] = EXTREMES


def targets(folder: Path) -> list[Target]:
    """Everything that reads files of strangers; ``folder`` is for those that read from the disk."""

    def importer(kind, quantized="float"):
        return lambda data: import_model(data, kind, "case", quantized=quantized)

    def recipe(name):
        def read(data):
            (folder / name).write_bytes(data)
            return load_recipe(folder / name)

        return Target("recipe", (paths.models_dir() / name).read_bytes(), read, WORDS)

    return [
        Target("tflite", tflite_network("float32"), importer("tflite")),
        Target("tflite-uint8", tflite_network("uint8"), importer("tflite")),
        Target("tflite-uint8-qdq", tflite_network("uint8"), importer("tflite", "qdq")),
        Target("onnx", matting(16, 16).SerializeToString(), importer("onnx")),
        Target("paddle", archive(), lambda data: unpack(data, "case")),
        recipe("rvm.toml"),
        recipe("selfie.toml"),
    ]


def run_cases(target: Target, first: int, count: int) -> int:
    """Run cases by their seeds; returns how many of the damaged files were read all the same."""
    accepted = 0
    with bounded_memory():
        for seed in range(first, first + count):
            data = damaged(target, seed)
            refusal: LivematteError | None = None
            try:
                with bounded_time():
                    target.read(data)
            except LivematteError as error:
                refusal = error
            except BaseException as error:
                raise AssertionError(f"{target.name}, seed {seed}: {error!r}") from error
            accepted += refusal is None
            # A recipe lists all its mistakes, each on a line of its own.
            if refusal and not isinstance(refusal, RecipeError):
                assert len(str(refusal).splitlines()) == 1, f"{target.name}, seed {seed}: {refusal}"
    return accepted


def damaged(target: Target, seed: int) -> bytes:
    """Change a good file in one to eight places."""
    rng = random.Random(f"{target.name} {seed}")
    data = bytearray(target.good)
    for _ in range(rng.choice((1, 1, 2, 3, 8))):
        _change(rng, data, target.words)
    return bytes(data)


def _change(rng, data, words):
    place = rng.randrange(len(data) + 1)
    match rng.randrange(6):
        case 0 if place < len(data):
            data[place] ^= 1 << rng.randrange(8)
        case 1:
            word = rng.choice(words)
            data[place : place + len(word)] = word
        case 2:
            data[place:place] = rng.choice(words)
        case 3:
            del data[place : place + rng.choice((1, 4, 16, len(data)))]
        case 4:
            data[place:place] = data[place : place + rng.choice((1, 4, 64))]
        case _ if place < len(data):
            data[place] = rng.randrange(256)
    if not data:
        data += b"\x00"


@contextmanager
def bounded_time() -> Iterator[None]:
    def late(*_):
        raise TimeoutError(f"takes longer than {LIMIT_S} s")

    before = signal.signal(signal.SIGALRM, late)
    signal.alarm(LIMIT_S)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


@contextmanager
def bounded_memory() -> Iterator[None]:
    """A case that asks for more gets a MemoryError, which is a failure."""
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    before = resource.getrlimit(resource.RLIMIT_AS)
    most = pages * resource.getpagesize() + MEMORY_LIMIT
    resource.setrlimit(resource.RLIMIT_AS, (most, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, before)


def tflite_network(dtype):
    """Convolutions, a skip, a resize and a sigmoid: the ops that matter, in a few kilobytes."""
    maker, rng = Maker(), np.random.default_rng(0)
    plain = dtype == "float32"

    def tensor(*shape, scale, zero):
        steps = {} if plain else {"steps": Steps((scale,), (zero,))}
        return maker.tensor(*shape, dtype=dtype, **steps)

    def weights(*shape, kind=dtype, scale=0.01, zero=128):
        if plain:
            return maker.constant(rng.normal(size=shape).astype(np.float32))
        low, high = (0, 256) if kind == "uint8" else (-100, 100)
        return maker.constant(rng.integers(low, high, shape), kind, steps=Steps((scale,), (zero,)))

    x = tensor(1, 16, 16, 3, scale=1 / 255, zero=0)
    a = tensor(1, 8, 8, 4, scale=0.05, zero=0)
    b = tensor(1, 8, 8, 4, scale=0.05, zero=0)
    c = tensor(1, 8, 8, 1, scale=0.06, zero=128)
    alpha = tensor(1, 8, 8, 1, scale=1 / 256, zero=0)
    bias = {"kind": "int32", "zero": 0}
    maker.op("CONV_2D", [x, weights(4, 3, 3, 3), weights(4, **bias, scale=0.01 / 255)], [a],
             conv_options("Conv2DOptions", "SAME", (2, 2), activation="RELU"))  # fmt: skip
    maker.op("DEPTHWISE_CONV_2D", [a, weights(1, 3, 3, 4), weights(4, **bias, scale=0.0005)], [b],
             conv_options("DepthwiseConv2DOptions", "SAME", DepthMultiplier=1))  # fmt: skip
    maker.op("CONV_2D", [b, weights(1, 1, 1, 4), weights(1, **bias, scale=0.0005)], [c],
             conv_options("Conv2DOptions", "VALID"))  # fmt: skip
    maker.op("LOGISTIC", [c], [alpha])
    return maker.write([x], [alpha])


def archive():
    from test_importers_paddle import zipped

    return zipped({"m/model.pdmodel": b"program" * 9, "m/model.pdiparams": b"weights" * 9})
