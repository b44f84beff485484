"""How much memory a page and its worker hold: JavaScript's heaps and WebAssembly's memories.

The page cannot tell it: ``performance.measureUserAgentSpecificMemory`` waits for every thread, and
a wasm thread that sleeps never answers. The DevTools protocol asks each one by itself, and a
stand-in for ``WebAssembly.Memory``, put in before the worker's first line, knows the memories.
"""

import json
import time
from typing import Any

from playwright.sync_api import CDPSession, Error, Page

from builder.errors import BenchError

WORKER = "/worker/worker.js"
ANSWER_LIMIT_S = 20
_WATCH = """
{
  const made = [];
  WebAssembly.Memory = new Proxy(WebAssembly.Memory, {
    construct(target, given) {
      const memory = Reflect.construct(target, given);
      made.push(new WeakRef(memory));
      return memory;
    },
  });
  globalThis.wasmMemoryBytes = () =>
    made.reduce((sum, each) => sum + (each.deref()?.buffer.byteLength ?? 0), 0);
}
"""


class MemoryMeter:
    """Asks a page, and the engine's worker in it; made before the page is opened.

    Args:
        page: about to be opened.
        watch: a script that each engine's worker runs besides, before its first line.
    """

    def __init__(self, page: Page, watch: str = "") -> None:
        self._page = page
        self._watch = _WATCH + watch
        self._cdp: CDPSession = page.context.new_cdp_session(page)
        self._workers: dict[str, str] = {}  # session → address
        self._answers: dict[int, dict[str, Any]] = {}
        self._last_id = 0
        self._cdp.on("Target.attachedToTarget", self._attached)
        self._cdp.on("Target.detachedFromTarget", self._detached)
        self._cdp.on("Target.receivedMessageFromTarget", self._received)
        # Nested messages ("flatten" off): Playwright's own sessions do not reach workers.
        attach = {"autoAttach": True, "waitForDebuggerOnStart": True, "flatten": False}
        self._cdp.send("Target.setAutoAttach", attach)

    def bytes(self) -> dict[str, int]:
        """``js`` and ``wasm`` in bytes, after garbage was collected.

        Raises `BenchError` when there is no worker, or it does not answer.
        """
        self._cdp.send("HeapProfiler.collectGarbage")
        js, wasm = int(self._cdp.send("Runtime.getHeapUsage")["usedSize"]), 0
        for session in self._engines():
            self._ask(session, "HeapProfiler.collectGarbage")
            js += int(self._ask(session, "Runtime.getHeapUsage")["usedSize"])
            answer = self._ask(session, "Runtime.evaluate", expression="wasmMemoryBytes()")
            wasm += int(answer["result"]["value"])
        return {"js": js, "wasm": wasm}

    def evaluate(self, expression: str) -> list[Any]:
        """What each engine's worker answers: numbers, texts, true or false.

        Raises `BenchError` as `bytes` does.
        """
        asked = (
            self._ask(session, "Runtime.evaluate", expression=expression)
            for session in self._engines()
        )
        return [answer["result"]["value"] for answer in asked]

    def _engines(self) -> list[str]:
        sessions = [each for each, url in self._workers.items() if url.endswith(WORKER)]
        if not sessions:
            raise BenchError("the page has no engine worker; was the site built by this version?")
        return sessions

    def _send(self, session: str, method: str, **params: Any) -> int:
        self._last_id += 1
        message = json.dumps({"id": self._last_id, "method": method, "params": params})
        self._cdp.send("Target.sendMessageToTarget", {"sessionId": session, "message": message})
        return self._last_id

    def _ask(self, session: str, method: str, **params: Any) -> dict[str, Any]:
        wanted = self._send(session, method, **params)
        until = time.monotonic() + ANSWER_LIMIT_S
        while wanted not in self._answers:
            if time.monotonic() > until:
                raise BenchError(f"the engine's worker does not answer {method}; run it again")
            self._page.wait_for_timeout(10)  # lets events in
        return dict(self._answers.pop(wanted)["result"])

    def _attached(self, event: dict[str, Any]) -> None:
        session, url = event["sessionId"], event["targetInfo"]["url"]
        self._workers[session] = url
        try:
            if url.endswith(WORKER):
                self._send(session, "Runtime.evaluate", expression=self._watch)
            self._send(session, "Runtime.runIfWaitingForDebugger")
        except Error:
            self._workers.pop(session, None)  # it has gone already

    def _detached(self, event: dict[str, Any]) -> None:
        self._workers.pop(event["sessionId"], None)

    def _received(self, event: dict[str, Any]) -> None:
        message = json.loads(event["message"])
        if "result" in message:
            self._answers[message["id"]] = message
