"""Picture files, kinds of files, and writing that never leaves half a file behind.

Videos are in ``video.py``, cameras in ``camera.py``.
"""

import contextlib
import secrets
import struct
import warnings
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms, ImageOps, UnidentifiedImageError

from builder.errors import MediaError

Kind = Literal["picture", "video"]

PICTURE_SUFFIXES = (".png", ".jpg", ".jpeg", ".webp")
VIDEO_SUFFIXES = (".mp4", ".webm", ".mkv", ".mov")

# Pillow's own limit, where it starts to warn: about 4 GB of float work for one picture.
MAX_PIXELS = 89_478_485

_WHITE_16_BIT = 65535.0

# What Pillow raises on damaged files, by format; RuntimeError comes with AVIF.
_DAMAGED = (OSError, SyntaxError, ValueError, EOFError, IndexError, RuntimeError, struct.error)
_BOMB = (Image.DecompressionBombError, Image.DecompressionBombWarning)
# Phones write these; Pillow does not read them and a video reader would see loose tiles.
_HEIF_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"mif1", b"msf1")

# The size is checked here, with an error instead of a warning.
warnings.filterwarnings("ignore", category=Image.DecompressionBombWarning)


def output_kind(path: Path) -> Kind:
    """Tell by the suffix what is to be written; ``MediaError`` names the valid ones."""
    suffix = path.suffix.lower()
    if suffix in PICTURE_SUFFIXES:
        return "picture"
    if suffix in VIDEO_SUFFIXES:
        return "video"
    what = f'the suffix "{path.suffix}" is not known' if path.suffix else "the suffix is missing"
    raise MediaError(
        f"{path}: {what}; write a picture ({', '.join(PICTURE_SUFFIXES)}) "
        f"or a video ({', '.join(VIDEO_SUFFIXES)})"
    )


def source_kind(path: Path) -> Kind:
    """Tell by a file's first bytes, not by its name, how it is to be read.

    What Pillow does not know counts as a video, and so does an animated GIF or PNG; reading it
    as one shows whether it is. Raises ``MediaError`` for what is no file at all.
    """
    _check_file(path)
    try:
        with Image.open(path) as image:
            animated = image.format in ("GIF", "PNG") and getattr(image, "is_animated", False)
    except UnidentifiedImageError:
        _refuse_heif(path)
        return "video"
    except _BOMB:
        return "picture"  # reading it says what is wrong
    except _DAMAGED as error:
        raise _damaged(path, error) from error
    return "video" if animated else "picture"


def read_picture(path: Path) -> NDArray[np.uint8]:
    """Read any usual picture file as upright sRGB, ``[H, W, 3]`` uint8.

    The EXIF orientation is applied, an embedded colour profile is converted to sRGB,
    transparency is laid on white, 16-bit and float samples become 8-bit.

    Raises:
        MediaError: missing, a folder, no picture, damaged, or too large.
    """
    return np.asarray(_to_srgb(_load(path)))


def read_mask(path: Path) -> NDArray[np.float32]:
    """Read a mask file as person probability, ``[H, W]`` float32 0..1.

    What stands for "person", in this order: the alpha channel where the file has one that says
    anything; every label but 0 where it holds class labels (a coloured palette, or no value
    above 1); else brightness, white is person.

    Raises:
        MediaError: as ``read_picture``.
    """
    image = _load(path)
    if image.has_transparency_data:
        alpha = np.asarray(image.convert("RGBA").getchannel("A"))
        if alpha.min() < 255:
            return _unit(alpha, 255)
    if image.mode == "P" and _has_colours(image):
        return (np.asarray(image) > 0).astype(np.float32)
    if image.mode[0] in "IF":
        values = np.asarray(image, np.float32)
        top = float(values.max())  # masks are written with 1, 255 or 65535 for white
        white = next((scale for scale in (1.0, 255.0) if top <= scale), _WHITE_16_BIT)
        return _unit(values, white)
    grey = np.asarray(image.convert("L"))
    return _unit(grey, 1 if grey.max() <= 1 else 255)


def write_picture(path: Path, picture: NDArray[np.uint8]) -> None:
    """Write ``[H, W, 3]`` RGB or ``[H, W]`` grey; PNG and WebP without loss, JPEG at 95.

    Raises:
        MediaError: it cannot be written; an older file of this name is untouched then.
    """
    options: dict[str, Any] = {"quality": 95, "subsampling": 0}
    if path.suffix.lower() == ".webp":
        options = {"lossless": True}
    with atomic_output(path) as part:
        try:
            Image.fromarray(picture).save(part, **options)
        except (OSError, ValueError) as error:
            raise MediaError(f"{path}: cannot be written: {_reason(error)}") from error


@contextlib.contextmanager
def atomic_output(path: Path) -> Iterator[Path]:
    """Give a temporary path beside ``path`` that takes its place when all went well.

    Raises:
        MediaError: the folder is missing or cannot be written to, or ``path`` is a folder.
    """
    part = path.with_name(f".{path.stem}-{secrets.token_hex(4)}.part{path.suffix}")
    try:
        if path.is_dir():
            raise IsADirectoryError(None, "it is a folder; name a file in it")
        with part.open("xb"):
            pass
    except FileNotFoundError as error:
        raise MediaError(
            f"{path}: cannot be written: make the folder {path.parent} first"
        ) from error
    except OSError as error:
        raise MediaError(f"{path}: cannot be written: {_reason(error)}") from error
    try:
        yield part
        try:
            part.replace(path)
        except OSError as error:
            raise MediaError(f"{path}: cannot be written: {_reason(error)}") from error
    finally:
        part.unlink(missing_ok=True)


def not_readable(path: Path) -> MediaError:
    """Make the error for a file that is neither a picture nor a video."""
    return MediaError(
        f"{path}: not a picture or a video that can be read; give a file that is one, "
        "like JPEG, PNG, WebP, MP4, WebM, MKV or MOV"
    )


def _check_file(path: Path) -> None:
    try:
        if path.is_dir():
            raise MediaError(f"{path}: is a folder; name a picture or a video file in it")
        if not path.exists():
            raise MediaError(f"{path}: no such file; check the name")
        with path.open("rb"):
            pass
    except OSError as error:
        raise MediaError(f"{path}: cannot be read: {_reason(error)}") from error


def _load(path: Path) -> Image.Image:
    """Open, check the size, turn upright, which decodes it fully."""
    _check_file(path)
    try:
        with Image.open(path) as image:
            if image.width * image.height > MAX_PIXELS:
                raise Image.DecompressionBombError
            return ImageOps.exif_transpose(image)
    except UnidentifiedImageError as error:
        raise MediaError(f"{path}: not a picture that can be read") from error
    except _BOMB as error:
        raise MediaError(
            f"{path}: more than {MAX_PIXELS / 1e6:.0f} million pixels; scale the picture down first"
        ) from error
    except _DAMAGED as error:
        raise _damaged(path, error) from error


def _to_srgb(image: Image.Image) -> Image.Image:
    """Bring any mode to 8-bit RGB in sRGB, transparency on white."""
    if image.mode[0] in "IF":
        values = np.asarray(image, np.float32)
        white = 1.0 if image.mode == "F" and values.max() <= 1 else _WHITE_16_BIT
        image = Image.fromarray((_unit(values, white) * 255 + 0.5).astype(np.uint8))
    if not image.has_transparency_data:
        return _apply_profile(image)
    rgba = image.convert("RGBA")
    result = Image.new("RGB", image.size, "white")
    result.paste(_apply_profile(rgba), mask=rgba.getchannel("A"))
    return result


def _unit(values: NDArray[Any], white: float) -> NDArray[np.float32]:
    """Samples → 0..1, where ``white`` stands for 1."""
    return np.clip(values / np.float32(white), 0, 1).astype(np.float32, copy=False)


def _apply_profile(image: Image.Image) -> Image.Image:
    """Convert to sRGB by the embedded profile, as a browser does; a damaged one is ignored."""
    rgb = image.convert("RGB")
    profile = image.info.get("icc_profile")
    if not profile or image.mode not in ("RGB", "RGBA"):
        return rgb
    try:
        source = ImageCms.getOpenProfile(BytesIO(profile))
        if "sRGB" in ImageCms.getProfileDescription(source):
            return rgb
        target = ImageCms.createProfile("sRGB")
        return ImageCms.profileToProfile(rgb, source, target) or rgb
    except (ImageCms.PyCMSError, OSError):
        return rgb


def _has_colours(image: Image.Image) -> bool:
    palette = np.asarray(image.getpalette() or [], np.uint8).reshape(-1, 3)
    used = palette[np.unique(np.asarray(image)).clip(0, max(len(palette) - 1, 0))]
    return bool((used != used[:, :1]).any())


def _refuse_heif(path: Path) -> None:
    with path.open("rb") as file:
        head = file.read(12)
    if head[4:8] == b"ftyp" and head[8:12] in _HEIF_BRANDS:
        raise MediaError(f"{path}: HEIC pictures cannot be read; save it as JPEG or PNG first")


def _damaged(path: Path, error: Exception) -> MediaError:
    return MediaError(f"{path}: the picture is damaged or cut short: {_reason(error)}")


def _reason(error: Exception) -> str:
    """Keep an error's text on one line, without the path that the message already has."""
    text = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return " ".join(str(text).split())
