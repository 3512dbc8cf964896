"""The project that commands are tried in."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.unit.cli.running import FILES, lay_out

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """The files of a project with two images."""
    return lay_out(tmp_path, FILES)
