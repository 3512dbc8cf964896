"""What a definition says of artifacts, what they take, and what changes their keys."""

from __future__ import annotations

import pytest

from bakegen.building.artifacts import decide_artifacts, export_file
from bakegen.building.decide import Present
from bakegen.building.model import Action
from bakegen.errors import InputError
from bakegen.plan.artifacts import Artifact, artifact_references
from tests.unit.projects import plan_of

_DOCKERFILE = "FROM debian:12 AS build\nRUN make\nFROM build AS other\nRUN strip x\nFROM debian:12\nCOPY app.txt /\n"
_HEADERS = 'headers: {stage: build, paths: [/out/include], exclude: ["**/*.a"], level: 5}'


class NoFiles:
    """Digests of folders that hold nothing."""

    def digest(self, *_: object) -> str:
        return "nothing"


def files(artifacts: str, dockerfile: str = _DOCKERFILE, more: str = "") -> dict[str, str]:
    return {
        "bakegen.yaml": "registry: registry.example.com/team\n",
        "images/app/image.yaml": f"artifacts: {{{artifacts}}}\n{more}",
        "images/app/Dockerfile": dockerfile,
    }


def artifact(text: str, name: str = "x") -> Artifact:
    return plan_of(files(f"{name}: {{{text}}}")).artifacts[f"app/{name}"]


def reference(project: dict[str, str], title: str = "app/headers") -> str:
    plan = plan_of(project)
    return artifact_references(plan, plan.artifacts.values(), NoFiles())[title][1]


def test_what_is_written_is_read() -> None:
    found = plan_of(files(_HEADERS)).artifacts["app/headers"]
    assert (found.owner, found.source.stage, found.level) == ("app", "build", 5)
    assert (found.paths, found.exclude, found.roots) == (("/out/include",), ("**/*.a",), ("out/include",))
    assert found.source.repository == "registry.example.com/team/app"
    # The bake file has nothing of it: only `bakegen build` makes artifacts.
    assert list(plan_of(files(_HEADERS)).targets) == ["app"]


def test_a_variant_has_its_own() -> None:
    text = 'tree: {paths: ["/opt/{{ version }}"]}'
    plan = plan_of(files(text, more='matrix: {axes: {version: ["1", "2"]}}\n'))
    assert {title: one.paths for title, one in plan.artifacts.items()} == {
        "app-1/tree": ("/opt/1",),
        "app-2/tree": ("/opt/2",),
    }


@pytest.mark.parametrize(
    ("paths", "roots"),
    [
        ("[/out]", ("out",)),
        ("[out/, ./out/lib, /outer]", ("out", "outer")),
        ('["/out/**/*.so", "/out/include/x.h"]', ("out",)),
        ('["/opt/[ab]/x"]', ("opt",)),
        ('["/opt/$x/y", "/opt/tool-1.2/bin"]', ("opt",)),
        ('["/"]', ("",)),
        ('["**/*.so", "/out"]', ("",)),
    ],
)
def test_whole_folders_are_copied(paths: str, roots: tuple[str, ...]) -> None:
    assert artifact(f"paths: {paths}").roots == roots


@pytest.mark.parametrize(
    ("path", "taken"),
    [
        ("out", False),
        ("out/lib", True),
        ("out/lib/a/b.so", True),
        ("out/lib/a/b.o", False),
        ("out/lib/cache", False),
        ("out/lib/cache/x", False),
        ("out/library", False),
        ("usr/a.h", True),
        ("usr/x/a.h", False),
    ],
)
def test_patterns_are_those_of_a_dockerignore(path: str, taken: bool) -> None:
    found = artifact('paths: [/out/lib, "usr/*.h"], exclude: ["**/*.o", /out/lib/cache]')
    assert found.takes(path) is taken


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("x: {stage: build}", "missing-field"),
        ("x: {paths: []}", "artifact-paths"),
        ("x: {paths: [/a], stage: buidl}", "unknown-stage"),
        ("x: {paths: [../a]}", "artifact-pattern"),
        ('x: {paths: ["!a"]}', "artifact-pattern"),
        ('x: {paths: ["[a"]}', "artifact-pattern"),
        ('x: {paths: [/a], exclude: [""]}', "artifact-pattern"),
        ("x: {paths: [/a], level: 0}", "artifact-level"),
        ("x: {paths: [/a], level: 20}", "artifact-level"),
        ("x: {paths: [/a], times: sometimes}", "unknown-value"),
        ("x: {paths: [/a], level: high}", "wrong-type"),
        ("X: {paths: [/a]}", "artifact-name"),
        ('"a/b": {paths: [/a]}', "artifact-name"),
        ("x: {paths: /a}", "wrong-type"),
        ("x: [/a]", "wrong-type"),
        ("x: {path: [/a], paths: [/a]}", "unknown-field"),
    ],
)
def test_what_cannot_be_is_refused(text: str, code: str) -> None:
    with pytest.raises(InputError) as refused:
        plan_of(files(text))
    assert [problem.code for problem in refused.value.diagnostics] == [code]
    assert refused.value.diagnostics[0].location is not None


def test_of_several_platforms_one_is_exported_at_a_time() -> None:
    found = plan_of(files(_HEADERS, more="platforms: [linux/amd64, linux/arm64]\n")).artifacts["app/headers"]
    source, export = export_file(found, "/tmp/x.tar", "linux/arm64")[1].targets
    assert source.attributes == {"inherits": ("app",), "target": "build", "platforms": ("linux/arm64",)}
    assert export.attributes["platforms"] == ("linux/arm64",)


def test_the_key_is_that_of_the_stage_and_of_what_is_taken() -> None:
    known = reference(files(_HEADERS))
    assert known.startswith("registry.example.com/team/app:key-")
    assert reference(files(_HEADERS, _DOCKERFILE + "RUN echo other\n")) == known
    changed = [
        files(_HEADERS, _DOCKERFILE.replace("RUN make", "RUN make all")),
        files(_HEADERS.replace("5", "6")),
        files(_HEADERS.replace("5", "5, times: keep")),
        files(_HEADERS.replace("*.a", "*.b")),
        files(_HEADERS.replace("/include", "/lib")),
        files(_HEADERS.replace("build", "other")),
    ]
    assert len({known, *(reference(one) for one in changed)}) == 1 + len(changed)


def test_what_is_there_is_not_made_and_what_is_not_only_where_the_build_pushes() -> None:
    plan = plan_of(files(_HEADERS))
    references = artifact_references(plan, plan.artifacts.values(), NoFiles())
    place = references["app/headers"][1]
    there = {place: Present("sha256:1", ())}

    def action(present: dict[str, Present], pushes: set[str], *, force: bool = False) -> Action | None:
        found = decide_artifacts(plan.artifacts.values(), references, present, {}, pushes, force=force)
        return found["app/headers"].action if found else None

    assert action(there, set()) is Action.SKIP
    assert action(there, {"app"}, force=True) is Action.BUILD
    assert action({}, {"app"}) is Action.BUILD
    assert action({}, set()) is None


def test_the_stage_is_exported_from_the_same_target() -> None:
    found = plan_of(files(_HEADERS)).artifacts["app/headers"]
    name, laid = export_file(found, "/tmp/x.tar")
    source, export = laid.targets
    assert (source.attributes["inherits"], source.attributes["target"]) == (("app",), "build")
    assert export.name == name
    assert export.attributes["contexts"] == {"source": f"target:{source.name}"}
    assert export.attributes["dockerfile-inline"] == (
        'FROM scratch\nCOPY --from=source ["/out/include", "/out/include"]\n'
    )
    whole, laid = export_file(artifact("paths: [/]"), "/tmp/x.tar")
    assert [target.name for target in laid.targets] == [whole]
