"""`bakegen init` by hand: what is written, what is never written over, what is said, without docker."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING

import pytest

from bakegen.cli.init_report import told_once
from bakegen.cli.main import run
from bakegen.documents.nodes import Items, Node, Scalar, Table
from bakegen.documents.yaml_reader import read_yaml
from bakegen.errors import EngineError
from bakegen.importing.bakefiles_variables import summed_up
from bakegen.importing.folding_model import Image
from bakegen.importing.folding_templates import mark
from bakegen.importing.merging import joined, merged
from bakegen.importing.merging_tags import with_own_tags
from bakegen.importing.model import Found, Guess, Loss, Wanted
from bakegen.importing.sources import Kind
from bakegen.importing.writing import image_text
from bakegen.importing.writing_yaml import document
from bakegen.text import Source

if TYPE_CHECKING:
    from pathlib import Path

    from bakegen.bake.meaning import Json

BAKE = """\
variable "TAG" { default = "dev" }
group "default" { targets = ["app"] }
target "_common" { labels = { team = "a" } }
target "app" {
  inherits = ["_common"]
  context = "app"
  tags = ["r.example/x/app:${TAG}"]
}
target "gone" { context = "gone" }
target "computed" { args = { NOW = timestamp() } }
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, with a bake file and a Dockerfile, on a machine without docker."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("bakegen.workspace.importing_bake.print_bake", lambda *_: None)
    (tmp_path / "docker-bake.hcl").write_text(BAKE)
    for name in ("app", "."):
        (tmp_path / name).mkdir(exist_ok=True)
        (tmp_path / name / "Dockerfile").write_text("FROM scratch\n")
    return tmp_path


def test_without_buildx_what_is_sure_is_read_and_the_rest_is_listed(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["init", "--from", "bake"]) == 1
    told = capsys.readouterr().out
    assert "1 of 1 target builds the same as before." in told
    assert "docker-bake.hcl:10: the target computed cannot be read without buildx" in told
    assert "the target gone is left out: there is no gone/Dockerfile" in told
    assert 'tags: ["{{ repository }}:{{ vars.TAG }}"]' in (folder / "images/app/image.yaml").read_text()
    assert (folder / ".bakegen/image.schema.json").is_file()
    assert (folder / "docker-bake.hcl").read_text() == BAKE
    # Rendering does not write over what a person wrote, and says what to do.
    assert run(["render"]) == 2
    assert "mv docker-bake.hcl bake.before.hcl" in capsys.readouterr().err
    assert (folder / "docker-bake.hcl").read_text() == BAKE


def test_files_that_are_there_are_kept(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "images/app").mkdir(parents=True)
    mine = folder / "images/app/image.yaml"
    mine.write_text("description: mine\ndockerfile: ../../app/Dockerfile\n")
    assert run(["init", "--from", "bake"]) == 2
    assert "images/app/image.yaml is there already" in capsys.readouterr().err
    assert not (folder / "bakegen.yaml").exists()
    assert run(["init", "--from", "bake", "--dry-run"]) == 1
    assert "=== images/app/image.yaml" in capsys.readouterr().out
    assert mine.read_text().startswith("description: mine")
    assert run(["init", "--from", "bake", "--force"]) == 1
    assert "repository" in mine.read_text()


def test_scripts_read_json(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["init", "--from", "bake", "--format", "json", "--registry", "r.example/x"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert (told["targets"], told["same"], told["differences"]) == (1, 1, [])
    assert told["images"][0]["targets"] == ["app"]
    assert {"origin", "what", "instead"} == set(told["losses"][0])


def test_what_nobody_commits_is_added_to_gitignore_once(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "docker-bake.hcl").write_text('target "app" {}\n')
    file = folder / ".gitignore"
    assert run(["init", "--from", "bake"]) == 0
    assert not file.exists()
    (folder / ".git").mkdir()
    assert run(["init", "--from", "bake", "--dry-run"]) == 0
    told = capsys.readouterr().out
    assert "=== .gitignore\ndocker-bake.override.hcl\nbakegen-report.json\n.bakegen/cache\n\n" in told
    assert not file.exists()
    assert run(["init", "--from", "bake", "--force"]) == 0
    assert file.read_text() == "docker-bake.override.hcl\nbakegen-report.json\n.bakegen/cache\n"
    # A file that was not there before is no input of a build of the whole folder.
    assert ".gitignore" in (folder / "images/app/image.yaml").read_text()
    file.write_bytes(b"dist\r\n/.bakegen/cache/\r\n/docker-bake.override.hcl")
    assert run(["init", "--from", "bake", "--force"]) == 0
    assert "; added to .gitignore: bakegen-report.json. Next:" in capsys.readouterr().out
    told_once = b"dist\r\n/.bakegen/cache/\r\n/docker-bake.override.hcl\r\nbakegen-report.json\r\n"
    assert file.read_bytes() == told_once
    assert run(["init", "--from", "bake", "--dry-run"]) == 0
    assert ".gitignore" not in capsys.readouterr().out
    assert file.read_bytes() == told_once


@pytest.mark.parametrize(
    ("branch", "remote_head", "written"),
    [("main", "", "main"), ("topic", "", ""), ("master", "", ""), ("topic", "trunk", "trunk"), ("main", "master", "")],
)
def test_the_default_branch_is_what_git_says(folder: Path, branch: str, remote_head: str, written: str) -> None:
    subprocess.run(["git", "init", "--quiet", f"--initial-branch={branch}", folder], check=True)
    if remote_head:
        head = f"refs/remotes/origin/{remote_head}"
        subprocess.run(["git", "symbolic-ref", "refs/remotes/origin/HEAD", head], cwd=folder, check=True)
    assert run(["init", "--from", "dockerfiles"]) == 0
    lines = (folder / "bakegen.yaml").read_text().splitlines()
    assert [line for line in lines if line.startswith("default-branch")] == [f"default-branch: {written}"] * bool(
        written
    )


def test_nothing_to_start_from_shows_a_first_image(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(["init"]) == 0
    assert "A first image is a folder" in capsys.readouterr().out
    assert list(tmp_path.iterdir()) == []
    assert run(["init", "../elsewhere"]) == 2
    assert run(["init", "--folder", "../up"]) == 2


def test_nothing_is_written_where_no_image_is_left(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "docker-bake.hcl").write_text('target "gone" {\n  context = "gone"\n}\n')
    assert run(["init", "--from", "bake"]) == 1
    assert "Nothing was written: no image is left." in capsys.readouterr().out
    assert not (folder / "bakegen.yaml").exists()


NEWER = """\
variable "MEMORY" { default = "1g" }
target "_common" { policy = [{ filename = "p.rego", strict = true }] }
target "app" {
  inherits = ["_common"]
  resources = { memory = MEMORY, cpu-shares = 2 }
}
target "computed" { resources = { memory = timestamp() } }
"""


def test_what_an_older_buildx_does_not_print_is_read_or_told(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "docker-bake.hcl").write_text(NEWER)
    plain = {"context": ".", "dockerfile": "Dockerfile"}
    printed = {"target": {name: dict(plain) for name in ("_common", "app", "computed")}, "group": {}}
    monkeypatch.setattr("bakegen.workspace.importing_bake.print_bake", lambda *_: printed)
    assert run(["init", "--from", "bake"]) == 1
    told = capsys.readouterr().out
    assert "`resources` of computed is lost: the installed buildx does not print it, and its value is computed" in told
    assert "2 of 2 targets build the same as before." in told
    text = (folder / "images/app/image.yaml").read_text()
    assert 'resources:\n  memory: "{{ vars.MEMORY }}"\n  cpu-shares: 2\n' in text
    assert "policy:\n  - {filename: p.rego, strict: true}\n" in text


def test_a_group_that_bake_refuses_is_no_loss(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def printed(_files: object, names: list[str], *_: object) -> dict[str, Json]:
        if refused & {*names}:
            raise EngineError("bake cannot read docker-bake.hcl:\nERROR: failed to find target gone")
        return {"target": {"app": {"context": ".", "dockerfile": "Dockerfile"}}, "group": {}}

    monkeypatch.setattr("bakegen.workspace.importing_bake.print_bake", printed)
    (folder / "docker-bake.hcl").write_text('group "some" {\n  targets = ["app", "gone"]\n}\ntarget "app" {}\n')
    refused = {"some"}
    assert run(["init", "--from", "bake"]) == 0
    assert "bake itself refuses some: failed to find target gone" in capsys.readouterr().out
    (folder / "docker-bake.hcl").write_text('target "other" {}\ntarget "app" {}\n')
    refused = {"other"}
    assert run(["init", "--from", "bake", "--force"]) == 1
    assert "bake itself refuses other" in capsys.readouterr().out
    refused = {"app", "other"}
    assert run(["init", "--from", "bake", "--force"]) == 3


STAGES = """\
target "app" { target = "app" }
target "tools" { target = "tools" }
target "onto" {
  dockerfile = "Onto"
  contexts = { base = "target:tools" }
}
target "broken" { context = "broken" }
"""


def test_only_the_target_that_cannot_be_opened_is_left_out(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "docker-bake.hcl").write_text(STAGES)
    (folder / "Dockerfile").write_text("FROM scratch AS app\n")
    (folder / "Onto").write_text("FROM base\n")
    (folder / "broken").mkdir()
    (folder / "broken/Dockerfile").write_text("FROM scratch\nCOPYY a b\n")
    assert run(["init", "--from", "bake"]) == 1
    told = capsys.readouterr().out
    assert "the target tools is left out: Dockerfile:1: there is no stage 'tools'" in told
    assert "the target broken is left out: broken/Dockerfile:2: " in told
    assert "the target onto is left out: it builds on tools, which is not there" in told
    assert "the target app" not in told
    assert "1 of 1 target builds the same as before." in told


def test_all_guesses_of_a_field_are_told() -> None:
    guesses = (Guess("tags", "one"), Guess("tags", "two"), Guess("args.A", "three"), Guess("args.B", "four"))
    image = Image("x", {"tags": ["a"], "args": {"A": "1"}}, guesses=guesses)
    assert image_text(image).splitlines() == [
        "# Guessed: four (`args.B`)",
        "# Guessed: one",
        "# Guessed: two",
        "tags: [a]",
        "args:",
        "  # Guessed: three",
        '  A: "1"',
    ]


def wanted(name: str, **attributes: Json) -> Wanted:
    """A target of the Dockerfile at the top."""
    return Wanted(name, {"context": ".", "dockerfile": "Dockerfile", **attributes}, origin=name)


def test_an_earlier_kind_is_believed_and_workflows_add() -> None:
    found = merged(
        {
            Kind.DOCKERFILES: Found(
                (wanted("tree"), wanted("other", context="b")), losses=(Loss("Dockerfile:1", "x", "y"),)
            ),
            Kind.WORKFLOWS: Found((wanted("flow", tags=["a:1"], platforms=["linux/arm64"], target=""),)),
            Kind.BAKE: Found((wanted("bake", platforms=["linux/amd64"]),), {"g": ("bake",)}),
        }
    )  # fmt: skip
    assert [target.name for target in found.targets] == ["bake", "other"]
    assert found.targets[0].attributes["tags"] == ["a:1"]
    assert found.targets[0].attributes["platforms"] == ["linux/amd64"]
    assert found.losses == ()


def test_a_matrix_of_a_workflow_is_no_service_of_a_compose_file() -> None:
    flow = tuple(wanted(f"java-{one}", args={"JAVA": one}) for one in ("21", "25"))
    service = wanted("dev")
    for kind, names in {Kind.COMPOSE: ["dev", "java-21", "java-25"], Kind.BAKE: ["dev"]}.items():
        found = merged({kind: Found((service,)), Kind.WORKFLOWS: Found(flow)})
        assert [target.name for target in found.targets] == names
    found = merged({Kind.COMPOSE: Found((service,)), Kind.WORKFLOWS: Found(flow[:1])})
    assert [target.name for target in found.targets] == ["dev"]


def test_a_dockerfile_that_is_built_by_its_stages_is_known() -> None:
    stage = wanted("lint", target="lint")
    tree = wanted("tree")
    onto = wanted("onto", dockerfile="Onto", contexts={"tree": "target:tree"})
    assert [one.name for one in merged({Kind.BAKE: Found((stage,)), Kind.DOCKERFILES: Found((tree,))}).targets] == [
        "lint"
    ]
    both = merged({Kind.BAKE: Found((stage,)), Kind.DOCKERFILES: Found((tree, onto))})
    assert [one.name for one in both.targets] == ["lint", "tree", "onto"]


def test_many_variables_are_told_at_once(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    names = ("A", "B", "C")
    lines = [f'variable "{name}" {{ default = "{name.lower()}" }}' for name in names]
    args = ", ".join(f'{name} = "v${{{name}}}"' for name in names)
    (folder / "docker-bake.hcl").write_text("\n".join([*lines, f'target "app" {{\n  args = {{ {args} }}\n}}']))
    assert run(["init", "--from", "bake"]) == 0
    told = capsys.readouterr().out
    assert "  docker-bake.hcl: the variables A, B and C are `vars` of these names now, where their values" in told
    assert "`--set '*.vars.NAME=VALUE'` sets it for one run" in told


def test_the_same_of_several_places_is_told_once() -> None:
    def fixed(name: str) -> Loss:
        what = f"the value of the variable {name}, a, b, is fixed now: it is in *.args.{name}"
        return Loss(f"docker-bake.hcl:{ord(name)}", what, f"`--set '*.args.{name}=VALUE'` sets what it made")

    told = "the values of the variables A, B and C are fixed now: they are in `*.args` of these names"
    assert summed_up([fixed("A"), fixed("B"), fixed("C")]) == (
        Loss("docker-bake.hcl", told, "`--set '*.args.NAME=VALUE'` sets what it made"),
    )
    assert summed_up([fixed("A"), fixed("B")]) == (fixed("A"), fixed("B"))
    lost = [Loss(f"Makefile:{line}", "only running it tells", "set args") for line in (3, 7, 9, 11)]
    assert told_once([*lost, Loss("", "x", "y")]) == [
        "  Makefile:3, :7, :9 and 1 more: only running it tells\n      set args",
        "  x\n      y",
    ]


def test_two_of_one_name_are_told_apart() -> None:
    two = joined([Found((wanted("a"),), {"g": ("a",)}), Found((wanted("a", context="b"),), {"g": ("a",)})])
    assert [target.name for target in two.targets] == ["a", "a-2"]
    assert two.groups == {"g": ("a", "a-2")}


def test_variables_of_one_name_keep_their_values() -> None:
    def one(value: str) -> Found:
        attributes: dict[str, Json] = {"args": {"V": value, "W": "w"}, "contexts": {"b": "target:base"}}
        marked: dict[str, Json] = {**attributes, "args": {"V": mark("vars.V"), "W": mark("vars.W")}}
        targets = (Wanted("base", {}), Wanted("app", attributes, marked=marked))
        return Found(targets, settings={"defaults": {"vars": {"V": value, "W": "w"}}})

    both = joined([one("1"), one("2")], ["php", "java"])
    assert [target.name for target in both.targets] == ["base", "app", "java-base", "java-app"]
    assert [dict(target.own) for target in both.targets] == [{}, {"vars": {"V": "1"}}, {}, {"vars": {"V": "2"}}]
    assert both.targets[3].attributes["contexts"] == {"b": "target:java-base"}
    assert both.settings == {"defaults": {"vars": {"W": "w"}}}


def test_a_tag_stays_where_it_is_published() -> None:
    local = wanted("local", tags=["r/app", "r/app:local"], output=[{"type": "docker"}])
    found = with_own_tags(Found((local, wanted("image", tags=["r/app:latest"]))))
    assert [target.attributes["tags"] for target in found.targets] == [["r/app:local"], ["r/app:latest"]]
    assert [loss.origin for loss in found.losses] == ["local"]


def plain(node: Node) -> Json:
    """What a node of YAML holds."""
    if isinstance(node, Table):
        return {key: plain(value) for key, value in node.entries.items()}
    if isinstance(node, Items):
        return [plain(value) for value in node.items]
    assert isinstance(node, Scalar)
    return node.text


@pytest.mark.parametrize(
    "text",
    ["", " ", "a: b", "# no", "x #y", "- a", "yes", "010", "1e3", "null", "~", "{a}", "[b]", "*x", "&y", "!z", "|",
     ">-", "'q'", '"d"', "C:\\x", "a\nb", "a\nb\n", "a\n\n b\n", "\n", "tab\there", "größe", "a,b", "%x", "@x", "`x`",
     "---", "...", "key:", "\x07", "\u2028", "\ufeff", "a: ", "?", "? x", ":", "=", "<<"],
)  # fmt: skip
def test_any_text_is_read_as_it_was_written(text: str) -> None:
    value: Json = {"a": text, "b": [text, "x"], "c": {"k": text}, f"k{text}": [{"x": text, "y": [text]}]}
    assert isinstance(value, dict)
    problems: list[object] = []
    node = read_yaml(Source("x", document(value)), problems)  # type: ignore[arg-type]
    assert not problems
    assert node is not None
    assert plain(node) == value
