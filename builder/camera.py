"""Cameras of this machine, read by PyAV through each system's own capture."""

import contextlib
import sys
from collections.abc import Iterator
from pathlib import Path

import av

from builder.errors import MediaError
from builder.video import VideoReader

_WANTED = {"framerate": "30", "video_size": "1280x720"}


def camera_address(index: int, platform: str = sys.platform) -> tuple[str, str]:
    """Give what PyAV opens for a camera: the device and the system's capture format."""
    if platform == "darwin":
        return f"{index}:none", "avfoundation"
    if platform == "win32":
        names = [d.name for d in av.enumerate_input_devices("dshow") if "video" in d.media_types]
        if index >= len(names):
            raise MediaError(f"camera {index}: not there; {_those(names)}")
        return f"video={names[index]}", "dshow"
    return f"/dev/video{index}", "v4l2"


@contextlib.contextmanager
def open_camera(index: int) -> Iterator[VideoReader]:
    """Open a camera of this machine, at 1280×720 where it can.

    Raises:
        MediaError: no such camera, or it is busy or refused.
    """
    device, form = camera_address(index)
    try:
        try:
            container = av.open(device, format=form, options=_WANTED)
        except (av.error.ArgumentError, av.error.OSError):  # a camera without that size or rate
            container = av.open(device, format=form)
    except av.FFmpegError as error:
        present = sorted(p.name.removeprefix("video") for p in Path("/dev").glob("video[0-9]*"))
        hint = f"; {_those(present)}" if form == "v4l2" else ""
        raise MediaError(
            f"camera {index}: cannot be opened: {_reason(error)}{hint}; "
            "check that it is connected, allowed and not in use"
        ) from error
    with container:
        yield VideoReader(container, f"camera {index}", live=True)


def _those(names: list[str]) -> str:
    return f"the cameras are {', '.join(names)}" if names else "there is no camera"


def _reason(error: Exception) -> str:
    return " ".join(str(getattr(error, "strerror", None) or error).split())
