"""Rewrite `add-link`: COPY and ADD get ``--link`` where what stands on the way to the destination allows it."""

from __future__ import annotations

from bakegen.effects.model import Equivalence, Tier
from bakegen.facts.model import DirectoryFacts, PlatformFacts
from bakegen.rewrites.linking import propose
from bakegen.rewrites.model import Example, Rewrite

_DEBIAN = PlatformFacts(
    "sha256:" + "d" * 64,
    symlinks={"/bin": "usr/bin", "/lib": "usr/lib"},
    odd_directories={"/tmp": DirectoryFacts(0, 0, 0o1777), "/root": DirectoryFacts(0, 0, 0o700)},
    listings={
        "/": ("etc", "home", "opt", "root", "srv", "tmp", "usr"),
        "/etc": ("apt",), "/home": (), "/opt": (), "/srv": (), "/tmp": (),
        "/usr": ("bin", "lib", "local"), "/usr/local": ("bin",), "/usr/local/bin": (),
    },
    file_links={"/usr/local/bin": ("python",)},
    users={"root": 0},
)  # fmt: skip
_ON_DEBIAN = {"debian": _DEBIAN}
_APP = {"app/main.py": "", "app.conf": "", "empty/sub/file": ""}

REWRITE = Rewrite(
    name="add-link",
    order=90,
    summary="Add --link to COPY and ADD, so that the layer stays when what is below it changes.",
    why="--link copies onto an empty layer and lays that over the image without a look at it: a link on the way is "
    "replaced by a directory, and every directory on the way gets the owner and the mode that BuildKit gives new ones "
    "(root or --chown, 0755). The image stays the same where all of them are missing, or are just that. The facts of "
    "the base image say so, together with everything that the steps above make and change. --chmod makes BuildKit "
    "ignore --link, and a named --chown makes it fail.",
    tier=Tier.SEMANTICS,
    equivalence=Equivalence.IMAGE,
    propose=propose,
    examples=(
        Example(
            "On nothing at all, nothing is in the way",
            "FROM scratch\nCOPY app /app/\n",
            "FROM scratch\nCOPY --link app /app/\n",
        ),
        Example(
            "The lock file says that the directories are plain",
            "FROM debian\nCOPY app.conf /etc/\nCOPY app /srv/app\n",
            "FROM debian\nCOPY --link app.conf /etc/\nCOPY --link app /srv/app\n",
            _APP,
            _ON_DEBIAN,
        ),
        Example(
            "A program from another stage, whose kind is not known, onto a path that is free",
            "FROM debian AS build\nRUN make\nFROM debian\nCOPY --from=build /out/app /usr/local/bin/app\n",
            "FROM debian AS build\nRUN make\nFROM debian\nCOPY --from=build --link /out/app /usr/local/bin/app\n",
            bases=_ON_DEBIAN,
        ),
        Example(
            "Below WORKDIR, which makes its directory for root",
            "FROM debian\nWORKDIR /app\nCOPY app ./app\n",
            "FROM debian\nWORKDIR /app\nCOPY --link app ./app\n",
            _APP,
            _ON_DEBIAN,
        ),
        Example(
            "The new owner holds for new directories on the way too",
            "FROM debian\nCOPY --chown=1000:1000 app.conf /data/conf/\n",
            "FROM debian\nCOPY --chown=1000:1000 --link app.conf /data/conf/\n",
            _APP,
            _ON_DEBIAN,
        ),
        Example("A directory that is not 0755 would become so", "FROM debian\nCOPY app.conf /tmp/\n", bases=_ON_DEBIAN),
        Example("A link would become a directory", "FROM debian\nCOPY app.conf /bin/\n", bases=_ON_DEBIAN),
        Example(
            "An owner would be given to directories of the base image too",
            "FROM debian\nCOPY --chown=1000:1000 app.conf /srv/\n",
            bases=_ON_DEBIAN,
        ),
        Example("BuildKit ignores it beside --chmod", "FROM scratch\nCOPY --chmod=644 app.conf /app/\n"),
        Example("A name of an owner is not known to an empty layer", "FROM scratch\nCOPY --chown=app app.conf /app/\n"),
        Example("A file onto a directory goes into it", "FROM debian\nCOPY app.conf /etc\n", None, _APP, _ON_DEBIAN),
        Example(
            "A file onto a link to a file is written through it",
            "FROM debian\nCOPY app.conf /usr/local/bin/python\n",
            None,
            _APP,
            _ON_DEBIAN,
        ),
        Example(
            "A user's WORKDIR belongs to the user",
            "FROM debian\nUSER 1000\nWORKDIR /app\nCOPY app.conf ./\n",
            None,
            _APP,
            _ON_DEBIAN,
        ),
        Example(
            "A RUN can have done anything",
            "FROM debian\nRUN ./setup.sh\nCOPY app.conf /srv/app/\n",
            None,
            _APP,
            _ON_DEBIAN,
            missing="0755, after the RUN of line 2",
        ),
        Example(
            "Without facts of the base image",
            "FROM alpine\nCOPY app.conf /etc/app/\n",
            None,
            _APP,
            missing="0755, in alpine",
        ),
        Example(
            "A stage that is only copied from is in no image",
            "FROM scratch AS a\nCOPY app /\nFROM scratch\nCOPY --chmod=644 --from=a / /\n",
        ),
        Example("An old frontend does not know it", "# syntax=docker/dockerfile:1.3\nFROM scratch\nCOPY app /app/\n"),
    ),
)
