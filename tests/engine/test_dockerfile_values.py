"""Values after a real build: the image's configuration and what RUNs see are what our model says."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from bakegen.dockerfile import read
from bakegen.text import Source

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bakegen.dockerfile import Resolved
    from bakegen.dockerfile.steps import Step
    from tests.engine.harness.engine import Engine

FOLDER = Path(__file__).parent / "dockerfiles" / "built"
PLATFORM = "linux/amd64"
# What the container's runtime and the shell put in by themselves.
NOT_OURS = {"HOME", "HOSTNAME", "PWD", "SHLVL", "OLDPWD", "PATH", "TERM", "_"}


def model(name: str, args: Mapping[str, str]) -> Resolved:
    path = FOLDER / f"{name}.Dockerfile"
    found = read(Source.from_bytes(path.name, path.read_bytes())).resolve(args, platform=PLATFORM)
    assert found.ok, found.diagnostics
    return found


def steps(resolved: Resolved, keyword: str) -> list[Step]:
    return [step for stage in resolved.reachable for step in stage.steps if step.command.name == keyword]


@pytest.mark.parametrize("args", [{}, {"ONE": "given", "UNSET": "set", "FILE": "a*b.tar"}], ids=["plain", "args"])
def test_configuration(engine: Engine, tmp_path: Path, args: dict[str, str]) -> None:
    """Every form of expansion, in every instruction that ends up in the image's configuration."""
    if args:
        args = {**args, "ONE": "7"}  # ports and signals are made of it
    out = tmp_path / "image"
    flags = [f"--build-arg={name}={value}" for name, value in args.items()]
    engine.build(
        *flags,
        f"--platform={PLATFORM}",
        "--provenance=false",
        f"--output=type=oci,tar=false,dest={out}",
        f"--file={FOLDER / 'config.Dockerfile'}",
        str(tmp_path),
    )
    config = image_config(out)
    found = model("config", args)
    target = found.target
    assert target is not None
    assert target.image_environment is not None
    assert config["Env"] == [f"{k}={v}" for k, v in target.image_environment.items(keep_place=True)]
    labels = {key: value for step in steps(found, "LABEL") for key, value in step.pairs}
    assert config["Labels"] == labels
    assert sorted(config["Volumes"]) == sorted(word for step in steps(found, "VOLUME") for word in step.words)
    assert (config["User"], config["WorkingDir"]) == (target.user, target.directory)
    assert config["StopSignal"] == steps(found, "STOPSIGNAL")[0].words[0]
    assert config["Shell"] == list(target.shell)
    ports = [word if "/" in word else f"{word}/tcp" for word in steps(found, "EXPOSE")[0].words]
    assert {port for port in ports if "-" not in port} <= set(config["ExposedPorts"])
    assert config["OnBuild"] == ["ENV LATER=$ONE"]
    assert config["Entrypoint"] == ["${ONE}"]


def image_config(layout: Path) -> dict[str, Any]:
    """The configuration of the only image in an OCI layout."""

    def blob(digest: str) -> dict[str, Any]:
        loaded: dict[str, Any] = json.loads((layout / "blobs" / digest.replace(":", "/")).read_text())
        return loaded

    manifest = json.loads((layout / "index.json").read_text())["manifests"][0]
    while manifest["mediaType"].endswith(("image.index.v1+json", "manifest.list.v2+json")):
        manifest = blob(manifest["digest"])["manifests"][0]
    config: dict[str, Any] = blob(blob(manifest["digest"])["config"]["digest"])["config"]
    return config


@pytest.mark.parametrize(
    "args",
    [{}, {"VERSION": "9", "SEQ": "$X", "http_proxy": "http://127.0.0.1:1", "UNUSED": "x", "X": "given"}],
    ids=["plain", "args"],
)
def test_what_runs_see(engine: Engine, busybox_image: str, tmp_path: Path, args: dict[str, str]) -> None:
    """ARG and ENV, their scopes, what children inherit, triggers, and where heredocs are expanded."""
    out = tmp_path / "files"
    flags = [f"--build-arg={name}={value}" for name, value in args.items()]
    engine.build(
        *flags,
        f"--platform={PLATFORM}",
        f"--build-context=busybox=docker-image://{busybox_image}",
        f"--output=type=local,dest={out}",
        f"--file={FOLDER / 'scopes.Dockerfile'}",
        str(tmp_path),
    )
    found = model("scopes", args)
    for stage in found.reachable[:3]:
        run = next(step for step in stage.steps if step.command.name == "RUN")
        entries = (out / f"env-{stage.stage.name}").read_bytes().decode().rstrip("\0").split("\0")
        seen = dict(entry.split("=", 1) for entry in entries)
        # BuildKit hands proxies to every RUN apart from the environment that keys its cache.
        proxies = {name for name in seen if name.lower().endswith("_proxy")}
        ours = {name: value for name, value in run.environment.items() if name not in NOT_OURS}
        assert {k: v for k, v in seen.items() if k not in NOT_OURS | proxies} == {
            k: v for k, v in ours.items() if k not in proxies
        }
        assert all(seen[name] == ours[name] for name in proxies & set(ours))
    grandchild = found.reachable[2].steps
    copied = next(step for step in grandchild if step.command.name == "COPY")
    assert {name: (out / name).read_text() for name, _ in copied.files} == dict(copied.files)
    last = next(step for step in reversed(grandchild) if step.command.name == "RUN")
    assert (out / "directory").read_text().strip() == last.directory
    assert (out / "in-a-heredoc").read_text() == last.environment.get("SEQ2")
