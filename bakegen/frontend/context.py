"""The files of a build: its Dockerfile with what lies beside it, and its context as far as a rewrite asks about it.

A build's files are in a directory of the client, at a URL (git or http, where an archive comes unpacked), or in what
another build made (`Inputs`). A build context is listed without what is in its files where BuildKit can do that.
Source: initContext and ReadEntrypoint in BuildKit's frontend/dockerui.
"""

from __future__ import annotations

import posixpath
import re
from dataclasses import field
from typing import TYPE_CHECKING

from bakegen.frontend import llb as make
from bakegen.frontend.messages import llb_pb2 as llb
from bakegen.frontend.wire import CallError
from bakegen.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from bakegen.frontend.bridge import Bridge, Pending
    from bakegen.frontend.messages import gateway_pb2 as gateway
    from bakegen.frontend.request import Request

_ARCHIVE_HEAD = 1024
_ARCHIVES = (b"BZh", b"\x1f\x8b\x08", b"\xfd7zXZ\0")
_TAR_MAGIC = slice(257, 262)
_HTTP = re.compile("https?://")
LOCK_FILE = "bakegen.lock"
"""As in `bakegen.facts.lockfile`, which a build that nothing is rewritten in need not load."""

HTTP_FILE = "context"
"""What a file is called that was loaded from a URL."""


class Unreadable(Exception):
    """The Dockerfile cannot be read here; Docker's own frontend says why."""


@dataclass(frozen=True)
class Files:
    """A directory tree that can be read.

    Attributes:
        definition: what it is made by.
        digest: its vertex, for warnings.
        ref: what BuildKit calls it once solved.
    """

    definition: llb.Definition
    digest: str
    ref: str


@dataclass(frozen=True)
class Place:
    """Where the files of a build are.

    Attributes:
        context: the build context where it is no directory of the client; None for one.
        dockerfile: what holds the Dockerfile where that is no directory of the client.
        filename: the Dockerfile's path in it.
    """

    context: Files | None
    dockerfile: Files | None
    filename: str


@dataclass(frozen=True)
class Entrypoint:
    """The Dockerfile and what lies beside it.

    Attributes:
        files: what holds it.
        filename: its path there.
        text: its bytes.
        own_ignore: the bytes of its own ignore file, None without one.
        lock: the bytes of the lock file beside it, else of that at the top of the context; None without one.
        common_ignore: the bytes of the context's ignore file, None without one or where it does not count.
    """

    files: Files
    filename: str
    text: bytes
    own_ignore: bytes | None = None
    lock: bytes | None = None
    common_ignore: bytes | None = None

    @property
    def ignore(self) -> bytes | None:
        """The ignore file that counts."""
        return self.own_ignore if self.own_ignore is not None else self.common_ignore


@dataclass
class Reader:
    """Reads what a build is made of.

    Attributes:
        bridge: BuildKit.
        request: what the build was asked for.
        inputs: what was handed to this frontend in place of contexts.
        meanwhile: what there is to do while BuildKit fetches the Dockerfile.
    """

    bridge: Bridge
    request: Request
    inputs: Mapping[str, llb.Definition] = field(default_factory=dict)
    meanwhile: Callable[[], None] = lambda: None

    def place(self) -> Place:
        """Finds out where the files are.

        Raises:
            Unreadable: a URL whose files cannot be read.
        """
        request = self.request
        filename = request.filename
        local = "dockerfilekey" in request.options
        if request.remote:
            loaded, name = self._remote(request.remote)
            return Place(loaded, None if local else loaded, filename if local else name or filename)
        context = self._input("context")
        return Place(context, None if local else self._input("dockerfile"), filename)

    def entrypoint(self, place: Place) -> Entrypoint:
        """Reads the Dockerfile; and its ignore file and the lock, where it is to be built.

        Raises:
            Unreadable: there is no Dockerfile.
        """
        beside = self._beside() if place.context is None and not self.request.subrequest else None
        filename = place.filename
        files = place.dockerfile or self._local_dockerfile(filename)
        names = [filename, *_other_case(filename)]
        ignore_name = f"{filename}.dockerignore"
        lock_name = posixpath.join(posixpath.dirname(filename), LOCK_FILE)
        reads = [self.bridge.read_file(files.ref, name) for name in (*names, ignore_name, lock_name)]
        found = [_or_none(one) for one in reads]
        texts = [one for one in found[: len(names)] if one is not None]
        if not texts:
            raise Unreadable(filename)
        common, lock = self._common(beside, found[-1], found[-2]) if beside is not None else (None, found[-1])
        return Entrypoint(files, filename, texts[0], found[-2], lock, common)

    def _beside(self) -> Pending[gateway.Result]:
        """Begins to read what lies at the top of the client's context, while the Dockerfile is read."""
        name = self.request.context_name
        op = make.local_source(
            name,
            self.request.session_of(name),
            hint=f"{name}-bakegen",
            follow=(".dockerignore", LOCK_FILE),
            whole=True,
        )
        return self.bridge.solve(make.definition([(op[0], f"[internal] load {LOCK_FILE}", op[1])])[0])

    def _common(
        self, beside: Pending[gateway.Result], lock: bytes | None, own_ignore: bytes | None
    ) -> tuple[bytes | None, bytes | None]:
        """The context's ignore file and the lock."""
        try:
            ref = beside.result().ref.id
        except CallError:
            return None, lock
        reads = [self.bridge.read_file(ref, name) for name in (".dockerignore", LOCK_FILE)]
        ignore, top_lock = (_or_none(one) for one in reads)
        return (None if own_ignore is not None else ignore), (lock if lock is not None else top_lock)

    def _local_dockerfile(self, filename: str) -> Files:
        directory = self.request.options.get("dockerfilekey") or "dockerfile"
        own = f"{filename}.dockerignore"
        lock = posixpath.join(posixpath.dirname(filename), LOCK_FILE)
        op = make.local_source(
            directory,
            self.request.session_of(directory),
            hint=directory,
            follow=[filename, own, *_other_case(filename), lock],
            whole=True,
        )
        made = make.definition([(op[0], f"[internal] load build definition from {filename}", op[1])])
        solving = self.bridge.solve(made[0])
        self.meanwhile()
        return _files(*made, solving)

    def _input(self, name: str) -> Files | None:
        """What another build or another frontend made, in place of a directory of the client."""
        return self._solved(self.inputs[name], _head(self.inputs[name])) if name in self.inputs else None

    def _remote(self, url: str) -> tuple[Files, str]:
        """The files at a URL, and the Dockerfile's name where the URL is that of the Dockerfile itself, else ""."""
        definition = self._git(url)
        if definition is not None:
            return self._solved(definition, _head(definition)), ""
        if not _HTTP.match(url):
            raise Unreadable(url)
        op = make.http_source(url, HTTP_FILE)
        steps = [(op[0], "[internal] load remote build context", op[1])]
        loaded = self._solved(*make.definition(steps))
        head = _or_none(self.bridge.read_file(loaded.ref, HTTP_FILE, _ARCHIVE_HEAD))
        if head is None:
            raise Unreadable(url)
        if not is_archive(head):
            return loaded, HTTP_FILE
        copy = make.unpack("/" + HTTP_FILE)
        return self._solved(*make.definition([*steps, (copy[0], "[internal] unpack build context", copy[1])])), ""

    def _git(self, url: str) -> llb.Definition | None:
        """What loads a URL that is one of a git repository; None for one of a file.

        Which it is, and what a fragment means, BuildKit's own frontend knows: it builds nothing but a named context.
        """
        if _HTTP.match(url) and ".git" not in url:
            return None  # asking would fetch the file, and what a client sends can be fetched only once
        name = "bakegen-context"
        op, caps = make.files({"Dockerfile": f"FROM {name}\n".encode()})
        options = {f"context:{name}": url, "cmdline": name, "filename": "Dockerfile"}
        inputs = {"dockerfile": make.definition([(op, "[internal] look at the build context", caps)])[0]}
        solving = self.bridge.solve(frontend="dockerfile.v0", options=options, inputs=inputs)
        try:
            definition = solving.result().ref.definition
        except CallError as problem:
            if _HTTP.match(url):
                return None  # a file is no base image
            raise Unreadable(problem.message) from None
        return definition if any(_source(data).startswith("git://") for data in definition.ops) else None

    def _solved(self, definition: llb.Definition, digest: str) -> Files:
        return _files(definition, digest, self.bridge.solve(definition))


def is_archive(head: bytes) -> bool:
    """Whether a file that begins like this comes unpacked when it is loaded as a build context.

    Source: isArchive in BuildKit's frontend/dockerui/context.go.
    """
    return head.startswith(_ARCHIVES) or head[_TAR_MAGIC] == b"ustar"


def _other_case(filename: str) -> tuple[str, ...]:
    """The name ``dockerfile``, which stands for ``Dockerfile`` where that is not there."""
    folder, name = posixpath.split(filename)
    return (posixpath.join(folder, "dockerfile"),) if name == "Dockerfile" else ()


def _files(definition: llb.Definition, digest: str, solving: Pending[gateway.Result]) -> Files:
    try:
        return Files(definition, digest, solving.result().ref.id)
    except CallError as problem:
        raise Unreadable(problem.message) from None


def _or_none(read: Pending[bytes]) -> bytes | None:
    try:
        return read.result()
    except CallError:
        return None


def _source(op: bytes) -> str:
    return llb.Op.FromString(op).source.identifier


def _head(definition: llb.Definition) -> str:
    """The digest of the vertex whose output a definition is."""
    last = llb.Op.FromString(definition.ops[-1]) if definition.ops else llb.Op()
    return last.inputs[0].digest if last.inputs else ""
