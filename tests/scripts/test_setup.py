"""The set-up script: nothing twice, nothing half, and one line when something is missing."""

import importlib.util
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the stand-ins are shell scripts")

PROJECT_ROOT = Path(__file__).resolve().parents[2]
SCRIPT = PROJECT_ROOT / "scripts" / "setup.py"


class Machine:
    """A pretended computer: only the programs that a test gives it, and a project folder."""

    def __init__(self, folder: Path, setup: ModuleType) -> None:
        self.setup = setup
        self.root = folder / "project"
        self.bin = folder / "bin"
        self.calls = folder / "calls"
        self.bin.mkdir()
        self.root.mkdir()
        self.calls.touch()
        for name in ("package.json", "package-lock.json", "pyproject.toml", "constraints.txt"):
            (self.root / name).write_text(name)

    def give(self, name: str, script: str = "") -> None:
        """Puts a program on the PATH that writes down how it was called, then runs ``script``."""
        file = self.bin / name
        file.write_text(f'#!/bin/sh\necho "{name} $*" >>{self.calls}\n{script}\n')
        file.chmod(0o755)

    def give_node(self, version: str = "v20.1.0", npm: str = "/bin/mkdir -p node_modules") -> None:
        self.give("node", f"echo {version}")
        self.give("npm", npm)

    def called(self, name: str) -> int:
        return len(re.findall(f"^{name} ", self.calls.read_text(), re.MULTILINE))

    def run(self, *arguments: str) -> int:
        return self.setup.main(list(arguments))


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    spec = importlib.util.spec_from_file_location("livematte_setup", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    setup = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(setup)
    machine = Machine(tmp_path, setup)
    monkeypatch.setattr(setup, "ROOT", machine.root)
    monkeypatch.setattr(setup, "NODE_MODULES", machine.root / "node_modules")
    monkeypatch.setattr(setup, "set_up_python", lambda: None)  # has its own tests below
    monkeypatch.setenv("PATH", str(machine.bin))
    monkeypatch.delenv("LIVEMATTE_CHROMIUM", raising=False)
    monkeypatch.setenv("PLAYWRIGHT_BROWSERS_PATH", str(tmp_path / "no-browsers"))
    return machine


def one_line(capsys: pytest.CaptureFixture[str]) -> str:
    """What was said, which has to be one line."""
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1, lines
    return lines[0]


def test_a_second_run_does_nothing(machine: Machine, capsys: pytest.CaptureFixture[str]) -> None:
    machine.give_node()
    assert machine.run() == 0
    assert machine.called("npm") == 1
    capsys.readouterr()
    assert machine.run() == 0
    assert machine.called("npm") == 1
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("name", ["package.json", "package-lock.json"])
def test_changed_pins_are_installed(name: str, machine: Machine) -> None:
    machine.give_node()
    machine.run()
    (machine.root / name).write_text("something else")
    assert machine.run() == 0
    assert machine.called("npm") == 2


def test_npm_runs_no_scripts_and_keeps_to_the_lock_file(machine: Machine) -> None:
    machine.give_node()
    machine.run()
    call = next(line for line in machine.calls.read_text().splitlines() if line.startswith("npm"))
    assert call.split()[:3] == ["npm", "ci", "--ignore-scripts"]


def test_a_failed_install_is_done_again(
    machine: Machine, capsys: pytest.CaptureFixture[str]
) -> None:
    machine.give_node()
    machine.run()
    (machine.root / "package.json").write_text("newer")
    machine.give_node(npm="echo the disk is full; exit 1")
    assert machine.run() == 1
    said = capsys.readouterr().err
    assert "the disk is full" in said
    assert "npm could not install the packages" in said
    # Back to the old pins: what is installed may be half the new ones.
    (machine.root / "package.json").write_text("package.json")
    machine.give_node()
    assert machine.run() == 0
    assert machine.called("npm") == 3


def test_a_stopped_install_is_done_again(
    machine: Machine, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    machine.give_node()

    def stop(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(machine.setup, "run", stop)
        assert machine.run() == 130
    assert "takes it up again" in capsys.readouterr().err
    assert machine.run() == 0
    assert machine.called("npm") == 1


@pytest.mark.parametrize("missing", ["npm", "node"])
def test_missing_npm_is_one_line(
    missing: str, machine: Machine, capsys: pytest.CaptureFixture[str]
) -> None:
    machine.give_node()
    (machine.bin / missing).unlink()
    assert machine.run() == 1
    line = one_line(capsys)
    assert "is missing" in line
    assert "install Node.js 20 or newer" in line


@pytest.mark.parametrize("version", ["v18.20.1", "v9.0.0", "nonsense"])
def test_old_node_is_one_line(
    version: str, machine: Machine, capsys: pytest.CaptureFixture[str]
) -> None:
    machine.give_node(version)
    assert machine.run() == 1
    assert "is too old; install Node.js 20 or newer" in one_line(capsys)


@pytest.mark.parametrize(
    "said",
    [
        "npm error code ENOTFOUND",
        "npm error code EAI_AGAIN",
        "Failed to establish a new connection: NewConnectionError",
        "[Errno -3] Temporary failure in name resolution",
    ],
)
def test_no_network_is_said_as_such(
    said: str, machine: Machine, capsys: pytest.CaptureFixture[str]
) -> None:
    machine.give_node(npm=f"echo '{said}'; exit 1")
    assert machine.run() == 1
    lines = capsys.readouterr().err.splitlines()
    assert lines[-1].endswith(
        "the network cannot be reached; connect (or set a proxy) and run this again"
    )
    assert len(lines) == 2  # what was being done, and why it failed


def test_old_python_is_one_line(
    machine: Machine, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(machine.setup, "OLDEST_PYTHON", (99, 0))
    assert machine.run() == 1
    assert "Python 3.11 or newer is needed" in one_line(capsys)


def test_a_newer_python_takes_over(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    machine.give("python3.12")
    started: list[list[str]] = []
    monkeypatch.setattr(machine.setup, "OLDEST_PYTHON", (99, 0))
    monkeypatch.setattr(machine.setup.os, "execv", lambda _, command: started.append(command))
    machine.run("--chromium")
    assert started == [[str(machine.bin / "python3.12"), str(SCRIPT), *sys.argv[1:]]]


def test_unknown_arguments_are_refused(
    machine: Machine, capsys: pytest.CaptureFixture[str]
) -> None:
    assert machine.run("--chrome") == 2
    assert "--chrome" in one_line(capsys)


def test_a_chromium_that_is_there_is_left_alone(machine: Machine) -> None:
    machine.give_node()
    machine.give("apt-get")
    machine.give("chromium", "echo Chromium 1")
    assert machine.run("--chromium") == 0
    assert machine.called("apt-get") == 0


def test_chromium_is_installed_where_apt_may(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine.give_node()
    machine.give("env", 'shift; exec "$@"')
    machine.give("chromium.new", "echo Chromium 1")
    install = f'[ "$1" = install ] && /bin/cp {machine.bin}/chromium.new {machine.bin}/chromium'
    machine.give("apt-get", f"{install}; exit 0")
    monkeypatch.setattr(machine.setup.os, "geteuid", lambda: 0)
    assert machine.run("--chromium") == 0
    calls = [line for line in machine.calls.read_text().splitlines() if line.startswith("apt-get")]
    assert calls[0].startswith("apt-get update")
    assert calls[1].startswith("apt-get install")


@pytest.fixture
def chromium_machine(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> Machine:
    """It has a Chromium, apt-get, and says of the fonts what a test has it say."""
    machine.give_node()
    machine.give("chromium", "echo Chromium 1")
    machine.give("env", 'shift; exec "$@"')
    machine.give("apt-get")
    monkeypatch.setattr(machine.setup.os, "geteuid", lambda: 0)
    return machine


def test_fonts_that_are_missing_are_installed(chromium_machine: Machine) -> None:
    told = "echo installed fonts-liberation; echo config-files fonts-noto-cjk"
    chromium_machine.give("dpkg-query", told)
    assert chromium_machine.run("--chromium") == 0
    calls = chromium_machine.calls.read_text()
    assert re.search("^apt-get install .* fonts-noto-cjk$", calls, re.MULTILINE)
    assert "fonts-liberation" not in calls


def test_fonts_that_are_there_are_left_alone(chromium_machine: Machine) -> None:
    told = "echo installed fonts-liberation; echo installed fonts-noto-cjk"
    chromium_machine.give("dpkg-query", told)
    assert chromium_machine.run("--chromium") == 0
    assert chromium_machine.called("apt-get") == 0


def test_fonts_that_cannot_be_installed_are_named(
    chromium_machine: Machine,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    chromium_machine.run()
    capsys.readouterr()
    chromium_machine.give("dpkg-query", "echo installed fonts-liberation")
    chromium_machine.give("sudo", "exit 1")  # asks for a password
    monkeypatch.setattr(chromium_machine.setup.os, "geteuid", lambda: 1000)
    assert chromium_machine.run("--chromium") == 0
    assert "want fonts-noto-cjk; install them" in one_line(capsys)


def test_chromium_that_cannot_be_installed_is_one_line(
    machine: Machine, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    machine.give_node()
    machine.run()
    capsys.readouterr()
    machine.give("apt-get")
    machine.give("sudo", "exit 1")  # asks for a password
    monkeypatch.setattr(machine.setup.os, "geteuid", lambda: 1000)
    assert machine.run("--chromium") == 1
    assert machine.called("apt-get") == 0
    assert "no Chromium found; install one" in one_line(capsys)


def test_a_named_chromium_that_does_not_run_is_not_replaced(
    machine: Machine, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    machine.give_node()
    machine.run()
    capsys.readouterr()
    machine.give("apt-get")
    monkeypatch.setattr(machine.setup.os, "geteuid", lambda: 0)
    monkeypatch.setenv("LIVEMATTE_CHROMIUM", "/not/there")
    assert machine.run("--chromium") == 1
    assert machine.called("apt-get") == 0
    assert "LIVEMATTE_CHROMIUM=/not/there does not run" in one_line(capsys)


class TestPython:
    """The step that makes ``.venv``."""

    @pytest.fixture
    def installs(self, machine: Machine, monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
        """The commands that the step ran, without running them."""
        commands: list[list[str]] = []
        venv = machine.root / ".venv"

        def run(command: list[str], failed: str) -> None:
            commands.append(command)
            if "venv" in command:
                python = venv / "bin" / "python"
                python.parent.mkdir(parents=True, exist_ok=True)
                python.write_text(f'#!/bin/sh\nexec {sys.executable} "$@"\n')
                python.chmod(0o755)
                python.with_name("pip").write_text(f"#!/bin/sh\necho pip from {venv}\n")
                python.with_name("pip").chmod(0o755)

        monkeypatch.undo()
        monkeypatch.setattr(machine.setup, "ROOT", machine.root)
        monkeypatch.setattr(machine.setup, "VENV", venv)
        monkeypatch.setattr(machine.setup, "VENV_PYTHON", venv / "bin" / "python")
        monkeypatch.setattr(machine.setup, "run", run)
        return commands

    def test_makes_the_environment_once(self, machine: Machine, installs: list[list[str]]) -> None:
        machine.setup.set_up_python()
        assert "venv" in installs[0]
        assert all("constraints.txt" in command for command in installs[1:])
        assert installs[-1][-1] == ".[dev]"
        installs.clear()
        machine.setup.set_up_python()
        assert installs == []

    def test_keeps_an_environment_whose_pins_have_changed(
        self, machine: Machine, installs: list[list[str]]
    ) -> None:
        machine.setup.set_up_python()
        installs.clear()
        (machine.root / "constraints.txt").write_text("newer")
        machine.setup.set_up_python()
        assert installs
        assert not any("venv" in command for command in installs)

    def test_makes_a_broken_or_moved_environment_anew(
        self, machine: Machine, installs: list[list[str]]
    ) -> None:
        machine.setup.set_up_python()
        for damage in ("#!/not/there\n", "#!/bin/sh\necho pip from /some/where/else\n"):
            (machine.root / ".venv" / "bin" / "pip").write_text(damage)
            (machine.root / ".venv" / ".livematte-setup").unlink()
            installs.clear()
            machine.setup.set_up_python()
            assert "venv" in installs[0]


def test_the_script_is_understood_by_old_pythons() -> None:
    """An old Python has to read the whole file before it can say that it is too old."""
    check = "import ast, sys; ast.parse(open(sys.argv[1]).read(), feature_version=(3, 7))"
    done = subprocess.run([sys.executable, "-c", check, str(SCRIPT)], check=False)
    assert done.returncode == 0


def test_every_dependency_is_pinned_in_the_constraints() -> None:
    import tomllib

    project = tomllib.loads((PROJECT_ROOT / "pyproject.toml").read_text())
    wanted = set(project["project"]["dependencies"])
    wanted.update(project["project"]["optional-dependencies"]["dev"])
    wanted.update(project["build-system"]["requires"])
    lines = (PROJECT_ROOT / "constraints.txt").read_text().splitlines()
    pins = {line for line in lines if not line.startswith("#")}
    # One that not every system has is pinned for those that do.
    assert {requirement.split(";")[0] for requirement in wanted} <= pins
    # A name and a version, nothing of where it came from.
    assert all(re.fullmatch(r"[\w.-]+==[\w.]+(; sys_platform == \"\w+\")?", pin) for pin in pins)


def test_the_npm_lock_file_has_hashes_and_no_addresses() -> None:
    import json

    lock = json.loads((PROJECT_ROOT / "package-lock.json").read_text())
    packages = {name: entry for name, entry in lock["packages"].items() if name}
    assert packages
    for name, entry in packages.items():
        assert entry["integrity"].startswith("sha512-"), name
        assert "resolved" not in entry, name
        for optional, version in entry.get("optionalDependencies", {}).items():
            # npm refuses a lock file that leaves out another system's packages.
            assert packages[f"node_modules/{optional}"]["version"] == version
