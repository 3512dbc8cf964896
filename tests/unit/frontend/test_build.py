"""Whole builds against a bridge that speaks HTTP/2 by another library than ours."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from bakegen.frontend.messages import gateway_pb2 as gateway
from bakegen.frontend.messages import llb_pb2 as llb
from tests.unit.frontend.fake_bridge import FakeBridge, source_definition

if TYPE_CHECKING:
    from collections.abc import Callable

    Building = Callable[..., FakeBridge]
    Started = Callable[[FakeBridge], int]

BEFORE = """# syntax=bakegen
FROM busybox
ARG VERSION=1
RUN echo hello
LABEL version=$VERSION
"""
AFTER = """# syntax=bakegen
FROM busybox
RUN echo hello
ARG VERSION=1
LABEL version=$VERSION
"""
ASSUMED = {"cmdline": "bakegen --level=assumed"}


def fake(text: str | bytes = BEFORE, **files: str) -> FakeBridge:
    """A client whose Dockerfile is `text`; the files are in its build context."""
    data = text if isinstance(text, bytes) else text.encode()
    return FakeBridge({"dockerfile": {"Dockerfile": data}, "context": {p: t.encode() for p, t in files.items()}})


def returned(bridge: FakeBridge) -> gateway.Result:
    """The result that was returned."""
    assert bridge.returned is not None
    assert not bridge.returned.HasField("error"), bridge.returned.error
    return bridge.returned.result


def test_rewritten_text_is_built(build: Building) -> None:
    bridge = build(fake(), ASSUMED)
    assert [(frontend, text) for frontend, _, text in bridge.built] == [("dockerfile.v0", AFTER)]


def test_result_is_passed_on_with_what_is_unknown_of_it(build: Building) -> None:
    result = returned(build(fake(), ASSUMED))
    assert result.metadata["containerimage.config"] == b"{}"
    assert b"\x62\x04\x0a\x02ab" in result.SerializeToString()


def test_definition_points_at_the_lines_of_the_user(build: Building) -> None:
    source = returned(build(fake(), ASSUMED)).ref.definition.source
    assert [info.data.decode() for info in source.infos] == [BEFORE]
    lines = {key: one.locations[0].ranges[0].start.line for key, one in source.locations.items()}
    assert (lines["line2"], lines["line3"], lines["line4"], lines["line5"]) == (2, 4, 3, 5)


def test_every_platform_is_solved_again_with_the_caches(build: Building) -> None:
    caches = '[{"Type":"registry","Attrs":{"ref":"r/cache"}}]'
    options = {**ASSUMED, "platform": "linux/amd64,linux/arm64", "cache-imports": caches}
    bridge = build(fake(), options)
    assert set(returned(bridge).refs.refs) == {"linux/amd64", "linux/arm64"}
    again = [one for one in bridge.named("Solve") if one.cache_imports]
    assert [dict(one.cache_imports[0].attrs) for one in again] == [{"ref": "r/cache"}] * 2


def test_each_rewrite_is_a_note_at_its_line(build: Building) -> None:
    bridge = build(fake(), ASSUMED)
    assert [one.short.decode() for one in bridge.warned] == ["bakegen sink-arg: ARG VERSION=1 (line 3)"]
    assert (bridge.warned[0].ranges[0].start.line, bridge.warned[0].info.data.decode()) == (3, BEFORE)
    assert bridge.warned[0].digest.startswith("sha256:")


def test_warnings_of_lint_are_about_the_text_of_the_user(build: Building) -> None:
    bridge = fake()
    place = {"ranges": [{"start": {"line": 3}, "end": {"line": 3}}]}
    bridge.lint = [{"ruleName": "Rule", "detail": "no good", "description": "why", "url": "u", "location": place}]
    build(bridge, ASSUMED)
    assert [one.short.decode() for one in bridge.warned[1:]] == ["Rule: no good (line 3)"]
    assert (bridge.warned[1].url, bridge.warned[1].info.data.decode()) == ("u", BEFORE)
    assert bridge.built[0][1]["build-arg:BUILDKIT_DOCKERFILE_CHECK"] == "skip=all"


def test_warnings_that_are_errors_are_left_to_dockers_own_frontend(build: Building) -> None:
    bridge = fake("# syntax=bakegen\n# check=error=true\n" + BEFORE.partition("\n")[2])
    bridge.lint = [{"ruleName": "Rule"}]
    build(bridge, ASSUMED)
    assert "check=error=true\nFROM busybox\nARG" in bridge.built[0][2]
    assert "build-arg:BUILDKIT_DOCKERFILE_CHECK" not in bridge.built[0][1]


def test_what_the_rewrites_made_does_not_build(build: Building) -> None:
    bridge = fake()
    bridge.refuses = lambda text: "no such thing" if text == AFTER else ""
    build(bridge, ASSUMED)
    assert returned(bridge).ref.id
    assert [text for _, _, text in bridge.built] == [BEFORE]
    assert "no such thing" in bridge.warned[0].short.decode()


def test_error_is_the_one_about_the_text_of_the_user(build: Building) -> None:
    bridge = fake()
    bridge.refuses = lambda text: f"error on line {text[: text.index('ARG')].count(chr(10)) + 1}"
    build(bridge, ASSUMED)
    assert bridge.returned is not None
    assert bridge.returned.error.message == "error on line 3"


@pytest.mark.parametrize(
    "options",
    [
        {},
        {**ASSUMED, "build-arg:BAKEGEN_REWRITE": "off"},
        {"cmdline": "bakegen --level=assumed --skip=sink-arg"},
        {**ASSUMED, "requestid": "frontend.outline"},
    ],
)
def test_nothing_to_rewrite_is_built_as_it_is(build: Building, options: dict[str, str]) -> None:
    bridge = build(fake(BEFORE if options else "# syntax=bakegen\nFROM busybox\nRUN true\n"), options)
    frontend, given, _ = bridge.built[0]
    assert (frontend, bridge.warned) == ("dockerfile.v0", [])
    assert "dockerfile" not in bridge.named("Solve")[-1].inputs
    assert {name: given[name] for name in options} == options


@pytest.mark.parametrize(
    ("options", "note"),
    [
        ({"cmdline": "bakegen --level=asumed"}, "no level 'asumed'"),
        ({"cmdline": "bakegen level=assumed"}, "'level=assumed' is no option"),
        ({**ASSUMED, "build-arg:BAKEGEN_ONLY": "sink-args"}, "no rewrite is called 'sink-args'"),
    ],
)
def test_settings_that_are_not_understood_end_no_build(build: Building, options: dict[str, str], note: str) -> None:
    bridge = build(fake(), options)
    assert bridge.built[0][2] == BEFORE
    assert note in bridge.warned[0].short.decode()


def test_fault_of_a_rewrite_ends_no_build(build: Building, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*args: object, **options: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("bakegen.frontend.rewriting.rewrite", fail)
    bridge = build(fake(), ASSUMED)
    assert bridge.built[0][2] == BEFORE
    assert "ZeroDivisionError" in bridge.warned[0].short.decode()


def test_context_is_listed_and_files_are_read_when_asked_for(build: Building) -> None:
    text = "# syntax=bakegen\nFROM busybox\nADD notes.txt /notes.txt\n"
    bridge = build(fake(text, **{"notes.txt": "text\n", "other.txt": "other\n"}))
    assert bridge.built[0][2] == text.replace("ADD", "COPY")
    sources = [llb.Op.FromString(one.definition.ops[0]).source for one in bridge.named("Solve") if not one.frontend]
    hints = [one.attrs["local.sharedkeyhint"] for one in sources if one.identifier == "local://context"]
    assert hints == ["context-bakegen", "context-bakegen", "context-bakegen:notes.txt"]


def test_context_of_an_engine_that_cannot_list_is_fetched(build: Building) -> None:
    text = "# syntax=bakegen\nFROM busybox\nADD a /a\n"
    bridge = fake(text, **{"a/b/c.txt": "text\n", "a/d.txt": "text\n"})
    bridge.llb_caps = ()
    build(bridge)
    assert "COPY a /a" in bridge.built[0][2]
    assert {one.path for one in bridge.named("ReadDir")} == {"/", "a", "a/b"}


def test_ignore_file_counts_and_goes_along(build: Building) -> None:
    text = "# syntax=bakegen\nFROM busybox\nADD notes.txt /notes.txt\nARG A=1\nRUN true\nLABEL a=$A\n"
    bridge = build(fake(text, **{"notes.txt": "text\n", ".dockerignore": "notes.txt\n"}), ASSUMED)
    assert "ADD notes.txt" in bridge.built[0][2]
    handed = [one.inputs["dockerfile"] for one in bridge.named("Solve") if one.frontend][-1]
    actions = llb.Op.FromString(handed.ops[0]).file.actions
    assert [(one.mkfile.path, one.mkfile.data) for one in actions][1] == ("/Dockerfile.dockerignore", b"notes.txt\n")


def test_dockerfile_in_a_folder_with_its_ignore_file(build: Building) -> None:
    bridge = fake()
    bridge.trees["dockerfile"] = {"sub/App": BEFORE.encode(), "sub/App.dockerignore": b"x\n"}
    build(bridge, {**ASSUMED, "filename": "sub/App"})
    handed = [one.inputs["dockerfile"] for one in bridge.named("Solve") if one.frontend][-1]
    actions = llb.Op.FromString(handed.ops[0]).file.actions
    assert [one.mkdir.path or one.mkfile.path for one in actions] == ["/sub", "/sub/App", "/sub/App.dockerignore"]


def test_remote_context_becomes_an_input(build: Building) -> None:
    url = "git@example.com:app.git"
    bridge = build(FakeBridge({url: {"Dockerfile": BEFORE.encode()}}), {**ASSUMED, "contextkey": "main", "main": url})
    _, given, text = bridge.built[0]
    assert (text, "main" in given, "contextkey" in given) == (AFTER, False, False)
    assert any({"dockerfile", "context"} == set(one.inputs) for one in bridge.named("Solve"))


def test_url_of_a_dockerfile(build: Building) -> None:
    url = "https://example.com/Containerfile"
    bridge = FakeBridge({url: {"context": BEFORE.encode()}})
    build(bridge, {**ASSUMED, "context": url})
    assert (bridge.built[0][1]["filename"], bridge.built[0][2]) == ("context", AFTER)


def test_context_that_another_build_made(build: Building) -> None:
    bridge = fake()
    bridge.inputs = {"context": source_definition("local://made")}
    bridge.trees["made"] = {"notes.txt": b"text\n"}
    bridge.trees["dockerfile"]["Dockerfile"] = b"# syntax=bakegen\nFROM busybox\nADD notes.txt /notes.txt\n"
    build(bridge)
    assert "COPY notes.txt" in bridge.built[0][2]
    assert all("context" in one.inputs for one in bridge.named("Solve") if one.frontend == "dockerfile.v0")


def test_frontend_that_the_file_names_stands_behind(build: Building) -> None:
    text = BEFORE.replace("bakegen", "docker/dockerfile:1.7")
    bridge = build(fake(text), {**ASSUMED, "build-arg:BUILDKIT_SYNTAX": "bakegen --level=assumed"})
    frontend, options, built = bridge.built[0]
    assert (frontend, options["source"], options["cmdline"]) == (
        "gateway.v0", "docker/dockerfile:1.7", "docker/dockerfile:1.7",
    )  # fmt: skip
    assert built == AFTER.replace("bakegen", "docker/dockerfile:1.7")


def test_foreign_frontend_gets_its_file_as_it_is(build: Building) -> None:
    text = "# syntax=example.com/other:1 --flag\nanything: at all\n"
    bridge = build(fake(text), {**ASSUMED, "build-arg:BUILDKIT_SYNTAX": "bakegen --level=assumed"})
    frontend, options, built = bridge.built[0]
    assert (frontend, options["cmdline"], built) == ("gateway.v0", "example.com/other:1 --flag", text)


def test_old_engine_gets_the_request_as_it_is(build: Building) -> None:
    bridge = fake()
    bridge.caps = ()
    build(bridge, ASSUMED)
    assert bridge.built[0][2] == BEFORE
    assert bridge.named("ReadFile") == []


def test_as_a_process(started: Started) -> None:
    bridge = fake()
    end = started(bridge)
    stray = "import atexit, sys, bakegen.frontend.main as one; atexit.register(print, 'stray'); sys.exit(one.main())"
    asked = {"BUILDKIT_SESSION_ID": "s", "BUILDKIT_FRONTEND_OPT_0": "cmdline=bakegen --level=assumed"}
    done = subprocess.run(
        [sys.executable, "-c", stray], stdin=end, stdout=end, stderr=subprocess.PIPE, env={**os.environ, **asked},
        timeout=60, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, b"stray\n")
    assert bridge.built[0][2] == AFTER
