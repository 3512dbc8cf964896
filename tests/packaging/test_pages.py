"""What the pages on installing and releasing say is run, in a clone of what this checkout holds."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from uv import find_uv_bin

from bakegen import __version__
from tests.docs.pages import read
from tests.packaging.building import NETWORK, ROOT, tracked

if TYPE_CHECKING:
    from collections.abc import Iterator

HERE = Path(__file__).relative_to(ROOT).as_posix()
AUTHOR = {f"GIT_{who}_{what}": "a@example.com" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A repository with one commit."""
    folder = tracked(tmp_path / "clone")
    for words in (["init", "--quiet"], ["add", "--all", "--force"], ["commit", "--quiet", "--message", "all"]):
        subprocess.run(["git", *words], cwd=folder, env={**os.environ, **AUTHOR}, check=True)
    return folder


def outputs(page: str, folder: Path) -> Iterator[tuple[str, str]]:
    """Runs a page's blocks, one after the other, with a home of their own; out: the name of each and what it prints."""
    home = folder.parent / "home"
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("UV_", "VIRTUAL_ENV", "XDG_"))}
    programs = [str(home / ".local/bin"), str(Path(find_uv_bin()).parent), kept["PATH"]]
    # What was downloaded before is not downloaded again.
    cache = os.environ.get("UV_CACHE_DIR") or str(Path.home() / ".cache/uv")
    environ = {**kept, **AUTHOR, "HOME": str(home), "PATH": os.pathsep.join(programs), "UV_CACHE_DIR": cache}
    for block in read(page).blocks:
        if block.mark.by == HERE:
            script = block.text.replace("/tmp/", f"{folder.parent}/")
            command = ["bash", "-euo", "pipefail", "-c", script]
            done = subprocess.run(
                command, cwd=folder, env=environ, capture_output=True, text=True, timeout=300, check=False
            )
            if done.returncode and NETWORK.search(done.stderr):
                pytest.skip(f"packages cannot be downloaded: {done.stderr.strip().splitlines()[-1]}")
            assert done.returncode == 0, f"{block.place}\n{done.stdout}{done.stderr}"
            yield block.mark.value, done.stdout


def test_installing(clone: Path) -> None:
    done = dict(outputs("bakegen/docs/guide/installing.md", clone))
    told = f"bakegen {__version__}\n"
    assert done == {"install-tool": told, "install-environment": told, "uninstall-tool": ""}


def test_releasing(clone: Path) -> None:
    done = dict(outputs("bakegen/docs/guide/releasing.md", clone))
    assert list(done) == ["release-build", "release-check", "release-tag"]
    assert [line.split()[1] for line in done["release-build"].splitlines()] == [
        f"dist/bakegen-{__version__}-py3-none-any.whl",
        f"dist/bakegen-{__version__}.tar.gz",
    ]
    tags = subprocess.run(["git", "tag"], cwd=clone, capture_output=True, text=True, check=True).stdout
    assert tags == f"v{__version__}\n"
