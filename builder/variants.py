"""Which variants a model gets, what each is for, and which of them the page takes."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from builder.errors import QuantizeError

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import onnx

    from builder.verify import Comparison

# A variant that moves more of the person's outline than this, or the alpha by more than a step of
# 8 bits on average, is not shipped.
GATE_IOU = 0.99
GATE_MEAN = 1 / 255
# The mean |Δalpha| above which the page refuses an answer to the golden frame, as the page has it
# (GOLDEN_TOLERANCE in web_template/worker/golden.js): what it would refuse is not shipped.
GATE_GOLDEN = 0.01
# What int8 has to reach on its own calibration pictures: others are always a little worse.
SCAN_IOU = 0.994

# An answer this near to fp32's is the same to every eye: a tenth of a step of 8 bits.
SAME_MEAN = 1e-4
# Bytes over the wire for which a visible, gated difference is worth having.
WORTH_BYTES = 1_000_000
# A time ratio below this is worth having; two measurements of one differ by 1 to 4 %.
WORTH_RATIO = 0.95
# Bytes that an earlier start of the session may cost. Of the weights as float32 about an eighth
# goes over the wire: they are compressed, and half of their bits are zeros.
START_BYTES = 1_000_000


@dataclass(frozen=True)
class Kind:
    """A kind of variant: the backends that run it well, and what a GPU needs for it."""

    backends: tuple[str, ...]
    needs: tuple[str, ...] = ()
    is_optimized: bool = False  # by the runtime, whose optimisations are not to be run again


KINDS: dict[str, Kind] = {
    "fp32": Kind(("wasm", "webgpu")),
    "fp16": Kind(("wasm", "webgpu")),  # weights only: computes in float32
    "optimized": Kind(("wasm",), is_optimized=True),  # fp16 as the runtime would load it
    "int8-weights": Kind(("wasm", "webgpu")),  # as fp16
    "fp16-compute": Kind(("webgpu",), ("shader-f16",)),
    "int8": Kind(("wasm",)),  # QuantizeLinear is not among the ops of WebGPU
}


@dataclass(frozen=True)
class Made:
    """A variant before it is judged; ``kept`` are the layers that stayed in float32."""

    name: str
    model: "onnx.ModelProto"
    kept: tuple[str, ...] = ()


def make_variants(
    fp32: "onnx.ModelProto",
    simplified: "onnx.ModelProto",
    frames: "Sequence[npt.NDArray[np.float32]]",
    progress: Callable[[str], None],
    *,
    is_quantised: bool = False,
) -> Iterator[Made]:
    """Make every variant of a model.

    Args:
        fp32: the rewritten model.
        simplified: the model before the rewrites: they make float kernels faster, not int8's.
        frames: to calibrate int8 on, float32 ``[1, 3, H, W]``.
        progress: called with one line for each step.
        is_quantised: the model has integers of its own, which are what fp32 computes with.
    """
    from builder.optimize import optimize
    from builder.quantize import fp16_compute, fp16_weights, int8_weights, spare_sensitive
    from builder.quantize.int8 import INT8_OPS

    yield Made("fp32", fp32)
    half = fp16_weights(fp32)
    yield Made("fp16", half)
    try:
        yield Made("optimized", optimize(half))
    except QuantizeError as error:
        progress(f"optimized is not made: {error}")
    yield Made("int8-weights", int8_weights(fp32))
    if is_quantised:
        return
    yield Made("fp16-compute", fp16_compute(fp32))
    if not any(node.op_type in INT8_OPS for node in simplified.graph.node):
        return
    spared = spare_sensitive(simplified, frames, lambda c: passes(c, SCAN_IOU), progress)
    yield Made("int8", spared.model, spared.kept)


def passes(comparison: "Comparison", gate_iou: float = GATE_IOU) -> bool:
    """Whether a variant is near enough to fp32."""
    return comparison.iou >= gate_iou and comparison.mean_abs_diff <= GATE_MEAN


def gate(comparison: "Comparison", golden: float) -> str | None:
    """Say why a variant is not shipped; None where it is.

    Args:
        comparison: with fp32.
        golden: its distance from the golden frame's alpha, `golden.golden_distance`.
    """
    if comparison.iou < GATE_IOU:
        return f"IoU with fp32 is {comparison.iou:.4f}, the gate is {GATE_IOU}"
    if comparison.mean_abs_diff > GATE_MEAN:
        return f"mean |Δalpha| is {comparison.mean_abs_diff:.1e}, the gate is {GATE_MEAN:.1e}"
    if not golden <= GATE_GOLDEN:
        return f"mean |Δalpha| on the golden frame is {golden:.4f}, the page takes {GATE_GOLDEN}"
    return None


class Judged(Protocol):
    """What a choice needs to know of a shipped variant."""

    @property
    def name(self) -> str: ...  # noqa: D102
    @property
    def bytes(self) -> int: ...  # noqa: D102
    @property
    def mean_abs_diff(self) -> float: ...  # noqa: D102


@dataclass(frozen=True)
class Choice:
    """``order`` names, for each backend, the variants from the best on; ``reasons`` why."""

    order: dict[str, tuple[str, ...]]
    reasons: dict[str, str]


def choose_variants(shipped: Sequence[Judged], ratios: Mapping[str, Mapping[str, float]]) -> Choice:
    """Choose by the gates and the clock.

    The smaller of fp32 and fp16 is the start: they compute alike. So does optimized, which starts
    earlier and goes before it on wasm unless it is much larger. int8 goes before it where the
    clock in the browser says that it is faster, int8-weights where it is the same to the eye or
    saves a megabyte; on a GPU that can, fp16-compute goes before all.

    Args:
        shipped: the variants that passed their gates.
        ratios: time by fp32's on wasm, by variant and number of threads; what was not measured is
            left out.
    """
    by_name = {variant.name: variant for variant in shipped}
    plain = min((v for v in shipped if v.name in ("fp32", "fp16")), key=lambda v: v.bytes)
    reasons = {v.name: "the reference" for v in shipped if v.name == "fp32"}
    if "fp16" in by_name:
        saved = by_name["fp32"].bytes - by_name["fp16"].bytes
        reasons["fp16"] = f"computes as fp32 does and is {saved / 1000:.0f} kB smaller"
    wasm, webgpu = [plain.name], [plain.name]
    if ready := by_name.get("optimized"):
        extra = ready.bytes - plain.bytes
        wasm = [ready.name, *wasm] if extra <= START_BYTES else [*wasm, ready.name]
        reasons[ready.name] = f"{extra / 1000:.0f} kB larger" + (
            ", and the session starts earlier" if extra <= START_BYTES
            else ", not worth an earlier start"
        )  # fmt: skip
    if small := by_name.get("int8-weights"):
        worth = small.mean_abs_diff <= SAME_MEAN or plain.bytes - small.bytes >= WORTH_BYTES
        wasm = [small.name, *wasm] if worth else [*wasm, small.name]
        webgpu = [small.name, *webgpu] if worth else [*webgpu, small.name]
        reasons[small.name] = f"{(plain.bytes - small.bytes) / 1000:.0f} kB smaller" + (
            "" if worth else ", not worth a difference that can be seen"
        )
    if "int8" in by_name:
        worth, reasons["int8"] = _by_the_clock(ratios.get("int8", {}))
        wasm = ["int8", *wasm] if worth else [*wasm, "int8"]
    if "fp16-compute" in by_name:
        webgpu = ["fp16-compute", *webgpu]
        reasons["fp16-compute"] = "half the memory traffic, on GPUs with shader-f16"
    other = "fp32" if plain.name == "fp16" else "fp16"
    order = {"wasm": [*wasm, other], "webgpu": [*webgpu, other]}
    return Choice(
        {backend: tuple(n for n in names if n in by_name) for backend, names in order.items()},
        reasons,
    )


def _by_the_clock(ratios: Mapping[str, float]) -> tuple[bool, str]:
    if not ratios:
        return False, "not measured; livematte build --tune does"
    shown = ", ".join(f"{ratio:.2f} on {threads}" for threads, ratio in ratios.items())
    faster = max(ratios.values()) < WORTH_RATIO
    return faster, f"time by fp32's on wasm: {shown} thread(s)"
