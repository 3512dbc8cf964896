"""Runs the frontend once, for the build that BuildKit started it for."""

from __future__ import annotations

import os
import sys

from bakegen.frontend.bridge import Bridge
from bakegen.frontend.messages import gateway_pb2 as gateway
from bakegen.frontend.request import read_request
from bakegen.frontend.solve import Build
from bakegen.frontend.wire import CallError, Channel, Lost, take_stdio

_UNKNOWN = 2


def main() -> int:
    """Speaks with BuildKit on stdin and stdout until the build has a result or an error; gives the exit code."""
    try:
        bridge = Bridge(Channel(*take_stdio()))
        request = read_request(os.environ)
        try:
            Build(bridge, request).run()
        except (Lost, CallError):
            raise
        except Exception as problem:
            import traceback  # which takes a while to load

            traceback.print_exc()
            message = f"bakegen's frontend failed ({type(problem).__name__}: {problem}); please report it"
            bridge.fail(gateway.Status(code=_UNKNOWN, message=message))
    except (Lost, CallError) as problem:
        # What stands here reaches the engine's log; the user reads that the frontend exited.
        print(f"bakegen: {problem}", file=sys.stderr)
        return 1
    return 0
