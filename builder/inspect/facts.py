"""What a model file says of itself, as plain values."""

from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from builder.errors import ContractError


@dataclass(frozen=True)
class TensorFacts:
    """One input or output; a dimension that the file leaves open is its name or ``?``.

    ``layout`` is NCHW or NHWC where the shape is a picture's. ``quantized`` says which numbers a
    quantised tensor's integers stand for, like ``0.0078125 × (n − 128)``.
    """

    name: str
    dtype: str
    shape: tuple[int | str, ...]
    layout: Literal["NCHW", "NHWC"] | None = None
    quantized: str | None = None


@dataclass(frozen=True)
class ModelFacts:
    """What a file says of itself.

    ``parameters`` counts the numbers in constant tensors and ``weight_bytes`` what they take in
    the file; ``macs`` are the multiplications with addition of one frame (convolutions and matrix
    products), None where the shapes are open. ``lacking`` names, for ``wasm`` and ``webgpu``, the
    ops that onnxruntime-web does not have there, and ``untried`` those of which nothing is known;
    the ops are those of the file's ONNX form.
    """

    file: str
    format: str
    version: str
    bytes: int
    inputs: tuple[TensorFacts, ...]
    outputs: tuple[TensorFacts, ...]
    parameters: int
    ops: dict[str, int]
    keeps_contract: bool
    weight_bytes: int = 0
    macs: int | None = None
    lacking: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Everything as values that JSON can hold, in camelCase."""
        facts = asdict(self)
        for name, key in (("keeps_contract", "keepsContract"), ("weight_bytes", "weightBytes")):
            facts[key] = facts.pop(name)
        return facts

    def picture_input(self) -> tuple[int, int, Literal["NHWC", "NCHW"]]:
        """Find height, width and layout of the one picture that the model takes.

        Raises:
            ContractError: not one input, or not a picture of fixed size.
        """
        shape = self.inputs[0].shape if len(self.inputs) == 1 else ()
        layout = picture_layout(shape)
        if layout is not None and all(isinstance(size, int) for size in shape[1:]):
            height, width = shape[2:] if layout == "NCHW" else shape[1:3]
            return int(height), int(width), layout
        found = ", ".join(f"{t.name} {list(t.shape)}" for t in self.inputs) or "none"
        raise ContractError(
            f"{self.file}: its inputs ({found}) are not one picture of fixed size; "
            "write a recipe that says what they mean and name it with --recipe"
        )


def picture_layout(shape: tuple[int | str, ...]) -> Literal["NCHW", "NHWC"] | None:
    """Say where a picture's three channels are; None for the shape of something else."""
    if len(shape) != 4:
        return None
    if shape[1] == 3:
        return "NCHW"
    return "NHWC" if shape[3] == 3 else None
