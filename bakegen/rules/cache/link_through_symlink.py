"""Rule CA323: ``--link`` to a path below a symbolic link."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bakegen.diagnostics import Severity
from bakegen.facts.model import PlatformFacts
from bakegen.rules.cache._links import link_flag, linked, made_links, symlinks, way, without_link
from bakegen.rules.model import Example, Finding, Kind, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bakegen.rules.dockerfiles import DockerfileSubject


def _check(subject: DockerfileSubject) -> Iterator[Finding]:
    for stage, command in linked(subject):
        links = symlinks(subject, stage)
        made = made_links(subject, stage, command)
        for path in way(subject, stage, command):
            if path not in links and path not in made:
                continue
            labels = [(command.destination.span, "leads there")]
            text = ""
            if path in made:
                labels.append((made[path], "makes the link"))
            else:
                text = f" to {links[path]}"
            yield Finding(
                link_flag(command),
                f"--link puts a directory in the place of {path}, which is a symbolic link{text}",
                "copy without --link, or to the place that the link leads to",
                tuple(labels),
                without_link(subject, command, safe=False, why=f"{path} stays a link, and what is behind it is there"),
            )
            break


_DEBIAN = {"base": PlatformFacts("sha256:" + "d" * 64, symlinks={"/data": "srv"}, listings={"/": ("srv",)})}

RULE = Rule(
    code="CA323",
    name="link-through-symlink",
    summary="Do not copy with --link to a path below a symbolic link",
    why="`COPY --link` does not look at the image below. A link on the way to the destination becomes a real "
    "directory with nothing in it but what was copied. On Debian, Ubuntu and Fedora `/bin`, `/sbin` and `/lib` are "
    "links into `/usr`: one `COPY --link tool /bin/` takes the shell and all other programs away, and the build says "
    "nothing. `/usr/local/bin` is a directory everywhere.\n\n"
    "Known are links from the lock file, those of well-known images, and those that a RUN above makes with `ln -s`.",
    severity=Severity.ERROR,
    kind=Kind.DOCKERFILE,
    check=_check,
    examples=(
        Example(
            "All programs are gone",
            "FROM debian:13\nCOPY ⟦--link⟧ tool /bin/tool\n",
            "FROM debian:13\nCOPY tool /bin/tool\n",
            safe=False,
            files={"tool": ""},
            message="/bin, which is a symbolic link to usr/bin",
        ),
        Example(
            "A link that the facts of the image know",
            "FROM base\nCOPY ⟦--link⟧ f /data/f\n",
            "FROM base\nCOPY f /data/f\n",
            safe=False,
            bases=_DEBIAN,
        ),
        Example(
            "A link that the file makes",
            "FROM alpine\nRUN mkdir /opt/v1 && ln -s /opt/v1 /opt/current\nCOPY ⟦--link⟧ f /opt/current/\n",
            "FROM alpine\nRUN mkdir /opt/v1 && ln -s /opt/v1 /opt/current\nCOPY f /opt/current/\n",
            safe=False,
        ),
        Example("Directories everywhere", "FROM debian:13\nCOPY --link f /usr/bin/\nCOPY --link f /usr/local/bin/\n"),
        Example("No links on Alpine", "FROM alpine\nCOPY --link tool /bin/\n"),
        Example("Nor on nothing", "FROM scratch\nCOPY --link tool /bin/\n"),
    ),
    words=("--link",),
)
