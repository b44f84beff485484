"""What all tests share."""

import signal
from collections.abc import Iterator
from typing import Any

import figures
import passes
import pytest


def pytest_configure() -> None:
    """A shell starts what it puts in the background with Ctrl-C ignored, children and all.

    The tests that interrupt a process of their own would wait for ever then.
    """
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    passes.select(config, items)


@pytest.hookimpl(wrapper=True)
def pytest_runtestloop(session: pytest.Session) -> Iterator[None]:
    done = yield
    if passes.is_spread(session.config):
        passes.run_alone(session)
    return done


@pytest.fixture(scope="session")
def record_figures() -> figures.Record:
    """Call it with a name and what was measured."""
    return figures.record


def pytest_sessionfinish(session: pytest.Session) -> None:
    """A worker's figures travel to the process that prints them."""
    output: dict[str, Any] | None = getattr(session.config, "workeroutput", None)
    if output is not None:
        output["figures"] = figures.measured


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    figures.measured.update(getattr(node, "workeroutput", {}).get("figures", {}))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if figures.measured:
        terminalreporter.section("measured figures")
        for line in figures.lines():
            terminalreporter.line(line)
