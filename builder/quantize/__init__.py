"""Smaller and faster variants of a model: one module a kind of number.

Each keeps the contract with float32 ends; whether one is good enough to ship is not decided here.
"""

from builder.quantize.blocks import int8_weights
from builder.quantize.half import fp16_compute, fp16_weights
from builder.quantize.int8 import calibrated, int8_qdq
from builder.quantize.sensitivity import Layer, Spared, spare_sensitive

__all__ = [
    "Layer", "Spared", "calibrated", "fp16_compute", "fp16_weights", "int8_qdq", "int8_weights",
    "spare_sensitive",
]  # fmt: skip
