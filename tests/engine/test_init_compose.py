"""Compose files: what our reader says of them is what the real `docker buildx bake --print` says."""

from __future__ import annotations

import json
import shutil
import socket
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from bakegen.importing.bakefiles_values import printed_values
from bakegen.importing.compose import read_compose
from tests.unit.importing.trees import Tree

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bakegen.bake.meaning import Json
    from tests.engine.harness.engine import Engine

CASES = Path(__file__).parents[1] / "unit" / "importing" / "compose"
# What buildx is asked for, by case: in which folder, with which files, and the names that it does not know them by.
ASKED: dict[str, list[tuple[str, list[str], dict[str, str]]]] = {
    "every-key": [(".", [], {})],
    "short-forms": [(".", [], {})],
    "variables": [(".", [], {})],
    "merged": [(".", ["compose.yaml", "compose.override.yaml"], {})],
    "extends": [(".", [], {})],
    "x-bake": [(".", [], {})],
    "projects": [
        (".", [], {}),
        (".", ["compose.yaml", "compose.prod.yaml"], {"web": "web-prod", "link": "link-prod"}),
        (".", ["docker-compose.tests.yml"], {"web": "web-tests"}),
    ],
}


@pytest.fixture
def agent() -> Iterator[Path]:
    """A socket where an ssh agent would listen; its path is short, as paths of sockets have to be."""
    with tempfile.TemporaryDirectory() as folder, socket.socket(socket.AF_UNIX) as listening:
        path = Path(folder) / "agent"
        listening.bind(str(path))
        yield path


@pytest.mark.parametrize("case", ASKED)
def test_our_reading_is_that_of_buildx(case: str, engine: Engine, tmp_path: Path, agent: Path) -> None:
    project = tmp_path / "project"
    shutil.copytree(CASES / case / "project", project)
    ours = {target.name: dict(target.attributes) for target in read_compose(Tree.of(project)).targets}
    if case == "every-key":  # buildx looks whether the key is there
        (project / "keys").mkdir()
        (project / "keys" / "deploy").symlink_to(agent)
    for folder, files, names in ASKED[case]:
        arguments = [word for file in files for word in ("-f", file)]
        told = engine.bake_print(*arguments, cwd=project / folder, env={"SSH_AUTH_SOCK": str(agent)})["target"]
        for name, attributes in told.items():
            theirs = printed_values(json.loads(json.dumps(attributes)))
            assert _sorted(ours[names.get(name, name)]) == _sorted(_renamed(theirs, names)), name
        if not names:
            assert told.keys() <= ours.keys()


def _renamed(attributes: dict[str, Json], names: dict[str, str]) -> dict[str, Json]:
    contexts = attributes.get("contexts")
    if isinstance(contexts, dict):
        new = {f"target:{old}": f"target:{name}" for old, name in names.items()}
        return {**attributes, "contexts": {key: new.get(str(value), value) for key, value in contexts.items()}}
    return attributes


def _sorted(attributes: dict[str, Json]) -> dict[str, Json]:
    """Limits in one order: buildx prints them in any."""
    limits = attributes.get("ulimits")
    return {**attributes, "ulimits": [*sorted(map(str, limits))]} if isinstance(limits, list) else attributes
