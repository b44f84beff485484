"""Tests in several processes at once; those that judge times come after them, with nothing beside.

``pytest -n 2 --dist loadfile`` spreads the tests' files over workers (pytest-xdist). What is marked
``alone`` is left out there; the first process runs it when the workers are through, whatever they
have found: one run, one summary. Without ``-n`` all run in one process, in their order.
"""

import pytest

# Builds the site that the browser's tests wait for; the builder's tests need none, and run beside.
BUILDS_SITE = "test_accessibility.py"
# Takes longest of the others: begun late, it would be waited for.
LONGEST = "test_two_builds.py"


def is_spread(config: pytest.Config) -> bool:
    """Whether this process gives its tests to workers."""
    return config.pluginmanager.has_plugin("dsession")


def select(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leaves in ``items`` what this process is to run, in a good order."""
    is_worker = hasattr(config, "workerinput")
    if is_worker or is_spread(config):
        items[:] = [item for item in items if ("alone" in item.keywords) is not is_worker]
    if is_worker:
        items.sort(key=_turn)


def _turn(item: pytest.Item) -> tuple[bool, bool, bool]:
    name, is_browser = item.path.name, item.path.parent.name == "browser"
    return name != BUILDS_SITE, is_browser, name != LONGEST


def run_alone(session: pytest.Session) -> None:
    """The second pass: what the workers have left out."""
    spread = session.testscollected
    reporter = session.config.pluginmanager.getplugin("terminalreporter")
    reporter.ensure_newline()  # after the dots: it says once more what it has collected
    items = session.perform_collect()
    session.testscollected += spread  # the progress is that of both
    for item, following in zip(items, [*items, None][1:], strict=True):
        session.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
        if session.shouldfail:
            raise session.Failed(session.shouldfail)
        if session.shouldstop:
            raise session.Interrupted(session.shouldstop)
