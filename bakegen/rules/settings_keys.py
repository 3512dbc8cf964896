"""The keys of the configuration of ``bakegen lint``, each declared once: reader and reference page derive from it."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from bakegen.diagnostics import Severity
from bakegen.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Mapping

HADOLINT_FILES = (".hadolint.yaml", ".hadolint.yml")
BASELINE_FILE = ".bakegen-baseline.json"
LABEL_KINDS = ("text", "url", "rfc3339", "spdx", "hash", "semver", "email")
SEVERITIES = tuple(str(one) for one in Severity)
OFF, NEVER = "off", "never"


class Shape(StrEnum):
    """How the value of a key is written."""

    WORDS = "list of rules"
    TEXTS = "list of texts"
    TEXT = "text"
    BOOL = "true or false"
    CHOICE = "one word"
    CHOICES = "table: name = word"
    WORDS_BY_GLOB = "table: glob = list of rules"


@dataclass(frozen=True, slots=True)
class Key:
    """One key: its name, how its value is written, what it means, what it is without, and an example.

    `choices` are the words that its value, or each value of its table, can be; `rules` says that the names of its
    table mean rules.
    """

    name: str
    shape: Shape
    meaning: str
    default: str
    example: str
    choices: tuple[str, ...] = ()
    rules: bool = False


KEYS: Mapping[str, Key] = {
    key.name: key
    for key in (
        Key("select", Shape.WORDS, "The rules that run.", "all that run by default", 'select = ["CA", "apt-*"]'),
        Key("extend-select", Shape.WORDS, "More rules that run.", "none", 'extend-select = ["DL3026"]'),
        Key("ignore", Shape.WORDS, "Rules that do not run.", "none", 'ignore = ["DL3008", "unpinned-image"]'),
        Key(
            "per-file-ignores",
            Shape.WORDS_BY_GLOB,
            "Rules that do not run on some files. Paths are relative to the folder of the configuration; `*` stays "
            "within a folder, `**` does not, and what matches a folder matches all that is in it.",
            "none",
            'per-file-ignores = {"tests/**" = ["CA", "DL3008"]}',
        ),
        Key(
            "severity",
            Shape.CHOICE,
            "Findings that are less than this are not shown.",
            "`note`",
            'severity = "warning"',
            SEVERITIES,
        ),
        Key(
            "fail-on",
            Shape.CHOICE,
            "The severity from which on the command ends with 1; `never`: it ends with 0 whatever is found.",
            "`warning`",
            'fail-on = "error"',
            (*SEVERITIES, NEVER),
        ),
        Key(
            "severities",
            Shape.CHOICES,
            "How bad rules are here, or `off`. Where several lines mean a rule, the last one counts.",
            "each rule's own",
            'severities = {DL3008 = "off", "apt-*" = "error"}',
            (*SEVERITIES, OFF),
            rules=True,
        ),
        Key(
            "exclude",
            Shape.TEXTS,
            "Globs of files and folders that are not looked at, written as in `per-file-ignores`.",
            "none",
            'exclude = ["vendor", "**/testdata"]',
        ),
        Key(
            "baseline",
            Shape.TEXT,
            "A file with known findings, which are not shown, relative to the folder of the configuration.",
            "`.bakegen-baseline.json` where it is there",
            'baseline = ".bakegen-baseline.json"',
        ),
        Key("pragmas", Shape.BOOL, "Whether comments in files may silence findings.", "`true`", "pragmas = false"),
        Key(
            "shellcheck",
            Shape.BOOL,
            "Whether shell commands are looked at by shellcheck, too.",
            "where shellcheck is installed",
            "shellcheck = false",
        ),
        Key(
            "trusted-registries",
            Shape.TEXTS,
            "The registries that images may come from; `*.example.com` stands for all below.",
            "all",
            'trusted-registries = ["docker.io", "*.example.com"]',
        ),
        Key(
            "labels",
            Shape.CHOICES,
            "Labels that images should have, and what kind of text each holds.",
            "none",
            'labels = {"org.opencontainers.image.source" = "url"}',
            LABEL_KINDS,
        ),
        Key("strict-labels", Shape.BOOL, "Whether images may have no others.", "`false`", "strict-labels = true"),
        Key(
            "ephemeral",
            Shape.BOOL,
            "Whether builds run on a new builder each time, where cache mounts are empty.",
            "not known: nothing is said that depends on it",
            "ephemeral = true",
        ),
        Key(
            "trusted",
            Shape.BOOL,
            "Whether the builds that these files are for may write caches (those of forks may not).",
            "not known: nothing is said that depends on it",
            "trusted = false",
        ),
        Key(
            "buildx",
            Shape.TEXT,
            "The oldest buildx that the files must work with.",
            "any",
            'buildx = "0.19"',
        ),
        Key(
            "project",
            Shape.TEXT,
            "A short name of the project that fixes write into ids of cache mounts.",
            "the name of the folder of the git work tree",
            'project = "shop"',
        ),
    )
}  # fmt: skip
"""Every key by name."""
