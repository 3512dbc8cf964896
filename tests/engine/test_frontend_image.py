"""The frontend's image: the same bytes wherever it is built, only what is used, small, and of every platform."""

from __future__ import annotations

import io
import json
import tarfile
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import grimp
import pytest

from tests.engine.frontend_image import build_frontend, image_id

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.engine.harness.engine import Engine, PrivateEngine

MEGABYTE = 1_000_000
ENTRY = "bakegen.frontend.__main__"
FOUND_BY_FOLDER = ("bakegen.rewrites", "bakegen.effects.commands")


@dataclass(frozen=True)
class Stored:
    """An image as `docker image save` gives it, for one platform.

    Attributes:
        config: its configuration.
        files: the bytes of its regular files by path.
        times: every time that a file or folder of it has.
        compressed: the size of its layers in a registry, in bytes.
    """

    config: dict[str, Any]
    files: dict[str, bytes]
    times: set[float]
    compressed: int


def stored(engine: Engine, name: str, folder: Path) -> Stored:
    """Reads an image out of an engine."""
    path = folder / "image.tar"
    engine.run(["image", "save", "--output", str(path), name])
    with tarfile.open(path) as saved:
        blobs = {one.name: saved.extractfile(one) for one in saved.getmembers() if one.isfile()}
        data = {at: blob.read() for at, blob in blobs.items() if blob is not None}
    (described,) = json.loads(data["manifest.json"])
    layers = [data[at] for at in described["Layers"]]
    files, times = {}, set()
    for layer in layers:
        with tarfile.open(fileobj=io.BytesIO(layer)) as tar:
            for one in tar.getmembers():
                times.add(one.mtime)
                found = tar.extractfile(one) if one.isfile() else None
                if found is not None:
                    files[one.name] = found.read()
    return Stored(json.loads(data[described["Config"]]), files, times, sum(map(len, layers)))


@pytest.fixture(scope="module")
def name(
    first_machine: PrivateEngine, bases: Callable[..., dict[str, str]], tmp_path_factory: pytest.TempPathFactory
) -> str:
    """The image out of Debian packages, on the first machine."""
    return build_frontend(first_machine, bases, tmp_path_factory.mktemp("frontend"), "frontend")


@pytest.fixture(scope="module")
def image(first_machine: PrivateEngine, name: str, tmp_path_factory: pytest.TempPathFactory) -> Stored:
    """What is in it."""
    return stored(first_machine, name, tmp_path_factory.mktemp("image"))


def imported(graph: grimp.ImportGraph) -> set[str]:
    """bakegen's modules that the frontend can import, by what import-linter's own reading of the sources says."""
    waiting = [ENTRY]
    for package in FOUND_BY_FOLDER:
        waiting += graph.find_children(package)
    found: set[str] = set()
    while waiting:
        module = waiting.pop()
        if module not in found:
            found.add(module)
            waiting += graph.find_modules_directly_imported_by(module)
            waiting += [module.rpartition(".")[0]] if "." in module else []
    return found


def test_it_has_the_modules_that_are_imported_and_no_others(image: Stored) -> None:
    found = set()
    for path in image.files:
        if path.startswith("bakegen/bakegen/") and path.endswith(".pyc"):
            at, _, file = path.removeprefix("bakegen/").rpartition("/")
            module = f"{at.removesuffix('/__pycache__').replace('/', '.')}.{file.partition('.')[0]}"
            found.add(module.removesuffix(".__init__"))
    assert found == imported(grimp.build_graph("bakegen", exclude_type_checking_imports=True))
    assert not [path for path in image.files if path.endswith(".py")]
    assert not [path for path in image.files if "/pip/" in path or path.endswith(("/sh", "/bash"))]


def test_it_is_small_and_says_what_it_needs(image: Stored) -> None:
    assert image.compressed < 15 * MEGABYTE
    config = image.config["config"]
    assert config["User"] == "65534:65534"
    labels = config["Labels"]
    assert labels["moby.buildkit.frontend.network.none"] == "true"
    caps = [f"moby.buildkit.frontend.{one}" for one in ("inputs", "subrequests", "contexts", "gitquerystring")]
    assert labels["moby.buildkit.frontend.caps"].split(",") == caps
    assert image.times == {0}
    assert {one.get("created", "") for one in [image.config, *image.config["history"]]} == {"1970-01-01T00:00:00Z"}


def test_every_module_of_it_can_be_loaded(first_machine: PrivateEngine, name: str) -> None:
    script = (
        "import importlib, pkgutil\n"
        "for folder, prefix in ('/bakegen', ''), ('/bakegen/google', 'google.'), ('/usr/lib/python3.13', ''):\n"
        "    for one in pkgutil.walk_packages([folder], prefix):\n"
        "        if not one.name.endswith('__main__'):\n"
        "            importlib.import_module(one.name)\n"
    )
    command = ["run", "--rm", "--network=none", "--entrypoint=/usr/bin/python3", name, "-W", "ignore", "-SsB", "-c"]
    first_machine.run([*command, script])


def test_other_machines_make_the_same_bytes(
    first_machine: PrivateEngine,
    second_engine: PrivateEngine,
    bases: Callable[..., dict[str, str]],
    tmp_path: Path,
) -> None:
    second_engine.make_fresh()
    first, second = (build_frontend(one, bases, tmp_path / one.name) for one in (first_machine, second_engine))
    assert image_id(second_engine, second) == image_id(first_machine, first)
