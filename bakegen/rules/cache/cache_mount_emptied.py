"""Rule CA367: a RUN empties the cache that is mounted for it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bakegen.diagnostics import Severity
from bakegen.rules.cache._mounts import cache_mounts, clean, inside, locking_programs
from bakegen.rules.model import Example, Finding, Fix, Kind, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bakegen.rules.cache._mounts import CacheMount
    from bakegen.rules.calls import ShellCall
    from bakegen.rules.dockerfiles import DockerfileSubject

_CLEANING = (
    (re.compile(r"(?:apt|apt-get) (?:clean|distclean)"), re.compile(r"/var/cache/apt(?:/archives)?")),
    (re.compile(r"(?:dnf5?|yum|microdnf|tdnf) clean (?:all|packages)"), re.compile(r"/var/cache/(?:dnf|yum|libdnf5)")),
    (re.compile(r"npm cache clean"), re.compile(r".*/\.npm(?:/_cacache)?")),
    (re.compile(r"yarn cache clean"), re.compile(r".*/\.cache/yarn(?:/v6)?|.*/\.yarn/(?:berry/)?cache")),
    (re.compile(r"pip[0-9.]* cache purge"), re.compile(r".*/\.cache(?:/pip)?")),
    (re.compile(r"uv cache clean"), re.compile(r".*/\.cache(?:/uv)?")),
    (re.compile(r"go clean -modcache"), re.compile(r"/go/pkg(?:/mod)?")),
    (re.compile(r"go clean -cache"), re.compile(r".*/\.cache(?:/go-build)?")),
    (re.compile(r"composer (?:clear-?cache|cc)"), re.compile(r".*/\.cache(?:/composer)?|.*/\.composer/cache")),
    (re.compile(r"conda clean (?:-\w*a\w*|--all)"), re.compile(r"/opt/(?:mini)?conda\d*/pkgs")),
)
_ALL = ("*", ".*", "{*,.*}", "*.*")


def _words(call: ShellCall) -> str:
    """The program and its words, less switches that do not matter here."""
    kept = [
        text for text in call.texts if text not in ("-y", "-q", "-qq", "--force", "-f", "--yes", "-qy", "--assumeyes")
    ]
    return " ".join([call.name, *kept])


def _is_cache(target: str) -> bool:
    """Whether a directory is surely nothing but a cache, so that emptying a part of it is never meant."""
    return bool(locking_programs(target)) or "/.cache" in target or target.endswith(("/.npm", "/_cacache"))


def _removed(call: ShellCall, target: str) -> str:
    """The operand of an ``rm`` that empties a directory or a part of it; "" where none does."""
    if call.name != "rm" or not call.has("-r", "-R", "--recursive"):
        return ""
    for word in call.operands():
        text = word.text
        if not text.startswith("/") or not word.literal:
            continue
        folder, _, last = text.rpartition("/")
        if last in _ALL:
            folder = clean(folder or "/")
            if folder == target or (inside(folder, target) and _is_cache(target)):
                return text
        elif not re.search(r"[*?\[{]", text):
            path = clean(text)
            if inside(target, path) or (inside(path, target) and _is_cache(target)):
                return text
    return ""


def _message(call: ShellCall, one: CacheMount) -> tuple[str, bool]:
    """What is wrong with a call, "" for nothing, and whether it fails."""
    for command, target in _CLEANING:
        if command.match(_words(call)) and target.fullmatch(one.target):
            return f"{call.name} {call.sub} empties the cache that is mounted at {one.target}", False
    removed = _removed(call, one.target)
    if not removed:
        return "", False
    if not re.search(r"[*?\[{]", removed) and inside(one.target, clean(removed)):
        return f"rm cannot remove {one.target}, where a cache is mounted: it empties the cache and fails", True
    return f"rm {removed} empties the cache that is mounted at {one.target}", False


def _fix(subject: DockerfileSubject, one: CacheMount, call: ShellCall) -> Fix | None:
    from bakegen.rewrites.runs import chain, drop_command

    found = chain(one.run)
    if found is None or len(found.items) < 2 or one.script.onbuild or call.tree is None or call.carrier:
        return None
    # The tree of the chain is another parse of the same text.
    number = next((n for n, item in enumerate(found.items) if (item.start, item.end) == _ends(call)), None)
    if number is None:
        return None
    targets = [clean(mount.get("target") or "") for mount in one.run.mounts if mount.kind == "cache"]
    if call.name == "rm":
        plain = all(word.literal and _within(word.text, targets) for word in call.operands())
        safe = plain and call.has("-f", "--force")
    else:
        plain = True
        safe = call.name in ("apt-get", "apt") and call.sub == "clean" and "/var/cache/apt" in targets
    if not plain:
        return None
    why = "all that it removes is in the mount, which is no part of the image"
    if not safe:
        why = "it may remove something beside the mount, too"
    return Fix(drop_command(subject.dockerfile, found, number), "Drop the clean-up", safe, why)


def _ends(call: ShellCall) -> tuple[int, int]:
    assert call.tree is not None
    return call.tree.start, call.tree.end


def _within(text: str, targets: list[str]) -> bool:
    folder, _, last = text.rpartition("/")
    path = clean(folder or "/") if last in _ALL else clean(text)
    return text.startswith("/") and any(inside(path, target) for target in targets if target.startswith("/"))


def _check(subject: DockerfileSubject) -> Iterator[Finding]:
    seen: set[int] = set()
    for one in cache_mounts(subject):
        if not one.target:
            continue
        for call in one.script.calls:
            message, fails = _message(call, one)
            if not message or call.span.start in seen:
                continue
            seen.add(call.span.start)
            fix = _fix(subject, one, call)
            labels = ((one.mount.span, "mounted here"),)
            severity = Severity.ERROR if fails else None
            yield Finding(call.span, message, "leave it out", labels, fix, severity=severity)


_LISTS = "--mount=type=cache,target=/var/lib/apt/lists,sharing=locked"

RULE = Rule(
    code="CA367",
    name="cache-mount-emptied",
    summary="Do not clean up a directory that is a cache mount",
    why="Cleaning up at the end of a RUN keeps downloads out of the layer. What is in a cache mount is in no layer: "
    "cleaning it up only has the next build download everything again. Linters that want "
    "`rm -rf /var/lib/apt/lists/*` behind every install do not see the mount.\n\n"
    "An `rm` of the mounted directory itself, or of one above it, fails: a mount point cannot be removed "
    "(`Device or resource busy`).",
    severity=Severity.WARNING,
    kind=Kind.DOCKERFILE,
    check=_check,
    examples=(
        Example(
            "apt's lists",
            f"FROM debian\nRUN {_LISTS} \\\n    apt-get update \\\n && apt-get install -y curl \\\n"
            " && ⟦rm -rf /var/lib/apt/lists/*⟧\n",
            f"FROM debian\nRUN {_LISTS} \\\n    apt-get update \\\n && apt-get install -y curl\n",
            build=False,
        ),
        Example(
            "Any other one",
            "FROM busybox\nRUN --mount=type=cache,target=/root/.cache/x touch /root/.cache/x/a \\\n"
            "    && ⟦rm -rf /root/.cache/x/*⟧ \\\n    && mkdir /x\n",
            "FROM busybox\nRUN --mount=type=cache,target=/root/.cache/x touch /root/.cache/x/a \\\n    && mkdir /x\n",
        ),
        Example(
            "The mount point itself",
            "FROM busybox\nRUN --mount=type=cache,target=/root/.cache/x ls && ⟦rm -rf /root/.cache⟧\n",
            message="fails",
        ),
        Example(
            "A command of the tool",
            "FROM node\nRUN --mount=type=cache,target=/root/.npm npm ci && ⟦npm cache clean --force⟧\n",
            "FROM node\nRUN --mount=type=cache,target=/root/.npm npm ci\n",
            safe=False,
        ),
        Example("Another directory", f"FROM debian\nRUN {_LISTS} apt-get update && rm -rf /var/cache/apt/*\n"),
        Example("No mount", "FROM debian\nRUN apt-get update && rm -rf /var/lib/apt/lists/*\n"),
        Example(
            "A part of a directory that is more than a cache",
            "FROM busybox\nRUN --mount=type=cache,target=/tmp mkdir /tmp/x && rm -rf /tmp/x\n",
        ),
    ),
    words=("type=cache",),
)
