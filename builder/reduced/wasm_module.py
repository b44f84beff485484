"""WebAssembly modules as bytes: sections, functions, and which function calls which.

After the core specification 2.0 with threads, tail calls and the first form of exceptions
(https://webassembly.github.io/spec/core/binary/). Only what leaving functions out needs: bodies are
taken apart as far as finding their calls asks for, and never changed inside.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property

from builder.errors import ReduceError

_HEAD = b"\0asm\x01\0\0\0"
_CUSTOM, _IMPORT, _EXPORT, _START, _CODE = 0, 2, 7, 8, 10
_FUNCTION, _TABLE, _MEMORY, _GLOBAL, _TAG = range(5)  # kinds of imports and exports
# Block types, labels and depths, locals, globals, tables, memory sizes, integers, heap types.
_ONE_NUMBER = frozenset(
    (
        *range(0x02, 0x05), *range(0x06, 0x0A), 0x0C, 0x0D, 0x18, *range(0x20, 0x27),
        *range(0x3F, 0x43), 0xD0,
    )
)  # fmt: skip
_TWO_NUMBERS = frozenset((0x11, 0x13))  # indirect calls
_CALLS = frozenset((0x10, 0x12, 0xD2))  # call, return_call, ref.func
_MEMORY_ACCESS = range(0x28, 0x3F)
_NOTHING = frozenset((0x00, 0x01, 0x05, 0x0B, 0x0F, 0x19, 0x1A, 0x1B, 0xD1, *range(0x45, 0xC5)))


@dataclass(frozen=True)
class WasmModule:
    """One module; ``sections`` holds the id and content of each, in order."""

    sections: tuple[tuple[int, bytes], ...]

    @classmethod
    def parse(cls, data: bytes) -> "WasmModule":
        """Take a module apart.

        Raises:
            ReduceError: it is no WebAssembly module, or is cut short.
        """
        if not data.startswith(_HEAD):
            raise ReduceError("it is no WebAssembly module of version 1")
        sections, at = [], len(_HEAD)
        with _whole():
            while at < len(data):
                size, start = _number(data, at + 1)
                if start + size > len(data):
                    raise ReduceError("the WebAssembly module is cut short")
                sections.append((data[at], data[start : start + size]))
                at = start + size
        return cls(tuple(sections))

    def to_bytes(self) -> bytes:
        """Put the module together."""
        return _HEAD + b"".join(
            bytes((kind,)) + leb128(len(content)) + content for kind, content in self.sections
        )

    @cached_property
    def bodies(self) -> tuple[bytes, ...]:
        """The functions that the module defines: locals and code of each, without their size."""
        with _whole():
            return tuple(_vector_of_sized(self._vector(_CODE)))

    @cached_property
    def imported(self) -> int:
        """How many functions it imports: they come first in the numbers of functions."""
        with _whole():
            return sum(kind == _FUNCTION for kind in _import_kinds(self._vector(_IMPORT)))

    @cached_property
    def entries(self) -> frozenset[int]:
        """The functions that its host calls, as indices of ``bodies``: exports, and the start."""
        with _whole():
            numbers = set(_exported_functions(self._vector(_EXPORT)))
            if start := self._content(_START):
                numbers.add(_number(start, 0)[0])
        return frozenset(number - self.imported for number in numbers if number >= self.imported)

    def calls(self, body: int) -> frozenset[int]:
        """The functions that one names: called directly, or made a reference to.

        Args:
            body: index of ``bodies``, as are those returned.

        Raises:
            ReduceError: it has an instruction that is not known.
        """
        with _whole():
            numbers = _named_functions(self.bodies[body])
        return frozenset(number - self.imported for number in numbers if number >= self.imported)

    def with_bodies(self, bodies: Sequence[bytes]) -> "WasmModule":
        """The same module with other code, without what only debuggers read."""
        code = leb128(len(bodies)) + b"".join(leb128(len(body)) + body for body in bodies)
        return WasmModule(
            tuple(
                (kind, code if kind == _CODE else content)
                for kind, content in self.sections
                if kind != _CUSTOM
            )
        )

    def _content(self, wanted: int) -> bytes:
        return next((content for kind, content in self.sections if kind == wanted), b"")

    def _vector(self, wanted: int) -> bytes:
        return self._content(wanted) or leb128(0)


def leb128(number: int) -> bytes:
    """Write an unsigned number as WebAssembly does."""
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


def code_start(body: bytes) -> int:
    """Where a function's instructions begin, after its locals."""
    with _whole():
        groups, at = _number(body, 0)
        for _ in range(groups):
            at = _skip(body, at) + 1
        return at


@contextmanager
def _whole() -> Iterator[None]:
    """Tell of a module that ends too early."""
    try:
        yield
    except IndexError as error:
        raise ReduceError("the WebAssembly module is cut short") from error


def _number(data: bytes, at: int) -> tuple[int, int]:
    """Read an unsigned LEB128 number; returns it and where the next thing begins."""
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7


def _skip(data: bytes, at: int) -> int:
    while data[at] >= 0x80:
        at += 1
    return at + 1


def _vector_of_sized(data: bytes) -> Iterator[bytes]:
    count, at = _number(data, 0)
    for _ in range(count):
        size, at = _number(data, at)
        yield data[at : at + size]
        at += size


def _import_kinds(data: bytes) -> Iterator[int]:
    count, at = _number(data, 0)
    for _ in range(count):
        for _ in range(2):  # module and name
            size, at = _number(data, at)
            at += size
        kind = data[at]
        at += 1
        yield kind
        if kind == _FUNCTION:
            at = _skip(data, at)
        elif kind in (_TABLE, _MEMORY):
            at += kind == _TABLE  # the type of its elements
            at = _skip_limits(data, at)
        elif kind == _GLOBAL:
            at += 2
        elif kind == _TAG:
            at = _skip(data, at + 1)
        else:
            raise ReduceError(f"an import of kind {kind} is not known")


def _skip_limits(data: bytes, at: int) -> int:
    has_most = data[at] & 1
    at = _skip(data, at + 1)
    return _skip(data, at) if has_most else at


def _exported_functions(data: bytes) -> Iterator[int]:
    count, at = _number(data, 0)
    for _ in range(count):
        size, at = _number(data, at)
        kind = data[at + size]
        index, at = _number(data, at + size + 1)
        if kind == _FUNCTION:
            yield index


def _named_functions(body: bytes) -> set[int]:
    found = set()
    at, end = code_start(body), len(body)
    while at < end:
        code = body[at]
        at += 1
        if code in _NOTHING:
            continue
        if code in _ONE_NUMBER:
            at = _skip(body, at)
        elif code in _MEMORY_ACCESS:
            at = _skip_memory_argument(body, at)
        elif code in _CALLS:
            number, at = _number(body, at)
            found.add(number)
        elif code in _TWO_NUMBERS:
            at = _skip(body, _skip(body, at))
        elif code in (0x43, 0x44):  # floating-point numbers
            at += 4 if code == 0x43 else 8
        elif code == 0x0E:  # a table of labels
            count, at = _number(body, at)
            for _ in range(count + 1):
                at = _skip(body, at)
        elif code == 0x1C:  # select with types
            count, at = _number(body, at)
            at += count
        elif code in _PREFIXES:
            number, at = _number(body, at)
            at = _PREFIXES[code](body, at, number)
        else:
            raise ReduceError(f"the instruction {code:#04x} is not known")
    return found


def _skip_memory_argument(body: bytes, at: int) -> int:
    alignment, at = _number(body, at)
    if alignment & 0x40:  # another memory than the first
        at = _skip(body, at)
    return _skip(body, at)


def _skip_misc(body: bytes, at: int, number: int) -> int:
    if number < 8:  # saturating conversions
        return at
    at = _skip(body, at)
    return _skip(body, at) if number in (8, 10, 12, 14) else at


def _skip_vector(body: bytes, at: int, number: int) -> int:
    if number <= 11 or number in (92, 93):
        return _skip_memory_argument(body, at)
    if number in (12, 13):  # a constant, a shuffle
        return at + 16
    if 21 <= number <= 34:  # a lane
        return at + 1
    return _skip_memory_argument(body, at) + 1 if 84 <= number <= 91 else at


def _skip_atomic(body: bytes, at: int, number: int) -> int:
    return at + 1 if number == 3 else _skip_memory_argument(body, at)  # 3 is a fence


_PREFIXES = {0xFC: _skip_misc, 0xFD: _skip_vector, 0xFE: _skip_atomic}
