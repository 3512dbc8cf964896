"""Rule CA355: a lock file is copied, and the installation does not keep to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bakegen.diagnostics import Severity
from bakegen.dockerfile.instructions import Copy
from bakegen.rules.cache._stages import lineage
from bakegen.rules.model import Example, Finding, Fix, Kind, Rule
from bakegen.text import Edit

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bakegen.dockerfile import Stage
    from bakegen.rules.calls import ShellCall
    from bakegen.rules.dockerfiles import DockerfileSubject

_LOCKS = {
    "npm": ("package-lock.json", "npm-shrinkwrap.json"),
    "yarn": ("yarn.lock",),
    "pnpm": ("pnpm-lock.yaml",),
}
_FREEZING = ("--frozen-lockfile", "--immutable", "--pure-lockfile", "--lockfile-only", "--package-lock-only",
             "--no-package-lock", "--no-lockfile", "--offline", "--no-frozen-lockfile")  # fmt: skip


def _loose(call: ShellCall) -> str:
    """What to write instead of an installation that may change what the lock file says; "" for others."""
    packages = call.operands("--prefix", "--cwd", "-C", "--dir", "--registry", "--cache-folder", "--loglevel",
                             "--network-timeout", "--omit", "--include", "--filter", "-F")  # fmt: skip
    names = [one.text for one in packages]
    if any(call.has(one) for one in _FREEZING) or call.has("-g", "--global") or "--" in call.texts:
        return ""
    if call.name == "npm" and names in (["install"], ["i"]):
        return "npm ci"
    if call.name == "yarn" and names in ([], ["install"]) and not call.has("-v", "--version", "--help"):
        return "yarn install --frozen-lockfile (--immutable from version 2)"
    if call.name == "pnpm" and names in (["install"], ["i"]):
        return "pnpm install --frozen-lockfile"
    return ""


def _lock(subject: DockerfileSubject, stage: Stage, call: ShellCall) -> tuple[Copy, str] | None:
    """The COPY above a call that brings a lock file of its tool by name."""
    found = None
    for one in lineage(subject, stage):
        for command in one.commands:
            if command is call.run:
                return found
            if isinstance(command, Copy):
                names = [source.text.rpartition("/")[2] for source in command.sources]
                lock = next((name for name in names if name in _LOCKS[call.name]), None)
                found = (command, lock) if lock is not None else found
    return found


def _check(subject: DockerfileSubject) -> Iterator[Finding]:
    stages = {script.run: subject.stages[script.stage] for script in subject.scripts}
    for call in subject.calls(*_LOCKS):
        wanted = _loose(call)
        lock = _lock(subject, stages[call.run], call) if wanted else None
        if lock is None:
            continue
        fix = None
        if call.name == "npm":
            word = next(word for word in call.words if word.text in ("install", "i"))
            if subject.slice(word.span) == word.text:
                why = "npm ci fails where the lock file does not fit package.json, and starts without node_modules"
                fix = Fix((Edit(word.span, "ci"),), "Write npm ci", False, why)
        yield Finding(
            call.span,
            f"{call.name} {call.sub}".rstrip() + f" may install something else than {lock[1]} says",
            f"write {wanted}",
            ((lock[0].span, "the lock file comes from here"),),
            fix,
        )


RULE = Rule(
    code="CA355",
    name="npm-install-with-lock",
    summary="Install what the lock file says",
    why="`npm install` takes the lock file for a proposal: where it does not fit `package.json`, npm resolves anew, "
    "and the image gets versions that nobody has tested. They stay in the cache of that builder, and another one gets "
    "others. `npm ci` installs just what is locked, and fails where that cannot be; so do yarn with "
    "`--frozen-lockfile` or `--immutable`, and pnpm with `--frozen-lockfile` (its default where `CI` is set).",
    severity=Severity.NOTE,
    kind=Kind.DOCKERFILE,
    check=_check,
    examples=(
        Example(
            "npm",
            "FROM node\nCOPY package.json package-lock.json ./\nRUN ⟦npm install --omit=dev⟧\n",
            "FROM node\nCOPY package.json package-lock.json ./\nRUN npm ci --omit=dev\n",
            safe=False,
        ),
        Example("yarn", "FROM node\nCOPY package.json yarn.lock ./\nRUN ⟦yarn⟧ && yarn build\n"),
        Example("npm ci", "FROM node\nCOPY package.json package-lock.json ./\nRUN npm ci\n"),
        Example("No lock file by name", "FROM node\nCOPY package*.json ./\nRUN npm install\n"),
        Example("A tool", "FROM node\nCOPY package.json package-lock.json ./\nRUN npm install -g pnpm@9\n"),
        Example("Frozen", "FROM node\nCOPY package.json yarn.lock ./\nRUN yarn install --frozen-lockfile\n"),
    ),
    words=("package-lock.json", "npm-shrinkwrap.json", "yarn.lock", "pnpm-lock.yaml"),
    links=("https://docs.npmjs.com/cli/commands/npm-ci",),
)
