"""What later jobs of a CI get from a build: texts for its files of outputs, summaries and variables."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from bakegen.building.report import Report


def github_output(report: Report) -> str:
    """Lines for the file that GITHUB_OUTPUT names: `digests`, a JSON map, and `built`, `skipped`, `failed`, JSON lists.

    Targets that were not built are in `not-built`. Digests are those of targets that can be pulled.
    """
    raise NotImplementedError


def github_summary(report: Report, limit: int) -> str:
    """A Markdown table for the file that GITHUB_STEP_SUMMARY names, what failed first; at most `limit` bytes."""
    raise NotImplementedError


def gitlab_dotenv(report: Report) -> str:
    """Lines ``BAKEGEN_DIGEST_<NAME>=sha256:…`` for ``artifacts:reports:dotenv``."""
    raise NotImplementedError


def variable_names(targets: Iterable[str]) -> Mapping[str, str]:
    """What `BAKEGEN_DIGEST_` is followed by for each target; no two have the same, and other targets change none."""
    raise NotImplementedError
