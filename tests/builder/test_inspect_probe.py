"""``inspect`` finds out what a model takes and answers.

A network that knows people, the default one, is wrapped so that it wants its pictures otherwise
and answers otherwise; each time the convention and the head must be found, and the recipe must
bring the wrapped network back to the very alpha that the network itself gives.
"""

import functools

import numpy as np
import onnx
import pytest
from click.testing import CliRunner
from onnx import TensorProto, helper, numpy_helper

from builder import paths, verify
from builder.cli import main
from builder.contract import to_contract
from builder.importers import import_model
from builder.inspect import inspect_model
from builder.pipeline import convert
from builder.portraits import calibration_frames, labelled_frames
from builder.recipe import load_recipe

HEIGHT, WIDTH = 144, 256
IMAGENET = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
# The wrapping is undone in float32, other constants in another order.
ROUNDING = 2e-3


@functools.cache
def network() -> onnx.ModelProto:
    """The landscape model, frame [1, 3, 144, 256] → alpha [1, 1, 144, 256]."""
    recipe = load_recipe("selfie-landscape")
    npm = recipe.source
    return convert(recipe, (paths.node_modules() / npm.npm / npm.file).read_bytes())


def wrapped(
    *, scale=1.0, mean=(0, 0, 0), std=(1, 1, 1), bgr=False, nhwc=False, dtype="float32",
    head="alpha",
):  # fmt: skip
    """The network as somebody else would have exported it."""
    model = onnx.ModelProto()
    model.CopyFrom(network())
    graph = model.graph
    front, weights, last = [], {}, "picture"

    def add(op, *names, **attributes):
        nonlocal last
        made = f"front{len(front)}"
        front.append(helper.make_node(op, [last, *names], [made], **attributes))
        last = made

    if dtype != "float32":
        add("Cast", to=TensorProto.FLOAT)
    if nhwc:
        add("Transpose", perm=[0, 3, 1, 2])
    if bgr:
        weights["order"] = np.array([2, 1, 0])
        add("Gather", "order", axis=1)
    for op, name, value in (("Mul", "std", std), ("Add", "mean", mean), ("Div", "scale", [scale])):
        weights[name] = np.float32(value).reshape(1, -1, 1, 1)
        add(op, name)
    for node in graph.node:
        node.input[:] = [last if name == "frame" else name for name in node.input]
    shape = [1, HEIGHT, WIDTH, 3] if nhwc else [1, 3, HEIGHT, WIDTH]
    kind = {"float32": TensorProto.FLOAT, "uint8": TensorProto.UINT8}[dtype]
    graph.input[0].CopyFrom(helper.make_tensor_value_info("picture", kind, shape))
    back, output = HEADS[head](weights, nhwc)
    nodes = [*front, *graph.node, *back]
    del graph.node[:], graph.output[:], graph.value_info[:]
    graph.node.extend(nodes)
    graph.output.append(output)
    graph.initializer.extend(numpy_helper.from_array(v, n) for n, v in weights.items())
    onnx.checker.check_model(model)
    return model


def value(name, *shape, kind=TensorProto.FLOAT):
    return helper.make_tensor_value_info(name, kind, shape)


def alpha_head(weights, nhwc):
    return [], value("alpha", 1, 1, HEIGHT, WIDTH)


def logit_head(weights, nhwc):
    weights |= {"low": np.float32(1e-6), "high": np.float32(1 - 1e-6), "one": np.float32(1)}
    nodes = [
        helper.make_node("Clip", ["alpha", "low", "high"], ["inside"]),
        helper.make_node("Sub", ["one", "inside"], ["rest"]),
        helper.make_node("Div", ["inside", "rest"], ["odds"]),
        helper.make_node("Log", ["odds"], ["answer"]),
    ]
    return nodes, value("answer", 1, 1, HEIGHT, WIDTH)


def softmax_head(weights, nhwc):
    """Person first, background second; NHWC where the input is."""
    weights["one"] = np.float32(1)
    nodes = [
        helper.make_node("Sub", ["one", "alpha"], ["rest"]),
        helper.make_node("Concat", ["alpha", "rest"], ["classes"], axis=1),
    ]
    if not nhwc:
        return nodes, value("classes", 1, 2, HEIGHT, WIDTH)
    nodes.append(helper.make_node("Transpose", ["classes"], ["answer"], perm=[0, 2, 3, 1]))
    return nodes, value("answer", 1, HEIGHT, WIDTH, 2)


def parts_head(weights, nhwc):
    """Logits of background, left half and right half of the person."""
    left = np.zeros((1, 1, 1, WIDTH), np.float32)
    left[..., : WIDTH // 2] = 1
    weights |= {"one": np.float32(1), "ten": np.float32(10), "left": left, "right": 1 - left}
    nodes = [
        helper.make_node("Sub", ["one", "alpha"], ["rest"]),
        helper.make_node("Mul", ["alpha", "left"], ["first"]),
        helper.make_node("Mul", ["alpha", "right"], ["second"]),
        helper.make_node("Concat", ["rest", "first", "second"], ["shares"], axis=1),
        helper.make_node("Mul", ["shares", "ten"], ["answer"]),
    ]
    return nodes, value("answer", 1, 3, HEIGHT, WIDTH)


def argmax_head(weights, nhwc):
    """0 is background; person is 15, as in PASCAL VOC's list of classes."""
    weights |= {"half": np.float32(0.5), "fifteen": np.array(15)}
    nodes = [
        helper.make_node("Greater", ["alpha", "half"], ["is_person"]),
        helper.make_node("Cast", ["is_person"], ["number"], to=TensorProto.INT64),
        helper.make_node("Mul", ["number", "fifteen"], ["class"]),
    ]
    return nodes, value("class", 1, 1, HEIGHT, WIDTH, kind=TensorProto.INT64)


HEADS = {
    "alpha": alpha_head,
    "logit": logit_head,
    "softmax": softmax_head,
    "logits": parts_head,
    "argmax": argmax_head,
}


def inspected(tmp_path, model):
    onnx.save(model, tmp_path / "theirs.onnx")
    found = inspect_model(tmp_path / "theirs.onnx", tmp_path / "mine.toml")
    assert found.advice.recipe is not None, found.advice.doubts
    (tmp_path / "mine.toml").write_text(found.advice.recipe, "utf-8")
    return found, load_recipe(tmp_path / "mine.toml")


def assert_brings_back(tmp_path, recipe):
    """The recipe's model answers what the network itself does."""
    model = import_model((tmp_path / "theirs.onnx").read_bytes(), recipe.format, "theirs")
    frames = calibration_frames(HEIGHT, WIDTH, 3, seed=9)
    kept = verify.run(to_contract(model, recipe), frames)
    for found, right in zip(kept, verify.run(network(), frames), strict=True):
        if recipe.output.kind in ("argmax", "logits"):  # steeper than the network's own alpha
            assert ((found > 0.5) != (right > 0.5)).mean() < ROUNDING
        else:
            assert np.abs(found - right).mean() < ROUNDING


CONVENTIONS = {
    "0..1": {},
    "−1..1": {"mean": (0.5, 0.5, 0.5), "std": (0.5, 0.5, 0.5)},
    "BGR": {"bgr": True},
    "ImageNet": {"mean": IMAGENET[0], "std": IMAGENET[1]},
    "ImageNet, BGR": {"mean": IMAGENET[0], "std": IMAGENET[1], "bgr": True},
    "0..255": {"scale": 255.0},
    "Caffe": {"scale": 255.0, "mean": (123.675, 116.28, 103.53), "bgr": True},
    "bytes": {"scale": 255.0, "dtype": "uint8"},
    "NHWC": {"nhwc": True},
}


@pytest.mark.parametrize("name", CONVENTIONS)
def test_the_convention_is_found(tmp_path, name):
    wanted = CONVENTIONS[name]
    # Undone in the order of the channels that the wrapped network gets: after the turn to RGB.
    found, recipe = inspected(tmp_path, wrapped(**wanted))
    # ImageNet's numbers are so near −1..1 that this network answers alike; it must be said.
    near = [d for d in found.advice.doubts if "ImageNet" in name and "than −1..1" in d]
    assert found.advice.doubts == tuple(near)
    assert recipe.input.channels == ("BGR" if wanted.get("bgr") else "RGB")
    plain = 255.0 if wanted.get("dtype") == "uint8" else 1.0
    assert (recipe.input.scale or plain) == wanted.get("scale", 1.0)
    assert recipe.input.mean == wanted.get("mean", (0, 0, 0))
    assert recipe.input.std == wanted.get("std", (1, 1, 1))
    assert recipe.input.layout == ("NHWC" if wanted.get("nhwc") else "NCHW")
    assert (recipe.input.width, recipe.input.height) == (WIDTH, HEIGHT)
    assert_brings_back(tmp_path, recipe)


@pytest.mark.parametrize(
    ("head", "nhwc", "person"),
    [("logit", False, None), ("softmax", False, (0,)), ("softmax", True, (0,)),
     ("logits", False, (1, 2)), ("argmax", False, (15,))],
)  # fmt: skip
def test_the_head_is_found(tmp_path, head, nhwc, person):
    found, recipe = inspected(tmp_path, wrapped(head=head, nhwc=nhwc))
    assert found.advice.sure, found.advice.doubts
    assert recipe.output.kind == head
    assert recipe.output.person == person
    assert_brings_back(tmp_path, recipe)
    chosen = found.advice.finding
    assert chosen.score > 0.9


def test_a_recurrent_model_of_any_size(tmp_path):
    """States and a ratio beside the picture; of two answers the alpha is taken."""
    open_size = [1, 3, "height", "width"]
    dense = np.random.default_rng(0).normal(size=(1, 3, 3, 3)).astype(np.float32)
    graph = helper.make_graph(
        [
            helper.make_node("Mul", ["src", "ratio"], ["scaled"]),
            helper.make_node("Conv", ["scaled", "w"], ["now"], pads=[1, 1, 1, 1]),
            helper.make_node("Add", ["now", "r1i"], ["r1o"]),
            helper.make_node("Sigmoid", ["r1o"], ["pha"]),
            helper.make_node("Mul", ["src", "pha"], ["fgr"]),
        ],
        "clip",
        [value("src", *open_size), value("r1i", 1, 1, "h", "w"), value("ratio", 1)],
        [value("fgr", *open_size), value("pha", 1, 1, "height", "width"),
         value("r1o", 1, 1, "h", "w")],
        [numpy_helper.from_array(dense, "w")],
    )  # fmt: skip
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    found, recipe = inspected(tmp_path, model)
    assert recipe.state[0].input, recipe.state[0].output == ("r1i", "r1o")
    assert recipe.state[0].shape == (1, 1, 256, 256)
    assert recipe.constant[0].input == "ratio"
    assert recipe.output.name == "pha"
    assert not found.advice.sure
    doubts = " ".join(found.advice.doubts)
    for part in ("any size", "'ratio' got 1", "r1i → r1o", "not much like a person"):
        assert part in doubts


def recurrent(state_in, state_out, *, bgr=False):
    """The network behind a state: what it says of a frame goes half into what it has said."""
    model = wrapped(bgr=bgr)
    graph = model.graph
    graph.initializer.append(numpy_helper.from_array(np.float32(0.5), "half"))
    graph.node.extend([
        helper.make_node("Add", ["alpha", state_in], ["sum"]),
        helper.make_node("Mul", ["sum", "half"], [state_out]),
        helper.make_node("Identity", [state_out], ["answer"]),
    ])  # fmt: skip
    graph.input.append(value(state_in, 1, 1, HEIGHT, WIDTH))
    del graph.output[:]
    graph.output.append(value("answer", 1, 1, HEIGHT, WIDTH))
    graph.output.append(value(state_out, 1, 1, HEIGHT, WIDTH))
    onnx.checker.check_model(model)
    return model


def test_a_recurrent_model_is_judged_with_its_state(tmp_path):
    """The first frame's answer is half as strong as what it comes to: no person's."""
    found, recipe = inspected(tmp_path, recurrent("rec_in", "rec_out", bgr=True))
    assert [(s.input, s.output, s.shape) for s in recipe.state] == [
        ("rec_in", "rec_out", (1, 1, HEIGHT, WIDTH))
    ]
    assert recipe.input.channels == "BGR"
    # What is not sure is the state alone.
    (doubt,) = found.advice.doubts
    assert "rec_in → rec_out" in doubt
    # The network's own score is 0.93; after four frames it is at 15/16 of its strength.
    assert found.advice.finding.score > 0.85
    assert found.advice.mean_abs_diff < ROUNDING
    assert found.to_json()["framesPerPicture"] == 4


def test_a_state_is_known_by_its_shape(tmp_path):
    model = recurrent("h", "memory")
    # A second output of the state's shape would leave it open which of them is the state.
    model.graph.node.append(helper.make_node("Squeeze", ["answer", "axis"], ["matte"]))
    model.graph.initializer.append(numpy_helper.from_array(np.array([1]), "axis"))
    model.graph.output[0].CopyFrom(value("matte", 1, HEIGHT, WIDTH))
    _, recipe = inspected(tmp_path, model)
    assert [(s.input, s.output) for s in recipe.state] == [("h", "memory")]


def test_a_state_that_is_none(tmp_path):
    """Another size comes back than goes in."""
    graph = helper.make_graph(
        [
            helper.make_node("Conv", ["x", "w"], ["y"]),
            helper.make_node("Concat", ["hi", "hi"], ["ho"], axis=1),
        ],
        "g",
        [value("x", 1, 3, 32, 32), value("hi", 1, "n", 32, 32)],
        [value("y", 1, 1, 32, 32), value("ho", 1, "m", 32, 32)],
        [numpy_helper.from_array(np.ones((1, 3, 1, 1), np.float32), "w")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.save(model, tmp_path / "a.onnx")
    found = inspect_model(tmp_path / "a.onnx")
    assert found.advice.recipe is None
    assert "'hi' → 'ho', comes back as [1, 4, 32, 32], not [1, 2, 32, 32]" in found.advice.doubts[0]


def test_a_convention_that_overflows_is_out(tmp_path):
    """Fed with bytes this one answers NaN; the other conventions still count."""
    model = wrapped()
    graph = model.graph
    constants = {"limit": np.float32(2), "no_number": np.float32(np.nan)}
    graph.initializer.extend(numpy_helper.from_array(v, n) for n, v in constants.items())
    graph.node.extend([
        helper.make_node("ReduceMax", ["picture"], ["most"], keepdims=1),
        helper.make_node("Greater", ["most", "limit"], ["too_much"]),
        helper.make_node("Where", ["too_much", "no_number", "alpha"], ["answer"]),
    ])  # fmt: skip
    graph.output[0].CopyFrom(value("answer", 1, 1, HEIGHT, WIDTH))
    onnx.checker.check_model(model)
    found, recipe = inspected(tmp_path, model)
    assert found.advice.sure, found.advice.doubts
    assert recipe.input.scale is None or recipe.input.scale == 1
    assert not [f for f in found.probe.findings if f.convention.name.startswith("0..255")]
    assert_brings_back(tmp_path, recipe)


def test_two_conventions_that_answer_alike(tmp_path):
    """Blind to colour, a network cannot tell RGB from BGR, and neither can anybody else."""
    grey = wrapped()
    mix = np.full((3, 3, 1, 1), 1 / 3, np.float32)
    grey.graph.initializer.append(numpy_helper.from_array(mix, "mix"))
    first = next(i for i, node in enumerate(grey.graph.node) if "picture" in node.input)
    grey.graph.node[first].input[0] = "grey"
    grey.graph.node.insert(0, helper.make_node("Conv", ["picture", "mix"], ["grey"]))
    found, recipe = inspected(tmp_path, grey)
    assert recipe.input.channels == "RGB"
    assert not found.advice.sure
    assert "0..1 BGR" in " ".join(found.advice.doubts)


def test_no_picture_no_recipe(tmp_path):
    graph = helper.make_graph(
        [helper.make_node("Relu", ["a"], ["b"])], "g", [value("a", 4)], [value("b", 4)]
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.save(model, tmp_path / "a.onnx")
    found = inspect_model(tmp_path / "a.onnx")
    assert found.probe is None
    assert found.advice.recipe is None
    assert "is a picture" in found.advice.doubts[0]


def test_the_command_saves_a_recipe_that_builds(tmp_path):
    onnx.save(wrapped(bgr=True, scale=255.0), tmp_path / "theirs.onnx")
    recipe = tmp_path / "made" / "mine.toml"
    recipe.parent.mkdir()
    done = CliRunner().invoke(
        main, ["inspect", str(tmp_path / "theirs.onnx"), "--recipe", str(recipe)]
    )
    assert done.exit_code == 0, done.output
    assert "not sure" not in done.output
    output = tmp_path / "out.onnx"
    done = CliRunner().invoke(main, ["convert", str(recipe), "-o", str(output)])
    assert done.exit_code == 0, done.output
    frames = calibration_frames(HEIGHT, WIDTH, 2, seed=9)
    kept = verify.compare(network(), onnx.load(output), frames)
    assert kept.max_abs_diff < 0.01


def test_a_recipe_is_a_toml_file(tmp_path):
    onnx.save(wrapped(), tmp_path / "theirs.onnx")
    done = CliRunner().invoke(main, ["inspect", str(tmp_path / "theirs.onnx"), "--recipe", "x.txt"])
    assert done.exit_code == 1
    assert ".toml" in done.stderr


def test_labelled_portraits_are_the_calibration_frames():
    labelled = labelled_frames(72, 128, 3, seed=4)
    plain = calibration_frames(72, 128, 3, seed=4)
    for (frame, alpha), other in zip(labelled, plain, strict=True):
        np.testing.assert_array_equal(frame, other)
        assert alpha.shape == (72, 128)
        assert alpha.dtype == np.float32
        assert alpha.min() == 0
        assert 0.99 < alpha.max() <= 1
