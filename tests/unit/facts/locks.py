"""Any lock, for property tests, and one that a person can read."""

from __future__ import annotations

import posixpath
from dataclasses import replace

from hypothesis import strategies as st

from bakegen.facts.lockfile import Lock
from bakegen.facts.model import BaseFacts, DirectoryFacts, PlatformFacts

DIGEST = "sha256:" + "0123456789abcdef" * 4

# Any text but NUL, undecodable bytes among it. A lone surrogate above them comes of no bytes.
_TEXT = st.binary(max_size=12).map(lambda data: data.replace(b"\0", b"0").decode("utf-8", "surrogateescape"))
_WORDS = st.sampled_from(
    ["true", "~", "null", "", "<<", "1", "0x1", "- a", "a: b", "#", "a #b", "é", " a ", "\u2028", "*"]
)
texts = _TEXT | _WORDS
digests = st.integers(0, 16**64 - 1).map(lambda number: f"sha256:{number:064x}")
names = (
    (_TEXT | st.sampled_from(["etc", "usr", "a b", "x" * 255, "é" * 120, "\udcff" * 130, "~"]))
    .map(lambda text: text.replace("/", "_"))
    .filter(lambda text: text not in ("", ".", ".."))
)
paths = st.lists(names, max_size=4).map(lambda parts: "/" + "/".join(parts))
numbers = st.integers(0, 2**32 - 1)
directories = st.builds(DirectoryFacts, numbers, numbers, st.integers(0, 0o7777))
_variable = st.tuples(_TEXT.map(lambda text: text.replace("=", "_")), texts)
_listings = st.dictionaries(paths, st.lists(names, max_size=4, unique=True).map(lambda found: tuple(sorted(found))))
platforms = st.builds(
    PlatformFacts,
    digest=digests | st.just(""),
    env=st.lists(_variable, max_size=3).map(tuple),
    working_dir=texts,
    user=texts,
    shell=st.lists(texts, max_size=3).map(tuple),
    onbuild=st.lists(texts, max_size=3).map(tuple),
    distribution=texts,
    version=texts,
    symlinks=st.dictionaries(paths.filter(lambda path: path != "/"), texts, max_size=4),
    odd_directories=st.dictionaries(paths, directories, max_size=4),
    listings=_listings,
    files=st.frozensets(paths, max_size=3),
    users=st.dictionaries(texts, numbers, max_size=3),
    groups=st.dictionaries(texts, numbers, max_size=3),
    homes=st.dictionaries(texts, texts, max_size=3),
    file_links=st.none() | st.dictionaries(paths, st.just(("*",)) | st.lists(names, max_size=3).map(tuple), max_size=3),
)


@st.composite
def bases(draw: st.DrawFn) -> BaseFacts:
    """A base image; all its platforms know the digest that it is pinned by."""
    digest = draw(digests)
    inside = draw(st.dictionaries(texts, platforms, max_size=2))
    pinned = {name: replace(facts, index_digest=digest) for name, facts in inside.items()}
    return BaseFacts(digest, pinned, draw(texts))


locks = st.builds(Lock, bases=st.dictionaries(texts, bases(), max_size=2))

READABLE = Lock(
    {
        "python:3.13-slim": BaseFacts(
            DIGEST,
            {
                "linux/amd64": PlatformFacts(
                    digest=DIGEST.replace("0", "f"),
                    env=(("PATH", "/usr/local/bin:/usr/bin:/bin"), ("LANG", "C.UTF-8")),
                    working_dir="/app",
                    user="app",
                    shell=("/bin/bash", "-c"),
                    onbuild=("COPY . /app",),
                    distribution="debian",
                    version="13",
                    symlinks={"/bin": "usr/bin", "/lib": "usr/lib", "/var/run": "/run"},
                    odd_directories={
                        "/root": DirectoryFacts(0, 0, 0o700),
                        "/tmp": DirectoryFacts(0, 0, 0o1777),
                        "/var/tmp": DirectoryFacts(0, 0, 0o1777),
                    },
                    listings={"/": ("etc", "opt", "usr"), "/opt": (), "/usr": ("bin",), "/usr/bin": ()},
                    files=frozenset({"/etc/apt/apt.conf.d/docker-clean"}),
                    users={"root": 0, "app": 1000},
                    groups={"root": 0, "app": 1000},
                    homes={"root": "/root", "app": "/home/app"},
                    file_links={"/usr/bin": ("*",), "/etc": ("os-release",)},
                    index_digest=DIGEST,
                )
            },
            "registry.example.com/python:3.13-slim",
        )
    }
)


def is_listed(facts: PlatformFacts, path: str) -> bool:
    """Whether the listings say that the directory `path` is there."""
    return posixpath.basename(path) in facts.listings.get(posixpath.dirname(path), ())
