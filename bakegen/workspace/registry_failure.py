"""Why a registry gave no answer, in words that are fit for a log."""

from __future__ import annotations

import http.client
import socket
import ssl

from bakegen.diagnostics import printable


class Failure(Exception):
    """No answer was got: `reason` is fit for a log. `again`: another try may help; `stop`: the host is lost."""

    def __init__(self, reason: str, *, again: bool = False, stop: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.again = again
        self.stop = stop


def as_failure(problem: Exception) -> Failure:
    """What went wrong, in words that hold nothing the other side could have put there."""
    if isinstance(problem, ssl.SSLCertVerificationError):
        return Failure(f"its certificate is not trusted ({printable(problem.verify_message)})", stop=True)
    if isinstance(problem, ssl.SSLError):
        return Failure(f"TLS failed ({printable(problem.reason or 'no reason given')})", again=True)
    if isinstance(problem, TimeoutError):
        return Failure("no answer in time", again=True)
    if isinstance(problem, socket.gaierror):
        return Failure(f"its name cannot be resolved ({problem.strerror})", stop=True)
    if isinstance(problem, ConnectionRefusedError):
        return Failure("connection refused", again=True, stop=True)
    if isinstance(problem, http.client.IncompleteRead):
        return Failure("its answer breaks off", again=True)
    if isinstance(problem, http.client.HTTPException):
        return Failure(f"it does not speak HTTP as it should ({type(problem).__name__})", again=True)
    if isinstance(problem, OSError):
        # An error without a number comes from a proxy that refuses the tunnel.
        words = problem.strerror or ("the proxy refuses" if problem.errno is None else "network error")
        return Failure(printable(words).lower(), again=True)
    return Failure("it cannot be asked under this address", stop=True)
