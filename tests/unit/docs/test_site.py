"""The site builds without a warning (links, anchors, pages in no navigation), and loads nothing from elsewhere."""

from __future__ import annotations

import re
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.docs.pages import DOCS, paths

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site, built as `bakegen/docs/README.md` says."""
    folder = tmp_path_factory.mktemp("site")
    done = subprocess.run(
        [sys.executable, "-m", "sphinx", "-W", "--keep-going", "-q", "-d", folder / "trees", DOCS, folder / "html"],
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    return folder / "html"


def test_every_page_is_in_the_site(site: Path) -> None:
    wanted = [path for path in paths() if path.startswith("bakegen/docs/") and path != "bakegen/docs/README.md"]
    for path in wanted:
        assert (site / path.removeprefix("bakegen/docs/")).with_suffix(".html").is_file(), path
    assert len(wanted) > 200


def test_it_works_without_a_network_and_without_a_server(site: Path) -> None:
    for page in site.rglob("*.html"):
        text = page.read_text("utf-8")
        loaded = re.findall(r"""<(?:script|img|iframe|source)[^>]*\ssrc=["']([^"']+)""", text)
        loaded += re.findall(r"""<link[^>]*\srel=["'](?:stylesheet|icon|preload)["'][^>]*\shref=["']([^"']+)""", text)
        for address in loaded:
            assert "//" not in address, f"{page.name} loads {address}"
            assert (page.parent / address.partition("?")[0]).is_file(), f"{page.name} loads {address}"
    for sheet in site.rglob("*.css"):
        assert not re.search(r"url\(\s*['\"]?(https?:)?//|@import", sheet.read_text("utf-8")), sheet
    # The index of the search is a script: a page that was opened from a folder may not fetch anything else.
    assert (site / "searchindex.js").read_text("utf-8").startswith("Search.setIndex(")


def test_bake_files_are_highlighted(site: Path) -> None:
    text = (site / "reference/rules/BF401.html").read_text("utf-8")
    assert '<span class="k">target</span>' in text and '<span class="na">cache-to</span>' in text
