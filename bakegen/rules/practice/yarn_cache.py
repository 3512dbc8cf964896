"""Rule DF276: yarn's cache stays in the image."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bakegen.diagnostics import Severity
from bakegen.rules.model import Example, Finding, Kind, Rule
from bakegen.rules.practice._commands import behind, mounted, named_in, removes, script_of, shipped, tidied

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bakegen.rules.calls import ShellCall
    from bakegen.rules.dockerfiles import DockerfileSubject

_CACHES = ("/usr/local/share/.cache/yarn", "~/.cache/yarn", "~/.yarn/berry")
# What tells of a yarn from 2 on, which may run right out of its cache.
_BERRY = (".yarnrc.yml", ".yarn/", "yarn set version", "--immutable", "corepack", ".pnp.", "yarn_enable", "yarn@2",
          "yarn@3", "yarn@4", "yarn@berry", "workspaces focus")  # fmt: skip


def _check(subject: DockerfileSubject) -> Iterator[Finding]:
    if named_in(subject, "yarn_cache_folder", *_BERRY):
        return
    seen = set()
    for call in subject.calls("yarn"):
        if call.run in seen or not _installs(call) or call.has("--cache-folder"):
            continue
        script = script_of(subject, call)
        last = [one for one in script.calls if one.name == "yarn" and _installs(one)][-1]
        gone = any(removes(one, *_CACHES) or _cleans(one) for one in behind(script, last))
        if gone or tidied(script, last) or mounted(subject, call.run, *_CACHES) or not shipped(subject, call):
            continue
        seen.add(call.run)
        message = "yarn's cache of what it downloads stays in the image"
        yield Finding(call.span, message, "mount a cache on it, or end the RUN with yarn cache clean")


def _installs(call: ShellCall) -> bool:
    words = [word.text for word in call.operands("--cwd", "--registry", "--network-timeout", "--modules-folder")]
    if call.has("--version", "--help") or call.has("-v") or call.has("-h"):
        return False
    return not words or words[0] in ("install", "add") or words[:2] == ["global", "add"]


def _cleans(call: ShellCall) -> bool:
    return call.name == "yarn" and call.texts[:2] == ("cache", "clean")


RULE = Rule(
    code="DF276",
    name="yarn-cache",
    summary="Leave yarn's cache out of the image",
    why="Yarn 1 keeps every package that it downloads in its cache directory (`/usr/local/share/.cache/yarn` for root, "
    "else `~/.cache/yarn`) beside `node_modules`. In a layer that is weight that nothing reads.\n\nThe better way is "
    "not to throw the cache away but to keep it where builds find it again: "
    "`RUN --mount=type=cache,target=/usr/local/share/.cache/yarn yarn install --frozen-lockfile` leaves nothing in the "
    "image. With such a mount nothing is reported, and `yarn cache clean` would be wrong.\n\nNothing is reported where "
    "the file tells of yarn 2 or later, which may run programs right out of its cache, and in stages that the last one "
    "is not built FROM.",
    severity=Severity.NOTE,
    kind=Kind.DOCKERFILE,
    check=_check,
    examples=(
        Example("The cache stays", "FROM node:24\nRUN ⟦yarn install --frozen-lockfile⟧ && yarn build\n"),
        Example("Cleaned too early", "FROM node:24\nRUN yarn cache clean && ⟦yarn⟧\n"),
        Example("Cleaned", "FROM node:24\nRUN yarn install --production && yarn cache clean\n"),
        Example(
            "A cache mount", "FROM node:24\nRUN --mount=type=cache,target=/usr/local/share/.cache/yarn yarn install\n"
        ),
        Example("Removed", "FROM node:24\nRUN yarn global add serve && rm -rf /usr/local/share/.cache\n"),
        Example("Removed wherever it is", 'FROM node:24\nRUN yarn install && rm -rf "$(yarn cache dir)"\n'),
        Example("A later yarn", "FROM node:24\nCOPY .yarnrc.yml .\nRUN yarn install\n"),
        Example(
            "Only files are taken from the stage",
            "FROM node:24 AS build\nRUN yarn install && yarn build\nFROM nginx:1.29\nCOPY --from=build /dist /srv\n",
        ),
    ),
    twins=("hadolint:DL3060",),
    words=("yarn",),
)
