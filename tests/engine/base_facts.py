"""Facts of the base images that the tests of rewrites build upon, and bake files that mean themselves."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

from bakegen.workspace.credentials import Credentials
from bakegen.workspace.registry_auth import Gate
from bakegen.workspace.registry_bases import BaseReader, Wanted
from bakegen.workspace.registry_failure import Failure
from bakegen.workspace.registry_network import Network

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from bakegen.facts.model import BaseFacts, PlatformFacts

PLATFORM = "linux/amd64"
NO_ATTESTATION = ("type=provenance,disabled=true",)


def archive_output(path: Path) -> str:
    """The output of a bake target that leaves an OCI archive at `path` which is quick to write and to read."""
    return f"type=oci,compression=uncompressed,force-compression=true,dest={path}"


def write_bake_file(folder: Path, targets: Mapping[str, Mapping[str, Any]]) -> None:
    """Writes docker-bake.json; texts mean themselves."""
    # A JSON bake file is a template too: $ and % before a brace would be read.
    text = json.dumps({"target": targets}).replace("${", "$${").replace("%{", "%%{")
    (folder / "docker-bake.json").write_text(text)


def read_facts(references: Mapping[str, str]) -> dict[str, PlatformFacts]:
    """The facts of images in the harness's registries, by the names in `references`; as `bakegen lock` reads them."""
    network = Network({}, timeout=60, until=time.monotonic() + 600)
    reader = BaseReader(network, Gate(Credentials({})))
    try:
        found = reader.facts({name: Wanted(reference, (PLATFORM,)) for name, reference in references.items()})
    finally:
        network.stop()
    return {name: _read(name, facts) for name, facts in found.items()}


def _read(name: str, facts: BaseFacts | Failure) -> PlatformFacts:
    assert not isinstance(facts, Failure), f"{name}: {facts}"
    return facts.platforms[PLATFORM]
