"""The frontend on a real engine: what the user reads is about the text that he wrote, as without it."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest

from tests import readme
from tests.engine.frontend_image import DIGEST, PLAIN, build_frontend, with_syntax

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.engine.harness.engine import Engine, PrivateEngine

HEAD = "FROM {busybox}\nARG VERSION=1\nWORKDIR /app\nADD package.json /app/\n"
FAILING = {
    "a step of several lines": "RUN \\\n  true\\\n  && false\nCOPY src /x\n",
    "a heredoc": "RUN <<EOT\necho a\nfalse\nEOT\nCOPY src /x\n",
    "a missing file": "RUN true\nCOPY --chmod=644 nowhere /x\n",
    "an unknown instruction": "RUN true\nWORKDIRR /x\n",
    "an unknown stage": "RUN true\nCOPY --from=9 / /x\n",
    "a name that is no image": "RUN true\nCOPY --from=A+B / /x\n",
}
WARNED = HEAD.replace("WORKDIR", "workdir") + "RUN true\nmaintainer me\nENV A 1\nUSER $nobody\n"
REF = re.compile(r"\w{25}::\w{25}")
ADDED = re.compile(r"bakegen [a-z-]+: .* \(line [0-9]+\)")


@pytest.fixture(scope="module")
def frontend(engine: Engine, bases: Callable[..., dict[str, str]], tmp_path_factory: pytest.TempPathFactory) -> str:
    """The frontend's image."""
    return build_frontend(engine, bases, tmp_path_factory.mktemp("frontend"))


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A build context without a Dockerfile."""
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "main.txt").write_text("main\n")
    (tmp_path / "package.json").write_text("{}\n")
    return tmp_path


def printed(engine: Engine, project: Path, *args: str) -> str:
    """What a build that is expected to fail prints at its end."""
    done = engine.run(["buildx", "build", "--progress=quiet", *args, str(project)], check=False)
    assert done.code != 0
    return REF.sub("REF", done.stderr)


def warnings(engine: Engine, project: Path, *args: str) -> list[str]:
    """The warnings of a build."""
    done = engine.run(["buildx", "build", "--progress=plain", *args, str(project)])
    return sorted(re.findall(r"^(?:.\[0m)? ?- (.*)$", done.stderr, re.MULTILINE))


@pytest.mark.parametrize("lines", FAILING.values(), ids=list(FAILING))
def test_errors_are_those_of_a_build_without_it(
    engine: Engine, frontend: str, busybox_image: str, project: Path, lines: str
) -> None:
    (project / "Dockerfile").write_text(HEAD.format(busybox=busybox_image) + lines)
    plain = printed(engine, project)
    assert "ERROR: failed to build" in plain
    assert printed(engine, project, with_syntax(frontend)) == plain


def test_warnings_are_those_of_a_build_without_it_and_each_rewrite_is_one_more(
    engine: Engine, frontend: str, busybox_image: str, project: Path
) -> None:
    (project / "Dockerfile").write_text(WARNED.format(busybox=busybox_image))
    plain = warnings(engine, project)
    assert {one.partition(":")[0] for one in plain} == {
        *("ConsistentInstructionCasing", "LegacyKeyValueFormat", "MaintainerDeprecated", "UndefinedVar")
    }
    shown = warnings(engine, project, with_syntax(frontend))
    ours = [one for one in shown if ADDED.fullmatch(one)]
    assert [one for one in shown if one not in ours] == plain
    assert ours == ["bakegen add-to-copy: ADD package.json /app/ (line 4)", "bakegen sink-arg: ARG VERSION=1 (line 2)"]


def in_order(answer: str) -> object:
    """What a call answers; of a check only the warnings, which come in any order: its sources name the session."""
    found = json.loads(answer)
    return sorted(found["warnings"], key=json.dumps) if "warnings" in found else found


@pytest.mark.parametrize("call", ["check", "outline", "targets"])
def test_calls_answer_as_without_it(
    engine: Engine, frontend: str, busybox_image: str, project: Path, call: str
) -> None:
    (project / "Dockerfile").write_text(WARNED.format(busybox=busybox_image))
    line = ["buildx", "build", f"--call={call},format=json"]
    plain = engine.run([*line, str(project)], check=False)
    shown = engine.run([*line, with_syntax(frontend), str(project)], check=False)
    assert plain.stdout.strip()
    assert (shown.code, in_order(shown.stdout)) == (plain.code, in_order(plain.stdout))


def test_a_check_that_is_an_error_fails_as_without_it(
    engine: Engine, frontend: str, busybox_image: str, project: Path
) -> None:
    (project / "Dockerfile").write_text("# check=error=true\n" + WARNED.format(busybox=busybox_image))
    plain = engine.run(["buildx", "build", str(project)], check=False)
    shown = engine.run(["buildx", "build", with_syntax(frontend), str(project)], check=False)
    assert plain.code == shown.code == 1
    last, wanted = (one.stderr.splitlines()[-1] for one in (shown, plain))
    assert "lint violation found for rules" in wanted
    assert sorted(re.findall(r"\w+", last)) == sorted(re.findall(r"\w+", wanted))


@pytest.mark.parametrize(
    "content", [b"", b"\xff\xfe\x00\x01FROM\n", b"FROM scratch\nRUN [\x00\n", b"RUN true\n"], ids=["0", "1", "2", "3"]
)
def test_what_is_no_dockerfile_fails_as_without_it(
    engine: Engine, frontend: str, project: Path, content: bytes
) -> None:
    (project / "Dockerfile").write_bytes(content)
    plain = engine.run(["buildx", "build", "--progress=quiet", str(project)], check=False)
    shown = engine.run(["buildx", "build", "--progress=quiet", with_syntax(frontend), str(project)], check=False)
    if b"\xff" in content:
        assert plain.code and shown.code  # the engine cannot say in UTF-8 what is wrong
    else:
        assert (shown.code, shown.stderr.splitlines()[-1]) == (plain.code, plain.stderr.splitlines()[-1])


def test_a_file_for_another_frontend_goes_there(
    engine: Engine, frontend: str, busybox_image: str, project: Path
) -> None:
    text = HEAD.format(busybox=busybox_image)
    # Stands for any other frontend, and is told by the option that it is given.
    engine.run(["tag", frontend, "another/frontend:1"])
    (project / "Dockerfile").write_text(f"# syntax=another/frontend:1 --rewrite=off\n{text}")
    first = engine.build(with_syntax(frontend), *PLAIN, str(project))
    assert "another/frontend:1" in "".join(name for step in first.steps for name in step.names)
    (project / "Dockerfile").write_text("# syntax=nobody.invalid/frontend:1\n" + text)
    last = engine.build(with_syntax(frontend), *PLAIN, str(project), check=False)
    assert last.code != 0
    assert "nobody.invalid/frontend:1" in last.stderr
    assert first.metadata[DIGEST]


def test_settings_that_are_wrong_change_nothing_and_are_said(
    engine: Engine, frontend: str, busybox_image: str, project: Path
) -> None:
    (project / "Dockerfile").write_text(f"# syntax={frontend} --level=brave\n" + HEAD.format(busybox=busybox_image))
    (said,) = warnings(engine, project)
    assert said == "bakegen: changed nothing: there is no level 'brave'; there are proved and assumed"


def test_the_readme(
    first_machine: PrivateEngine, frontend: str, bases: Callable[..., dict[str, str]], tmp_path: Path
) -> None:
    """The frontend has its public name there, and the base image is one of ours."""
    debian = bases("debian")["debian"]
    first_machine.run(["pull", "--quiet", debian])
    first_machine.run(["tag", debian, "debian:trixie-slim"])
    build_frontend(first_machine, bases, tmp_path / "image")
    first_machine.run(["tag", frontend, "bakegen/frontend"])
    try:
        done = readme.run("frontend", tmp_path, first_machine.env)
    finally:
        first_machine.run(["image", "rm", "debian:trixie-slim", "bakegen/frontend"])
    assert done.returncode == 0, done.stderr
    second = done.stderr[done.stderr.rindex("load build definition from Dockerfile") :]
    for step in ("RUN echo", "COPY --link hello.txt"):
        assert re.search(rf"^(#\d+) \[.*\] {step}.*\n\1 CACHED$", second, re.MULTILINE), second
    assert "bakegen sink-arg: ARG REVISION (line 3)" in second
