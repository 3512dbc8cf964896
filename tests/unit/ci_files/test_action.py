"""The action's shell: what each command runs, that inputs stay texts, and that it installs itself once."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from bakegen import __version__
from tests.ci_files.github import ACTION, ROOT, Run, event, run_action
from tests.unit.workspace.repositories import ENVIRONMENT, Repository

if TYPE_CHECKING:
    from collections.abc import Mapping

IMAGE = 'matrix: {axes: {version: ["1", "2"]}}\nargs: {VERSION: "{{ version }}"}\n'

# A package that needs nothing from anywhere to be built: its one command says where it is.
_BACKEND = """\
import os, zipfile
def build_wheel(folder, settings=None, metadata=None):
    name = "bakegen-1-py3-none-any.whl"
    with zipfile.ZipFile(os.path.join(folder, name), "w") as made:
        made.writestr("bakegen_cli.py", "import sys\\ndef main(): print('bakegen 1', sys.prefix)\\n")
        made.writestr("bakegen-1.dist-info/METADATA", "Metadata-Version: 2.1\\nName: bakegen\\nVersion: 1\\n"
                      "Provides-Extra: zstd\\n")
        made.writestr("bakegen-1.dist-info/WHEEL", "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
        made.writestr("bakegen-1.dist-info/entry_points.txt", "[console_scripts]\\nbakegen = bakegen_cli:main\\n")
        made.writestr("bakegen-1.dist-info/RECORD", "")
    return name
"""


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    made = Repository(tmp_path / "repository").init()
    made.write("some images/bakegen.yaml", "default-branch: main\nselections: {pr: newest 1 of version}\n")
    made.write("some images/images/app/image.yaml", IMAGE)
    made.write("some images/images/app/Dockerfile", "FROM scratch\nARG VERSION\nLABEL version=$VERSION\n")
    made.commit()
    return made


def act(repository: Repository, tmp_path: Path, **inputs: str) -> Run:
    """Runs the action for a pull request."""
    environ, contexts = event(tmp_path, "pull_request", branch="faster", number=17)
    environ |= {**ENVIRONMENT, "HOME": str(tmp_path)}
    environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    run = Run()
    given = {name.replace("_", "-"): text for name, text in inputs.items()}
    run_action({"project": "some images", **given}, repository.root, environ, contexts, tmp_path, run)
    return run


def test_a_matrix_is_handed_on(repository: Repository, tmp_path: Path) -> None:
    run = act(repository, tmp_path, command="matrix", args="--offline\n\n--shards=2\r\n")
    found = run.outputs[""]
    assert run.code == 0, run.said
    assert json.loads(found["matrix"]) == {"include": [{"name": "app-2", "targets": "app-2", "shard": "1/1"}]}
    assert (found["any"], found["targets"]) == ("true", "pr")
    assert "app-1" in act(repository, tmp_path, command="matrix", targets="app-1 app-2", args="--offline").said


def test_rendering_checking_linting_explaining(repository: Repository, tmp_path: Path) -> None:
    assert act(repository, tmp_path, command="render", args="--check").code == 1
    assert act(repository, tmp_path, command="render", args="--offline").code == 0
    assert act(repository, tmp_path, command="render", args="--check").code == 0
    assert (repository.root / "some images" / "docker-bake.override.hcl").is_file()
    repository.write("some images/images/app/Dockerfile", "FROM busybox\nMAINTAINER me\nRUN true\n")
    linted = act(repository, tmp_path, command="lint")
    assert "file=some images/images/app/Dockerfile,line=2" in linted.said
    explained = act(repository, tmp_path, command="explain", args="--since\nHEAD")
    assert explained.code == 0, explained.said
    assert "app-1" in explained.summary


def test_what_an_input_says_is_never_run(repository: Repository, tmp_path: Path) -> None:
    evil = '$(touch /tmp/x) `touch evil`; touch evil "'
    for name in ("targets", "args", "command"):
        run = act(repository, tmp_path, **{"command": "matrix", name: evil})
        assert run.code == 2, (name, run.said)
    assert "nigthly" in act(repository, tmp_path, command="matrix", event="nigthly").said
    assert act(repository, tmp_path, project="$(touch evil)").said.startswith("::error::the input project ")
    assert not list(tmp_path.rglob("evil"))
    # A project that cannot be read is no reason to build the group default.
    repository.write("some images/bakegen.yaml", "nonsense: 1\n")
    broken = act(repository, tmp_path)
    assert broken.code == 2 and "targets" not in broken.outputs[""]


def test_the_signal_of_a_cancelled_job_reaches_bakegen(repository: Repository, tmp_path: Path) -> None:
    tools = tmp_path / "tools"
    tools.mkdir()
    stand_in = '#!/bin/sh\n[ "$1" != build ] || echo "I am $$, for $PPID" > "$HOME/who"\n'
    (tools / "bakegen").write_text(stand_in)
    (tools / "bakegen").chmod(0o755)
    step = ACTION["runs"]["steps"][-1]
    done = subprocess.Popen(
        ["bash", "-eo", "pipefail", "-c", step["run"]],
        env={"PATH": f"{tools}{os.pathsep}{os.environ['PATH']}", "HOME": str(tmp_path), "ACTION": str(ROOT),
             "GITHUB_OUTPUT": str(tmp_path / "output"), "COMMAND": "build", "TARGETS": "a", "PROJECT": ".",
             "ARGS": "", "TRUST_TAGS": "false"},
        cwd=repository.root,
    )  # fmt: skip
    assert done.wait(60) == 0
    # No shell is left in between: the runner's signal is for the process that it has started.
    assert (tmp_path / "who").read_text().startswith(f"I am {done.pid}, ")


def test_inputs_and_outputs_are_told() -> None:
    page = (ROOT / "bakegen/docs/reference/ci.md").read_text("utf-8")
    for name in (*ACTION["inputs"], *ACTION["outputs"]):
        assert f"| `{name}` |" in page, name
    assert set(re.findall(r"bakegen@v?([0-9.]+)", page)) == {__version__}
    for step in ACTION["runs"]["steps"]:
        assert "uses" not in step and "${{" not in step["run"]


def install(folder: Path, machine: Path, environ: Mapping[str, str], name: str) -> tuple[int, str, str]:
    """Runs the step that installs; out: its code, what it said, what it put on the PATH."""
    step: dict[str, Any] = ACTION["runs"]["steps"][0]
    added = machine / f"path-{name}"
    inputs = {"ACTION": str(folder), "PYTHON": sys.executable, "EXTRAS": "zstd"}
    assert set(inputs) == set(step["env"])
    done = subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],
        env={"PATH": os.environ["PATH"], "HOME": str(machine), "GITHUB_PATH": str(added), "PIP_NO_INDEX": "1",
             "RUNNER_TOOL_CACHE": str(machine / "tools"), **inputs, **environ},
        capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    return done.returncode, done.stdout + done.stderr, added.read_text() if added.is_file() else ""


def test_it_installs_itself_once_a_version(tmp_path: Path) -> None:
    folder = tmp_path / "action"
    (folder / "templates" / "ci").mkdir(parents=True)
    (folder / "templates" / "ci" / "github").symlink_to(ROOT / "templates" / "ci" / "github")
    (folder / "bakegen").mkdir()
    (folder / "bakegen" / "x.py").write_text("1\n")
    (folder / "backend.py").write_text(_BACKEND)
    (folder / "pyproject.toml").write_text(
        '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'
    )
    with ThreadPoolExecutor() as both:  # two jobs of one machine
        first, second = both.map(lambda name: install(folder, tmp_path, {}, name), ("a", "b"))
    assert first[0] == second[0] == 0, first[1] + second[1]
    assert first[2] == second[2]
    ready = Path(first[2].strip())
    assert subprocess.run([ready / "bakegen"], capture_output=True, text=True).stdout.startswith("bakegen 1 ")
    (made,) = (tmp_path / "tools" / "bakegen").iterdir()
    assert sorted(path.name[:5] for path in made.iterdir()) == ["ready", "venv."]
    assert "bakegen 1" in first[1]
    # The same again is there already; pip, which could not build it any more, is not asked.
    (folder / "backend.py").rename(folder / "away.py")
    assert install(folder, tmp_path, {}, "c")[2] == first[2]
    (folder / "away.py").rename(folder / "backend.py")
    (folder / "bakegen" / "x.py").write_text("2\n")
    assert install(folder, tmp_path, {}, "d")[2] != first[2]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"PYTHON": "python3-that-is-not-there"}, "::error::there is no python3-that-is-not-there: "),
        ({"PYTHON": "false"}, "::error::bakegen needs Python 3.11 or newer: "),
        ({"EXTRAS": "zstd] evil @ file:///x #"}, "::error::the input extras takes names"),
    ],
)
def test_what_it_cannot_install_with(wrong: dict[str, str], said: str, tmp_path: Path) -> None:
    code, text, added = install(ROOT, tmp_path, wrong, "a")
    assert (code, added) == (1, "")
    assert text.startswith(said)
