"""The clip that the fake camera films, and what it takes to unplug a camera."""

import shutil
from pathlib import Path

from builder import paths
from builder.demo import DemoClip, write_y4m
from builder.pipeline import files_of, hash_files, hash_json

# One loop of three seconds: 124 MB of raw frames, which is what Chromium reads with least work.
CAMERA = {"width": 1280, "height": 720, "fps": 30, "seconds": 3}

# A script that stands before the page's own: ``tracks`` are all that the page has opened.
REMEMBER_TRACKS = """
globalThis.tracks = [];
const original = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
navigator.mediaDevices.getUserMedia = async (constraints) => {
  const stream = await original(constraints);
  tracks.push(...stream.getVideoTracks());
  return stream;
};
"""
# A device that goes away ends its track, which is what stop does, and then says so.
UNPLUG = """
for (const track of tracks) {
  track.stop();
  track.dispatchEvent(new Event('ended'));
}
"""
# A list of devices from which the camera can be taken.
PLUGGED = """
const { mediaDevices } = navigator;
const getUserMedia = mediaDevices.getUserMedia.bind(mediaDevices);
const enumerateDevices = mediaDevices.enumerateDevices.bind(mediaDevices);
globalThis.camera = { isThere: true, track: null, asked: 0 };
mediaDevices.getUserMedia = async (constraints) => {
  camera.asked++;
  const stream = await getUserMedia(constraints);
  [camera.track] = stream.getVideoTracks();
  return stream;
};
mediaDevices.enumerateDevices = async () => (camera.isThere ? enumerateDevices() : []);
camera.plug = (isThere) => {
  camera.isThere = isThere;
  if (!isThere) {
    camera.track.stop();
    camera.track.dispatchEvent(new Event('ended'));
  }
  mediaDevices.dispatchEvent(new Event('devicechange'));
};
"""


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
