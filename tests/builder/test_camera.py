"""Cameras: what is opened on each system, and the errors; no camera is needed."""

import av
import pytest

from builder import camera
from builder.camera import camera_address, open_camera
from builder.errors import MediaError


def test_each_system_has_its_own_capture(monkeypatch: pytest.MonkeyPatch) -> None:
    assert camera_address(1, "linux") == ("/dev/video1", "v4l2")
    assert camera_address(1, "darwin") == ("1:none", "avfoundation")

    class Device:
        def __init__(self, name: str, kind: str) -> None:
            self.name, self.media_types = name, [kind]

    devices = [Device("Microphone", "audio"), Device("Front", "video"), Device("Back", "video")]
    monkeypatch.setattr(av, "enumerate_input_devices", lambda _: devices)
    assert camera_address(1, "win32") == ("video=Back", "dshow")
    with pytest.raises(MediaError, match="camera 2: not there; the cameras are Front, Back"):
        camera_address(2, "win32")


def test_a_camera_that_is_not_there_is_one_line() -> None:
    with pytest.raises(MediaError) as caught, open_camera(9999):
        pass
    message = str(caught.value)
    assert message.startswith("camera 9999: ")
    assert "\n" not in message
    assert "check that it is connected" in message


def test_a_camera_without_the_wanted_size_is_opened_as_it_is(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # FFmpeg's own test picture in place of a device, its clock at a minute; with the options
    # that come first it cannot be opened.
    source = "testsrc=size=64x48:rate=25,setpts=PTS+60/TB"
    monkeypatch.setattr(camera, "camera_address", lambda _: (source, "lavfi"))
    monkeypatch.setattr(camera, "_WANTED", {"format_whitelist": "none"})
    with open_camera(0) as reader:
        assert reader.live
        assert reader.total is None
        assert reader.rate == 25
        frames = [frame for frame, _ in zip(reader, range(3), strict=False)]
    assert frames[0].rgb.shape == (48, 64, 3)
    assert [float(frame.time) for frame in frames] == [0, 0.04, 0.08]  # from the first one on
