"""Earlier commits on an engine and a registry: why a target is built, and their images as caches of last resort."""

from __future__ import annotations

import http.client
import json
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from tests.engine.test_build import build, statuses
from tests.images import github
from tests.unit.workspace.repositories import ENVIRONMENT

if TYPE_CHECKING:
    from pathlib import Path

    from tests.engine.harness.engine import PrivateEngine
    from tests.engine.harness.newest import NewestEngine
    from tests.engine.harness.registry import Registry

DOCKERFILE = """\
FROM {base} AS tools
RUN echo tools > /tools
FROM {base}
ARG VERSION
COPY --from=tools /tools /tools
RUN echo "$VERSION" > /version
RUN echo steps > /steps
COPY last.txt /last.txt
RUN cat /last.txt > /built
"""


class Project:
    """A project in git whose first commit is built on master."""

    def __init__(self, folder: Path, name: str, registry: Registry, base: str) -> None:
        self.folder = folder
        self.name = name
        self.registry = registry
        folder.mkdir()
        self.write(
            **{
                "bakegen.yaml": f"registry: {registry.host}/{name}\ndefault-branch: master\n",
                ".gitignore": "bakegen-report.json\n",
                "images/app/image.yaml": "args: {VERSION: '1'}\n",
                "images/app/Dockerfile": DOCKERFILE.format(base=base),
                "images/app/last.txt": "1\n",
                "images/app/.dockerignore": "*.yaml\nDockerfile\n",
                "images/child/image.yaml": "",
                "images/child/Dockerfile": "FROM app\nRUN echo child > /child\n",
            }
        )
        self.git("init", "-q", "-b", "master")
        self.commit()

    def git(self, *arguments: str) -> str:
        done = subprocess.run(
            ["git", *arguments], cwd=self.folder, env={"PATH": "/usr/bin:/bin", **ENVIRONMENT}, capture_output=True,
            text=True, timeout=60, check=True,
        )  # fmt: skip
        return done.stdout.strip()

    def write(self, **files: str) -> None:
        for path, text in files.items():
            (self.folder / path).parent.mkdir(parents=True, exist_ok=True)
            (self.folder / path).write_text(text)

    def commit(self, **files: str) -> str:
        self.write(**files)
        self.git("add", "-A")
        self.git("commit", "-q", "-m", "x")
        return self.git("rev-parse", "HEAD")

    def repository(self, image: str) -> str:
        return f"{self.name}/{image}"

    def config(self, tag: str) -> dict[str, Any]:
        """The config of the image `app` for this machine."""
        repository = self.repository("app")
        found = self.registry.manifest(repository, tag)
        assert found is not None
        if "manifests" in found.body:
            image = next(one for one in found.body["manifests"] if one["platform"]["os"] != "unknown")
            found = self.registry.manifest(repository, image["digest"])
            assert found is not None
        config: dict[str, Any] = json.loads(
            request(self.registry, "GET", f"{repository}/blobs/{found.body['config']['digest']}")
        )
        return config

    def forget_caches(self) -> int:
        """Deletes all that was written by `cache-to`; out: how many references that were."""
        gone = 0
        for image in ("app", "child"):
            for tag in self.registry.tags(self.repository(image)):
                if tag.startswith("cache-"):
                    found = self.registry.manifest(self.repository(image), tag)
                    assert found is not None
                    request(self.registry, "DELETE", f"{self.repository(image)}/manifests/{found.digest}")
                    gone += 1
        return gone


def request(registry: Registry, method: str, path: str) -> bytes:
    connection = http.client.HTTPConnection(registry.host, timeout=30)
    try:
        connection.request(method, f"/v2/{path}")
        response = connection.getresponse()
        body = response.read()
    finally:
        connection.close()
    assert response.status in (200, 202), (response.status, body)
    return body


@pytest.fixture
def made(tmp_path: Path, registry: Registry, busybox_image: str, request: pytest.FixtureRequest) -> Project:
    name = request.node.name.replace("_", "-")[:40].rstrip("-")
    return Project(tmp_path / "project", name, registry, busybox_image)


def plan(made: Project, branch: str, *arguments: str) -> dict[str, Any]:
    """The plan of a build, on a machine without an engine."""
    environ = github(made.folder.parent, branch)
    done, _ = build(made.folder, None, environ, "--plan", "--format", "json", *arguments)
    assert done.returncode == 0, done.stderr
    return {one["target"]: one for one in json.loads(done.stdout)}


def test_the_image_of_an_ancestor_is_the_cache_where_there_is_no_other(
    made: Project, first_machine: PrivateEngine
) -> None:
    first_machine.make_fresh()
    master = github(made.folder.parent, "master")
    made.commit(**{"bakegen.yaml": (made.folder / "bakegen.yaml").read_text() + "ancestors: 8\n"})
    first = made.git("rev-parse", "HEAD")
    done, targets = build(made.folder, first_machine, master, "app")
    assert done.returncode == 0, done.stderr
    tag = targets["app"]["references"][0].rpartition(":")[2]
    # The cache goes into its own reference as ever, and another, small one into the image.
    assert "cache-app.master" in made.registry.tags(made.repository("app"))
    assert "moby.buildkit.cache.v0" in made.config(tag)

    made.commit(**{"readme.txt": "nothing that is built\n"})
    made.git("checkout", "-q", "-b", "topic")
    made.commit(**{"images/app/last.txt": "2\n"})
    topic = github(made.folder.parent, "topic")
    entry = plan(made, "topic")["app"]
    assert (entry["caches"], entry["why"]) == (
        [],
        f"since {made.git('rev-parse', 'master')[:12]} of master: last.txt changed",
    )

    assert made.forget_caches() == 1
    (cache,) = plan(made, "topic")["app"]["caches"]
    digest = made.registry.manifest(made.repository("app"), tag)
    assert digest is not None
    assert cache == {"type": "registry", "ref": f"{made.registry.host}/{made.repository('app')}@{digest.digest}"}
    assert first not in made.git("rev-parse", "HEAD^", "master").split()

    first_machine.make_fresh()
    done, targets = build(made.folder, first_machine, topic, "app")
    assert done.returncode == 0, done.stderr
    steps = {step["name"].partition("] ")[2] or step["name"]: step["cached"] for step in targets["app"]["steps"]}
    ran = [name for name, cached in steps.items() if not cached]
    assert len(steps) == 6
    assert [name.rpartition(" ")[2] for name in ran] == ["/last.txt", "/built"], steps

    # Without it nothing helps.
    first_machine.make_fresh()
    assert made.forget_caches() == 1
    done, targets = build(made.folder, first_machine, topic, "app", "--force", "--set", "ancestors=0")
    assert done.returncode == 0, done.stderr
    assert not any(step["cached"] for step in targets["app"]["steps"])
    key = targets["app"]["key"]
    assert "moby.buildkit.cache.v0" not in made.config(f"key-{key}")


def test_why_is_told_without_an_engine(made: Project, first_machine: PrivateEngine, tmp_path: Path) -> None:
    done, targets = build(made.folder, first_machine, github(made.folder.parent, "master"), "--why")
    assert done.returncode == 0, done.stderr
    assert statuses(targets) == {"app": "built", "child": "built"}
    first = made.git("rev-parse", "HEAD")
    made.git("checkout", "-q", "-b", "topic")
    for number in range(3):
        made.commit(**{"readme.txt": f"{number}\n"})
    text = (made.folder / "images/app/Dockerfile").read_text().replace("echo steps", "echo more")
    made.commit(**{"images/app/Dockerfile": text, "images/app/image.yaml": "args: {VERSION: hunter2}\n"})
    found = plan(made, "topic")
    since = f"since {first[:12]} of master: "
    app = "Dockerfile: `RUN echo more > /steps` instead of `RUN echo steps > /steps`, argument VERSION changed"
    assert found["app"]["why"] == since + app
    assert found["child"]["why"] == f"{since}parent app ({app})"
    assert "hunter2" not in json.dumps(found)
    assert found["app"]["since"] == first
    table = build(made.folder, None, github(made.folder.parent, "topic"), "--plan")[0]
    assert f"app     build     {since}{app}" in table.stdout

    # A CI's clone of one commit knows no history, and says so.
    shallow = tmp_path / "shallow"
    made.git("clone", "-q", "--depth", "1", "--branch", "topic", f"file://{made.folder}", str(shallow))
    made.folder = shallow
    why = plan(made, "topic")["app"]["why"]
    assert why.startswith("no image has its content key; what changed is not known: this is a shallow clone: ")


def test_the_newest_engine_writes_both_caches_and_reads_the_image(
    newest_engine: NewestEngine, registry: Registry, busybox_image: str, tmp_path: Path
) -> None:
    (tmp_path / "Dockerfile").write_text(DOCKERFILE.format(base=busybox_image))
    (tmp_path / "last.txt").write_text("1\n")
    image = f"{registry.host}/newest/ancestors"
    newest_engine.make_fresh()
    newest_engine.build(
        f"--output=type=image,push=true,name={image}:1,compression=zstd,oci-mediatypes=true",
        f"--cache-to=type=registry,ref={image}:cache,mode=max", "--cache-to=type=inline", str(tmp_path),
    )  # fmt: skip
    assert registry.manifest("newest/ancestors", "cache") is not None
    found = registry.manifest("newest/ancestors", "1")
    assert found is not None
    newest_engine.make_fresh()
    (tmp_path / "last.txt").write_text("2\n")
    again = newest_engine.build(
        f"--cache-from=type=registry,ref={image}:missing", f"--cache-from=type=registry,ref={image}@{found.digest}",
        str(tmp_path),
    )  # fmt: skip
    assert (len(again.executed), len(again.cached)) == (2, 4)
