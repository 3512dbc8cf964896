"""The frontend on a real engine: everything that a build can ask for comes out as without it."""

from __future__ import annotations

import base64
import json
import shutil
import socket
import subprocess
import time
from typing import TYPE_CHECKING, Any

import pytest

from tests.engine.frontend_image import DIGEST, PLAIN, build_frontend, by_hand, processes, with_syntax

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from tests.engine.harness.engine import Engine, PrivateEngine
    from tests.engine.harness.registry import Registry

DOCKERFILE = """FROM {busybox} AS one
ARG VERSION=1
WORKDIR /app
RUN echo hello > hello
ADD package.json /app/
RUN cat package.json src/main.txt > all || true
LABEL version=$VERSION
FROM one AS two
RUN echo two > two
FROM scratch AS files
ARG VERSION
ADD package.json /app/
LABEL version=$VERSION
FROM two
COPY --chmod=644 src /app/src
RUN --mount=type=secret,id=word --mount=type=ssh \\
    cat /run/secrets/word > /word; if test -S "$SSH_AUTH_SOCK"; then echo ssh > /ssh; fi
"""
SPDX = "https://spdx.dev/Document"
IN_TOTO = "application/vnd.in-toto+json"


@pytest.fixture(scope="module")
def frontend(
    first_machine: PrivateEngine, bases: Callable[..., dict[str, str]], tmp_path_factory: pytest.TempPathFactory
) -> str:
    """The frontend's image, on the first machine."""
    return build_frontend(first_machine, bases, tmp_path_factory.mktemp("frontend"))


@pytest.fixture(scope="module")
def pushed(first_machine: PrivateEngine, frontend: str, registry: Registry) -> str:
    """The frontend's image in a registry."""
    name = f"{registry.host}/frontend/bakegen:1"
    first_machine.run(["tag", frontend, name])
    first_machine.run(["push", "--quiet", name])
    return name


@pytest.fixture
def project(tmp_path: Path, busybox_image: str) -> Path:
    """A build context with a Dockerfile that names no frontend, and what `bakegen rewrite` makes of that."""
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "main.txt").write_text("main\n")
    (tmp_path / "package.json").write_text("{}\n")
    (tmp_path / "word").write_text("secret\n")
    (tmp_path / ".dockerignore").write_text("word\nmeta\nhand\nDockerfile*\n")
    text = DOCKERFILE.format(busybox=busybox_image)
    (tmp_path / "Dockerfile").write_text(text)
    return tmp_path


def same(engine: Engine, frontend: str, project: Path, *args: str, **request: Any) -> str:
    """Builds with the frontend, and what `bakegen rewrite` makes of it without; out: their one digest."""
    text = (project / "Dockerfile").read_text()
    hand = by_hand(project, text, **request)
    assert hand != text
    (project / "hand").write_text(hand)
    made = engine.build(with_syntax(frontend), *PLAIN, *args, str(project))
    other = engine.build(f"--file={project / 'hand'}", *PLAIN, *args, str(project))
    assert made.metadata[DIGEST] == other.metadata[DIGEST]
    assert {one.digest for one in other.executed} <= {one.digest for one in made.steps}
    return str(made.metadata[DIGEST])


def manifests(registry: Registry, repository: str, tag: str) -> dict[str, dict[str, Any]]:
    """What a tag has: manifest by platform, those of attestations by "attestation"."""
    index = registry.manifest(repository, tag)
    assert index is not None
    found = {}
    for one in index.body["manifests"]:
        kind = one.get("annotations", {}).get("vnd.docker.reference.type")
        manifest = registry.manifest(repository, one["digest"])
        assert manifest is not None
        name = "attestation" if kind else f"{one['platform']['os']}/{one['platform']['architecture']}"
        found[name] = {"digest": manifest.digest, **manifest.body}
    return found


def statements(registry: Registry, repository: str, tag: str) -> dict[str, dict[str, Any]]:
    """The attestations that a tag has, by the type of what they say."""
    found = {}
    for layer in manifests(registry, repository, tag)["attestation"]["layers"]:
        assert layer["mediaType"] == IN_TOTO
        digest = layer["digest"].removeprefix("sha256:")
        data = registry.storage / "docker/registry/v2/blobs/sha256" / digest[:2] / digest / "data"
        found[layer["annotations"]["in-toto.io/predicate-type"]] = json.loads(data.read_text())
    return found


def wait_for(happened: Callable[[], bool]) -> None:
    """Waits until something is so; a minute at most."""
    deadline = time.monotonic() + 60
    while not happened():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_options(first_machine: PrivateEngine, frontend: str, project: Path) -> None:
    digests = [
        same(first_machine, frontend, project),
        same(first_machine, frontend, project, "--build-arg=VERSION=2", build_args={"VERSION": "2"}),
        same(first_machine, frontend, project, "--target=one", "--add-host=there:10.1.2.3", target="one"),
        same(first_machine, frontend, project, "--label=team=us", "--annotation=a=b"),
    ]
    assert len(set(digests)) == len(digests)


def test_secrets_and_ssh(first_machine: PrivateEngine, frontend: str, project: Path, tmp_path: Path) -> None:
    out = tmp_path / "meta"
    with socket.socket(socket.AF_UNIX) as agent:
        agent.bind(str(tmp_path / "agent"))
        agent.listen()
        given = [f"--secret=id=word,src={project / 'word'}", f"--ssh=default={tmp_path / 'agent'}"]
        first_machine.build(with_syntax(frontend), *given, f"--output=type=local,dest={out}", str(project))
    assert ((out / "word").read_text(), (out / "ssh").read_text()) == ("secret\n", "ssh\n")


def test_stages_without_cache(first_machine: PrivateEngine, frontend: str, project: Path) -> None:
    first_machine.build(with_syntax(frontend), *PLAIN, str(project))
    again = first_machine.build(with_syntax(frontend), "--no-cache-filter=two", *PLAIN, str(project))
    assert [one.instruction for one in again.executed if one.instruction.startswith("RUN echo")] == [
        "RUN echo two > two"
    ]
    cold = first_machine.build(with_syntax(frontend), "--no-cache", *PLAIN, str(project))
    assert not [one for one in cold.cached if one.instruction.startswith(("RUN", "COPY"))]


def test_caches_are_written_and_read_on_another_machine(
    first_machine: PrivateEngine, second_engine: PrivateEngine, pushed: str, registry: Registry, project: Path
) -> None:
    cache = f"type=registry,ref={registry.host}/frontend/cache"
    text = (project / "Dockerfile").read_text()
    (project / "Dockerfile").write_text(f"# syntax={pushed}\n{text}")
    written = first_machine.build("--no-cache", f"--cache-to={cache},mode=max", *PLAIN, str(project))
    second_engine.make_fresh()
    read = second_engine.build(f"--cache-from={cache}", *PLAIN, str(project))
    assert not [one for one in read.executed if one.instruction.startswith(("RUN", "COPY"))]
    assert len([one for one in read.cached if one.instruction.startswith("RUN")]) == 4
    assert read.metadata[DIGEST] == written.metadata[DIGEST]


def test_platforms_provenance_and_sbom(
    first_machine: PrivateEngine, frontend: str, registry: Registry, project: Path, busybox_image: str
) -> None:
    scanner = project / "scanner"
    scanner.mkdir()
    # A scanner in place of Docker's, by the protocol of BuildKit's docs/attestations/sbom-protocol.md.
    said_of_it = {"_type": "https://in-toto.io/Statement/v0.1", "predicateType": SPDX, "predicate": {"name": "one"}}
    (scanner / "statement").write_text(json.dumps(said_of_it))
    (scanner / "Dockerfile").write_text(
        f"FROM {busybox_image}\nCOPY statement /\n"
        'CMD ["/bin/sh", "-c", "cp /statement $BUILDKIT_SCAN_DESTINATION/one.spdx.json"]\n'
    )
    generator = f"{registry.host}/frontend/scanner"
    first_machine.build(f"--tag={generator}", "--push", "--provenance=false", str(scanner))
    names = {}
    for tag, args in {"with": [with_syntax(frontend)], "hand": [f"--file={project / 'hand'}"]}.items():
        (project / "hand").write_text(by_hand(project, (project / "Dockerfile").read_text(), target="files"))
        asked = ["--target=files", "--platform=linux/amd64,linux/arm64", "--build-arg=SOURCE_DATE_EPOCH=0"]
        asked += ["--provenance=mode=max", f"--attest=type=sbom,generator={generator}"]
        image = f"type=image,name={registry.host}/frontend/made:{tag},push=true"
        first_machine.build(*args, *asked, f"--output={image}", str(project))
        names[tag] = manifests(registry, "frontend/made", tag)
    for platform in ("linux/amd64", "linux/arm64"):
        assert names["with"][platform]["digest"] == names["hand"][platform]["digest"]
    said = statements(registry, "frontend/made", "with")
    assert said[SPDX]["predicate"] == {"name": "one"}
    (provenance,) = (text["predicate"] for kind, text in said.items() if "provenance" in kind)
    text = json.dumps(provenance)
    assert frontend in text
    assert "gateway.v0" in text
    assert "ADD package.json" in base64_texts(provenance)


def base64_texts(provenance: Mapping[str, Any]) -> str:
    """The Dockerfiles that a provenance has with it."""
    found = provenance["metadata"]["https://mobyproject.org/buildkit@v1#metadata"]["source"]["infos"]
    return "".join(base64.b64decode(one["data"]).decode() for one in found)


def test_a_client_that_is_killed_leaves_nothing_running(
    first_machine: PrivateEngine, frontend: str, project: Path
) -> None:
    text = (project / "Dockerfile").read_text()
    (project / "Dockerfile").write_text(text + "RUN sleep 4719\n")
    docker = shutil.which("docker", path=first_machine.env["PATH"])
    assert docker is not None
    command = [docker, "buildx", "build", with_syntax(frontend), *PLAIN, str(project)]
    with subprocess.Popen(command, env=first_machine.env, stderr=subprocess.DEVNULL) as client:
        try:
            wait_for(lambda: any(line.startswith("sleep") for line in processes("sleep 4719")))
        finally:
            client.kill()
    wait_for(lambda: not any(line.startswith("sleep") for line in processes("sleep 4719")))
    wait_for(lambda: not processes("-m bakegen.frontend"))
