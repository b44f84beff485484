"""Source bytes → ONNX `ModelProto`: one module a format."""

from typing import TYPE_CHECKING

from builder.errors import ModelImportError

if TYPE_CHECKING:
    import onnx

FORMATS = ("tflite", "onnx", "paddle")
MAX_BYTES = 1 << 30  # a browser cannot hold more in one array, and protobuf ends at 2 GiB


def import_model(
    data: bytes,
    format: str,  # noqa: A002
    origin: str,
    *,
    quantized: str = "float",
) -> "onnx.ModelProto":
    """Read a model of any known format.

    Args:
        data: the whole file; of Paddle models an archive with both files.
        format: one of `FORMATS`.
        origin: the file's name, for messages.
        quantized: what a quantised TFLite model becomes: ``float``, all in float32, or ``qdq``,
            integers with QuantizeLinear and DequantizeLinear. ONNX models stay what they are.

    Returns:
        A checked ONNX model; TFLite's NHWC has become NCHW.

    Raises:
        ModelImportError: bytes that are no model of that format, or one that is not supported.
    """
    if not data:
        raise ModelImportError(f"{origin}: an empty file; fetch it again")
    if len(data) > MAX_BYTES:
        raise ModelImportError(
            f"{origin}: {len(data) / 1e6:.0f} MB; a model for a browser has at most"
            f" {MAX_BYTES / 1e6:.0f} MB"
        )
    if format == "tflite":
        from builder.importers.tflite import import_tflite

        if quantized not in ("float", "qdq"):
            raise ModelImportError(f"{origin}: quantized is {quantized!r}; it is float or qdq")
        return import_tflite(data, origin, "qdq" if quantized == "qdq" else "float")
    if format == "onnx":
        from builder.importers.onnx import import_onnx

        return import_onnx(data, origin)
    if format == "paddle":
        from builder.importers.paddle import import_paddle

        return import_paddle(data, origin)
    raise ModelImportError(
        f"{origin}: the format {format!r} is not known; it is one of {', '.join(FORMATS)}"
    )
