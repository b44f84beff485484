"""Small ONNX models that keep the contract, or nearly."""

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

FLOAT = TensorProto.FLOAT


def value(name, *shape, kind=FLOAT):
    return helper.make_tensor_value_info(name, kind, shape)


def model(nodes, inputs, outputs, initializers=(), opset=17) -> onnx.ModelProto:
    graph = helper.make_graph(
        nodes,
        "small",
        inputs,
        outputs,
        [numpy_helper.from_array(np.asarray(array), name) for name, array in initializers],
    )
    return helper.make_model(graph, ir_version=8, opset_imports=[helper.make_opsetid("", opset)])


def matting(
    height=8, width=12, names=("frame", "alpha"), seed=0, channels=16, gain=1.0
) -> onnx.ModelProto:
    """Two convolutions and a sigmoid with weights from a seed."""
    rng = np.random.default_rng(seed)
    first = (rng.normal(size=(channels, 3, 3, 3)) * gain).astype(np.float32)
    second = (rng.normal(size=(1, channels, 3, 3)) * gain).astype(np.float32)
    nodes = [
        helper.make_node("Conv", [names[0], "w1"], ["hidden"], "first", pads=[1, 1, 1, 1]),
        helper.make_node("Relu", ["hidden"], ["positive"], "relu"),
        helper.make_node("Conv", ["positive", "w2"], ["logits"], "second", pads=[1, 1, 1, 1]),
        helper.make_node("Sigmoid", ["logits"], [names[1]], "sigmoid"),
    ]
    ends = [value(names[0], 1, 3, height, width)], [value(names[1], 1, 1, height, width)]
    return model(nodes, *ends, [("w1", first), ("w2", second)])


def recurrent(height=8, width=12) -> onnx.ModelProto:
    """Answers with the mean of its grey frame and its last answer: an echo that fades."""
    nodes = [
        helper.make_node("Conv", ["frame", "grey"], ["now"], "grey"),
        helper.make_node("Add", ["now", "state0_in"], ["sum"]),
        helper.make_node("Conv", ["sum", "half"], ["state0_out"], "half"),
        helper.make_node("Identity", ["state0_out"], ["alpha"]),
    ]
    inputs = [value("frame", 1, 3, height, width), value("state0_in", 1, 1, height, width)]
    outputs = [value("alpha", 1, 1, height, width), value("state0_out", 1, 1, height, width)]
    grey = np.full((1, 3, 1, 1), 1 / 3, np.float32)
    return model(
        nodes, inputs, outputs, [("grey", grey), ("half", np.full((1, 1, 1, 1), 0.5, np.float32))]
    )


def constant_answer(answer, height=8, width=12) -> onnx.ModelProto:
    """Answers ``answer`` (a number or an array [1, 1, H, W]) to every frame."""
    filled = np.broadcast_to(np.float32(answer), (1, 1, height, width)).copy()
    nodes = [
        helper.make_node("ReduceMean", ["frame"], ["mean"], axes=[1], keepdims=1),
        helper.make_node("Mul", ["mean", "zero"], ["nothing"]),
        helper.make_node("Add", ["nothing", "answer"], ["alpha"]),
    ]
    ends = [value("frame", 1, 3, height, width)], [value("alpha", 1, 1, height, width)]
    return model(nodes, *ends, [("zero", np.float32(0)), ("answer", filled)])


def frames(count=3, height=8, width=12, seed=0):
    """Noise in the model's format."""
    rng = np.random.default_rng(seed)
    return [rng.random((1, 3, height, width), np.float32) for _ in range(count)]
