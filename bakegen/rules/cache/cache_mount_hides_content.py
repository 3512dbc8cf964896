"""Rule CA333: a cache mount lies over files that the RUN or the image needs."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

from bakegen.diagnostics import Severity
from bakegen.dockerfile.instructions import Transfer
from bakegen.rules.cache._mounts import cache_mounts, inside
from bakegen.rules.cache._stages import destination, line, lineage
from bakegen.rules.model import Example, Finding, Kind, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bakegen.rules.cache._mounts import CacheMount
    from bakegen.rules.dockerfiles import DockerfileSubject

_NEEDED = frozenset(
    (
        "/bin", "/boot", "/etc", "/lib", "/lib64", "/opt", "/sbin", "/usr", "/usr/bin", "/usr/include", "/usr/lib",
        "/usr/lib64", "/usr/libexec", "/usr/local", "/usr/local/bin", "/usr/local/cargo", "/usr/local/cargo/bin",
        "/usr/local/go", "/usr/local/lib", "/usr/local/rustup", "/usr/sbin", "/usr/share", "/go/bin", "/var",
        "/var/lib", "/var/lib/dpkg", "/var/lib/rpm", "/lib/apk",
    )
)  # fmt: skip
_INSTALLED = ("node_modules", ".venv", "site-packages")
_INSTALLERS = {
    "npm": ("ci", "install", "i", "clean-install"),
    "yarn": ("", "install"),
    "pnpm": ("install", "i"),
    "bun": ("install", "i"),
    "uv": ("sync",),
    "poetry": ("install",),
}


def _copied(subject: DockerfileSubject, one: CacheMount) -> Transfer | None:
    """A COPY or ADD above the RUN that writes into the mounted directory."""
    for stage in lineage(subject, one.stage):
        for command in stage.commands:
            if command is one.run:
                return None
            if isinstance(command, Transfer):
                to = destination(subject, stage, command)
                if to is not None and inside(to, one.target):
                    return command
    return None


def _ends_with_install(one: CacheMount) -> str:
    """The installer that is the last command of a RUN and whose outcome nobody takes out; "" otherwise."""
    calls = [call for call in one.script.calls if not call.nested]
    if not calls or any(call.name in ("cp", "mv", "rsync", "tar", "zip", "ln") for call in calls):
        return ""
    last = calls[-1]
    return last.name if last.sub in _INSTALLERS.get(last.name, ()) and last.tree is not None else ""


def _check(subject: DockerfileSubject) -> Iterator[Finding]:
    mounts = [one for one in cache_mounts(subject) if one.target]
    for one in mounts:
        copied = _copied(subject, one)
        if copied is not None:
            yield Finding(
                one.mount.span,
                f"the mount at {one.target} hides what the {line(copied)} has put there",
                "mount the cache somewhere else",
                ((copied.span, "hidden in the RUN"),),
            )
        elif one.target in _NEEDED:
            yield Finding(
                one.mount.span,
                f"the mount hides {one.target} of the image, and what is put there does not get into the image",
                "mount the directory of the cache alone",
            )
        elif posixpath.basename(one.target) in _INSTALLED:
            tool = _ends_with_install(one)
            shared = any(other.target == one.target and other.run is not one.run for other in mounts)
            if tool and not shared:
                yield Finding(
                    one.mount.span,
                    f"what {tool} installs in {one.target} stays in the mount: no later step has it, nor the image",
                    f"mount the cache of {tool} instead",
                )


RULE = Rule(
    code="CA333",
    name="cache-mount-hides-content",
    summary="Mount caches only where nothing lies that is needed",
    why="A cache mount takes the place of a directory while its RUN runs. What the image has there cannot be seen, and "
    "what the RUN writes there is gone from the image afterwards. Mounted over `node_modules` or `.venv`, the RUN "
    "installs into the cache, and the next step finds nothing; over `/usr/local/cargo`, cargo itself is missing.\n\n"
    "Package managers keep downloads in a directory of their own, such as `/root/.npm`: that is the one to mount. "
    "Nothing is said where a later command of the RUN uses or copies what was installed.",
    severity=Severity.WARNING,
    kind=Kind.DOCKERFILE,
    check=_check,
    examples=(
        Example(
            "The outcome of the installation",
            "FROM node\nWORKDIR /app\nCOPY package*.json ./\n"
            "RUN --mount=⟦type=cache,target=/app/node_modules⟧ npm ci\nCOPY . .\n",
            message="no later step has it",
        ),
        Example(
            "Files of the context",
            "FROM busybox\nCOPY data /cache/data\nRUN --mount=⟦type=cache,target=/cache⟧ ls /cache/data\n",
            message="the COPY of line 2",
        ),
        Example("The tool itself", "FROM rust\nRUN --mount=⟦type=cache,target=/usr/local/cargo⟧ cargo install just\n"),
        Example(
            "Used in the same RUN",
            "FROM node\nWORKDIR /app\nCOPY . .\nRUN --mount=type=cache,target=/app/node_modules "
            "npm ci && npm run build\n",
        ),
        Example(
            "The next RUN has the same mount",
            "FROM node\nWORKDIR /app\nCOPY . .\nRUN --mount=type=cache,target=/app/node_modules npm ci\n"
            "RUN --mount=type=cache,target=/app/node_modules npm run build\n",
        ),
        Example(
            "A copy beside it", "FROM busybox\nCOPY data /data\nRUN --mount=type=cache,target=/cache cp -r /data /x\n"
        ),
    ),
    words=("type=cache",),
    links=("https://docs.docker.com/reference/dockerfile/#run---mounttypecache",),
)
