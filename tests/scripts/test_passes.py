"""A run on several processes: what judges times comes last, by itself; everything is counted."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]

# Each writes down when it ran and where, but for what fails before it can.
MADE_UP = """
import os, time
import pytest

def begin(name):
    with open("told", "a") as told:
        print(name, os.getpid(), file=told)

@pytest.mark.parametrize("number", range(3))
def test_beside(number, record_figures):
    begin("beside")
    record_figures(f"figure-{number}", {"value": number})
    time.sleep(0.3)

@pytest.mark.alone
def test_timed(record_figures):
    begin("timed")
    record_figures("timed", {"value": 7})

@pytest.mark.alone
def test_timed_and_wrong():
    begin("timed")
    assert {"timed": "and wrong"} == {}

def test_wrong():
    begin("beside")
    assert 1 + 1 == 3
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Two files of tests under the real hooks."""
    for name in ("conftest.py", "passes.py", "figures.py"):
        shutil.copy(TESTS / name, tmp_path)
    text = "[pytest]\naddopts = --strict-markers --dist=loadfile\nmarkers = alone\n"
    (tmp_path / "pytest.ini").write_text(text)
    for name in ("test_one.py", "test_two.py"):
        (tmp_path / name).write_text(MADE_UP)
    return tmp_path


def run(project: Path, *words: str) -> tuple[int, str, list[tuple[str, str]]]:
    """The exit status, what was printed, and each test's kind and process, in their order."""
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:hypothesispytest", *words],
        cwd=project, capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    lines = (project / "told").read_text().splitlines()
    return done.returncode, done.stdout, [(kind, pid) for kind, pid in map(str.split, lines)]


def test_what_judges_times_runs_after_the_others_in_one_process(project: Path) -> None:
    status, said, told = run(project, "-n", "2")
    kinds = [kind for kind, _ in told]
    assert kinds == ["beside"] * 8 + ["timed"] * 4
    beside, timed = ({pid for kind, pid in told if kind == wanted} for wanted in set(kinds))
    assert sorted(map(len, (beside, timed))) == [1, 2]
    assert not beside & timed
    # One summary over both passes, also where the first one has failed.
    assert status == 1
    assert re.search(r"= 4 failed, 8 passed in ", said.splitlines()[-1])
    for name in ("test_wrong", "test_timed_and_wrong"):
        assert f"FAILED test_two.py::{name}" in said
    for figure in ("figure-0: value 0", "figure-2: value 2", "timed: value 7"):
        assert figure in said


def test_a_choice_of_tests_is_kept(project: Path) -> None:
    status, said, told = run(project, "-n", "1", "-k", "timed and not wrong")
    assert [kind for kind, _ in told] == ["timed"] * 2
    assert status == 0, said
    assert "= 2 passed" in said.splitlines()[-1]


def test_a_broken_file_fails_the_run_and_hides_nothing(project: Path) -> None:
    (project / "test_broken.py").write_text("import nothing_of_that_name\n")
    status, said, told = run(project, "-n", "2", "-k", "not wrong")
    assert [kind for kind, _ in told] == ["beside"] * 6 + ["timed"] * 2
    assert status == 1, said
    assert "nothing_of_that_name" in said


def test_one_process_runs_everything_in_its_order(project: Path) -> None:
    status, said, told = run(project)
    assert [kind for kind, _ in told] == [*["beside"] * 3, "timed", "timed", "beside"] * 2
    assert len({pid for _, pid in told}) == 1
    assert status == 1
    assert re.search(r"= 4 failed, 8 passed in ", said.splitlines()[-1])
