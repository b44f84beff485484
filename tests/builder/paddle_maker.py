"""Writes small Paddle 2 inference models: a program and its parameters, byte by byte.

The program is Paddle's ``ProgramDesc`` (framework.proto) in protobuf's wire format; the parameters
are the tensors in the order of their names, each behind its own description.
"""

import struct

import numpy as np

FP32, LOD_TENSOR, FEED, FETCH = 5, 7, 9, 10
# Field numbers of OpDesc.Attr by the type of the value, with that type's own number.
_INT, _FLOAT, _STRING, _INTS, _BOOL = (0, 3), (1, 4), (2, 5), (3, 6), (6, 10)


def varint(number):
    number &= (1 << 64) - 1
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    return bytes([*out, number])


def field(number, value):
    """One field: a whole number, a float, text, or a message that is already bytes."""
    if isinstance(value, float):
        return varint(number << 3 | 5) + struct.pack("<f", value)
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    data = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(data)) + data


def tensor_desc(shape):
    return field(1, FP32) + b"".join(field(2, size) for size in shape)


def variable(name, shape=None, kind=LOD_TENSOR, persistable=False):
    inner = field(1, kind)
    if shape is not None:
        inner += field(3, field(1, tensor_desc(shape)))
    return field(1, name) + field(2, inner) + field(3, int(persistable))


def attribute(name, value):
    kind, number = next(
        numbers
        for python, numbers in (
            (bool, _BOOL), (int, _INT), (float, _FLOAT), (str, _STRING), (list, _INTS)
        )
        if isinstance(value, python)
    )  # fmt: skip
    values = value if isinstance(value, list) else [int(value) if value is True else value]
    values = [int(v) if isinstance(v, bool) else v for v in values]
    return field(1, name) + field(2, kind) + b"".join(field(number, v) for v in values)


def op(kind, inputs, outputs, **attributes):
    def ends(number, names):
        return b"".join(
            field(number, field(1, slot) + field(2, name)) for slot, name in names.items()
        )

    listed = (field(4, attribute(name, value)) for name, value in attributes.items())
    return ends(1, inputs) + ends(2, outputs) + field(3, kind) + b"".join(listed)


def parameters(weights):
    out = bytearray()
    for _, array in sorted(weights.items()):
        desc = tensor_desc(array.shape)
        out += struct.pack("<IQIi", 0, 0, 0, len(desc)) + desc + array.astype("<f4").tobytes()
    return bytes(out)


def program(nodes, tensors, weights):
    """Put a program together; ``tensors`` are the shapes of all values that are no weights."""
    ends = [variable("feed", kind=FEED, persistable=True),
            variable("fetch", kind=FETCH, persistable=True)]  # fmt: skip
    values = [variable(name, shape) for name, shape in tensors.items()]
    values += [variable(name, a.shape, persistable=True) for name, a in weights.items()]
    block = field(1, 0) + field(2, -1)
    block += b"".join(field(3, value) for value in (*ends, *values))
    block += b"".join(field(4, node) for node in nodes)
    return field(1, block) + field(4, field(1, 0))


def segmenter(height, width, x="x", answer="softmax_0.tmp_0"):
    """Two convolutions, a bilinear resize and a softmax; returns program, parameters, weights."""
    rng = np.random.default_rng(0)
    weights = {
        "conv_a.w_0": rng.normal(size=(4, 3, 3, 3)).astype(np.float32) * 0.4,
        "conv_b.w_0": rng.normal(size=(2, 4, 1, 1)).astype(np.float32),
    }
    half = (height // 2, width // 2)
    tensors = {
        x: [-1, 3, height, width],
        "a": [-1, 4, *half],
        "r": [-1, 4, *half],
        "b": [-1, 2, *half],
        "u": [-1, 2, height, width],
        answer: [-1, 2, height, width],
    }
    conv = {
        "groups": 1,
        "dilations": [1, 1],
        "padding_algorithm": "EXPLICIT",
        "data_format": "NCHW",
    }
    nodes = [
        op("feed", {"X": "feed"}, {"Out": x}, col=0),
        op("conv2d", {"Input": x, "Filter": "conv_a.w_0"}, {"Output": "a"}, strides=[2, 2],
           paddings=[1, 1], **conv),
        op("relu", {"X": "a"}, {"Out": "r"}),
        op("conv2d", {"Input": "r", "Filter": "conv_b.w_0"}, {"Output": "b"}, strides=[1, 1],
           paddings=[0, 0], **conv),
        op("bilinear_interp_v2", {"X": "b"}, {"Out": "u"}, out_h=height, out_w=width, out_d=0,
           align_corners=False, align_mode=0, data_layout="NCHW", interp_method="bilinear",
           scale=[]),
        op("softmax", {"X": "u"}, {"Out": answer}, axis=1),
        op("fetch", {"X": answer}, {"Out": "fetch"}, col=0),
    ]  # fmt: skip
    return program(nodes, tensors, weights), parameters(weights), weights
