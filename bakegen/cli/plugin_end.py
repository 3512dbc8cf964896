"""How a signal to docker's client ends the plugin: by the socket that the client closes then.

Where the client's standard output is a terminal, signals of the keyboard reach the plugin as they reach the client, and
the client does nothing. Elsewhere it closes the socket (docker/cli, cli-plugins/socket and cmd/docker/docker.go), and
so does its end by any other cause. A process that got a signal itself must not take the socket for a second one: that
would end the writing of caches.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import socket
import threading

_ENDING = {signal.SIGINT, signal.SIGTERM}
_OWN_SIGNAL = 0.5
"""Seconds in which a signal of one's own arrives: it was sent to both processes at once."""


def end_with_client(address: str) -> None:
    """Begins to wait for the end of the client; the main thread gets SIGTERM then, as from anybody else.

    Args:
        address: where the client listens: a path, or ``@`` and a name without one (unix(7)); nothing where empty.
    """
    if not address or not hasattr(socket, "AF_UNIX"):
        return
    connection = socket.socket(socket.AF_UNIX)
    try:
        connection.connect(f"\0{address[1:]}" if address.startswith("@") else address)
    except OSError:
        connection.close()  # an older client, or one that is gone: there is nothing to wait for
        return
    told, tell = os.pipe()
    os.set_blocking(tell, False)
    os.set_blocking(told, False)
    signal.set_wakeup_fd(tell, warn_on_full_buffer=False)
    threading.Thread(target=_wait, args=(connection, told), daemon=True).start()


def _wait(connection: socket.socket, told: int) -> None:
    with contextlib.suppress(OSError):
        while connection.recv(64):
            pass
    if not _ended_already(told):
        # To the thread itself: only so is it woken where it waits for the network.
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGTERM)


def _ended_already(told: int) -> bool:
    """Whether the process has got a signal itself, or gets it in a moment: Python writes each one's number there."""
    while select.select([told], [], [], _OWN_SIGNAL)[0]:
        if _ENDING & set(os.read(told, 512)):
            return True
    return False
