"""The TFLite reader on files that are not what they should be: one clear line, soon, and small."""

import time
import tracemalloc

import numpy as np
import pytest
from tflite_maker import Maker, conv_options
from tflite_runs import by_importer, numbers

from builder.errors import ModelImportError
from builder.importers import import_model
from builder.importers.tflite_reader import read_graph
from builder.paths import node_modules

SECONDS_EACH = 5  # a whole import takes 0.05; the rest is for a busy machine
MEMORY = 64 << 20  # bytes; the largest file here has 0.25 MB


def small_file() -> bytes:
    maker = Maker()
    ins = [maker.tensor(1, 4, 4, 3), maker.constant(np.ones((2, 3, 3, 3))), maker.constant([1, 2])]
    hidden, out = maker.tensor(1, 4, 4, 2), maker.tensor(1, 4, 4, 2)
    maker.op("CONV_2D", ins, [hidden], conv_options("Conv2DOptions", "SAME"))
    maker.op("LOGISTIC", [hidden], [out])
    return maker.write(ins[:1], [out])


@pytest.fixture(scope="module")
def real_file() -> bytes:
    package = node_modules() / "@mediapipe" / "selfie_segmentation"
    return (package / "selfie_segmentation_landscape.tflite").read_bytes()


def outcome(data: bytes) -> str:
    """ "valid" or the error's message; anything but those two fails the test."""
    start = time.perf_counter()
    try:
        import_model(data, "tflite", "odd.tflite")
        message = "valid"
    except ModelImportError as error:
        message = str(error)
        assert message.startswith("odd.tflite: ")
        assert "\n" not in message
    assert time.perf_counter() - start < SECONDS_EACH
    return message


def test_a_whole_file_is_valid():
    assert outcome(small_file()) == "valid"


@pytest.mark.parametrize("twentieth", range(20))
def test_a_truncated_file_is_refused(real_file, twentieth):
    message = outcome(real_file[: len(real_file) * twentieth // 20])
    assert "fetch it again" in message or "check the recipe's format" in message


@pytest.mark.parametrize("size", [1, 7, 8, 9, 12, 64, 1000, 100_000])
def test_random_bytes_are_refused(size):
    noise = np.random.default_rng(size).bytes(size)
    assert "not a TFLite file" in outcome(noise)
    assert outcome(noise[:4] + b"TFL3" + noise[8:]) != "valid"
    assert outcome(b"\x10\0\0\0TFL3" + noise) != "valid"


def test_no_bytes_are_refused():
    assert "an empty file" in outcome(b"")


def test_mutations_of_a_small_file_are_valid_or_refused():
    data = small_file()
    rng = np.random.default_rng(1)
    messages = [outcome(_mutated(data, rng)) for _ in range(400)]
    assert "valid" in messages  # a changed weight
    assert sum("damaged" in message for message in messages) > 50
    assert len(set(messages)) > 30


def test_mutations_of_the_real_file_are_valid_or_refused(real_file):
    # Tables and offsets fill the file's end, weights the rest; most mutations aim at the former.
    rng = np.random.default_rng(2)
    messages = [outcome(_mutated(real_file, rng, beyond=0.6)) for _ in range(60)]
    assert "valid" in messages
    assert len(set(messages)) > 20


def test_mutations_take_little_memory(real_file):
    rng = np.random.default_rng(3)
    tracemalloc.start()
    try:
        for _ in range(5):
            outcome(_mutated(real_file, rng, beyond=0.6))
        assert tracemalloc.get_traced_memory()[1] < MEMORY
    finally:
        tracemalloc.stop()


def _mutated(data: bytes, rng: np.random.Generator, beyond: float = 0.0) -> bytes:
    """Change one to eight bytes: to noise, to an extreme, or four of them to a great number."""
    changed = bytearray(data)
    for _ in range(rng.integers(1, 9)):
        at = int(rng.integers(int(len(data) * beyond), len(data) - 4))
        kind = rng.integers(3)
        if kind == 0:
            changed[at] = rng.integers(256)
        elif kind == 1:
            changed[at] = (0, 1, 127, 128, 255)[rng.integers(5)]
        else:
            great = (0, -1, 1 << 30, -(1 << 31), len(data), 7)[rng.integers(6)]
            changed[at : at + 4] = int(great).to_bytes(4, "little", signed=True)
    return bytes(changed)


def test_names_that_are_shared_without_end_are_refused():
    maker = Maker()
    for _ in range(3000):  # 180 MB of names in a file of 0.3 MB
        maker.tensor(1, name="n" * 60_000)
    data = maker.write([0], [1])
    assert len(data) < 400_000
    assert "a vector of 60000 does not fit" in outcome(data)


def test_contents_that_are_shared_without_end_are_refused():
    maker = Maker()
    maker.constant(np.zeros(10_000))
    for _ in range(1000):
        maker.tensor(10_000, buffer=1)
    assert "a vector of 40000 does not fit" in outcome(maker.write([0], [1]))


def test_a_tensor_as_large_as_a_disk_is_refused():
    maker = Maker()
    maker.tensor(1, 1 << 15, 1 << 15, 3)
    assert "tensor 0 has the shape" in outcome(maker.write([0], [0]))


def relu(**tensor) -> str:
    maker = Maker(version=tensor.pop("version", 3))
    shape = tensor.pop("shape", (1, 4, 4, 3))
    source, out = maker.tensor(*shape, name="picture", **tensor), maker.tensor(*shape)
    maker.op("RELU", [source], [out])
    return outcome(maker.write([source], [out]))


@pytest.mark.parametrize(
    ("tensor", "complaint"),
    [
        ({"version": 2}, "schema version 2; only 3"),
        ({"dtype": "string"}, "tensor 0 ('picture') is STRING"),
        ({"is_variable": True}, "tensor 0 ('picture') is variable"),
        ({"signature": (-1, -1, -1, 3)}, "input 'picture' has the open shape [-1, -1, -1, 3]"),
        ({"shape": (1, 0, 4, 3)}, "has the shape [1, 0, 4, 3]; export the model with fixed sizes"),
        ({"shape": (1,) * 9}, "a tensor with 9 dimensions"),
        ({"buffer": 9}, "tensor 0 is in buffer 9 of 3"),
    ],
)
def test_tensors_that_have_no_place_in_a_picture_model_are_refused(tensor, complaint):
    assert complaint in relu(**tensor)


def test_an_open_batch_is_read_as_one_picture():
    assert relu(signature=(-1, 4, 4, 3)) == "valid"


@pytest.mark.parametrize(("inputs", "outputs"), [([9], [1]), ([0], [9]), ([-1], [1])])
def test_tensor_numbers_outside_the_file_are_refused(inputs, outputs):
    maker = Maker()
    maker.op("RELU", [maker.tensor(1, 4)], [maker.tensor(1, 4)])
    assert "of 2" in outcome(maker.write(inputs, outputs))


def test_contents_that_do_not_fill_their_shape_are_refused():
    maker = Maker()
    maker.constant([1.0, 2.0])
    maker.tensors[0].shape = (3,)
    assert "tensor 0 has 8 bytes instead of 12" in outcome(maker.write([0], [0]))


def test_contents_behind_the_flatbuffer_are_read():
    x, factor = numbers((1, 2, 2, 3)), numbers((3,))
    maker = Maker()
    ins, out = [maker.tensor(*x.shape), maker.constant(factor, far=True)], maker.tensor(*x.shape)
    maker.op("MUL", ins, [out], ("MulOptions", {}))
    data = maker.write(ins[:1], [out])
    np.testing.assert_array_equal(by_importer(data, [x])[0], x * factor)
    assert "damaged" in outcome(data[:-4])


def test_a_very_long_name_is_cut_in_messages():
    maker = Maker()
    maker.tensor(1, 4, name="n" * 5000, is_variable=True)
    assert len(outcome(maker.write([0], [0]))) < 400


def test_the_codes_of_old_writers_are_read():
    x = numbers((1, 2, 2, 3))
    maker = Maker(one_byte_codes=True)
    source, out = maker.tensor(*x.shape), maker.tensor(*x.shape)
    maker.op("RELU", [source], [out])
    np.testing.assert_array_equal(by_importer(maker.write([source], [out]), [x])[0], x.clip(0))


def test_an_op_code_outside_the_file_is_refused():
    maker = Maker()
    maker.op("RELU", [maker.tensor(1, 4)], [maker.tensor(1, 4)])
    maker.operators[0].code = 5
    assert "op 0 has the code 5 of 1" in outcome(maker.write([0], [1]))


def test_what_is_read_cannot_be_changed():
    graph = read_graph(small_file(), "small.tflite")
    contents = graph.tensors[1].data
    assert contents is not None
    assert not contents.flags.writeable
