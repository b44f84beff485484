"""The clip that the fake camera films."""

import shutil
from pathlib import Path

from builder import paths
from builder.demo import DemoClip, write_y4m
from builder.pipeline import files_of, hash_files, hash_json

# One loop of three seconds: 124 MB of raw frames, which is what Chromium reads with least work.
CAMERA = {"width": 1280, "height": 720, "fps": 30, "seconds": 3}


def write_camera_file(clip: DemoClip) -> Path:
    """The clip's raw frames, kept in the cache under the hash of all that they are made from."""
    names = ("assets", "backgrounds.py", "demo.py")
    sources = [file for name in names for file in files_of(paths.PACKAGE_DIR / name)]
    facts = [clip.width, clip.height, clip.fps, clip.frames, hash_files(sources)]
    file = paths.cache_dir() / "test-camera" / f"{hash_json(facts)[:16]}.y4m"
    if not file.is_file():
        shutil.rmtree(file.parent, ignore_errors=True)  # older ones: they are large
        file.parent.mkdir(parents=True)
        write_y4m(clip, file.with_suffix(".part"))
        file.with_suffix(".part").rename(file)
    return file.resolve()
