"""The frontend on a real engine: wherever a build's files come from, it builds the same as without it."""

from __future__ import annotations

import functools
import http.server
import io
import json
import os
import socket
import subprocess
import tarfile
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from tests.engine.frontend_image import DIGEST, PLAIN, build_frontend, by_hand, with_syntax
from tests.engine.harness.daemons import Daemon, free_port

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.engine.harness.engine import Engine

DOCKERFILE = """FROM {busybox}
ARG VERSION=1
WORKDIR /app
RUN echo hello > hello
ADD package.json /app/
RUN cat package.json > all
LABEL version=$VERSION
"""
ALONE = DOCKERFILE.replace("ADD package.json /app/\n", "").replace("cat package.json", "cat hello")
OTHER = DOCKERFILE + "COPY --from=other main.txt /main.txt\n"
IDENTITY = ("-c", "user.name=a", "-c", "user.email=a@b", "-c", "init.defaultBranch=main", "-c", "commit.gpgsign=false")


class _Handler(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Says nothing."""


@dataclass(frozen=True)
class Place:
    """A project in a folder, and where servers have it.

    Attributes:
        engine: what builds it.
        frontend: the frontend's image there.
        folder: the project; `Dockerfile`, and `hand` with what `bakegen rewrite` makes of that; the same in `sub`.
        http: the address of a server that has `project.tar.gz` and the project's files.
        git: the URL of its repository.
    """

    engine: Engine
    frontend: str
    folder: Path
    http: str
    git: str

    def digest(self, *args: str, data: bytes | None = None, frontend: bool = False) -> str:
        """Builds, with `data` on stdin; out: the digest."""
        told = self.folder.parent / "metadata.json"
        # Of contexts by URL those that ask for times are built as they are. A second build gives the first one's times.
        plain = [one for one in PLAIN if "SOURCE_DATE_EPOCH" not in one]
        how = [with_syntax(self.frontend)] if frontend else []
        done = subprocess.run(
            ["docker", "buildx", "build", f"--metadata-file={told}", *plain, *how, *args],
            env=dict(self.engine.env), input=data, capture_output=True, timeout=300,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr.decode()
        if frontend:
            assert b"bakegen add-to-copy" in done.stderr or b"bakegen sink-arg" in done.stderr, done.stderr.decode()
        return str(json.loads(told.read_text())[DIGEST])


def archive(folder: Path) -> bytes:
    """A folder as a compressed tar."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        for path in sorted(folder.rglob("*")):
            if ".git" not in path.parts:
                tar.add(path, path.relative_to(folder).as_posix(), recursive=False)
    return packed.getvalue()


def write(folder: Path, dockerfile: str) -> None:
    """A project in a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "package.json").write_text("{}\n")
    (folder / ".dockerignore").write_text("hand\n")
    (folder / "Dockerfile").write_text(dockerfile)
    (folder / "hand").write_text(by_hand(folder, dockerfile))
    assert (folder / "hand").read_text() != dockerfile


@pytest.fixture(scope="module")
def place(
    engine: Engine,
    bases: Callable[..., dict[str, str]],
    busybox_image: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Place]:
    """The project, served."""
    frontend = build_frontend(engine, bases, tmp_path_factory.mktemp("frontend"))
    top = tmp_path_factory.mktemp("served")
    project = top / "project"
    write(project, DOCKERFILE.format(busybox=busybox_image))
    write(project / "sub", DOCKERFILE.format(busybox=busybox_image).replace("hello >", "sub >"))
    (project / "main.txt").write_text("main\n")
    (top / "project.tar.gz").write_bytes(archive(project))
    for command in (["init", "-q"], ["add", "."], ["commit", "-q", "-m", "project"]):
        subprocess.run(["git", *IDENTITY, *command], cwd=project, check=True, timeout=60)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(_Handler, directory=os.fspath(top)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    port = free_port()
    daemon = Daemon.start(
        ["git", "daemon", "--export-all", f"--base-path={top}", "--listen=127.0.0.1", f"--port={port}"],
        log=top / "git.log",
        env=dict(os.environ),
        ready=lambda: answers(port),
    )
    try:
        yield Place(
            engine, frontend, project, f"http://127.0.0.1:{server.server_port}", f"git://127.0.0.1:{port}/project/.git"
        )
    finally:
        daemon.stop()
        server.shutdown()
        server.server_close()


def answers(port: int) -> bool:
    """Whether somebody listens."""
    with socket.socket() as one:
        one.settimeout(5)
        return one.connect_ex(("127.0.0.1", port)) == 0


@pytest.mark.parametrize("context", ["{git}#main", "{git}#main:sub", "{http}/project.tar.gz"])
def test_contexts_by_url(place: Place, context: str) -> None:
    url = context.format(git=place.git, http=place.http)
    assert place.digest(url, frontend=True) == place.digest("--file=hand", url)


def test_a_dockerfile_by_url_and_on_stdin(place: Place, busybox_image: str) -> None:
    text = ALONE.format(busybox=busybox_image)
    hand = by_hand(place.folder, text)
    (place.folder.parent / "alone").write_text(text)
    wanted = place.digest("-", data=hand.encode())
    assert place.digest("-", data=text.encode(), frontend=True) == wanted
    assert place.digest(f"{place.http}/alone", frontend=True) == wanted


def test_stdin(place: Place) -> None:
    folder = str(place.folder)
    wanted = place.digest(f"--file={folder}/hand", folder)
    text = (place.folder / "Dockerfile").read_bytes()
    assert place.digest("--file=-", folder, data=text, frontend=True) == wanted
    named = b"# syntax=" + place.frontend.encode() + b"\n" + text
    assert place.digest("--file=-", folder, data=named) == wanted
    assert place.digest("-", data=archive(place.folder), frontend=True) == place.digest(
        "--file=hand", "-", data=archive(place.folder)
    )


def test_named_contexts(place: Place, busybox_image: str, tmp_path: Path) -> None:
    engine = place.engine
    write(tmp_path, OTHER.format(busybox=busybox_image))
    (tmp_path / "image").mkdir()
    (tmp_path / "image" / "Dockerfile").write_text("FROM scratch\nCOPY main.txt /\n")
    (tmp_path / "image" / "main.txt").write_text("image\n")
    plain = ["--provenance=false", str(tmp_path / "image")]
    engine.build("--tag=frontend-other", *plain)
    layout = tmp_path / "layout"
    engine.build(f"--output=type=oci,tar=false,dest={layout},name=frontend-other:1", *plain)
    digests = set()
    for other in (
        str(place.folder),
        "docker-image://frontend-other",
        f"oci-layout://{layout}:1",
        f"{place.git}#main",
    ):
        given = [f"--build-context=other={other}", str(tmp_path)]
        made = place.digest(*given, frontend=True)
        assert made == place.digest(f"--file={tmp_path / 'hand'}", *given), other
        digests.add(made)
    assert len(digests) > 1


def test_targets_of_bake(place: Place, busybox_image: str, tmp_path: Path) -> None:
    write(tmp_path, OTHER.format(busybox=busybox_image))
    (tmp_path / "main.txt").write_text("target\n")
    target = {
        "contexts": {"other": "target:other"},
        "args": {"BUILDKIT_SYNTAX": place.frontend, "SOURCE_DATE_EPOCH": "0"},
        "output": ["type=image,store=false"],
        "attest": ["type=provenance,disabled=true"],
    }
    hand = {**target, "dockerfile": "hand", "args": {"SOURCE_DATE_EPOCH": "0"}}
    other = {
        "dockerfile-inline": "FROM scratch\nADD main.txt /\n",
        "args": target["args"],
        "output": ["type=cacheonly"],
    }
    text = json.dumps({"target": {"app": target, "hand": hand, "other": other}})
    (tmp_path / "docker-bake.json").write_text(text)
    done = place.engine.bake("app", "hand", cwd=tmp_path)
    assert done.metadata["app"][DIGEST] == done.metadata["hand"][DIGEST]


def test_ignore_files(place: Place, busybox_image: str, tmp_path: Path) -> None:
    text = f"FROM {busybox_image}\nARG VERSION=1\nRUN true\nADD . /all/\nLABEL version=$VERSION\n"
    (tmp_path / "sub").mkdir()
    for name in ("a.log", "b.txt", "sub/c.md"):
        (tmp_path / name).write_text(name)
    (tmp_path / ".dockerignore").write_text("*.txt\n")
    (tmp_path / "sub" / "X").write_text(text)
    (tmp_path / "sub" / "X.dockerignore").write_text("*.log\n**/X*\n.dockerignore\nmeta\n")
    engine, folder = place.engine, str(tmp_path)
    for file, expected in {"sub/X": ["b.txt", "sub"], "-": [".dockerignore", "a.log", "sub"]}.items():
        out = tmp_path / "meta"
        given = [f"--file={tmp_path / file if file != '-' else '-'}", f"--output=type=local,dest={out}/{len(expected)}"]
        done = subprocess.run(
            ["docker", "buildx", "build", with_syntax(place.frontend), *given, folder],
            env=dict(engine.env), input=text.encode(), capture_output=True, timeout=300,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr.decode()
        found = {path.name for path in (out / str(len(expected)) / "all").iterdir()}
        assert found == {*expected, *(["meta"] if file == "-" else [])}
