"""The commands as processes: what they write, print and end with."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.unit.cli.running import CI, FILES, bakegen

if TYPE_CHECKING:
    from pathlib import Path

MATRIX = 'matrix: {axes: {v: ["1"]}}\n'


def everything(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_render_writes_what_is_committed_and_then_nothing(project: Path) -> None:
    done = bakegen(project, "render")
    assert done.returncode == 0, done.stderr
    made = set(everything(project)) - set(FILES)
    assert made == {"docker-bake.hcl"} | {
        f".bakegen/app-1-{v}.Dockerfile{ending}" for v in ("9", "10") for ending in ("", ".dockerignore")
    }
    stamps = {path: path.stat().st_mtime_ns for path in project.rglob("*")}
    assert "0 files written, 5 unchanged" in bakegen(project, "render").stderr
    assert {path: path.stat().st_mtime_ns for path in project.rglob("*")} == stamps


def test_check_tells_drift_with_a_diff_and_writes_nothing(project: Path) -> None:
    assert bakegen(project, "render").returncode == 0
    assert bakegen(project, "render", "--check").returncode == 0
    (project / "images/app/Dockerfile").write_text("FROM base\nARG V\nCOPY . /src\n")
    before = everything(project)
    done = bakegen(project, "render", "--check")
    assert done.returncode == 1
    assert "-COPY . .\n+COPY . /src\n" in done.stdout
    assert "out of date: .bakegen/app-1-10.Dockerfile, .bakegen/app-1-9.Dockerfile" in done.stderr
    assert everything(project) == before


def test_diff_writes_nothing_and_is_no_failure(project: Path) -> None:
    done = bakegen(project, "render", "--diff")
    assert done.returncode == 0
    assert "+++ b/docker-bake.hcl" in done.stdout
    assert set(everything(project)) == set(FILES)


def test_a_variant_that_is_gone_leaves_no_files(project: Path) -> None:
    bakegen(project, "render")
    own = project / ".bakegen" / "mine.Dockerfile"
    own.write_text("FROM scratch\n")
    (project / "images/app/image.yaml").write_text('matrix: {axes: {v: ["1.10"]}}\nignore: [x]\n')
    bakegen(project, "render")
    assert sorted(path.name for path in (project / ".bakegen").iterdir()) == [
        "app-1-10.Dockerfile",
        "app-1-10.Dockerfile.dockerignore",
        "mine.Dockerfile",
    ]


def test_the_committed_files_are_the_same_on_every_branch_and_for_every_hash_seed(project: Path) -> None:
    bakegen(project, "render")
    committed = everything(project)
    for branch, seed in (("master", "1"), ("feature/x${boom()}", "2")):
        done = bakegen(
            project,
            "render",
            "--offline",
            **CI,
            CI_COMMIT_BRANCH=branch,
            PYTHONHASHSEED=seed,
            TZ="Asia/Tokyo",
            LC_ALL="C",
        )
        assert done.returncode == 0, done.stderr
        found = everything(project)
        assert "cache-to" in found.pop("docker-bake.override.hcl").decode()
        assert found == committed


def test_a_run_outside_ci_removes_the_override_of_an_earlier_one(project: Path) -> None:
    bakegen(project, "render", "--offline", **CI, CI_COMMIT_BRANCH="master")
    assert (project / "docker-bake.override.hcl").exists()
    assert bakegen(project, "render").returncode == 0
    assert not (project / "docker-bake.override.hcl").exists()


def test_an_override_that_a_person_wrote_stays(project: Path) -> None:
    (project / "docker-bake.override.hcl").write_text("# mine\n")
    bakegen(project, "render")
    assert (project / "docker-bake.override.hcl").read_text() == "# mine\n"


def test_a_registry_that_does_not_answer_is_a_warning(project: Path) -> None:
    (project / "bakegen.yaml").write_text("registry: 127.0.0.1:9/team\n")
    done = bakegen(project, "render", "--branch", "topic", "--trusted")
    assert done.returncode == 0, done.stderr
    assert "warning" in done.stderr
    assert "registry-unknown" in done.stderr
    assert "cache-app-1-9.topic" in (project / "docker-bake.override.hcl").read_text()


def test_output_to_standard_output_writes_nothing(project: Path) -> None:
    done = bakegen(project, "render", "--select", "pr", "--output", "-")
    assert 'target "app-1-10"' in done.stdout
    assert 'target "app-1-9"' not in done.stdout
    assert set(everything(project)) == set(FILES)


def test_json_says_the_same(project: Path) -> None:
    assert bakegen(project, "render", "--format", "json").returncode == 0
    found = json.loads((project / "docker-bake.json").read_text())
    assert found["group"]["pr"]["targets"] == ["app-1-10", "base"]
    done = bakegen(project, "render")
    assert done.returncode == 2
    assert "docker-bake.json is there too" in done.stderr


@pytest.mark.parametrize(
    ("file", "text", "message"),
    [
        ("images/app/image.yaml", "tagz: [x]\n", "images/app/image.yaml:1:1: error: "),
        ("images/app/Dockerfile", "FROM base\nCOPPY . .\n", "images/app/Dockerfile:2:1: error: "),
        ("bakegen.yaml", "registry: a\nregistry: b\n", "bakegen.yaml:2:1: error: "),
        ("images/app/image.yaml", MATRIX + "context: ../../../..\n", "images/app/image.yaml:2:10: error: "),
        ("images/app/image.yaml", MATRIX + "contexts: {x: ../../../y}\n", "images/app/image.yaml:2:15: error: "),
    ],
)
def test_bad_input_ends_with_2_a_place_and_no_files(project: Path, file: str, text: str, message: str) -> None:
    (project / file).write_text(text)
    before = everything(project)
    for command in (["render"], ["list"], ["graph"]):
        done = bakegen(project, *command)
        assert done.returncode == 2, done.stdout + done.stderr
        assert message in done.stderr
        assert "^" in done.stderr
        assert "Traceback" not in done.stderr
    assert everything(project) == before


def test_a_fault_in_a_template_is_shown_where_it_can_be_changed(project: Path) -> None:
    (project / "images/app/Dockerfile").unlink()
    template = 'FROM base\n{% if v == "1.9" %}\nCOPPY {{ v }} .\n{% endif %}\n'
    (project / "images/app/Dockerfile.j2").write_text(template)
    done = bakegen(project, "render")
    assert done.returncode == 2
    assert "images/app/Dockerfile.j2:3:1: error: unknown instruction" in done.stderr
    assert "COPPY 1.9 ." in done.stderr


@pytest.mark.parametrize("arguments", [["nope"], ["render", "--nope"], ["show"], ["show", "nope"], ["list", "nope"]])
def test_bad_usage_ends_with_2(project: Path, arguments: list[str]) -> None:
    done = bakegen(project, *arguments)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr


def test_no_project_is_explained(tmp_path: Path) -> None:
    done = bakegen(tmp_path, "render")
    assert done.returncode == 2
    assert "there is no bakegen.yaml" in done.stderr


def test_keys_change_with_what_they_cover(project: Path) -> None:
    def keys() -> dict[str, str]:
        return {one["name"]: one["key"] for one in json.loads(bakegen(project, "list", "--format", "json").stdout)}

    first = keys()
    assert len(set(first.values())) == 3
    (project / "images/app/secret").write_text("ignored")
    assert keys() == first
    (project / "images/app/main.txt").write_text("changed\n")
    second = keys()
    assert second["base"] == first["base"]
    assert second["app-1-9"] != first["app-1-9"]
    (project / "images/base/Dockerfile").write_text("FROM debian:12\nRUN new\n")
    third = keys()
    assert all(third[name] != second[name] for name in third)


def test_list_as_table_tree_and_explained(project: Path) -> None:
    table = bakegen(project, "list").stdout
    assert table.splitlines()[0].split() == ["TARGET", "KIND", "PLATFORMS", "KEY", "TAGS"]
    assert "registry.example.com/team/app:1-10" in table
    assert "└── app-1-10" in bakegen(project, "list", "--format", "tree").stdout
    explained = bakegen(project, "list", "app-1-9", "--explain").stdout
    assert "parent" in explained
    assert "\x1b" not in table


def test_show_names_the_origin_of_every_value(project: Path) -> None:
    done = bakegen(project, "show", "app-1-9", "--set", "app-1-9.args.V=7")
    assert "args.V" in done.stdout
    assert "flag" in next(line for line in done.stdout.splitlines() if line.startswith("args.V"))
    assert "image images/app/image.yaml:3:10" in done.stdout
    assert "computed" in done.stdout
    rows = json.loads(bakegen(project, "show", "base", "--format", "json").stdout)["attributes"]
    assert {"attribute": "context", "value": "images/base", "origin": "computed"} in rows


def test_graph_in_three_forms(project: Path) -> None:
    text = bakegen(project, "graph").stdout
    assert text == "debian:12 (base image)\n└── base\n    ├── app-1-9\n    └── app-1-10\n"
    assert bakegen(project, "graph", "--format", "mermaid").stdout.startswith("flowchart LR\n")
    assert bakegen(project, "graph", "base", "--format", "svg").stdout.startswith("<svg")


def test_branch_says_why(project: Path) -> None:
    found = json.loads(bakegen(project, "branch", "--format", "json", **CI, CI_COMMIT_BRANCH="topic").stdout)
    assert (found["branch"], found["trusted"], found["writes_cache_as"]) == ("topic", True, "topic")
    assert found["reads_caches_of"] == ["topic", "master"]
    assert found["reasons"]
    assert "Why:" in bakegen(project, "branch").stdout


def test_schema_and_completion(project: Path) -> None:
    for which in ("bakegen", "image", "report", "catalog"):
        assert json.loads(bakegen(project, "schema", which).stdout)["$schema"]
        path = bakegen(project, "schema", which, "--path").stdout.strip()
        assert os.path.exists(path)  # noqa: PTH110
    for shell in ("bash", "zsh", "fish"):
        assert "_BAKEGEN_COMPLETE" in bakegen(project, "completion", shell).stdout


@pytest.mark.parametrize("command", ["render", "list", "show", "graph", "branch", "schema", "completion"])
def test_every_command_teaches(tmp_path: Path, command: str) -> None:
    done = bakegen(tmp_path, command, "--help")
    assert done.returncode == 0
    assert len(done.stdout.splitlines()) > 6
    assert command in bakegen(tmp_path, "--help").stdout


def test_version_imports_no_library(tmp_path: Path) -> None:
    code = (
        "import sys; sys.argv = ['bakegen', '--version']\n"
        "from bakegen.__main__ import main; main()\n"
        "print(sorted({'click', 'yaml', 'jinja2', 'git', 'python_on_whales'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_a_closed_pipe_is_quiet(project: Path) -> None:
    command = f"{sys.executable} -m bakegen list --format json | head -c 1"
    done = subprocess.run(["sh", "-c", command], cwd=project, capture_output=True, text=True, timeout=60)
    assert (done.stdout, done.stderr) == ("[", "")


def test_a_folder_that_cannot_be_written_is_named(project: Path) -> None:
    (project / ".bakegen").write_text("a file, not a folder")
    done = bakegen(project, "render")
    assert done.returncode == 2
    assert ".bakegen" in done.stderr
    assert "Traceback" not in done.stderr
    assert not list(project.rglob("*.tmp*"))
