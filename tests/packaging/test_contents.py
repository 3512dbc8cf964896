"""What is in wheel and sdist: all that is used, and nothing else; the same bytes wherever they are built."""

from __future__ import annotations

import email
import re
import sys
import tarfile
import zipfile
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
import yaml
from markdown_it import MarkdownIt

from bakegen import __version__
from tests.packaging.building import ROOT, build, tracked, uv

if TYPE_CHECKING:
    from pathlib import Path

POSSESSIVE_GROUP = re.compile(r"\)(?:[*+?]|\{[0-9,]+\})\+")


@dataclass(frozen=True)
class Built:
    """What was built of a copy of this checkout.

    Attributes:
        source: the copy.
        wheel: the path of the wheel.
        sdist: the path of the sdist.
        packed: the files of the wheel by name.
        shipped: the files of the sdist by name, without the folder that all are in.
    """

    source: Path
    wheel: Path
    sdist: Path
    packed: dict[str, bytes]
    shipped: dict[str, bytes]


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    folder = tmp_path_factory.mktemp("contents")
    source = tracked(folder / "source")
    wheel, sdist = build(source, folder / "dist")
    with zipfile.ZipFile(wheel) as archive:
        packed = {one.filename: archive.read(one) for one in archive.infolist()}
    shipped = {}
    with tarfile.open(sdist) as tar:
        for one in tar.getmembers():
            content = tar.extractfile(one)
            assert content is not None, f"{one.name} is no file"
            shipped[one.name.partition("/")[2]] = content.read()
    return Built(source, wheel, sdist, packed, shipped)


def below(folder: Path, pattern: str = "*") -> dict[str, bytes]:
    """The files below a folder, by path in it."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob(pattern) if path.is_file()}


def test_the_wheel_has_what_is_read_at_run_time_and_nothing_else(built: Built) -> None:
    package = below(built.source / "bakegen")
    # Documents are read by people, .proto files by those who make the messages again.
    wanted = {name for name in package if not name.startswith("docs/") and not name.endswith(".proto")}
    assert {"py.typed", "rules/index.py", "schema/image.schema.json", "frontend/messages/llb_pb2.py"} < wanted
    wanted |= {f"templates/{name}" for name in below(built.source / "templates")}
    metadata = f"bakegen-{__version__}.dist-info"
    assert {name.removeprefix("bakegen/") for name in built.packed if not name.startswith(metadata)} == wanted
    about = {name.removeprefix(f"{metadata}/") for name in built.packed if name.startswith(metadata)}
    assert about == {"METADATA", "RECORD", "WHEEL", "entry_points.txt", "licenses/LICENSE"}


def test_the_sdist_has_only_files_of_the_repository(built: Built) -> None:
    made = {"PKG-INFO"}
    for name, content in built.shipped.items():
        assert name in made or content == (built.source / name).read_bytes(), name
    folders = {name.partition("/")[0] for name in built.shipped} - made
    files = {"CHANGELOG.md", "LICENSE", "README.md", "pyproject.toml", ".gitignore"}
    assert folders == {"bakegen", "templates"} | files
    assert {name for name in built.shipped if name.startswith("bakegen/docs/")}
    assert built.sdist.stat().st_size < 4_000_000


def test_a_second_build_gives_the_same_bytes(built: Built, tmp_path: Path) -> None:
    wheel, sdist = build(built.source, tmp_path / "again")
    assert (wheel.read_bytes(), sdist.read_bytes()) == (built.wheel.read_bytes(), built.sdist.read_bytes())
    uv("build", "--quiet", "--python", sys.executable, "--wheel", "--out-dir", tmp_path / "direct", built.source)
    (direct,) = (tmp_path / "direct").glob("*.whl")
    assert direct.read_bytes() == built.wheel.read_bytes()  # without the sdist in between


def test_what_is_said_of_it(built: Built) -> None:
    text = built.packed[f"bakegen-{__version__}.dist-info/METADATA"].decode()
    told = email.message_from_string(text)
    assert (told["Name"], told["Version"], told["License-Expression"]) == ("bakegen", __version__, "Apache-2.0")
    assert told["Description-Content-Type"] == "text/markdown"
    readme = told.get_payload()
    assert isinstance(readme, str)
    assert "<h1>bakegen</h1>" in MarkdownIt("commonmark").render(readme)
    assert "Typing :: Typed" in told.get_all("Classifier", [])
    lines = built.packed[f"bakegen-{__version__}.dist-info/entry_points.txt"].decode().splitlines()
    assert lines == ["[console_scripts]", "bakegen = bakegen.__main__:main", "docker-bakegen = bakegen.__main__:plugin"]


def test_the_hooks_of_pre_commit_call_a_program_of_it() -> None:
    hooks = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())
    assert {hook["entry"].split()[0] for hook in hooks} == {"bakegen"}


def test_no_pattern_has_a_possessive_group() -> None:
    """Python 3.11.0 to 3.11.4 go on behind what such a group has read in vain (fixed in 3.11.5, gh-106052)."""
    found = {
        name for name, content in below(ROOT / "bakegen", "*.py").items() if POSSESSIVE_GROUP.search(content.decode())
    }
    assert not found
    assert POSSESSIVE_GROUP.search(r"(?:a|b)*+") and not POSSESSIVE_GROUP.search(r"[ab]*+(?>(?:a|b)*)")
