"""Where slow steps show how far they are; the command line sets it, a library keeps silent."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar

# Called with what is done and what there is in all, where that is known.
Advance = Callable[[int, int | None], None]
# Called with what is being done; shows a bar as long as its context lasts.
Bar = Callable[[str], AbstractContextManager[Advance]]


@contextmanager
def _silent(_what: str) -> Iterator[Advance]:
    yield lambda _done, _total: None


byte_bar: ContextVar[Bar] = ContextVar("byte_bar", default=_silent)
