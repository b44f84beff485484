"""One visit to a page: what it asked for, what it complained about, and the engine in it."""

import base64
import io
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image
from playwright.sync_api import BrowserContext, ConsoleMessage, Error, Request

from builder.roi import Rect
from builder.tracker import Matte

START = """
async ({ options, source, video }) => {
  const engine = await import(new URL('./matte.js', location).href);
  const canvas = document.createElement('canvas');
  document.body.replaceChildren(canvas);
  const matte = await engine.createMatte({ ...options, canvas });
  const told = { errors: [], states: [], firstMatte: [], ended: 0 };
  matte.on('error', ({ code, message, detail }) => told.errors.push({ code, message, detail }));
  matte.on('state', (state) => told.states.push(state));
  matte.on('first-matte', (value) => told.firstMatte.push(value));
  matte.on('ended', () => told.ended++);
  globalThis.livematte = { engine, matte, canvas, told };
  if (source === 'camera') {
    livematte.stream = await engine.openCamera(video);
    await matte.attach(livematte.stream);
  }
}
"""

# A data URL is the fastest way for megabytes through the debugging protocol that is in every
# Chromium.
TO_BASE64 = """
  const toBase64 = (bytes) => new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result.slice(reader.result.indexOf(',') + 1));
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(bytes instanceof Blob ? bytes : new Blob([bytes]));
  });
"""

# The page's own engine: a module is loaded once, so this import is the running one.
ENGINE = """
  (await import(document.querySelector('script[src$="page/app.js"]').src)).host.current
"""

CAPTURE = f"""
async () => {{
  {TO_BASE64}
  const {{ rgba, alpha, modelAlpha, ...facts }} = await livematte.matte.capture();
  return {{
    ...facts,
    rgba: await toBase64(rgba),
    alpha: await toBase64(alpha),
    modelAlpha: await toBase64(modelAlpha),
  }};
}}
"""

SNAPSHOT = (
    f"async (type) => {{ {TO_BASE64} return toBase64(await livematte.matte.snapshot(type)); }}"
)


@dataclass(frozen=True)
class Captured:
    """The frame last composited: RGB ``[H, W, 3]`` uint8 and its matte.

    ``matte`` is what was composited; ``model_alpha`` what the model answered when it was shown
    ``model_rect`` of the frame. Both alphas are of the model's size.
    """

    rgb: npt.NDArray[np.uint8]
    matte: Matte
    model_alpha: npt.NDArray[np.float32]
    model_rect: Rect
    timestamp: float


class Visit:
    """A browser context with one page."""

    def __init__(self, context: BrowserContext) -> None:
        self.context = context
        self.requests: list[str] = []
        self.console: list[str] = []
        self.said: list[str] = []
        self.faults: list[str] = []
        self._expected: tuple[str, ...] = ()
        context.on("request", self._requested)
        context.on("console", self._said)
        context.on("weberror", lambda error: self.faults.append(str(error.error)))
        self.page = context.new_page()
        self.page.set_default_timeout(30_000)

    def expect(self, *fragments: str) -> None:
        """Errors in the console that contain one of ``fragments`` belong to the test."""
        self._expected += fragments

    def unexpected(self) -> list[str]:
        """Uncaught errors, and error messages in the console, that no test has asked for."""
        wrong = [*self.faults, *self.console]
        return [line for line in wrong if not any(part in line for part in self._expected)]

    def close(self) -> None:
        self.context.close()

    def start_engine(self, *, source: str | None = "camera", **options: Any) -> None:
        """Imports the engine from the site's root, as any page may, and attaches the camera.

        Options are those of ``createMatte``; ``video`` are the camera's constraints.
        """
        # Tests compare what is drawn, on machines that may be busy with something else.
        options.setdefault("governor", False)
        video = options.pop("video", {"width": 1280, "height": 720, "frameRate": 30})
        self.page.evaluate(START, {"options": options, "source": source, "video": video})

    def wait_for_frames(self, count: int, timeout_s: float = 60) -> None:
        """Waits until the source that is attached has ``count`` composited frames."""
        try:
            self.page.wait_for_function(
                "count => livematte.matte.stats.frames >= count", arg=count, timeout=timeout_s * 1e3
            )
        except Error:
            told = self.page.evaluate("({ ...livematte.told, stats: livematte.matte.stats })")
            raise AssertionError(f"no {count} frames in {timeout_s} s: {told}") from None

    @property
    def stats(self) -> dict[str, Any]:
        return dict(self.page.evaluate("livematte.matte.stats"))

    @property
    def told(self) -> dict[str, Any]:
        """What the engine has told since it was started."""
        return dict(self.page.evaluate("livematte.told"))

    def capture(self) -> Captured:
        facts = self.page.evaluate(CAPTURE)
        shape = (facts["height"], facts["width"], 4)
        rgba = np.frombuffer(base64.b64decode(facts["rgba"]), np.uint8).reshape(shape)
        size = (facts["alphaHeight"], facts["alphaWidth"])
        alpha, model_alpha = (
            np.frombuffer(base64.b64decode(facts[name]), np.float32).reshape(size)
            for name in ("alpha", "modelAlpha")
        )
        matte = Matte(alpha, Rect(**facts["alphaRect"]))
        seen = Rect(**facts["modelRect"])
        return Captured(rgba[..., :3], matte, model_alpha, seen, facts["timestamp"])

    def snapshot(self) -> npt.NDArray[np.uint8]:
        """What the engine's canvas shows: RGBA ``[H, W, 4]``."""
        return png_pixels(self.page.evaluate(SNAPSHOT, "image/png"))

    def play(self, source: str, *, tap: bool = False) -> None:
        """Presses the page's button for the "camera" or the "demo", and waits for its matte."""
        button = self.page.locator(f"#{source}")
        if tap:
            button.tap()
        else:
            button.click()
        self.wait_until_matted(source)

    def wait_until_matted(self, source: str) -> None:
        """Waits until the page shows a matted picture of ``source``."""
        frame = self.page.locator(f'#frame[data-state="running"][data-source="{source}"]')
        try:
            frame.wait_for(timeout=60_000)
        except Error:
            raise AssertionError(
                f"no matte of the {source}: {self._state()}, console: {self.said}"
            ) from None

    def _state(self) -> str:
        """What the page says of itself; a page that is not there is not waited for."""
        try:
            frame = self.page.locator("#frame").evaluate("(e) => ({ ...e.dataset })", timeout=5000)
            return f"{frame}, {self.page.locator('#notices').inner_text(timeout=5000)}"
        except Error as error:
            return f"it does not answer ({error.message.splitlines()[0]})"

    def choose_effect(self, effect: str) -> None:
        """Chooses one of the page's effects, and waits until a frame has been drawn with it."""
        self.page.locator(f'input[name="effect"][value="{effect}"]').check(force=True)
        self.page.wait_for_timeout(300)

    def frames_shown(self) -> int:
        """How many frames of its source the page has composited."""
        return int(self.page.evaluate(f"async () => ({ENGINE}).stats.frames"))

    def wait_until_shown(self, count: int, timeout_s: float = 30) -> None:
        """Waits until the page has composited ``count`` frames of its source."""
        deadline = time.monotonic() + timeout_s
        while (shown := self.frames_shown()) < count:
            assert time.monotonic() < deadline, f"{shown} frames of {count} in {timeout_s} s"
            self.page.wait_for_timeout(100)

    def canvas(self) -> npt.NDArray[np.uint8]:
        """What the page's canvas shows: RGBA ``[H, W, 4]``."""
        script = f"async () => {{ {TO_BASE64} return toBase64(await ({ENGINE}).snapshot()); }}"
        return png_pixels(self.page.evaluate(script))

    def drop(self, selector: str, file: Path, mime: str) -> None:
        """Drops ``file`` on an element, as from a file manager."""
        transfer = self.page.evaluate_handle(
            """([data, name, type]) => {
              const bytes = Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0));
              const transfer = new DataTransfer();
              transfer.items.add(new File([bytes], name, { type }));
              return transfer;
            }""",
            [base64.b64encode(file.read_bytes()).decode(), file.name, mime],
        )
        for event in ("dragenter", "dragover", "drop"):
            self.page.dispatch_event(selector, event, {"dataTransfer": transfer})

    def _requested(self, request: Request) -> None:
        self.requests.append(request.url)

    def _said(self, message: ConsoleMessage) -> None:
        self.said.append(message.text)
        # A browser asks for this by itself where a page, such as manifest.json, names no icon.
        if message.type == "error" and not message.location["url"].endswith("/favicon.ico"):
            self.console.append(f"{message.text} ({message.location['url']})")


def png_pixels(base64_data: str) -> npt.NDArray[np.uint8]:
    """RGBA, not premultiplied."""
    picture = Image.open(io.BytesIO(base64.b64decode(base64_data)))
    return np.asarray(picture.convert("RGBA"))
