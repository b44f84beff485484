"""Videos in and out: size, rate, length, colours, turns, sound, damage."""

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from av.stream import Disposition
from media_maker import add_silence, half_red, read_video, write_video
from PIL import Image

from builder.errors import MediaError
from builder.media import atomic_output
from builder.video import Frame, VideoWriter, open_video

THIRTY = Fraction(30)
NTSC = Fraction(30000, 1001)


def frames_of(path: Path) -> list[Frame]:
    with open_video(path) as reader:
        return [item for item in reader if isinstance(item, Frame)]


def copy(source: Path, target: Path) -> None:
    """Every frame and packet of sound through reader and writer."""
    with (
        open_video(source) as reader,
        atomic_output(target) as part,
        VideoWriter(part, str(target), reader) as writer,
    ):
        for item in reader:
            if isinstance(item, Frame):
                writer.write(item.rgb, item.time)
            else:
                writer.write_sound(item)


def test_frames_come_in_order_with_their_times(tmp_path: Path) -> None:
    pictures = [np.full((48, 64, 3), 40 * i, np.uint8) for i in range(6)]
    path = write_video(tmp_path / "a.mp4", pictures)
    with open_video(path) as reader:
        assert (reader.rate, reader.total) == (THIRTY, 6)
    webm = write_video(tmp_path / "a.webm", pictures, codec="libvpx-vp9")
    with open_video(webm) as reader:
        assert (reader.rate, reader.total) == (THIRTY, 6)  # reckoned: WebM does not count frames
    frames = frames_of(path)
    assert [frame.time for frame in frames] == [i / THIRTY for i in range(6)]
    for frame, picture in zip(frames, pictures, strict=True):
        assert np.abs(frame.rgb.astype(int) - picture).max() <= 4  # the codec's loss on grey


@pytest.mark.parametrize(
    ("suffix", "codec"),
    [("mp4", "libx264"), ("mov", "libx264"), ("mkv", "libx264"), ("webm", "libvpx-vp9")],
)
@pytest.mark.parametrize("rate", [THIRTY, NTSC, Fraction(25)])
def test_size_rate_and_length_survive(
    tmp_path: Path, suffix: str, codec: str, rate: Fraction
) -> None:
    # WebM and MKV round times to milliseconds: the writer puts them back on the frame grid.
    source = write_video(tmp_path / "in.webm", [half_red()] * 8, codec="libvpx-vp9", rate=rate)
    target = tmp_path / f"out.{suffix}"
    copy(source, target)
    frames, times, written_rate, _ = read_video(target)
    assert len(frames) == 8
    assert frames[0].shape == (48, 64, 3)
    assert written_rate == rate
    assert abs(times[7] - 7 / rate) <= Fraction(1, 1000)
    with av.open(str(target)) as container:
        assert container.streams.video[0].codec_context.name == {
            "libx264": "h264", "libvpx-vp9": "vp9",
        }[codec]  # fmt: skip


def test_a_varying_rate_keeps_its_times(tmp_path: Path) -> None:
    times = [Fraction(ms, 1000) for ms in (0, 33, 237, 1013, 1050)]
    source = write_video(tmp_path / "in.mp4", [half_red()] * 5, times=times)
    copy(source, tmp_path / "out.mkv")
    _, written, _, _ = read_video(tmp_path / "out.mkv")
    assert [round(float(time), 3) for time in written] == [0, 0.033, 0.237, 1.013, 1.05]


def test_times_always_rise(tmp_path: Path) -> None:
    times = [Fraction(ms, 90) for ms in (0, 0, 33, 67)]
    times[1] = Fraction(20, 90000)  # MKV rounds it to the same millisecond
    path = write_video(
        tmp_path / "a.mkv", [half_red()] * 4, codec="mjpeg", pixels="yuvj420p", times=times
    )
    found = [frame.time for frame in frames_of(path)]
    assert len(set(found)) == 4
    assert found == sorted(found)


def test_a_clock_that_poses_as_a_rate_is_not_believed(tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.mp4", [half_red()] * 5, rate=Fraction(1000))
    with open_video(path) as reader:
        assert reader.rate == 30
    assert [frame.time for frame in frames_of(path)] == [Fraction(i, 1000) for i in range(5)]


@pytest.mark.parametrize("size", [(47, 63), (48, 63), (47, 64)])
@pytest.mark.parametrize("suffix", ["mp4", "webm"])
def test_odd_sizes_survive(tmp_path: Path, size: tuple[int, int], suffix: str) -> None:
    source = write_video(tmp_path / "in.mkv", [half_red(*size)] * 2)
    copy(source, tmp_path / f"out.{suffix}")
    frames, *_ = read_video(tmp_path / f"out.{suffix}")
    assert frames[0].shape == (*size, 3)
    assert frames[0][20, 5, 0] > 240
    assert frames[0][20, 60, 0] < 15


@pytest.mark.parametrize("height", [48, 720])
def test_colours_survive_in_both_matrices(tmp_path: Path, height: int) -> None:
    picture = np.full((height, 64, 3), (200, 40, 90), np.uint8)
    source = write_video(tmp_path / "in.mp4", [picture] * 2, tag=1)  # BT.709, labelled
    np.testing.assert_allclose(frames_of(source)[0].rgb[9, 9], (200, 40, 90), atol=3)
    copy(source, tmp_path / "out.mp4")
    np.testing.assert_allclose(frames_of(tmp_path / "out.mp4")[0].rgb[9, 9], (200, 40, 90), atol=4)
    with av.open(str(tmp_path / "out.mp4")) as container:
        context = container.streams.video[0].codec_context
        # ITU-T H.273: 1 is BT.709, 6 SMPTE 170M; the range is limited.
        assert (context.colorspace, context.color_range) == (1 if height == 720 else 6, 1)


@pytest.mark.parametrize(("height", "matrix"), [(48, 5), (720, 1)])
def test_unlabelled_colours_go_by_the_height(tmp_path: Path, height: int, matrix: int) -> None:
    picture = np.full((height, 64, 3), (200, 40, 90), np.uint8)
    with av.open(str(tmp_path / "in.mkv"), "w") as container:
        stream = container.add_stream("libx264", rate=30)
        stream.width, stream.height, stream.pix_fmt = 64, height, "yuv420p"
        frame = av.VideoFrame.from_ndarray(picture, "rgb24")
        frame = frame.reformat(format="yuv420p", dst_colorspace=matrix)
        frame.colorspace = 2  # unspecified
        container.mux(stream.encode(frame))
        container.mux(stream.encode())
    np.testing.assert_allclose(frames_of(tmp_path / "in.mkv")[0].rgb[9, 9], (200, 40, 90), atol=3)


@pytest.mark.parametrize(("degrees", "turns"), [(90, 1), (180, 2), (270, 3)])
def test_a_turned_video_comes_upright(tmp_path: Path, degrees: int, turns: int) -> None:
    picture = half_red()
    source = write_video(tmp_path / "in.mp4", [picture] * 2, rotation=degrees)
    upright = np.rot90(picture, turns)
    rgb = frames_of(source)[0].rgb
    assert rgb.shape == upright.shape
    assert np.abs(rgb.astype(int) - upright).mean() < 6  # the edge's chroma; a wrong turn: > 80
    copy(source, tmp_path / "out.mp4")
    with av.open(str(tmp_path / "out.mp4")) as container:
        frame = next(container.decode(video=0))
        assert (frame.rotation, frame.height, frame.width) == (0, *upright.shape[:2])


def test_sound_is_carried_over(tmp_path: Path) -> None:
    source = write_video(tmp_path / "in.mp4", [half_red()] * 30, audio="aac")
    copy(source, tmp_path / "out.mkv")
    frames, _, _, sounds = read_video(tmp_path / "out.mkv")
    assert (len(frames), sounds) == (30, ["aac"])
    with open_video(source) as reader:
        assert all(isinstance(item, Frame) or item.size for item in reader)

    def packets(path: Path) -> list[bytes]:
        with av.open(str(path)) as container:
            return [bytes(packet) for packet in container.demux(audio=0) if packet.size]

    assert packets(tmp_path / "out.mkv") == packets(source)
    assert len(packets(source)) > 40


def test_sound_that_does_not_fit_is_left_out_and_said(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    source = write_video(tmp_path / "in.mp4", [half_red()] * 3, audio="aac")
    copy(source, tmp_path / "out.webm")
    assert read_video(tmp_path / "out.webm")[3] == []
    assert "cannot hold aac sound; write .mkv to keep it" in caplog.text


def test_grey_pictures_are_written(tmp_path: Path) -> None:
    source = write_video(tmp_path / "in.mp4", [half_red()] * 2)
    with (
        open_video(source) as reader,
        VideoWriter(tmp_path / "out.mp4", "out.mp4", reader) as writer,
    ):
        for i in range(2):
            writer.write(np.full((48, 64), 128, np.uint8), i / THIRTY)
    np.testing.assert_allclose(read_video(tmp_path / "out.mp4")[0][1], 128, atol=2)


def test_a_source_that_changes_its_size_is_scaled(tmp_path: Path) -> None:
    source = write_video(tmp_path / "in.mp4", [half_red()] * 2)
    with (
        open_video(source) as reader,
        VideoWriter(tmp_path / "out.mp4", "out.mp4", reader) as writer,
    ):
        writer.write(half_red(48, 64), Fraction(0))
        writer.write(half_red(96, 128), 1 / THIRTY)
    frames, *_ = read_video(tmp_path / "out.mp4")
    assert [frame.shape for frame in frames] == [(48, 64, 3)] * 2
    assert frames[1][20, 5, 0] > 240


def test_pixels_that_are_not_square_stay_so(tmp_path: Path) -> None:
    path = tmp_path / "in.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=30)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        stream.codec_context.sample_aspect_ratio = Fraction(4, 3)
        container.mux(stream.encode(av.VideoFrame.from_ndarray(half_red(), "rgb24")))
        container.mux(stream.encode())
    copy(path, tmp_path / "out.mp4")
    with av.open(str(tmp_path / "out.mp4")) as container:
        assert container.streams.video[0].sample_aspect_ratio == Fraction(4, 3)


def test_a_stream_without_times_is_counted(tmp_path: Path) -> None:
    source = write_video(tmp_path / "in.h264", [half_red()] * 5)
    times = [frame.time for frame in frames_of(source)]
    assert times == [i / THIRTY for i in range(5)]


def refusal(path: Path) -> str:
    with pytest.raises(MediaError) as caught:
        frames_of(path)
    message = str(caught.value)
    assert "\n" not in message
    assert path.name in message
    return message


@pytest.mark.parametrize("name", ["a.txt", "a.jpg", "a.mp4", "a.m3u8"])
def test_what_is_no_video_is_named(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("#EXTM3U\n#EXTINF:1,\nother.mp4\n")
    assert "not a picture or a video" in refusal(tmp_path / name)


def test_single_pictures_and_playlists_are_not_read_as_videos(tmp_path: Path) -> None:
    Image.fromarray(half_red()).save(tmp_path / "a.jpg")
    assert "not a picture or a video" in refusal(tmp_path / "a.jpg")
    write_video(tmp_path / "part.ts", noise(10))
    (tmp_path / "list.m3u8").write_text(
        "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\npart.ts\n#EXT-X-ENDLIST\n"
    )
    assert "not a picture or a video" in refusal(tmp_path / "list.m3u8")
    assert len(frames_of(tmp_path / "part.ts")) == 10


def test_sound_alone_is_named(tmp_path: Path) -> None:
    with av.open(str(tmp_path / "a.mkv"), "w") as container:
        stream = container.add_stream("aac", rate=48000)
        frame = av.AudioFrame.from_ndarray(np.zeros((2, 1024), np.float32), "fltp", "stereo")
        frame.sample_rate = 48000
        container.mux(stream.encode(frame))
        container.mux(stream.encode())
    assert "only sound" in refusal(tmp_path / "a.mkv")


def test_a_sleeve_is_not_a_video(tmp_path: Path) -> None:
    path = tmp_path / "a.m4a"
    with av.open(str(path), "w", format="mp4") as container:
        sound = container.add_stream("aac", rate=48000)
        sleeve = container.add_stream("mjpeg", rate=1)
        sleeve.width, sleeve.height, sleeve.pix_fmt = 64, 48, "yuvj420p"
        sleeve.disposition = Disposition.attached_pic
        container.mux(sleeve.encode(av.VideoFrame.from_ndarray(half_red(), "rgb24")))
        container.mux(sleeve.encode())
        add_silence(container, sound)
    assert "only sound" in refusal(path)


def test_a_stream_too_short_to_be_known_is_named(tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.ts", [half_red()] * 3)  # ends while it is being looked at
    assert "not a picture or a video" in refusal(path)


@pytest.mark.parametrize("kept", ["nothing of it", "its head"])
def test_a_video_cut_short_before_its_index_is_named(tmp_path: Path, kept: str) -> None:
    path = write_video(tmp_path / "a.mp4", [half_red()] * 20)
    data = path.read_bytes()
    index = data.index(b"moov") - 4
    path.write_bytes(data[: index if kept == "nothing of it" else index + 200])
    refusal(path)


def test_a_video_with_fewer_frames_than_it_announces_is_told(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = write_video(tmp_path / "a.avi", noise(12), codec="mjpeg", pixels="yuvj420p")
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])
    found = len(frames_of(path))
    assert 0 < found < 12
    assert f"a.avi: holds {found} of the 12 frames that it announces" in caplog.text


def test_damage_within_a_video_is_named_with_its_place(tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.webm", noise(12), codec="libvpx-vp9")
    with av.open(str(path)) as container:
        packets = [bytes(packet) for packet in container.demux(video=0) if packet.size]
    data = path.read_bytes()
    assert len(packets) == 12
    path.write_bytes(data.replace(packets[7], b"\xff" * len(packets[7])))
    assert "damaged after frame " in refusal(path)


def noise(count: int) -> list[np.ndarray]:
    rng = np.random.default_rng(0)
    return [rng.integers(0, 256, (48, 64, 3), np.uint8) for _ in range(count)]
