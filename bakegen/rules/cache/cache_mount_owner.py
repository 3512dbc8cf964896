"""Rule CA335: a cache mount that belongs to root in a RUN of another user."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bakegen.diagnostics import Severity
from bakegen.rules.cache._mounts import append_key, cache_mounts
from bakegen.rules.model import Example, Finding, Fix, Kind, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bakegen.dockerfile.mounts import Mount
    from bakegen.rules.dockerfiles import DockerfileSubject


def _may_write(mount: Mount, user: str) -> bool:
    """Whether a user may write in a mount, or that cannot be told."""
    owner = mount.get("uid")
    mode = mount.get("mode") or "0755"
    # Files that come from elsewhere, or that a group may write, have owners of their own.
    if mount.source_stage or mount.get("gid") is not None or "$" in f"{owner}{mode}":
        return True
    try:
        bits = int(mode, 8)
    except ValueError:
        return True
    if bits & 0o002:
        return True
    return owner is not None and (not user.isdecimal() or owner == user)


def _check(subject: DockerfileSubject) -> Iterator[Finding]:
    for one in cache_mounts(subject):
        if one.step is None:
            continue
        user, _, group = one.step.user.partition(":")
        if user in ("", "0", "root") or "$" in user or _may_write(one.mount, user):
            continue
        if any(call.carrier in ("sudo", "doas", "gosu", "su-exec") or call.name == "su" for call in one.script.calls):
            continue
        if one.mount.get("readonly") is not None:
            continue
        fix = None
        if user.isdecimal() and one.mount.get("uid") is None:
            keys = f"uid={user}" + (f",gid={group}" if group.isdecimal() else "")
            edits = append_key(subject, one.mount, keys)
            why = "the RUN can write in the cache then, and what it finds there is its own"
            fix = Fix(edits, "Give it to the user", False, why) if edits else None
        owner = one.mount.get("uid") or "root"
        yield Finding(
            one.mount.span,
            f"the cache belongs to {owner}, and the RUN runs as {user}, who cannot write in it",
            "add uid= with the number of the user",
            fix=fix,
        )


_PIP = "type=cache,target=/home/app/.cache/pip"

RULE = Rule(
    code="CA335",
    name="cache-mount-owner",
    summary="Give cache mounts to the user who runs the command",
    why="A new cache mount is `root:root 0755`, whatever USER says. Another user cannot write in it: npm fails with "
    "`EACCES`, pip says that the cache is disabled and goes on without it. `uid=` and `gid=` (numbers, not names) make "
    "it the user's. `mode=0777` is less sure: in an engine with a umask of 022, as dockerd has it, 0755 comes of "
    "it.\n\n"
    "A cache with another owner or mode is another cache, also under the same `id`: it starts empty, and root's RUNs "
    "do not share it.",
    severity=Severity.WARNING,
    kind=Kind.DOCKERFILE,
    check=_check,
    examples=(
        Example(
            "A number",
            f"FROM python\nUSER 1000:1000\nRUN --mount=⟦{_PIP}⟧ pip install flask\n",
            f"FROM python\nUSER 1000:1000\nRUN --mount={_PIP},uid=1000,gid=1000 pip install flask\n",
            safe=False,
        ),
        Example(
            "A name, whose number the Dockerfile may know",
            f"FROM python\nRUN useradd -m app\nUSER app\nRUN --mount=⟦{_PIP}⟧ pip install flask\n",
            message="runs as app",
        ),
        Example("The owner is given", f"FROM python\nUSER app\nRUN --mount={_PIP},uid=1000 pip install flask\n"),
        Example("Everybody may write", f"FROM python\nUSER app\nRUN --mount={_PIP},mode=0777 pip install flask\n"),
        Example("Root again", f"FROM python\nUSER app\nUSER root\nRUN --mount={_PIP} pip install flask\n"),
        Example("Through sudo", f"FROM python\nUSER app\nRUN --mount={_PIP} sudo pip install flask\n"),
    ),
    words=("type=cache",),
    links=("https://docs.docker.com/reference/dockerfile/#run---mounttypecache",),
)
