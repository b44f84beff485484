"""``models/<name>.calls.json``: the runtime's functions that a model calls.

`builder.reduced.measure` writes it after running the model in a browser; an ordinary build only
reads it. It holds for one graph of the model and one file of the runtime, whose hashes it carries.
"""

import base64
import zlib
from typing import Literal

from pydantic import BaseModel, ConfigDict

from builder.errors import TuneError
from builder.recipe import Recipe
from builder.tune.beside import ADVICE, read_beside, write_beside


class Calls(BaseModel):
    """What one variant of a model calls of one runtime."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: Literal[1] = 1
    runtime: str
    browser: str
    wasm_sha256: str
    variant: str
    graph_sha256: str  # see ``signature``
    count: int  # of the functions
    functions: str  # a bit for each function of the module, the lowest first; deflated, in base64

    @property
    def called(self) -> frozenset[int]:
        """The functions by their place among those that the module defines.

        Raises:
            TuneError: the field is damaged.
        """
        try:
            bits = zlib.decompress(base64.b64decode(self.functions, validate=True))
        except (ValueError, zlib.error) as error:
            raise TuneError(f"the functions that a model calls are damaged; {ADVICE}") from error
        found = frozenset(i for i in range(8 * len(bits)) if bits[i // 8] >> i % 8 & 1)
        if len(found) != self.count:
            raise TuneError(f"{len(found)} functions are called instead of {self.count}; {ADVICE}")
        return found


def packed(called: set[int]) -> str:
    """Write numbers as ``Calls.functions`` has them."""
    bits = bytearray(max(called, default=0) // 8 + 1)
    for i in called:
        bits[i // 8] |= 1 << i % 8
    return base64.b64encode(zlib.compress(bytes(bits), 9)).decode("ascii")


def read_calls(recipe: Recipe) -> Calls | None:
    """Read what a recipe's model calls; None where nobody has looked.

    Raises:
        TuneError: the file cannot be read or holds something else.
    """
    return read_beside(recipe, "calls", Calls)


def write_calls(recipe: Recipe, calls: Calls) -> None:
    """Write what a recipe's model calls beside it, whole or not at all.

    Raises:
        TuneError: the folder cannot be written to.
    """
    write_beside(recipe, "calls", calls)
