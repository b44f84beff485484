"""Small networks with all kinds of ends, and what their authors would do around them.

Nothing here uses the code under test: a network is run by onnxruntime as it is, on pictures that
numpy prepares.
"""

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

TYPES = {
    "float32": TensorProto.FLOAT,
    "float16": TensorProto.FLOAT16,
    "uint8": TensorProto.UINT8,
    "int64": TensorProto.INT64,
}


def value(name, shape, dtype="float32"):
    return helper.make_tensor_value_info(name, TYPES[dtype], shape)


def build(nodes, inputs, outputs, weights, opset=17) -> onnx.ModelProto:
    """Put a network together; the weights are arrays by name."""
    graph = helper.make_graph(
        [
            helper.make_node(kind, list(ins), list(outs), **attrs)
            for kind, ins, outs, attrs in nodes
        ],
        "network",
        inputs,
        outputs,
        [numpy_helper.from_array(np.asarray(array), name) for name, array in weights.items()],
    )
    made = helper.make_model(graph, ir_version=8, opset_imports=[helper.make_opsetid("", opset)])
    onnx.checker.check_model(made)
    return made


def weight(*shape, seed=0, dtype=np.float32):
    return np.random.default_rng(seed).normal(scale=0.4, size=shape).astype(dtype)


def segmenter(
    size=(16, 24), *, layout="NCHW", dtype="float32", classes=1, head="Sigmoid", conv=None,
    opset=17, bias=True,
) -> onnx.ModelProto:  # fmt: skip
    """Convolution, ReLU, 1×1 convolution and a head; ``conv`` holds the first one's attributes."""
    inner = np.float32 if dtype == "uint8" else np.dtype(dtype)
    picture = [1, 3, *size] if layout == "NCHW" else [1, *size, 3]
    nodes, last = [], "x"
    if dtype == "uint8":
        nodes.append(("Cast", [last], ["float"], {"to": TensorProto.FLOAT}))
        last = "float"
    if layout == "NHWC":
        nodes.append(("Transpose", [last], ["nchw"], {"perm": [0, 3, 1, 2]}))
        last = "nchw"
    scale = 0.01 if dtype == "uint8" else 1
    weights = {
        "w1": (weight(5, 3, 3, 3) * scale).astype(inner), "b1": weight(5, seed=1, dtype=inner),
        "w2": weight(classes, 5, 1, 1, seed=2, dtype=inner),
    }  # fmt: skip
    attributes = {"pads": [1, 1, 1, 1]} if conv is None else conv
    nodes += [
        ("Conv", [last, "w1", *(["b1"] if bias else [])], ["c"], attributes),
        ("Relu", ["c"], ["r"], {}),
        ("Conv", ["r", "w2"], ["raw"], {}),
    ]
    nodes.append((head, ["raw"], ["y"], {"axis": 1} if head in ("Softmax", "ArgMax") else {}))
    kind = "int64" if head == "ArgMax" else np.dtype(inner).name
    ends = [value("x", picture, dtype)], [value("y", ["n", "c", "h", "w"], kind)]
    (answer,) = run(build(nodes, *ends, weights, opset), {"x": np.zeros(picture, dtype)})
    return build(nodes, ends[0], [value("y", answer.shape, kind)], weights, opset)


def run(model: onnx.ModelProto, feeds, outputs=None):
    """Run a network as it is."""
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )
    return session.run(outputs, feeds)


def frames(count=3, size=(16, 24), seed=5):
    """Frames as the contract has them, made from bytes as real pictures are."""
    rng = np.random.default_rng(seed)
    noise = rng.integers(0, 256, (count, 1, 3, *size))
    return [(frame / 255).astype(np.float32) for frame in noise]


def prepared(frame, *, layout="NCHW", channels="RGB", dtype="float32", scale=1, mean=0, std=1):
    """What a model's author would feed: scaled, normalised, reordered, by numpy in float64."""
    spread = (1, 3, 1, 1)
    mean, std = (np.broadcast_to(part, 3).reshape(spread) for part in (mean, std))
    picture = (frame.astype(np.float64) * scale - mean) / std
    if dtype == "uint8":
        picture = np.clip(np.rint(picture), 0, 255)
    if channels == "BGR":
        picture = picture[:, ::-1]
    if layout == "NHWC":
        picture = picture.transpose(0, 2, 3, 1)
    return np.ascontiguousarray(picture.astype(dtype))


def bilinear(planes, size):
    """Resize [..., h, w] with half-pixel centres and clamped edges, one axis after the other."""
    for axis, wanted in ((-2, size[0]), (-1, size[1])):
        have = planes.shape[axis]
        place = np.clip((np.arange(wanted) + 0.5) * have / wanted - 0.5, 0, have - 1)
        low = np.floor(place).astype(int)
        high = np.minimum(low + 1, have - 1)
        share = (place - low).reshape([-1 if a == axis % planes.ndim else 1
                                       for a in range(planes.ndim)])  # fmt: skip
        planes = planes.take(low, axis) * (1 - share) + planes.take(high, axis) * share
    return planes


def sigmoid(values):
    return 1 / (1 + np.exp(-values))


def softmax(values, axis):
    powers = np.exp(values - values.max(axis, keepdims=True))
    return powers / powers.sum(axis, keepdims=True)


def ops(model: onnx.ModelProto) -> list[str]:
    return [node.op_type for node in model.graph.node]
