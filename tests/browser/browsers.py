"""Chromium, its cameras, and the pages that the tests open in it."""

from pathlib import Path

from playwright.sync_api import Browser, Playwright
from visit import Visit

from builder.chromium import SOFTWARE_GPU, find_chromium, launch_args

# Chromium makes two pages for the address bar's popup in each window, and so for each visit: most
# of the processor time that opening one costs. The switch counts once, so the others are what
# Playwright turns off.
TURNED_OFF = (
    "WebUIOmniboxPopup", "WebUIOmniboxAimPopup",
    "AimEnabled", "AvoidCorsURLLoaderRestartOnRedirect", "AvoidUnnecessaryBeforeUnloadCheckSync",
    "DestroyProfileOnBrowserClose", "HttpsFirstBalancedModeAutoEnable", "HttpsUpgrades",
    "LensOverlay", "MediaRouter", "NetworkTimeServiceQuerying", "OptimizationHints",
    "PaintHolding", "PreconnectToSearch", "TcpPortRandomizationWin",
    "ThirdPartyStoragePartitioning",
)  # fmt: skip


class Browsers:
    """Chromium with one camera or another; each kind is started once and shared."""

    def __init__(self, playwright: Playwright, camera_file: Path) -> None:
        self._playwright = playwright
        self._executable = find_chromium()
        self._running: dict[tuple[str, ...], Browser] = {}
        self._cameras = {
            "clip": (
                "--use-fake-ui-for-media-stream",
                "--use-fake-device-for-media-stream",
                f"--use-file-for-fake-video-capture={camera_file}",
            ),
            "refused": (
                "--use-fake-ui-for-media-stream=deny",
                "--use-fake-device-for-media-stream",
            ),
            "none": (
                "--use-fake-ui-for-media-stream",
                "--use-fake-device-for-media-stream=device-count=0",
            ),
        }

    def with_camera(self, camera: str, *, webgpu: bool = False) -> Browser:
        """A browser whose camera plays the "clip", is "refused" to every page, or is "none"."""
        features = f"--disable-features={','.join(TURNED_OFF)}"
        args = (features, *self._cameras[camera], *(SOFTWARE_GPU if webgpu else ()))
        if args not in self._running:
            self._running[args] = self._playwright.chromium.launch(
                executable_path=self._executable, args=[*launch_args(), *args]
            )
        return self._running[args]

    def close(self) -> None:
        for browser in self._running.values():
            browser.close()


class Visits:
    """Opens pages; what goes wrong in one fails the test unless it was expected."""

    def __init__(self, browsers: Browsers) -> None:
        self._browsers = browsers
        self._opened: list[Visit] = []

    def open(
        self, url: str, *, camera: str = "clip", webgpu: bool = False, **context: object
    ) -> Visit:
        """Loads ``url`` in a fresh browser context; ``context`` goes to Playwright.

        Service workers are off unless ``context`` allows them: what a test changes on its way to
        the page would not be seen.
        """
        browser = self._browsers.with_camera(camera, webgpu=webgpu)
        options = {"locale": "en-GB", "service_workers": "block", **context}
        visit = Visit(browser.new_context(**options))  # type: ignore[arg-type]
        self._opened.append(visit)
        visit.page.goto(url)
        return visit

    def close(self) -> None:
        for visit in self._opened:
            visit.close()
        wrong = [line for visit in self._opened for line in visit.unexpected()]
        assert not wrong, "\n".join(wrong)
