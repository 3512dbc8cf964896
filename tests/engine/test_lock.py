"""`bakegen lock` against a real registry and a real engine, and what a pinned base image builds."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from bakegen.facts.lockfile import Lock, read_lock
from bakegen.text import Source

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.engine.harness.engine import Engine
    from tests.engine.harness.registry import Registry


def bakegen(engine: Engine, folder: Path, *arguments: str, code: int = 0) -> subprocess.CompletedProcess[str]:
    """One run with the engine at hand."""
    done = subprocess.run(
        [sys.executable, "-m", "bakegen", *arguments],
        cwd=folder,
        env={**engine.env, "PYTHONPATH": ""},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == code, done.stdout + done.stderr
    return done


def lock_of(folder: Path) -> Lock:
    return read_lock(Source.from_bytes("bakegen.lock", (folder / "bakegen.lock").read_bytes()))


def without_digests(lock: Lock) -> Lock:
    """An engine does not tell the digests of single platforms."""
    return Lock(
        {
            name: replace(base, platforms={p: replace(facts, digest="") for p, facts in base.platforms.items()})
            for name, base in lock.bases.items()
        }
    )


def test_the_registry_and_the_engine_say_the_same_of_an_image(
    engine: Engine, bases: Callable[..., dict[str, str]], tmp_path: Path
) -> None:
    images = bases("busybox", "debian", "debian-python")
    text = "".join(f"FROM {image} AS s{number}\n" for number, image in enumerate(images.values()))
    (tmp_path / "Dockerfile").write_text(text)
    arguments = ("lock", "--dockerfile", "Dockerfile")
    bakegen(engine, tmp_path, *arguments)
    by_registry = lock_of(tmp_path)
    (tmp_path / "bakegen.lock").unlink()
    bakegen(engine, tmp_path, *arguments, "--from-engine")
    assert without_digests(by_registry) == lock_of(tmp_path)
    facts = by_registry.bases[images["debian"]].platforms["linux/amd64"]
    assert (facts.distribution, facts.symlinks["/bin"]) == ("debian", "usr/bin")
    assert facts.odd_directories["/tmp"].mode == 0o1777
    assert facts.users["root"] == 0
    assert len((tmp_path / "bakegen.lock").read_text().splitlines()) < 130


_BASE = """\
FROM {busybox}
ENV A=base B="two words"
WORKDIR /work
USER 1000:1000
SHELL ["/bin/busybox", "sh", "-c"]
ONBUILD COPY --chown=7:8 given /given
ONBUILD ENV FROM_ONBUILD=1
"""


@pytest.fixture(scope="session")
def special(engine: Engine, registry: Registry, busybox_image: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A base image for two platforms with everything in its config that a Dockerfile inherits."""
    folder = tmp_path_factory.mktemp("special")
    (folder / "Dockerfile").write_text(_BASE.format(busybox=busybox_image))
    (folder / "arm.Dockerfile").write_text('FROM scratch\nENV A=arm\nCOPY arm.Dockerfile /opt/arm\nONBUILD ENV X="y"\n')
    name = f"{registry.host}/lock/special"
    for tag, file, platform in (("amd", "Dockerfile", "amd64"), ("arm", "arm.Dockerfile", "arm64")):
        common = ("--provenance=false", f"--platform=linux/{platform}", "--push", f"--tag={name}:{tag}")
        engine.build(*common, f"--file={file}", ".", cwd=folder)
    engine.run(["buildx", "imagetools", "create", f"--tag={name}:1", f"{name}:amd", f"{name}:arm"])
    return f"{name}:1"


def test_several_platforms_and_a_config_with_everything(engine: Engine, special: str, tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text(f"FROM {special}\n")
    arguments = ("lock", "--dockerfile=Dockerfile", "--platform=linux/amd64", "--platform=linux/arm64")
    bakegen(engine, tmp_path, *arguments)
    found = lock_of(tmp_path).bases[special]
    amd, arm = found.platforms["linux/amd64"], found.platforms["linux/arm64"]
    assert dict(amd.env)["A"] == "base" and dict(arm.env)["A"] == "arm"
    assert (amd.working_dir, amd.user, amd.shell) == ("/work", "1000:1000", ("/bin/busybox", "sh", "-c"))
    assert amd.onbuild == ("COPY --chown=7:8 given /given", "ENV FROM_ONBUILD=1")
    assert "arm" not in arm.listings["/"] and arm.listings["/"] == ("opt",)
    assert len({found.digest, amd.digest, arm.digest}) == 3
    (tmp_path / "bakegen.lock").unlink()
    bakegen(engine, tmp_path, *arguments, "--from-engine")
    assert lock_of(tmp_path) == without_digests(Lock({special: found}))


def _config(engine: Engine, reference: str) -> dict[str, object]:
    raw = engine.run(["image", "inspect", reference]).stdout
    config = json.loads(raw)[0]["Config"]
    assert isinstance(config, dict)
    return config


def test_a_pinned_base_builds_the_same_image_as_one_by_its_tag(engine: Engine, special: str, tmp_path: Path) -> None:
    """ENV, WORKDIR, USER, SHELL and ONBUILD of a base come through a named context as they come through FROM."""
    (tmp_path / "given").write_text("x")
    (tmp_path / "Dockerfile").write_text(
        f'FROM {special}\nRUN echo "$A $B $FROM_ONBUILD $PWD" > /tmp-out || true\nCOPY given sub/\n'
    )
    (tmp_path / "bakegen.yaml").write_text("images: [app]\n")
    app = tmp_path / "app"
    app.mkdir()
    for name in ("given", "Dockerfile"):
        (tmp_path / name).rename(app / name)
    (app / "image.yaml").write_text("tags: [lock-plain:1]\n")
    bakegen(engine, tmp_path, "render")
    engine.bake("app", cwd=tmp_path)
    bakegen(engine, tmp_path, "lock")
    (app / "image.yaml").write_text("tags: [lock-pinned:1]\n")
    bakegen(engine, tmp_path, "render")
    assert f"docker-image://{special}@sha256:" in (tmp_path / "docker-bake.hcl").read_text()
    done = engine.bake("app", cwd=tmp_path)
    # The build graph is the same one: its steps come from the cache.
    assert done.executed == ()
    assert _config(engine, "lock-plain:1") == _config(engine, "lock-pinned:1")


def test_a_pinned_base_stays_until_the_lock_is_updated(
    engine: Engine, registry: Registry, busybox_image: str, tmp_path: Path
) -> None:
    name = f"{registry.host}/lock/moving:1"

    def push(word: str) -> None:
        folder = tmp_path / "base"
        folder.mkdir(exist_ok=True)
        (folder / "Dockerfile").write_text(f"FROM {busybox_image}\nENV WORD={word}\n")
        engine.build("--push", f"--tag={name}", ".", cwd=folder)

    def built() -> str:
        bakegen(engine, tmp_path, "render")
        engine.bake("app", cwd=tmp_path)
        return engine.run(["run", "--rm", "--network=none", "lock-moving:1"]).stdout.strip()

    push("first")
    app = tmp_path / "app"
    app.mkdir()
    (tmp_path / "bakegen.yaml").write_text("images: [app]\n")
    (app / "image.yaml").write_text("tags: [lock-moving:1]\npull: true\n")
    (app / "Dockerfile").write_text(f'FROM {name}\nCMD ["/bin/sh", "-c", "echo $WORD"]\n')
    bakegen(engine, tmp_path, "lock")
    assert built() == "first"
    push("second")
    assert built() == "first"
    assert "run `bakegen lock --update" in bakegen(engine, tmp_path, "lock", "--check", "--update", code=1).stderr
    bakegen(engine, tmp_path, "lock", "--update")
    assert built() == "second"
    push("third")
    (app / "image.yaml").write_text("tags: [lock-moving:1]\npull: true\npin: false\n")
    assert built() == "third"


def test_a_platform_of_its_own_is_chosen_from_the_pinned_index(engine: Engine, special: str, tmp_path: Path) -> None:
    app = tmp_path / "app"
    app.mkdir()
    (tmp_path / "bakegen.yaml").write_text("images: [app]\n")
    (app / "image.yaml").write_text("output: [{type: local, dest: ../out}]\n")
    (app / "Dockerfile").write_text(
        f"FROM --platform=linux/arm64 {special} AS other\nFROM scratch\nCOPY --from=other /opt/arm /arm\n"
    )
    bakegen(engine, tmp_path, "lock")
    assert set(lock_of(tmp_path).bases[special].platforms) == {"linux/arm64"}
    bakegen(engine, tmp_path, "render")
    assert f"{special}@sha256:" in (tmp_path / "docker-bake.hcl").read_text()
    engine.bake("app", f"--set=app.output=type=local,dest={tmp_path / 'out'}", cwd=tmp_path)
    assert (tmp_path / "out" / "arm").is_file()


def test_a_named_context_stands_in_for_a_stage_of_its_name_too(
    engine: Engine, busybox_image: str, tmp_path: Path
) -> None:
    """Why the base of a stage that has its name is not pinned."""
    (tmp_path / "Dockerfile").write_text(
        "FROM base AS base\nRUN echo made > /made\nFROM scratch\nCOPY --from=base /made /\n"
    )
    context = f"--build-context=base=docker-image://{busybox_image}"
    done = engine.build(context, "--output=type=cacheonly", ".", cwd=tmp_path, check=False)
    assert done.code != 0
    assert '"/made": not found' in done.stderr
