"""Gives a TFLite model the metadata without which MediaPipe's tasks refuse to load it.

Nothing of the model is rewritten: flatbuffer offsets point forward, so a new root table is put
before the old bytes, and points into them. Schemas: TensorFlow's ``schema.fbs`` and
``metadata_schema.fbs``.
"""

import struct
from typing import Any

import flatbuffers
import tflite

NAME = b"TFLITE_METADATA"
_MODEL_FIELDS = 8  # of the table Model, schema version 3
_ALIGNMENT = 64  # the old bytes keep whatever alignment they had
_BUFFERS, _METADATA = 4, 6  # fields of Model
_IMAGE_PROPERTIES, _NORMALIZATION, _RGB = 2, 1, 1


def with_normalization(model: bytes, mean: float, std: float) -> bytes:
    """The model, with metadata that say: input = (RGB 0..255 − ``mean``) / ``std``."""
    return _with_metadata(model, _image_metadata(mean, std))


def _with_metadata(model: bytes, metadata: bytes) -> bytes:
    table = tflite.Model.GetRootAs(model)._tab
    positions = [_field(table, index) for index in range(_MODEL_FIELDS)]
    buffers = _elements(table, _BUFFERS)
    old_metadata = _elements(table, _METADATA)

    # All of it, first with any lengths: the old bytes begin behind it.
    size = len(_head(1, positions, buffers, old_metadata, metadata, 0))
    base = -(-size // _ALIGNMENT) * _ALIGNMENT
    version = tflite.Model.GetRootAs(model).Version()
    head = _head(version, positions, buffers, old_metadata, metadata, base)
    return head.ljust(base, b"\0") + model


def _field(table: Any, index: int) -> int | None:
    """Where a field's vector or string stands in the old bytes; None for one that is not there."""
    offset = table.Offset(4 + 2 * index)
    return table.Indirect(offset + table.Pos) if offset else None


def _elements(table: Any, index: int) -> list[int]:
    """Where the tables of a vector stand."""
    offset = table.Offset(4 + 2 * index)
    if not offset:
        return []
    start = table.Vector(offset)
    return [table.Indirect(start + 4 * i) for i in range(table.VectorLen(offset))]


def _head(
    version: int,
    positions: list[int | None],
    buffers: list[int],
    old_metadata: list[int],
    metadata: bytes,
    base: int,
) -> bytes:
    vtable, root = 8, 8 + 4 + 2 * _MODEL_FIELDS
    buffers_at = root + 4 + 4 * _MODEL_FIELDS
    metadata_at = buffers_at + 4 + 4 * (len(buffers) + 1)
    # vtables of Metadata (name, buffer) and Buffer (data), padded to whole words
    entry = metadata_at + 4 + 4 * (len(old_metadata) + 1) + 8
    name_at = entry + 12
    buffer = name_at + 4 + len(NAME) + 1 + 8
    data_at = -(-(buffer + 8 + 4) // 16) * 16 - 4  # the bytes themselves stand on 16

    out = bytearray(data_at + 4 + len(metadata))

    def put(at: int, layout: str, *values: int) -> None:
        struct.pack_into("<" + layout, out, at, *values)

    present = [True if i == 0 else at is not None for i, at in enumerate(positions)]
    present[_BUFFERS] = present[_METADATA] = True
    put(0, "I4s", root, b"TFL3")  # type: ignore[arg-type]
    offsets = [4 + 4 * i if there else 0 for i, there in enumerate(present)]
    put(vtable, f"HH{_MODEL_FIELDS}H", 4 + 2 * _MODEL_FIELDS, 4 + 4 * _MODEL_FIELDS, *offsets)
    put(root, "i", root - vtable)
    for i, at in enumerate(positions):
        here = root + 4 + 4 * i
        target = {_BUFFERS: buffers_at, _METADATA: metadata_at}.get(
            i, None if at is None else base + at
        )
        value = version if i == 0 else 0 if target is None else max(0, target - here)
        put(here, "I", value)

    def vector(at: int, targets: list[int]) -> None:
        put(at, "I", len(targets))
        for i, target in enumerate(targets):
            here = at + 4 + 4 * i
            put(here, "I", max(0, target - here))

    vector(buffers_at, [*(base + each for each in buffers), buffer])
    vector(metadata_at, [*(base + each for each in old_metadata), entry])
    put(entry - 8, "4H", 8, 12, 4, 8)
    put(entry, "iII", 8, name_at - entry - 4, len(buffers))
    put(name_at, f"I{len(NAME)}s", len(NAME), NAME)  # type: ignore[arg-type]
    put(buffer - 8, "3H", 6, 8, 4)
    put(buffer, "iI", 8, data_at - buffer - 4)
    put(data_at, "I", len(metadata))
    out[data_at + 4 :] = metadata
    return bytes(out)


def _image_metadata(mean: float, std: float) -> bytes:
    """A ModelMetadata with one RGB picture as input and one tensor as output."""
    builder = flatbuffers.Builder(256)

    def table(fields: dict[int, tuple[str, Any]]) -> int:
        builder.StartObject(max(fields, default=-1) + 1)
        for slot, (kind, value) in fields.items():
            getattr(builder, f"Prepend{kind}Slot")(slot, value, 0)
        return int(builder.EndObject())

    def floats(value: float) -> int:
        builder.StartVector(4, 1, 4)
        builder.PrependFloat32(value)
        return int(builder.EndVector())

    def tables(offset: int) -> int:
        builder.StartVector(4, 1, 4)
        builder.PrependUOffsetTRelative(offset)
        return int(builder.EndVector())

    offset = "UOffsetTRelative"
    options = table({0: (offset, floats(mean)), 1: (offset, floats(std))})
    unit = table({0: ("Uint8", _NORMALIZATION), 1: (offset, options)})
    picture = table({0: ("Int8", _RGB)})
    content = table({0: ("Uint8", _IMAGE_PROPERTIES), 1: (offset, picture)})
    given = tables(table({3: (offset, content), 4: (offset, tables(unit))}))
    answered = tables(table({}))
    graph = table({2: (offset, given), 3: (offset, answered)})
    builder.Finish(table({3: (offset, tables(graph))}), file_identifier=b"M001")
    return bytes(builder.Output())
