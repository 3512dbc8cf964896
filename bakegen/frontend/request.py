"""What a build was asked for: the options that BuildKit puts into the environment of a frontend, taken apart.

Source: frontend/gateway/gateway.go (environment) and frontend/dockerui/config.go (names of options) of BuildKit.
"""

from __future__ import annotations

import json
import shlex
from dataclasses import field
from typing import TYPE_CHECKING

from bakegen.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_OPTION = "BUILDKIT_FRONTEND_OPT_"
_SETTINGS = ("level", "only", "skip", "rewrite", "project")
_LEVELS = ("proved", "assumed")
_OFF = ("off", "false", "0", "no")

BUILD_ARG = "build-arg:"
CONTEXT = "context:"
SYNTAX = BUILD_ARG + "BUILDKIT_SYNTAX"


@dataclass(frozen=True)
class Policy:
    """How far the rewriting may go.

    Attributes:
        level, only, skip: see `bakegen.rewrites.driver.rewrite`.
        off: whether nothing is to be rewritten.
        project: a short name for ids of cache mounts, "" for the one that the build's source has.
        problem: what is wrong with the settings, "" where nothing is; then nothing is rewritten.
    """

    level: str = "proved"
    only: tuple[str, ...] = ()
    skip: tuple[str, ...] = ()
    off: bool = False
    project: str = ""
    problem: str = ""


@dataclass(frozen=True)
class Request:
    """One build.

    Attributes:
        options: all of its options as they came.
        session: the session of the client that asked for it.
        policy: how far the rewriting may go.
    """

    options: Mapping[str, str] = field(default_factory=dict)
    session: str = ""
    policy: Policy = field(default_factory=Policy)

    @property
    def filename(self) -> str:
        """The Dockerfile's path in what holds it."""
        return self.options.get("filename") or "Dockerfile"

    @property
    def subrequest(self) -> str:
        """What is asked for in place of a build (``frontend.lint``), "" for a build."""
        return self.options.get("requestid", "")

    @property
    def target(self) -> str | None:
        """The stage that is built."""
        return self.options.get("target") or None

    @property
    def platforms(self) -> tuple[str, ...]:
        """The platforms that are built, none for the engine's own."""
        return tuple(one.strip() for one in self.options.get("platform", "").split(",") if one.strip())

    @property
    def build_args(self) -> dict[str, str]:
        """The build arguments by name."""
        return dict(_below(self.options, BUILD_ARG))

    @property
    def contexts(self) -> dict[str, str]:
        """The named contexts: name -> ``docker-image://…``, ``local:…``, ``input:…`` or a URL."""
        return dict(_below(self.options, CONTEXT))

    @property
    def context_name(self) -> str:
        """The option and the client's directory that the build context is in."""
        return self.options.get("contextkey") or "context"

    @property
    def remote(self) -> str:
        """The URL of the build context, "" for one that the client or another build gives."""
        return self.options.get(self.context_name, "")

    @property
    def cache_imports(self) -> list[tuple[str, dict[str, str]]]:
        """Where the build's caches are, kind and attributes of each; none where the option cannot be read."""
        try:
            given = json.loads(self.options.get("cache-imports") or "[]")
            found = [(str(one["Type"]), {**(one.get("Attrs") or {})}) for one in given]
        except (ValueError, TypeError, KeyError, AttributeError):
            found = []
        old = (one for one in self.options.get("cache-from", "").split(",") if one)
        return [*found, *(("registry", {"ref": one}) for one in old)]

    def session_of(self, directory: str) -> str:
        """The session that has a directory of the client."""
        return self.options.get("local-sessionid:" + directory) or self.session


def read_request(environment: Mapping[str, str]) -> Request:
    """The request that is in the environment of this process."""
    options: dict[str, str] = {}
    for name, value in environment.items():
        if name.startswith(_OPTION) and name[len(_OPTION) :].isdecimal():
            key, equals, text = value.partition("=")
            if equals:
                options[key] = text
    return Request(options, environment.get("BUILDKIT_SESSION_ID", ""), read_policy(options))


def read_policy(options: Mapping[str, str]) -> Policy:
    """The policy that options ask for: ``--level=…`` and its like in the ``syntax`` line, else ``BAKEGEN_LEVEL=…``.

    What is wrong with them becomes `Policy.problem`: a word that is not understood must not end a build.
    """
    given: dict[str, str] = {}
    problems = []
    for name in _SETTINGS:
        value = options.get(f"{BUILD_ARG}BAKEGEN_{name.upper()}", "")
        if value:
            given[name] = value
    for word in _words(options.get("cmdline", "")):
        name, equals, value = word.removeprefix("--").partition("=")
        if not word.startswith("--") or name not in _SETTINGS or not equals:
            problems.append(f"{word!r} is no option of the syntax line; there are {_listed('--%s=', _SETTINGS)}")
        else:
            given[name] = value
    level = given.get("level", "proved")
    if level not in _LEVELS:
        problems.append(f"there is no level {level!r}; there are {' and '.join(_LEVELS)}")
    return Policy(
        level,
        _names(given.get("only", "")),
        _names(given.get("skip", "")),
        given.get("rewrite", "").lower() in _OFF,
        given.get("project", ""),
        "; ".join(problems),
    )


def _words(cmdline: str) -> list[str]:
    """What follows the image in a ``syntax`` line."""
    try:
        return shlex.split(cmdline)[1:]
    except ValueError:
        return cmdline.split()[1:]


def _names(text: str) -> tuple[str, ...]:
    return tuple(text.replace(",", " ").split())


def _listed(form: str, names: tuple[str, ...]) -> str:
    return ", ".join(form % name for name in names)


def _below(options: Mapping[str, str], prefix: str) -> Iterator[tuple[str, str]]:
    return ((name.removeprefix(prefix), value) for name, value in options.items() if name.startswith(prefix))
