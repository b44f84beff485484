"""What all tests share."""

import figures
import pytest


@pytest.fixture(scope="session")
def record_figures() -> figures.Record:
    """Call it with a name and what was measured."""
    return figures.record


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if figures.measured:
        terminalreporter.section("measured figures")
        for line in figures.lines():
            terminalreporter.line(line)
