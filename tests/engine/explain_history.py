"""A history of commits for the tests of `bakegen explain`: three images, and a change of everything that may count."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from itertools import zip_longest
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tests.unit.workspace.repositories import Repository

Change = tuple[str, "Callable[[History], object]"]
"""What a commit does, in words, and doing it."""

BASE = """\
FROM busybox
RUN echo base >/base
ENV KIND=plain
"""

APP = """\
FROM busybox AS build
WORKDIR /src
COPY deps.txt ./
RUN sort deps.txt >/deps
COPY src ./src
COPY ["run.sh", "/usr/bin/run"]
RUN mkdir /out && cat src/* | grep -v '^#' >/out/all; cp /usr/bin/run /out/run
FROM build AS check
RUN test -s /out/all && echo fine >/checked
FROM base
ARG CHANNEL=stable
COPY --link conf/ /etc/app/
COPY --link --chmod=600 deps.txt /etc/deps
RUN --mount=type=bind,source=tools,target=/tools sh /tools/setup.sh >/setup
COPY --from=build /out /app/
RUN --mount=type=bind,from=check,target=/check,ro cp /check/checked /app/
LABEL channel=$CHANNEL
CMD ["cat", "/app/all"]
"""

TOOL = """\
FROM busybox
ENV A=1
ENV B=2
RUN --mount=type=cache,target=/var/cache echo one >/one
COPY *.txt /texts/
RUN <<END
echo two >/two
END
COPY lib/part/one.sh /lib/
USER 0:0
RUN cat /texts/*
"""


@dataclass
class History:
    """A repository that changes from commit to commit."""

    repository: Repository
    images: Mapping[str, str]

    def text(self, path: str) -> str:
        return (self.repository.root / path).read_text()

    def write(self, path: str, text: str) -> None:
        self.repository.write(path, text)

    def replace(self, path: str, old: str, new: str) -> None:
        text = self.text(path)
        assert old in text, (path, old)
        self.write(path, text.replace(old, new))

    def mode(self, path: str, mode: int) -> None:
        (self.repository.root / path).chmod(mode)

    def move(self, path: str, to: str) -> None:
        (self.repository.root / to).parent.mkdir(parents=True, exist_ok=True)
        (self.repository.root / path).rename(self.repository.root / to)

    def copy(self, path: str, to: str) -> None:
        shutil.copytree(self.repository.root / path, self.repository.root / to)

    def link(self, path: str, to: str) -> None:
        (self.repository.root / path).symlink_to(to)

    def base(self, name: str) -> None:
        self.write("bakegen.yaml", f"defaults:\n  contexts: {{busybox: 'docker-image://{self.images[name]}'}}\n")


def first(history: History) -> None:
    history.base("one")
    history.write("images/base/image.yaml", "")
    history.write("images/base/Dockerfile", BASE)
    history.write("images/app/image.yaml", "")
    history.write("images/app/Dockerfile", APP)
    history.write("images/app/.dockerignore", "docs\nsrc/hidden.c\n")
    for path in ("deps.txt", "src/main.c", "src/more.c", "src/hidden.c", "run.sh", "conf/app.conf", "docs/guide.md"):
        history.write(f"images/app/{path}", f"{path}\n")
    history.write("images/app/tools/setup.sh", "echo set up\n")
    history.write("images/tool/image.yaml", "args: {UNUSED: '1'}\n")
    history.write("images/tool/Dockerfile", TOOL)
    for path in ("a.txt", "b.txt", "lib/part/one.sh", "lib/other.sh"):
        history.write(f"images/tool/{path}", f"{path}\n")


A, T, B = "images/app", "images/tool", "images/base"


def moved_with_its_copy(history: History) -> None:
    history.move(f"{T}/lib/part/one.sh", f"{T}/scripts/one.sh")
    history.replace(f"{T}/Dockerfile", "lib/part/one.sh", "scripts/one.sh")


def instruction_moved(history: History) -> None:
    copy = "COPY scripts/one.sh /lib/\n"
    history.replace(f"{T}/Dockerfile", copy, "")
    history.write(f"{T}/Dockerfile", history.text(f"{T}/Dockerfile") + copy)


def twin(history: History) -> None:
    history.copy(T, "images/twin")
    history.write("images/twin/Dockerfile", history.text(f"{T}/Dockerfile") + "RUN echo twin\n")


OF_APP: tuple[Change, ...] = (
    ("a source file", lambda h: h.write(f"{A}/src/main.c", "changed\n")),
    ("a comment in a source file: the same comes out", lambda h: h.write(f"{A}/src/main.c", "# why\nchanged\n")),
    ("a dependency", lambda h: h.write(f"{A}/deps.txt", "left\nright\n")),
    ("an ARG's default", lambda h: h.replace(f"{A}/Dockerfile", "CHANNEL=stable", "CHANNEL=beta")),
    ("a mode bit", lambda h: h.mode(f"{A}/run.sh", 0o755)),
    ("an ignored file", lambda h: h.write(f"{A}/docs/guide.md", "more\n")),
    ("a renamed file in a folder that is copied", lambda h: h.move(f"{A}/src/more.c", f"{A}/src/other.c")),
    ("a file under --link", lambda h: h.write(f"{A}/conf/app.conf", "linked\n")),
    ("a file that nobody copies", lambda h: h.write(f"{A}/NOTES", "new\n")),
    ("white space in COPY", lambda h: h.replace(f"{A}/Dockerfile", "COPY src ./src", "copy   src   src/../src")),
    ("white space in RUN", lambda h: h.replace(f"{A}/Dockerfile", "mkdir /out &&", "mkdir  /out &&")),
    ("a name of a stage", lambda h: h.replace(f"{A}/Dockerfile", "check", "proof")),
    ("a file of a bind mount", lambda h: h.write(f"{A}/tools/setup.sh", "echo other\n")),
    ("the ignore file lets a file in", lambda h: h.write(f"{A}/.dockerignore", "docs\n")),
    ("a symbolic link in a folder that is copied", lambda h: h.link(f"{A}/src/link.c", "main.c")),
    ("the directory", lambda h: h.replace(f"{A}/Dockerfile", "WORKDIR /src", "WORKDIR /source")),
)
OF_TOOL: tuple[Change, ...] = (
    ("an argument that nothing declares", lambda h: h.replace(f"{T}/image.yaml", "'1'", "'2'")),
    ("the order of variables", lambda h: h.replace(f"{T}/Dockerfile", "ENV A=1\nENV B=2", "ENV B=2\nENV A=1")),
    ("an ENV in another form", lambda h: h.replace(f"{T}/Dockerfile", "ENV B=2\nENV A=1", 'ENV B="2" A=1')),
    ("a file that a wildcard finds", lambda h: h.write(f"{T}/c.txt", "c\n")),
    ("a file that no wildcard finds", lambda h: h.write(f"{T}/c.md", "c\n")),
    ("a heredoc", lambda h: h.replace(f"{T}/Dockerfile", "echo two >", "echo deux >")),
    ("USER", lambda h: h.replace(f"{T}/Dockerfile", "USER 0:0", "USER 1:1")),
    ("the id of a cache mount", lambda h: h.replace(f"{T}/Dockerfile", "type=cache,", "type=cache,id=own,")),
    ("a file moved, and its COPY with it", moved_with_its_copy),
    ("an instruction in between", lambda h: h.replace(f"{T}/Dockerfile", "USER 1:1", "RUN echo new >/new\nUSER 1:1")),
    ("an instruction less", lambda h: h.replace(f"{T}/Dockerfile", "RUN <<END\necho deux >/two\nEND\n", "")),
    ("an instruction that moves", instruction_moved),
    ("an ARG in scope that nothing reads", lambda h: h.replace(f"{T}/Dockerfile", "USER 1:1", "ARG UNUSED\nUSER 1:1")),
    ("the value of that ARG", lambda h: h.replace(f"{T}/image.yaml", "'2'", "'3'")),
    ("SHELL", lambda h: h.replace(f"{T}/Dockerfile", "USER 1:1", 'SHELL ["/bin/sh", "-ec"]\nUSER 1:1')),
    ("a new target that begins like another", twin),
)
OF_PARENT: tuple[Change, ...] = (
    ("a comment in the parent's Dockerfile", lambda h: h.replace(f"{B}/Dockerfile", "RUN", "# why\nRUN")),
    (
        "metadata of the parent",
        lambda h: h.replace(f"{B}/Dockerfile", "ENV KIND", 'EXPOSE 80\nCMD ["true"]\nLABEL a=b\nENV KIND'),
    ),
    ("an instruction of the parent", lambda h: h.replace(f"{B}/Dockerfile", "echo base", "echo parent")),
    ("a variable of the parent", lambda h: h.replace(f"{B}/Dockerfile", "plain", "fancy")),
)
OF_ALL: tuple[Change, ...] = (
    ("the base image", lambda h: h.base("two")),
    ("the digest of the base image", lambda h: h.base("three")),
)
COMMITS = tuple(
    tuple(one for one in pair if one is not None) for pair in (*zip_longest(OF_APP, OF_TOOL, OF_PARENT), *zip(OF_ALL))
)
"""What each commit does; those of different images go together."""
