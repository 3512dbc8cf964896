"""The one place that talks to buildx: finds it through python-on-whales and reads bake files back."""

from __future__ import annotations

import json
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bakegen.bake.meaning import meaning
from bakegen.dockerfile.platforms import normalized, parse_platform
from bakegen.errors import EngineError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bakegen.bake.model import BakeFile

_PULL_SECONDS = 1800


class ReadBackError(EngineError):
    """Buildx reads something else than what was meant: a bug of ours, or a buildx that is too old."""


def bake_print(file: Path, names: list[str]) -> dict[str, Any]:
    """What ``docker buildx bake --print`` says of the targets and groups `names` in `file`; needs no engine.

    Raises:
        EngineError: there is no docker with buildx, or it refuses the file.
    """
    from python_on_whales import DockerClient
    from python_on_whales.client_config import ClientNotFoundError
    from python_on_whales.exceptions import DockerException

    try:
        found = DockerClient().buildx.bake(names, files=[str(file)], print=True)
    except (DockerException, ClientNotFoundError, OSError) as problem:
        raise EngineError(f"buildx cannot read {file.name}: {problem}") from None
    assert isinstance(found, dict)
    return found


def print_bake(files: Sequence[str], names: Sequence[str], folder: Path, environ: Mapping[str, str]) -> Any:
    """What ``docker buildx bake --print`` says of bake files that people wrote, called in `folder`; needs no engine.

    Args:
        files: their paths from `folder`.
        names: the targets and groups that are asked for.
        folder: the working directory.
        environ: the environment, which sets variables.

    Returns:
        The parsed JSON; None where there is no docker with buildx.

    Raises:
        EngineError: bake refuses the files; its own words.
    """
    try:
        command = buildx_command()
    except EngineError:
        return None
    wanted = [part for file in files for part in ("-f", file)]
    done = subprocess.run(
        [*command, "bake", *wanted, "--print", *names],
        cwd=folder, env=dict(environ), capture_output=True, text=True, errors="replace",
    )  # fmt: skip
    if done.returncode == 0:
        return json.loads(done.stdout)
    if _run([*command, "version"]).returncode != 0:
        return None
    lines = [line for line in done.stderr.splitlines() if line and not line.startswith("#")]
    raise EngineError("bake cannot read " + ", ".join(files) + ":\n" + "\n".join(lines))


def buildx_command() -> list[str]:
    """``docker … buildx`` as python-on-whales finds it, for what it cannot do: handing on a stream.

    Raises:
        EngineError: there is no docker.
    """
    from python_on_whales import DockerClient
    from python_on_whales.client_config import ClientNotFoundError

    try:
        return [*map(str, DockerClient().client_config.docker_cmd), "buildx"]
    except ClientNotFoundError as missing:
        raise EngineError(f"docker is not there: {missing}") from None


def need_buildx() -> None:
    """Raises `EngineError` where docker is there and buildx is not: what docker says of that helps nobody."""
    if _run([*buildx_command(), "version"]).returncode != 0:
        raise EngineError("docker has no buildx here: install its plugin docker-buildx")


def image_config(reference: str, platform: str) -> dict[str, Any]:
    """The config of an image as the engine has it, pulled where it has not; ONBUILD among it, which no build shows.

    Raises:
        EngineError: there is no engine, it cannot get the image, or has it for another platform only.
    """
    docker = buildx_command()[:-1]
    inspect = [*docker, "image", "inspect", reference]
    # The platform can be asked for since Docker 28.1; where it cannot, what comes back is looked at.
    ways = ([*inspect, "--platform", platform], inspect)
    seen: set[str] = set()
    for pull in (False, True):
        if pull:
            done = _run([*docker, "pull", "--quiet", "--platform", platform, reference])
            if done.returncode != 0:
                raise EngineError(f"the engine cannot pull {reference}: {_last_line(done.stderr)}")
        for way in ways:
            done = _run(way)
            for found in json.loads(done.stdout) if done.returncode == 0 else ():
                parts = [found.get("Os"), found.get("Architecture"), found.get("Variant")]
                shown = "/".join(part for part in parts if part)
                if str(normalized(parse_platform(shown))) == str(normalized(parse_platform(platform))):
                    config = found.get("Config")
                    return {"config": config if isinstance(config, dict) else {}}
                seen.add(shown)
    raise EngineError(
        f"the engine shows {reference} for {', '.join(sorted(seen)) or 'no platform'}, not for {platform}"
    )


def _run(command: list[str]) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(command, capture_output=True, text=True, errors="replace", timeout=_PULL_SECONDS)
    except subprocess.TimeoutExpired:
        raise EngineError(f"docker gave no answer within {_PULL_SECONDS} seconds") from None
    except OSError as problem:
        raise EngineError(f"docker could not be run: {problem.strerror}") from None


def _last_line(text: str) -> str:
    lines = text.strip().splitlines()
    return lines[-1] if lines else "it says nothing"


def read_back(texts: Mapping[str, str], meanings: Mapping[str, BakeFile]) -> None:
    """Has buildx read each of `texts` and compares what it says with what is meant.

    Raises:
        EngineError: buildx is not there or refuses a file.
        ReadBackError: it reads something else.
    """
    with tempfile.TemporaryDirectory() as folder:
        for name, text in texts.items():
            path = Path(folder) / Path(name).name
            path.write_text(text, "utf-8")
            file = meanings[name]
            wanted = [target.name for target in file.targets] + [group.name for group in file.groups]
            meant, found = meaning(file, wanted)["target"], bake_print(path, wanted)["target"]
            assert isinstance(meant, dict)
            for target, attributes in meant.items():
                if found.get(target) != attributes:
                    raise ReadBackError(
                        f"buildx reads {name} otherwise than meant, at target {target}:\n"
                        f"meant: {json.dumps(attributes, sort_keys=True)}\n"
                        f"read:  {json.dumps(found.get(target), sort_keys=True)}"
                    )
