"""The one place that talks to buildx: finds it through python-on-whales and reads bake files back."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bakegen.bake.meaning import meaning
from bakegen.errors import EngineError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bakegen.bake.model import BakeFile


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
