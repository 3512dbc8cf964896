"""An LLBBridge by grpcio: BuildKit's side of the gateway with an HTTP/2 of its own, over trees of files in memory."""

from __future__ import annotations

import json
import posixpath
import socket
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import grpc

from bakegen.frontend.messages import gateway_pb2 as gateway
from bakegen.frontend.messages import llb_pb2 as llb

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from google.protobuf.message import Message

SERVICE = "moby.buildkit.v1.frontend.LLBBridge"
CAPS = ("frontend.inputs", "gateway.warnings", "proto.refarray")
LLB_CAPS = ("file.base", "source.local.metadatatransfer")
DIRECTORY = 1 << 31
DIGEST = "sha256:" + "1" * 64

Tree = dict[str, bytes]


class Refused(Exception):
    """What the fake answers a call with in place of a reply."""

    def __init__(self, message: str, details: bytes = b"", code: grpc.StatusCode = grpc.StatusCode.UNKNOWN) -> None:
        super().__init__(message)
        self.details = details
        self.code = code


@dataclass
class FakeBridge:
    """What there is to read, what the frontends behind answer, and what was called.

    Attributes:
        trees: the client's directories and URLs: name -> path -> bytes.
        inputs: what is handed over in place of contexts.
        caps, llb_caps: what BuildKit can do.
        lint: the warnings of Docker's own lint about the text that the user wrote.
        refuses: texts that Docker's own frontend does not build -> its message.
        break_at: the call, counted from 0, that is answered with an error.
    """

    trees: dict[str, Tree] = field(default_factory=dict)
    inputs: dict[str, llb.Definition] = field(default_factory=dict)
    caps: tuple[str, ...] = CAPS
    llb_caps: tuple[str, ...] = LLB_CAPS
    lint: list[dict[str, Any]] = field(default_factory=list)
    refuses: Callable[[str], str] = field(default=lambda text: "")
    break_at: int = -1
    calls: list[tuple[str, Any]] = field(default_factory=list)
    built: list[tuple[str, dict[str, str], str]] = field(default_factory=list)
    warned: list[gateway.WarnRequest] = field(default_factory=list)
    returned: gateway.ReturnRequest | None = None
    _refs: dict[str, Tree] = field(default_factory=dict)
    _server: Any = None
    _sockets: list[socket.socket] = field(default_factory=list)

    def start(self, folder: Path) -> int:
        """Listens; gives a descriptor that is both ends of the stream, to be read and to be written."""
        methods: Mapping[str, tuple[type[Message], Callable[[Any], Message]]] = {
            "Ping": (gateway.Empty, self._ping),
            "Inputs": (gateway.Empty, lambda _: gateway.Inputs(definitions=self.inputs)),
            "Solve": (gateway.SolveRequest, self._solve),
            "ReadFile": (gateway.ReadFileRequest, self._read_file),
            "ReadDir": (gateway.ReadDirRequest, self._read_dir),
            "ResolveImageConfig": (gateway.ResolveRequest, lambda _: gateway.ResolveReply(digest=DIGEST)),
            "Warn": (gateway.WarnRequest, self._warn),
            "Return": (gateway.ReturnRequest, self._return),
        }
        handlers = {name: self._handler(name, *given) for name, given in methods.items()}
        options = [("grpc.max_receive_message_length", 64 << 20), ("grpc.max_metadata_size", 64 << 20)]
        self._server = grpc.server(ThreadPoolExecutor(1), options=options)
        self._server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(SERVICE, handlers),))
        place = f"{folder}/bridge"
        self._server.add_insecure_port(f"unix:{place}")
        self._server.start()
        end = socket.socket(socket.AF_UNIX)
        end.connect(place)
        self._sockets.append(end)
        return end.fileno()

    def stop(self) -> None:
        """Ends the server."""
        for one in self._sockets:
            one.close()
        if self._server is not None:
            self._server.stop(None).wait()

    def named(self, method: str) -> list[Any]:
        """The requests of one method."""
        return [request for name, request in self.calls if name == method]

    def _handler(self, name: str, kind: type[Message], answer: Callable[[Any], Message]) -> Any:
        def call(request: Message, context: Any) -> Message:
            number = len(self.calls)
            self.calls.append((name, request))
            try:
                if number == self.break_at:
                    raise Refused(f"broken: {name}")
                return answer(request)
            except Refused as refusal:
                if refusal.details:
                    context.set_trailing_metadata((("grpc-status-details-bin", refusal.details),))
                context.abort(refusal.code, str(refusal))
                raise AssertionError("abort raises") from None

        return grpc.unary_unary_rpc_method_handler(
            call, request_deserializer=kind.FromString, response_serializer=lambda message: message.SerializeToString()
        )

    def _ping(self, _: gateway.Empty) -> gateway.Pong:
        def made(names: tuple[str, ...]) -> list[gateway.Cap]:
            return [gateway.Cap(id=name, enabled=True) for name in names]

        return gateway.Pong(frontend_caps=made(self.caps), llb_caps=made(self.llb_caps))

    def _solve(self, request: gateway.SolveRequest) -> gateway.SolveReply:
        if request.frontend:
            return gateway.SolveReply(result=self._built(request))
        return gateway.SolveReply(result=gateway.Result(ref=self._ref(request.definition)))

    def _ref(self, definition: llb.Definition) -> gateway.Ref:
        name = f"ref{len(self._refs)}"
        self._refs[name] = self._tree(definition)
        return gateway.Ref(id=name, definition=definition)

    def _tree(self, definition: llb.Definition) -> Tree:
        tree: Tree = {}
        for op in map(llb.Op.FromString, definition.ops):
            if op.WhichOneof("op") == "source":
                source = op.source
                tree = dict(self.trees.get(source.identifier.removeprefix("local://").removeprefix("git://"), {}))
                follow = json.loads(source.attrs.get("local.followpaths", "null"))
                if follow is not None:
                    tree = {path: data for path, data in tree.items() if path in follow}
                if source.attrs.get("local.metadatatransfer"):
                    tree = {".fsutil-metadata": listing(tree)}
            for action in op.file.actions:
                if action.WhichOneof("action") == "mkfile":
                    tree[action.mkfile.path.lstrip("/")] = action.mkfile.data
        return tree

    def _built(self, request: gateway.SolveRequest) -> gateway.Result:
        options = dict(request.options)
        filename = options.get("filename") or "Dockerfile"
        url = options.get("context:bakegen-context")
        if url and url.startswith("http") and not url.endswith(".git"):
            raise Refused("invalid argument")
        if url:
            return gateway.Result(ref=self._ref(source_definition(f"git://{url}")))
        given = request.inputs.get("dockerfile")
        tree = self._tree(given) if given is not None else self.trees.get("dockerfile", {})
        if filename not in tree:
            raise Refused(f"failed to read dockerfile: open {filename}: no such file or directory")
        text = tree[filename].decode("utf-8", "surrogateescape")
        if options.get("requestid") == "frontend.lint":
            answer = json.dumps({"warnings": self.lint}).encode()
            status = b"1" if self.lint else b"0"
            return gateway.Result(metadata={"result.json": answer, "result.statuscode": status})
        problem = self.refuses(text)
        if problem:
            raise Refused(problem)
        self.built.append((request.frontend, options, text))
        return _result(filename, tree[filename], self._ref, options.get("platform", ""))

    def _read_file(self, request: gateway.ReadFileRequest) -> gateway.ReadFileReply:
        tree = self._refs[request.ref]
        if request.path not in tree:
            raise Refused(f"open {request.path}: no such file or directory")
        data = tree[request.path]
        if request.HasField("range"):
            data = data[request.range.offset :][: request.range.length]
        return gateway.ReadFileReply(data=data)

    def _read_dir(self, request: gateway.ReadDirRequest) -> gateway.ReadDirReply:
        folder = request.path.strip("/")
        below = [stat for stat in stats(self._refs[request.ref]) if posixpath.dirname(stat.path) == folder]
        return gateway.ReadDirReply(
            entries=[gateway.Stat(path=posixpath.basename(one.path), mode=one.mode, size=one.size) for one in below]
        )

    def _warn(self, request: gateway.WarnRequest) -> gateway.Empty:
        self.warned.append(request)
        return gateway.Empty()

    def _return(self, request: gateway.ReturnRequest) -> gateway.Empty:
        self.returned = request
        return gateway.Empty()


def stats(tree: Tree) -> list[gateway.Stat]:
    """What is in a tree, directories before what is in them."""
    found = {}
    for path, data in sorted(tree.items()):
        parts = path.split("/")
        for depth in range(1, len(parts)):
            found["/".join(parts[:depth])] = gateway.Stat(path="/".join(parts[:depth]), mode=DIRECTORY | 0o755)
        found[path] = gateway.Stat(path=path, mode=0o644, size=len(data))
    return list(found.values())


def listing(tree: Tree) -> bytes:
    """A tree as BuildKit lists it in a file."""
    made = [one.SerializeToString() for one in stats(tree)]
    return b"".join(len(one).to_bytes(4, "little") + one for one in made)


def source_definition(identifier: str) -> llb.Definition:
    """A definition of one source."""
    data = llb.Op(source=llb.SourceOp(identifier=identifier)).SerializeToString()
    return llb.Definition(ops=[data, llb.Op(inputs=[llb.Input(digest=DIGEST)]).SerializeToString()])


def _result(filename: str, data: bytes, ref: Callable[[llb.Definition], gateway.Ref], platforms: str) -> gateway.Result:
    """What Docker's own frontend gives: a vertex for each of the first lines, which points at it; all of it unknown."""
    definition = llb.Definition()
    definition.source.infos.append(llb.SourceInfo(filename=filename, data=data, language="Dockerfile"))
    for number in range(1, min(data.count(b"\n") + 2, 100)):
        place = llb.Range(start=llb.Position(line=number), end=llb.Position(line=number))
        location = llb.Location(source_index=0, ranges=[place])
        definition.source.locations[f"line{number}"].locations.append(location)
    definition.ops.append(llb.Op(source=llb.SourceOp(identifier="docker-image://busybox")).SerializeToString())
    names = [name for name in platforms.split(",") if name]
    made = gateway.Result(metadata={"containerimage.config": b"{}"})
    if len(names) > 1:
        for name in names:
            made.refs.refs[name].CopyFrom(ref(definition))
    else:
        made.ref.CopyFrom(ref(definition))
    # Field 12 are the attestations, which the messages here do not know.
    made.MergeFromString(b"\x62\x04\x0a\x02ab")
    return made
