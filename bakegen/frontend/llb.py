"""The few definitions that are made here: sources, a file with a text, a copy; equal arguments give equal bytes.

The bytes are those that Docker's own frontend would make, so that BuildKit knows what both ask for to be one.

Source: solver/pb/ops.proto and client/llb/source.go of BuildKit.
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

from bakegen.frontend.messages import llb_pb2 as llb

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

_NAME = "llb.customname"
_NO_TIME = -1


def definition(ops: Iterable[tuple[llb.Op, str, Iterable[str]]]) -> tuple[llb.Definition, str]:
    """A definition whose ops each have the one before as their first input; the last one is its output.

    Args:
        ops: each with its name in the progress of the build, and the capabilities that it needs.

    Returns:
        The definition, and the digest of its last op.
    """
    made = llb.Definition()
    digest = ""
    for given, name, caps in ops:
        op = llb.Op(inputs=[llb.Input(digest=digest)] if digest else [], constraints=llb.Constraints())
        op.MergeFrom(given)
        digest = _add(made, op, {_NAME: name}, caps)
    _add(made, llb.Op(inputs=[llb.Input(digest=digest)]), {}, ())
    return made, digest


def extended(given: llb.Definition, op: llb.Op, name: str, caps: Iterable[str]) -> llb.Definition:
    """A definition with one more op, whose input is what the definition gave."""
    made = llb.Definition()
    made.CopyFrom(given)
    last = llb.Op.FromString(made.ops.pop())
    more = llb.Op(inputs=last.inputs, constraints=llb.Constraints())
    more.MergeFrom(op)
    digest = _add(made, more, {_NAME: name}, caps)
    _add(made, llb.Op(inputs=[llb.Input(digest=digest)]), {}, ())
    return made


def local_source(
    name: str,
    session: str,
    *,
    hint: str,
    follow: Sequence[str] = (),
    exclude: Sequence[str] = (),
    only_names: bool = False,
    whole: bool = False,
) -> tuple[llb.Op, tuple[str, ...]]:
    """Files that the client of a build has, as an op and the capabilities that it needs.

    Args:
        name: which of the client's directories.
        session: the session of that client.
        hint: sources of one hint share what was transferred before, so they should name the same files.
        follow: only these paths, and what links there lead to; all without it.
        exclude: patterns of an ignore file.
        only_names: whether files come without what is in them.
        whole: whether BuildKit looks at all files again, not only at those whose metadata changed.
    """
    attrs = {"local.session": session, "local.sharedkeyhint": hint}
    caps = ["source.local", "source.local.sessionid", "source.local.sharedkeyhint"]
    if follow:
        attrs["local.followpaths"] = _go_json(follow)
        caps.append("source.local.followpaths")
    if exclude:
        attrs["local.excludepatterns"] = _go_json(exclude)
        caps.append("source.local.excludepatterns")
    if only_names:
        attrs["local.metadatatransfer"] = "true"
        caps.append("source.local.metadatatransfer")
    if whole:
        attrs["local.differ"] = "none"
        caps.append("source.local.differ")
    return llb.Op(source=llb.SourceOp(identifier=f"local://{name}", attrs=attrs)), tuple(caps)


def http_source(url: str, filename: str) -> tuple[llb.Op, tuple[str, ...]]:
    """What is at a URL, as a file of that name."""
    return llb.Op(source=llb.SourceOp(identifier=url, attrs={"http.filename": filename})), ("source.http",)


def unpack(path: str) -> tuple[llb.Op, tuple[str, ...]]:
    """The archive that is at `path` of the input, unpacked at the root."""
    copy = llb.Copy(src=path, dest="/", mode=-1, attempt_unpack=True, timestamp=_NO_TIME)
    return _on_nothing(copy=copy), ("file.base",)


def folder(path: str) -> tuple[llb.Op, tuple[str, ...]]:
    """What is in a folder of the input, at the root."""
    copy = llb.Copy(src=path, dest="/", mode=-1, dir_copy_contents=True, timestamp=_NO_TIME)
    return _on_nothing(copy=copy), ("file.base",)


def files(texts: Mapping[str, bytes], folders: bool = True) -> tuple[llb.Op, tuple[str, ...]]:
    """A filesystem that holds just these files, path -> content; their directories come along."""
    op = llb.Op()
    made: set[str] = set()
    actions = op.file.actions
    for path, data in texts.items():
        parts = path.strip("/").split("/")[:-1] if folders else []
        for depth in range(1, len(parts) + 1):
            folder = "/" + "/".join(parts[:depth])
            if folder not in made:
                made.add(folder)
                mkdir = llb.MakeDir(path=folder, mode=0o755, timestamp=_NO_TIME)
                actions.append(llb.FileAction(input=len(actions) - 1, secondary_input=-1, output=-1, mkdir=mkdir))
        mkfile = llb.MakeFile(path="/" + path.strip("/"), mode=0o644, data=data, timestamp=_NO_TIME)
        actions.append(llb.FileAction(input=len(actions) - 1, secondary_input=-1, output=-1, mkfile=mkfile))
    actions[-1].output = 0
    return op, ("file.base",)


def _on_nothing(copy: llb.Copy) -> llb.Op:
    op = llb.Op()
    op.file.actions.append(llb.FileAction(input=-1, secondary_input=0, output=0, copy=copy))
    return op


def _add(made: llb.Definition, op: llb.Op, description: Mapping[str, str], caps: Iterable[str]) -> str:
    data = op.SerializeToString(deterministic=True)
    digest = "sha256:" + hashlib.sha256(data).hexdigest()
    made.ops.append(data)
    metadata = made.metadata[digest]
    metadata.description.update(description)
    metadata.caps.update(dict.fromkeys(("constraints", *caps), True) if caps else {})
    return digest


def _go_json(values: Sequence[str]) -> str:
    """A list as Go's encoder writes it, so that the source is the one that Docker's own frontend would ask for."""
    text = json.dumps(list(values), ensure_ascii=False, separators=(",", ":"))
    return text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")
