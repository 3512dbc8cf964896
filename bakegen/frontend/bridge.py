"""What BuildKit's LLBBridge offers a frontend, as typed calls over a `Channel`.

A call that starts work gives a `Pending`, so that several can be under way; `result()` waits.
Source: service LLBBridge in BuildKit's frontend/gateway/pb/gateway.proto; frontend/gateway/grpcclient/client.go for
what a client has to ask for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, TypeVar

from google.protobuf.message import DecodeError, Message

from bakegen.frontend.messages import gateway_pb2 as gateway
from bakegen.frontend.wire import CallError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from bakegen.dockerfile.platforms import Platform
    from bakegen.frontend.messages import llb_pb2 as llb
    from bakegen.frontend.wire import Call, Channel

_SERVICE = "/moby.buildkit.v1.frontend.LLBBridge/"
PING_SECONDS = 15.0
"""How long BuildKit may take to answer the first call; as long as its own client waits."""

_INTERNAL = 13
_LOAD = "[internal] load metadata for "
_T = TypeVar("_T")
_M = TypeVar("_M", bound=Message)


class Pending(Generic[_T]):
    """A call that was sent and whose answer nobody has taken yet."""

    def __init__(self, call: Call, read: Callable[[bytes], _T]) -> None:
        self._call = call
        self._read = read

    def result(self, timeout: float | None = None) -> _T:
        """Waits for the answer.

        Raises:
            CallError: BuildKit answered with an error.
            Lost: the stream is cut, or nothing came for `timeout` seconds.
        """
        return self._read(self._call.reply(timeout))


class Bridge:
    """The calls. All raise `Lost` when the stream is cut, and their results `CallError`."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel

    def ping(self) -> Pending[gateway.Pong]:
        """Asks which capabilities BuildKit has."""
        return self._start("Ping", gateway.Empty(), _reader(gateway.Pong))

    def inputs(self) -> Pending[dict[str, llb.Definition]]:
        """Asks for what was handed to this frontend in place of contexts: name -> definition."""
        return self._start("Inputs", gateway.Empty(), lambda data: dict(_read(gateway.Inputs, data).definitions))

    def solve(
        self,
        definition: llb.Definition | None = None,
        *,
        frontend: str = "",
        options: Mapping[str, str] | None = None,
        inputs: Mapping[str, llb.Definition] | None = None,
        cache_imports: Sequence[tuple[str, Mapping[str, str]]] = (),
        evaluate: bool = False,
    ) -> Pending[gateway.Result]:
        """Has BuildKit solve a definition, or has another frontend make a result.

        Args:
            definition: what to solve; None for another frontend.
            frontend: ``dockerfile.v0`` or ``gateway.v0``.
            options, inputs: of that frontend.
            cache_imports: where build caches are, kind and attributes of each.
            evaluate: whether everything is built at once, not when somebody asks for files.
        """
        request = gateway.SolveRequest(
            definition=definition,
            frontend=frontend,
            options=options or {},
            allow_result_return=True,
            allow_result_array_ref=True,
            cache_imports=[gateway.CacheImport(type=kind, attrs=attrs) for kind, attrs in cache_imports],
            evaluate=evaluate,
        )
        for name, one in (inputs or {}).items():
            request.inputs[name].CopyFrom(one)
        return self._start("Solve", request, lambda data: _read(gateway.SolveReply, data).result)

    def read_file(self, ref: str, path: str, limit: int | None = None, start: int = 0) -> Pending[bytes]:
        """Reads a file of a solved definition: all of it, or `limit` bytes from `start` on."""
        request = gateway.ReadFileRequest(ref=ref, path=path)
        if limit is not None:
            request.range.CopyFrom(gateway.FileRange(offset=start, length=limit))
        return self._start("ReadFile", request, lambda data: _read(gateway.ReadFileReply, data).data)

    def read_dir(self, ref: str, path: str) -> Pending[list[gateway.Stat]]:
        """Lists a directory of a solved definition."""
        request = gateway.ReadDirRequest(ref=ref, path=path)
        return self._start("ReadDir", request, lambda data: list(_read(gateway.ReadDirReply, data).entries))

    def image_digest(self, reference: str, platform: Platform | None, mode: str) -> Pending[str]:
        """Asks what a reference of an image stands for now; `mode` is the option ``image-resolve-mode``."""
        request = gateway.ResolveRequest(ref=reference, resolve_mode=mode or "default", log_name=_LOAD + reference)
        if platform is not None:
            made = gateway.Platform(os=platform.os, architecture=platform.architecture, variant=platform.variant)
            request.platform.CopyFrom(made)
        return self._start("ResolveImageConfig", request, lambda data: _read(gateway.ResolveReply, data).digest)

    def warn(self, warning: gateway.WarnRequest) -> Pending[None]:
        """Shows something at the end of the build."""
        return self._start("Warn", warning, lambda data: None)

    def finish(self, result: gateway.Result) -> None:
        """Ends the build with its result."""
        self._return(gateway.ReturnRequest(result=result))

    def fail(self, status: gateway.Status) -> None:
        """Ends the build with an error."""
        self._return(gateway.ReturnRequest(error=status))

    def _return(self, request: gateway.ReturnRequest) -> None:
        self._start("Return", request, lambda data: None).result()

    def _start(self, method: str, request: Message, read: Callable[[bytes], _T]) -> Pending[_T]:
        return Pending(self._channel.start(_SERVICE + method, request.SerializeToString(deterministic=True)), read)


def _read(kind: type[_M], data: bytes) -> _M:
    message = kind()
    try:
        message.ParseFromString(data)
    except DecodeError:
        raise CallError(_INTERNAL, f"BuildKit answered with something that is no {kind.__name__}") from None
    return message


def _reader(kind: type[_M]) -> Callable[[bytes], _M]:
    return lambda data: _read(kind, data)
