"""`bakegen verify` on real builds: what breaks images is found, what varies by itself is not held against anybody."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from bakegen.errors import EngineError, InputError
from bakegen.workspace.verifying import Build, Verification, verify_images, verify_pair
from bakegen.workspace.verifying import Engine as Builder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.engine.harness.engine import Engine

PLACES = (
    "RUN mkdir -p /tmp /priv /opt && chmod 1777 /tmp && chmod 0700 /priv && ln -s /opt /sl\n"
    "RUN adduser -D -H -u 1234 other 2>/dev/null || true; mkdir /own && chown 1234:1234 /own\n"
)


@pytest.fixture
def context(tmp_path: Path) -> Path:
    (tmp_path / "f").write_text("hello\n")
    (tmp_path / "g").write_text("hello\n")
    return tmp_path


@pytest.fixture
def builder(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> Iterator[Builder]:
    for name in ("DOCKER_HOST", "DOCKER_CONFIG", "PATH"):
        if name in engine.env:
            monkeypatch.setenv(name, engine.env[name])
    with Builder(timeout=300.0) as made:
        yield made


@pytest.fixture
def verify(builder: Builder, context: Path, busybox_image: str) -> Callable[..., Verification]:
    """Verifies what comes after FROM."""

    def run(original: str, rewritten: str, **more: object) -> Verification:
        first, second = (Build(f"FROM {busybox_image}\n{text}", context) for text in (original, rewritten))
        return verify_pair(first, second, engine=builder, **more)  # type: ignore[arg-type]

    return run


def found(verification: Verification) -> list[tuple[str, str]]:
    return [(one.path, one.aspect) for one in verification.differences]


def parts(verification: Verification) -> list[tuple[str, bool]]:
    return [(one.what, one.fresh) for one in verification.builds]


def test_the_same_dockerfile_is_the_same_image(verify: Callable[..., Verification]) -> None:
    text = PLACES + "COPY f /tmp/f\nENV A=1\nCMD x\n"
    outcome = verify(text, text)
    assert outcome.same
    assert parts(outcome) == [("original", True), ("rewritten", False)]
    assert outcome.comparison.entries > 10


def test_another_order_is_the_same_image(verify: Callable[..., Verification]) -> None:
    original = PLACES + "COPY f /a/f\nENV A=1 B=2\nLABEL l=1\nCOPY g /b/g\nCMD x\n"
    rewritten = "CMD x\nCOPY g /b/g\nENV B=2\n" + PLACES + "LABEL l=1\nENV A=1\nCOPY f /a/f\n"
    assert verify(original, rewritten).same


@pytest.mark.parametrize(
    ("destination", "expected"),
    [
        ("/tmp/f", [("/tmp", "mode")]),
        ("/priv/f", [("/priv", "mode")]),
        ("/own/f", [("/own", "owner")]),
        ("/sl/f", [("/opt/f", "presence"), ("/sl", "type"), ("/sl/f", "presence")]),
        # A destination without a slash that is a directory below becomes a file.
        ("/opt", [("/opt", "type"), ("/opt/f", "presence")]),
    ],
)
def test_traps_of_link(verify: Callable[..., Verification], destination: str, expected: list[tuple[str, str]]) -> None:
    outcome = verify(f"{PLACES}COPY f {destination}\n", f"{PLACES}COPY --link f {destination}\n")
    assert found(outcome) == expected
    assert parts(outcome)[2:] == [("control", True), ("rewritten", True)]


def test_a_harmless_link(verify: Callable[..., Verification]) -> None:
    assert verify(PLACES + "COPY f /opt/f\n", PLACES + "COPY --link f /opt/f\n").same


def test_the_careless_link_on_debian(builder: Builder, context: Path, debian_image: str) -> None:
    first, second = (Build(f"FROM {debian_image}\nCOPY {flag} f /bin/f\n", context) for flag in ("", "--link"))
    outcome = verify_pair(first, second, engine=builder)
    assert ("/bin", "type") in found(outcome)


RANDOM = "RUN cat /proc/sys/kernel/random/uuid > /uuid\n"


def test_what_varies_by_itself_is_left_to_the_control(verify: Callable[..., Verification]) -> None:
    original, rewritten = f"ENV A=1\n{RANDOM}COPY f /f\n", f"{RANDOM}ENV A=1\nCOPY f /f\n"
    outcome = verify(original, rewritten)
    assert (found(outcome), [one.path for one in outcome.comparison.varying]) == ([], ["/uuid"])
    assert parts(outcome) == [("original", True), ("rewritten", False), ("control", True)]
    assert found(verify(original, rewritten, control=False)) == [("/uuid", "bytes")]
    # And hides nothing else of the same file.
    outcome = verify(original, rewritten + "RUN chmod 600 /uuid\n")
    assert found(outcome) == [("/uuid", "mode")]


def test_random_names(verify: Callable[..., Verification]) -> None:
    text = "RUN mkdir -p /logs/$(cat /proc/sys/kernel/random/uuid) && touch /logs/$(cat /proc/sys/kernel/random/uuid)\n"
    outcome = verify(f"ENV A=1\n{text}", f"{text}ENV A=1\n")
    assert outcome.same
    assert len(outcome.comparison.varying) == 4
    outcome = verify(f"ENV A=1\n{text}", f"{text}ENV A=1\nRUN touch /logs/one-more\n")
    assert len(found(outcome)) == 1


def test_what_both_have_in_common_is_not_run_twice(verify: Callable[..., Verification]) -> None:
    outcome = verify(f"{RANDOM}COPY f /f\nCOPY g /g\n", f"{RANDOM}COPY g /g\nCOPY f /f\n")
    assert parts(outcome) == [("original", True), ("rewritten", False)]
    assert outcome.same
    assert outcome.comparison.varying == ()


def test_old_cache_of_the_rewriting_does_no_harm(verify: Callable[..., Verification]) -> None:
    original, rewritten = f"{RANDOM}COPY f /f\nCOPY g /g\n", f"{RANDOM}COPY g /g\nCOPY f /f\n"
    for _ in range(3):
        assert verify(original, rewritten).same


def test_aspects(verify: Callable[..., Verification]) -> None:
    original = "COPY f /f\nRUN cp f k && ln k h && ln -s f l && mkdir d e && mknod c c 1 3 && mkfifo p && touch b t\n"
    rewritten = (
        "RUN chmod 4755 /f && chown 1:2 /d && ln -sfn /f /l && rm c && mknod c c 1 5\n"
        "RUN rm p && touch p && rmdir e && echo bye > b && touch -d @1 t\n"
        # On the overlay filesystem a change of one name takes it away from the others.
        "RUN chmod 4755 /k\nSTOPSIGNAL 9\n"
    )
    assert found(verify(original, original + rewritten)) == [
        ("config", "StopSignal"),
        ("/b", "bytes"),
        ("/c", "device"),
        ("/d", "owner"),
        ("/e", "presence"),
        ("/f", "mode"),
        ("/h", "links"),
        ("/k", "mode"),
        ("/k", "links"),
        ("/l", "target"),
        ("/p", "type"),
    ]


def test_extended_attributes(builder: Builder, context: Path, debian_image: str) -> None:
    original = f"FROM {debian_image}\nCOPY f /f\n"
    attribute = (
        'RUN python3 -c \'import os; os.setxattr("/f", "security.capability", '
        'bytes.fromhex("0100000200040000000000000000000000000000"))\'\n'
    )
    outcome = verify_pair(Build(original, context), Build(original + attribute, context), engine=builder)
    assert found(outcome) == [("/f", "xattr security.capability")]


def test_declared_paths(verify: Callable[..., Verification]) -> None:
    original = "RUN mkdir -p /root/.cache/pip/x && echo a > /root/.cache/pip/x/y && echo b > /root/z\n"
    rewritten = "RUN --mount=type=cache,target=/root/.cache/pip echo b > /root/z\n"
    outcome = verify(original, rewritten, ignore=("/root/.cache/pip/**",))
    assert outcome.same
    assert {one.path for one in outcome.comparison.declared} >= {"/root/.cache/pip", "/root/.cache/pip/x/y"}
    assert not verify(original, rewritten).same


def test_builds_with_all_that_they_take(builder: Builder, context: Path, busybox_image: str) -> None:
    named = context / "named"
    named.mkdir()
    (named / "n").write_text("n\n")
    text = (
        "ARG BASE\nFROM $BASE AS first\nARG V=1\nCOPY . /all\nCOPY --from=other n /n\nRUN echo $V > /v\n"
        "RUN --mount=type=secret,id=s cat /run/secrets/s > /s\n"
        "FROM first\nRUN false\n"
    )
    secret = context / "secret"
    secret.write_text("s3cret")
    build = Build(
        text,
        context,
        ignore="g\nsecret\n",
        args={"BASE": busybox_image, "V": "2"},
        contexts={"other": str(named)},
        target="first",
        extra=(f"--secret=id=s,src={secret}",),
    )
    image = builder.image(build, "it", fresh=False)
    assert image.files["/v"].text == b"2\n"
    assert image.files["/n"].text == b"n\n"
    assert image.files["/s"].text == b"s3cret"
    assert "/all/f" in image.files
    assert "/all/g" not in image.files


def test_an_empty_ignore_file_counts(builder: Builder, context: Path, busybox_image: str) -> None:
    (context / ".dockerignore").write_text("f\n")
    text = f"FROM {busybox_image}\nCOPY . /all\n"
    assert "/all/f" not in builder.image(Build(text, context), "it", fresh=False).files
    assert "/all/f" in builder.image(Build(text, context, ignore=""), "it", fresh=False).files


def test_from_scratch(builder: Builder, context: Path) -> None:
    first, second = (
        Build(f"FROM scratch\n{text}", context) for text in ("COPY f /f\nENV A=1\n", "ENV A=1\nCOPY f /f\n")
    )
    outcome = verify_pair(first, second, engine=builder)
    assert (outcome.same, outcome.comparison.entries) == (True, 1)
    empty = verify_pair(Build("FROM scratch\nENV A=1\n", context), first, engine=builder)
    assert found(empty) == [("/f", "presence")]


def test_a_build_that_fails(verify: Callable[..., Verification]) -> None:
    with pytest.raises(EngineError, match=r"(?s)original: the build failed:.*RUN echo nope; false"):
        verify("RUN echo nope; false\n", "")
    with pytest.raises(EngineError, match="rewritten: the build failed"):
        verify("", "RUN false\n")


def test_builds_of_one_time_are_merged(engine: Engine, context: Path, busybox_image: str) -> None:
    """Why original and control are never built at the same time: steps of both are run once for both."""
    (context / "Dockerfile").write_text(f"FROM {busybox_image}\nRUN sleep 3; cat /proc/sys/kernel/random/uuid > /u\n")
    line = ["docker", "buildx", "build", "--no-cache", "--quiet", "--output=type=local,dest={}", "."]
    running = [
        subprocess.Popen([part.format(name) for part in line], cwd=context, env=dict(engine.env))
        for name in ("first", "second")
    ]
    assert [one.wait(120) for one in running] == [0, 0]
    first, second = ((context / name / "u").read_text() for name in ("first", "second"))
    assert first == second
    assert engine.run([*line[1:5], "--output=type=local,dest=third", "."], cwd=context).code == 0
    assert (context / "third/u").read_text() != first


def test_images_by_reference_and_on_disk(
    engine: Engine, builder: Builder, context: Path, busybox_image: str, tmp_path: Path
) -> None:
    for tag, text in (("1", "RUN echo a > /a\n"), ("2", "RUN echo b > /a\n"), ("3", "ONBUILD RUN echo c > /c\n")):
        (context / "Dockerfile").write_text(f"FROM {busybox_image}\n{text}")
        engine.build("--tag", f"bakegen-verify:{tag}", "--output=type=docker", ".", cwd=context)
        engine.build("--provenance=true", f"--output=type=oci,dest={tmp_path}/{tag}.tar", ".", cwd=context)
    try:
        assert verify_images("bakegen-verify:1", f"{tmp_path}/1.tar", engine=builder).same
        outcome = verify_images("bakegen-verify:1", "bakegen-verify:2", engine=builder)
        assert found(outcome) == [("/a", "bytes")]
        with pytest.raises(InputError, match="ONBUILD"):
            verify_images("bakegen-verify:3", f"{tmp_path}/3.tar", engine=builder)
        assert found(verify_images(f"{tmp_path}/1.tar", f"{tmp_path}/3.tar", engine=builder))[0] == (
            "config",
            "OnBuild",
        )
        engine.run(["image", "save", "--output", f"{tmp_path}/saved.tar", "bakegen-verify:1"])
        assert verify_images(f"{tmp_path}/1.tar", f"{tmp_path}/saved.tar", engine=builder).same
        with pytest.raises(EngineError, match="nowhere"):
            verify_images("bakegen-verify:nowhere", "bakegen-verify:1", engine=builder)
    finally:
        engine.run(["image", "rm", *(f"bakegen-verify:{tag}" for tag in "123")], check=False)


def bakegen(engine: Engine, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    path = f"{Path(sys.executable).parent}{os.pathsep}{engine.env['PATH']}"
    return subprocess.run(
        [sys.executable, "-m", "bakegen", "verify", *arguments],
        cwd=folder,
        env={**engine.env, "PATH": path},
        capture_output=True,
        text=True,
        timeout=600,
    )


def test_the_command_on_two_dockerfiles(engine: Engine, context: Path, busybox_image: str) -> None:
    (context / "a.Dockerfile").write_text(f"FROM {busybox_image}\n{PLACES}COPY f /tmp/f\n")
    (context / "b.Dockerfile").write_text(f"FROM {busybox_image}\n{PLACES}COPY --link f /tmp/f\n")
    done = bakegen(engine, context, "--original", "a.Dockerfile", "--rewritten", "b.Dockerfile")
    assert done.returncode == 1, done.stderr
    assert done.stdout.splitlines()[1].split() == ["/tmp", "mode", "1777", "0755"]
    assert "original: [2/4] RUN mkdir" in done.stderr
    done = bakegen(
        engine, context, "--original", "a.Dockerfile", "--rewritten", "a.Dockerfile", ".", "--format", "json"
    )
    assert (done.returncode, json.loads(done.stdout)["same"]) == (0, True)
    (context / "b.Dockerfile").write_text(f"FROM {busybox_image}\nRUN false\n")
    done = bakegen(engine, context, "--original", "a.Dockerfile", "--rewritten", "b.Dockerfile")
    assert (done.returncode, done.stdout) == (3, "")
    assert "rewritten: the build failed" in done.stderr


def test_the_command_on_one_dockerfile(engine: Engine, context: Path, busybox_image: str) -> None:
    (context / "Dockerfile").write_text(
        f"FROM {busybox_image}\nARG REVISION=1\nCOPY f /f\nRUN --network=none true\nLABEL revision=$REVISION\n"
    )
    done = bakegen(engine, context, "--file", "Dockerfile", "--build-arg", "REVISION=2")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "rewritten by " in done.stderr
    assert "the same image (config, " in done.stdout


def test_targets_of_a_project(engine: Engine, tmp_path: Path, busybox_image: str) -> None:
    files = {
        "bakegen.yaml": "",
        "images/base/image.yaml": "rewrite: proved\ncontexts: {busybox: docker-image://" + busybox_image + "}\n",
        "images/base/Dockerfile": "FROM busybox\nARG V=1\nCOPY f /f\nRUN --network=none true\nLABEL v=$V\n",
        "images/base/f": "f\n",
        "images/app/image.yaml": "rewrite: proved\nargs: {V: '2'}\nignore: [secret]\n",
        "images/app/Dockerfile": "FROM base\nARG V\nCOPY . /app\nRUN true\nLABEL v=$V\n",
        "images/app/secret": "x\n",
        "images/plain/image.yaml": "",
        "images/plain/Dockerfile": "FROM base\nARG V\nCOPY . /app\nRUN true\nLABEL v=$V\n",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    done = bakegen(engine, tmp_path, "--format", "json")
    assert done.returncode == 0, done.stdout + done.stderr
    outcome = json.loads(done.stdout)
    assert outcome["same"]
    assert [one["target"] for one in outcome["verified"]] == ["app", "base"]
    assert "1 of 3 targets are built as they are written" in done.stderr
    assert "app: the original against what sink-arg made of it" in done.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == ["bakegen.yaml", "images"]
