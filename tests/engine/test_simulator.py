"""The simulator against the real engine: generated Dockerfiles, built by both, give the same tree and config.

Without stand-ins for package managers, and without what busybox does otherwise than the GNU tools that are modelled.
"""

from __future__ import annotations

import json
import re
import tarfile
from typing import TYPE_CHECKING

import pytest

from bakegen.dockerfile import read
from bakegen.text import Source
from tests.simulator.builder import World, build
from tests.simulator.checking import compared
from tests.simulator.generator import generate
from tests.simulator.images import PROGRAMS, Config, ToyImage, base_images, tarred
from tests.simulator.tree import Failure, Node, Tree
from tests.simulator.world import context

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tests.engine.harness.engine import Engine
    from tests.engine.harness.registry import Registry

COUNT, FAILING, AT_ONCE = 40, 8, 20
# Stand-ins, what busybox has otherwise, and what would show the machine.
BEYOND = re.compile(r"\b(apt-get|pip|npm|go|useradd|env|bash|setup\.sh|by-arg|id=token)\b")
OURS = frozenset(f"/usr/bin/{name}" for name in (*PROGRAMS, "busybox"))


def tree_of(path: Path) -> Tree:
    """The flattened root filesystem of a build, as ``--output type=tar`` gives it."""
    tree = Tree()
    with tarfile.open(path) as tar:
        for member in tar:
            at = "/" + member.name.strip("/").removeprefix("./")
            mode = member.mode & 0o7777
            if member.isdir():
                tree.nodes[at] = Node("d", mode, member.uid, member.gid)
            elif member.issym():
                tree.nodes[at] = Node("l", 0o777, member.uid, member.gid, b"", member.linkname)
            elif member.islnk():
                tree.nodes[at] = tree.nodes["/" + member.linkname.strip("/").removeprefix("./")]
            else:
                stream = tar.extractfile(member)
                assert stream is not None
                tree.nodes[at] = Node("f", mode, member.uid, member.gid, stream.read())
    return tree


def config_of(layout: Path, seen: Config) -> Config:
    """The config in an OCI layout; `seen` gives what is not looked at: how a health check is written."""

    def blob(digest: str) -> dict[str, object]:
        found: dict[str, object] = json.loads((layout / "blobs" / digest.replace(":", "/")).read_bytes())
        return found

    where = json.loads((layout / "index.json").read_bytes())["manifests"][0]["digest"]
    manifest = blob(where)
    described = manifest["config"]
    assert isinstance(described, dict)
    image = blob(described["digest"])
    config = image["config"]
    assert isinstance(config, dict)
    assert bool(config.get("Healthcheck")) == bool(seen.health)
    return Config(
        env=dict(item.split("=", 1) for item in config.get("Env") or ()),
        directory=config.get("WorkingDir", ""),
        user=config.get("User", ""),
        shell=tuple(config.get("Shell") or ()),
        cmd=None if config.get("Cmd") is None else tuple(config["Cmd"]),
        entrypoint=None if config.get("Entrypoint") is None else tuple(config["Entrypoint"]),
        labels=config.get("Labels") or {},
        ports=frozenset(config.get("ExposedPorts") or ()),
        volumes=frozenset(config.get("Volumes") or ()),
        signal=config.get("StopSignal", ""),
        health=seen.health,
        onbuild=tuple(config.get("OnBuild") or ()),
        author=seen.author,
    )


def written(tree: Tree, folder: Path) -> None:
    """Puts a tree on the disk."""
    for path, node in sorted(tree.nodes.items()):
        at = folder / path[1:]
        if node.kind == "d":
            at.mkdir(exist_ok=True)
        elif node.kind == "l":
            at.symlink_to(node.link)
        else:
            at.write_bytes(node.data)
            at.chmod(node.mode)


def base_dockerfile(config: Config, busybox: str) -> str:
    """A Dockerfile of a base image of the toy world."""
    lines = ["FROM scratch", f"COPY --from={busybox} /bin/busybox /usr/bin/busybox", "ADD root.tar /"]
    lines += [f'ENV {name}="{value}"' for name, value in config.env.items()]
    lines += [f"WORKDIR {config.directory}"] if config.directory else []
    lines += [f"ONBUILD {one}" for one in config.onbuild]
    lines += [f"ENTRYPOINT {json.dumps(config.entrypoint)}"] if config.entrypoint else []
    lines += [f"CMD {json.dumps(config.cmd)}"] if config.cmd else []
    lines += [f"USER {config.user}"] if config.user else []
    return "\n".join(lines) + "\n"


@pytest.fixture(scope="module")
def images(
    engine: Engine, registry: Registry, busybox_image: str, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, str]:
    """The toy world's base images in a registry: name -> reference."""
    found = {}
    for name, image in base_images().items():
        folder = tmp_path_factory.mktemp("base")
        (folder / "root.tar").write_bytes(tarred(image.tree, dict.fromkeys(OURS, "busybox")))
        (folder / "Dockerfile").write_text(base_dockerfile(image.config, busybox_image))
        reference = f"{registry.host}/toy/{name}"
        engine.build(f"--output=type=image,name={reference},push=true", str(folder))
        found[name] = reference
    return found


def cases(failing: bool) -> dict[int, tuple[str, ToyImage | None]]:
    """Generated Dockerfiles by seed, with the image that the simulator makes, or None where it fails."""
    found: dict[int, tuple[str, ToyImage | None]] = {}
    tree = context(OPTIONS)
    for seed in range(5000):
        if len(found) == (FAILING if failing else COUNT):
            break
        text = generate(seed).dockerfile
        if BEYOND.search(text):
            continue
        try:
            image = build(read(Source("Dockerfile", text)), World(tree, base_images()), {})
        except Failure:
            image = None
        if (image is None) == failing:
            found[seed] = text, image
    return found


OPTIONS = {"pip": "plain", "npm": "file", "go": "plain", "tree": "dirty", "ignore": "none"}


def flags(images: Mapping[str, str]) -> list[str]:
    return [f"--build-context={name}=docker-image://{reference}" for name, reference in images.items()]


def test_the_same_images(engine: Engine, images: dict[str, str], tmp_path: Path) -> None:
    """Whatever the simulator builds, the engine builds alike: type, mode, owner, link and bytes of all, and config."""
    folder = tmp_path / "context"
    folder.mkdir()
    written(context(OPTIONS), folder)
    wanted = cases(failing=False)
    bake: dict[str, dict[str, object]] = {}
    for seed, (text, _) in wanted.items():
        bake[f"seed-{seed}"] = {
            "context": str(folder),
            "dockerfile-inline": text.replace("${", "$${"),
            "contexts": {name: f"docker-image://{reference}" for name, reference in images.items()},
            "output": [f"type=tar,dest={tmp_path}/{seed}.tar", f"type=oci,tar=false,dest={tmp_path}/{seed}"],
            "attest": ["type=provenance,disabled=true"],
        }
    names = sorted(bake)
    for at in range(0, len(names), AT_ONCE):
        part = names[at : at + AT_ONCE]
        (tmp_path / "bake.json").write_text(json.dumps({"target": {name: bake[name] for name in part}}))
        engine.bake(f"--file={tmp_path}/bake.json", f"--allow=fs={tmp_path}", *part, cwd=tmp_path)
    wrong = {}
    for seed, (text, image) in wanted.items():
        assert image is not None
        tree = tree_of(tmp_path / f"{seed}.tar")
        for path in OURS:
            tree.nodes.pop(path, None)
            image.tree.nodes.pop(path, None)
        built = ToyImage(tree, config_of(tmp_path / str(seed), image.config))
        found = list(compared(image, built, ()))
        if found:
            wrong[seed] = text + "\n".join(found)
    assert not wrong, "\n\n".join(f"seed {seed} (simulator | engine)\n{text}" for seed, text in wrong.items())


def test_the_same_failures(engine: Engine, images: dict[str, str], tmp_path: Path) -> None:
    """What fails in the simulator fails on the engine."""
    folder = tmp_path / "context"
    folder.mkdir()
    written(context(OPTIONS), folder)
    for seed, (text, _) in cases(failing=True).items():
        (tmp_path / "Dockerfile").write_text(text)
        done = engine.build(f"--file={tmp_path}/Dockerfile", *flags(images), str(folder), check=False)
        assert done.failed, f"seed {seed}\n{text}"
