"""What later steps and jobs of a CI get from a build: texts for files of outputs, of summaries and of variables."""

from __future__ import annotations

import hashlib
import json
import re
from typing import TYPE_CHECKING

from bakegen.building.masking import clean_line
from bakegen.building.model import Status
from bakegen.plan.names import digest8

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from bakegen.building.model import CacheWritten, Outcome
    from bakegen.building.report import Report

VARIABLE_PREFIX = "BAKEGEN_DIGEST_"
DOTENV_LIMIT = 5 * 1024
"""Bytes of a dotenv file that GitLab takes, unless its administrators allow more."""

_DIGEST = re.compile(r"[a-z0-9]+(?:[.+_-][a-z0-9]+)*:[0-9a-f]{32,}", re.ASCII)
_PLAIN_NAME = re.compile(r"[a-z0-9]+(?:[-_][a-z0-9]+)*", re.ASCII)
_LIKE_HASHED = re.compile(r".*-[0-9a-f]{8}(?:[0-9a-f]{56})?|[0-9a-f]{8,}", re.ASCII)
_UNFIT = re.compile(r"[^A-Z0-9]+", re.ASCII)
_LISTS = {"built": Status.BUILT, "skipped": Status.SKIPPED, "failed": Status.FAILED, "not-built": Status.NOT_BUILT}


def digests(report: Report) -> dict[str, str]:
    """The digest of each target that was built or skipped and has one, by name."""
    there = [one for one in report.targets if one.status in (Status.BUILT, Status.SKIPPED)]
    return {one.target: one.digest for one in there if _DIGEST.fullmatch(one.digest)}


def github_output(report: Report) -> str:
    """Lines for the file that GITHUB_OUTPUT names.

    `digests` is a JSON map of target to digest; `built`, `skipped`, `failed` and `not-built` are JSON lists of
    targets. All are there in every build, so that ``fromJSON`` never meets an empty text.
    """
    values: dict[str, object] = {"digests": {clean_line(name): digest for name, digest in digests(report).items()}}
    for name, status in _LISTS.items():
        values[name] = [clean_line(one.target) for one in report.targets if one.status is status]
    return "".join(_output(name, json.dumps(value, separators=(",", ":"))) for name, value in values.items())


def _output(name: str, value: str) -> str:
    """One output in the form that takes any text: the value between two lines that are not in it."""
    end = f"bakegen-{hashlib.sha256(value.encode()).hexdigest()[:16]}"
    return f"{name}<<{end}\n{value}\n{end}\n"


def gitlab_dotenv(report: Report) -> str:
    """Lines ``BAKEGEN_DIGEST_<NAME>=sha256:…`` for ``artifacts:reports:dotenv``, by target."""
    found = digests(report)
    names = variable_names(found)
    return "".join(f"{VARIABLE_PREFIX}{names[target]}={digest}\n" for target, digest in found.items())


def variable_names(targets: Iterable[str]) -> Mapping[str, str]:
    """What `BAKEGEN_DIGEST_` is followed by for each target; no two have the same.

    ``app-1-22`` becomes ``APP_1_22``, ``my_app`` becomes ``MY__APP``; any other name (upper case, other signs) ends in
    a hash of it. So the name of a variable does not hang on which other targets are built.
    """
    names: dict[str, str] = {}
    for target in sorted(set(targets)):
        name = _variable(target)
        # Two names with one hash: the second, in order, gets all of its own.
        names[target] = name if name not in names.values() else f"{name}_{_whole_hash(target)}"
    return names


def _variable(target: str) -> str:
    if _PLAIN_NAME.fullmatch(target) and not _LIKE_HASHED.fullmatch(target):
        return target.upper().replace("_", "__").replace("-", "_")
    readable = _UNFIT.sub("_", target.upper()).strip("_")
    return f"{readable}_{digest8(target).upper()}" if readable else digest8(target).upper()


def _whole_hash(target: str) -> str:
    return hashlib.sha256(target.encode("utf-8", "surrogatepass")).hexdigest().upper()


READY_VARIABLES: Mapping[str, str] = {
    "BAKEGEN_TARGET": "the target",
    "BAKEGEN_STATUS": "`built` or `skipped`",
    "BAKEGEN_REFERENCE": "the first reference that its image can be pulled by",
    "BAKEGEN_REFERENCES": "all of them, a line each",
    "BAKEGEN_DIGEST": "the digest of its image",
    "BAKEGEN_KEY": "its content key, empty where it has none",
    "BAKEGEN_PLATFORMS": "the platforms that it was built for, with commas between",
    "BAKEGEN_READY": "seconds from the begin of the build until it could be pulled",
}
"""What the command of ``--on-ready`` finds in its environment."""


def ready_environment(outcome: Outcome) -> dict[str, str]:
    """The values of `READY_VARIABLES` for one target."""
    references = [clean_line(reference) for reference in outcome.references]
    values = (
        clean_line(outcome.target),
        str(outcome.status),
        references[0] if references else "",
        "\n".join(references),
        clean_line(outcome.digest),
        clean_line(outcome.key),
        ",".join(clean_line(platform) for platform in outcome.platforms),
        "" if outcome.ready is None else f"{outcome.ready:.3f}",
    )
    return dict(zip(READY_VARIABLES, values, strict=True))


CACHE_VARIABLES: Mapping[str, str] = {
    "BAKEGEN_CACHE_REFERENCE": "where the cache is, empty outside of registries",
    "BAKEGEN_CACHE_DIGEST": "the digest of its manifest, empty where it has none",
    "BAKEGEN_CACHE_SECONDS": "how long it took to write it",
    "BAKEGEN_CACHE_READY": "seconds from the begin of the build until it was written",
}
"""What the command of ``--on-cache-ready`` finds in its environment, beside the facts of the image."""


def cache_environment(cache: CacheWritten) -> dict[str, str]:
    """The values of `CACHE_VARIABLES` for one cache."""
    texts = (clean_line(cache.reference), clean_line(cache.digest), f"{cache.seconds:.3f}", f"{cache.ready:.3f}")
    return dict(zip(CACHE_VARIABLES, texts, strict=True))
