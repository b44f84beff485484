"""Exact rewrites of a model's graph: the same answer up to float rounding, in less time.

Each file holds one, with its algebra. The tidying ones cost nothing and always apply. The others
are faster in one runtime and slower in another, or on one model and not on the next: each model
gets those that measured faster on it (see `builder.tune.race`), or a few safe ones where nobody has
measured (`builder.tune.stored.DEFAULT_REWRITES`).

A rewrite is a pure function from model to model; where it applies nowhere it returns the very
model that it was given.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import onnx

from builder.rewrites import (
    activations,
    affine,
    batch_norm,
    clip_bounds,
    column_phases,
    common_subexpressions,
    conv_transpose,
    crops,
    dead_code,
    depthwise_rows,
    gates,
    pads,
    pointwise_before_resize,
    pooled_sums,
    resize_matmul,
    resize_shifts,
    row_order,
    sigmoid_tanh,
    split_sums,
    squeeze_excite,
)


@dataclass(frozen=True)
class Rewrite:
    """One rewrite: its name, as a tuning file holds it, and what it does."""

    name: str
    apply: Callable[[onnx.ModelProto], onnx.ModelProto]


# In this order: each leaves constants and copies behind that a later one folds.
TIDYING = (
    Rewrite("batch_norm", batch_norm.apply),
    Rewrite("activations", activations.apply),
    Rewrite("pads", pads.apply),
    Rewrite("crops", crops.apply),
    Rewrite("affine", affine.apply),
    Rewrite("common_subexpressions", common_subexpressions.apply),
    Rewrite("dead_code", dead_code.apply),
)

# In this order: what moves work to fewer pixels first, then what gives single ops another form.
TUNED = (
    Rewrite("pointwise_before_resize", pointwise_before_resize.apply),
    Rewrite("pooled_sums", pooled_sums.apply),
    Rewrite("split_sums", split_sums.apply),
    Rewrite("gates", gates.apply),
    Rewrite("resize_matmul", resize_matmul.apply),
    Rewrite("resize_shifts", resize_shifts.apply),
    Rewrite("depthwise_rows", depthwise_rows.apply),
    Rewrite("column_phases", column_phases.apply),
    Rewrite("row_order", row_order.apply),
    Rewrite("conv_transpose", conv_transpose.apply),
    Rewrite("squeeze_excite", squeeze_excite.apply),
    Rewrite("sigmoid_tanh", sigmoid_tanh.apply),
    Rewrite("clip_bounds", clip_bounds.apply),
)


def apply_rewrites(model: onnx.ModelProto, names: Iterable[str]) -> onnx.ModelProto:
    """Tidy a model, apply the named rewrites, and tidy what they leave.

    Args:
        model: any valid model; it is not changed.
        names: of `TUNED`; they are applied in its order. Names of rewrites that are no more are
            passed over, as a tuning may be older than the code.
    """
    wanted = frozenset(names)
    chosen = tuple(rewrite for rewrite in TUNED if rewrite.name in wanted)
    for rewrite in (*TIDYING, *chosen, *TIDYING):
        model = rewrite.apply(model)
    return model
