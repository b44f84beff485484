"""What all tests share."""

import signal

import figures
import pytest


def pytest_configure() -> None:
    """A shell starts what it puts in the background with Ctrl-C ignored, children and all.

    The tests that interrupt a process of their own would wait for ever then.
    """
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def record_figures() -> figures.Record:
    """Call it with a name and what was measured."""
    return figures.record


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if figures.measured:
        terminalreporter.section("measured figures")
        for line in figures.lines():
            terminalreporter.line(line)
