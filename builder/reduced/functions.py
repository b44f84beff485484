"""Which functions of the runtime a model calls, and a runtime without the others.

A function stays when a model has called it, when the host may, or when one that stays names it: so
what goes wrong on the way of a model, and was not seen to, has its code. What a call through a
table alone could reach, and never did, goes; it traps, and the page takes the whole runtime then.
"""

from collections.abc import Collection, Iterable

from builder.reduced.wasm_module import WasmModule, code_start, leb128

# No locals; unreachable; end.
_NOBODY = b"\x00\x00\x0b"


def reduce_runtime(wasm: bytes, called: Collection[int]) -> bytes:
    """Leave out the functions that are not needed.

    Args:
        wasm: the runtime's module.
        called: the functions that have been called, by their place among those it defines.

    Returns:
        A module with the same interface, data and numbers of functions.

    Raises:
        ReduceError: the module cannot be read.
    """
    module = WasmModule.parse(wasm)
    kept = _closure(module, {*called, *module.entries})
    bodies = [body if i in kept else _NOBODY for i, body in enumerate(module.bodies)]
    return module.with_bodies(bodies).to_bytes()


def mark_calls(wasm: bytes, base: int) -> bytes:
    """Let each function of a module note that it is called, in the memory that its threads share.

    Args:
        wasm: the runtime's module.
        base: address of the first function's byte, which becomes 1; the others' follow.

    Raises:
        ReduceError: the module cannot be read.
    """
    module = WasmModule.parse(wasm)
    bodies = []
    for i, body in enumerate(module.bodies):
        at = code_start(body)
        # i32.const 0; i32.const 1; i32.store8 at base + i
        mark = b"\x41\x00\x41\x01\x3a\x00" + leb128(base + i)
        bodies.append(body[:at] + mark + body[at:])
    return module.with_bodies(bodies).to_bytes()


def _closure(module: WasmModule, seeds: Iterable[int]) -> set[int]:
    found = set(seeds)
    waiting = list(found)
    while waiting:
        new = module.calls(waiting.pop()) - found
        found |= new
        waiting += new
    return found
