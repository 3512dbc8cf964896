"""A command in a group of its own: nothing of it stays, whatever it or we do; it never waits for us."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from bakegen.errors import EngineError
from bakegen.workspace.running import TookTooLong, run_group


def script(text: str) -> list[str]:
    return [sys.executable, "-c", "import os, signal, subprocess, sys, time\n" + text]


def ignoring(*names: str) -> str:
    """A script that ignores signals, says its process id, and stays."""
    lines = [f"signal.signal(signal.{name}, signal.SIG_IGN)" for name in names]
    return "\n".join([*lines, "print(os.getpid(), file=sys.stderr, flush=True)", "time.sleep(60)"])


def gone(pid: int, seconds: float = 10.0) -> bool:
    """Whether a process ends; one that nobody has waited for yet counts too."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        try:
            if Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z":
                return True
        except OSError:
            return True
        time.sleep(0.02)
    return False


class Enough(Exception):
    """What a listener raises."""


def test_lines_and_code() -> None:
    told: list[str] = []
    text = "sys.stderr.buffer.write(b'a\\r\\n\\n\\xff\\nend'); print('no'); sys.exit(len(sys.stdin.read()) or 3)"
    assert run_group(script(text), told.append) == 3
    assert told == ["a", "", "\ufffd", "end"]


def test_it_never_waits_for_the_listener(tmp_path: Path) -> None:
    """A pipe holds 64 KiB: the command is through while the first of its lines is still being heard."""
    told: list[str] = []

    def slow(line: str) -> None:
        until = time.monotonic() + 10
        while not (tmp_path / "through").exists() and time.monotonic() < until:
            time.sleep(0.02)
        assert (tmp_path / "through").exists()
        told.append(line)

    text = f"sys.stderr.write('x' * 99 + '\\n' + 9999 * ('x' * 99 + '\\n')); open({str(tmp_path / 'through')!r}, 'w')"
    assert run_group(script(text), slow) == 0
    assert len(told) == 10_000


@pytest.mark.parametrize("ignored", [(), ("SIGINT",), ("SIGINT", "SIGTERM")])
def test_it_is_asked_then_told_then_killed(ignored: tuple[str, ...]) -> None:
    told: list[str] = []

    def listen(line: str) -> None:
        told.append(line)
        raise Enough

    with pytest.raises(Enough):
        run_group(script(ignoring(*ignored)), listen, patience=0.2)
    assert gone(int(told[0]))


def test_time_is_up() -> None:
    told: list[str] = []
    with pytest.raises(TookTooLong):
        run_group(script(ignoring()), told.append, timeout=0.7, patience=1.0)
    assert gone(int(told[0]))
    # Neither does output without end keep it alive, nor silence behind a closed pipe.
    with pytest.raises(TookTooLong):
        run_group(script("while True: print('x', file=sys.stderr)"), lambda line: None, timeout=0.5)
    with pytest.raises(TookTooLong):
        run_group(script("os.close(2); time.sleep(60)"), lambda line: None, timeout=0.5)


def test_children_end_too() -> None:
    told: list[str] = []

    def listen(line: str) -> None:
        told.append(line)
        raise Enough

    child = ignoring("SIGINT", "SIGTERM")
    with pytest.raises(Enough):
        run_group(script(f"subprocess.run([sys.executable, '-c', {script(child)[2]!r}])"), listen, patience=0.3)
    assert gone(int(told[0]))


def test_a_child_that_holds_the_pipe_holds_up_nobody() -> None:
    told: list[str] = []
    text = "print(subprocess.Popen(['sleep', '20'], start_new_session=True).pid, file=sys.stderr)"
    begun = time.monotonic()
    assert run_group(script(text), told.append, patience=0.2) == 0
    assert time.monotonic() - begun < 10
    os.kill(int(told[0]), signal.SIGKILL)


OURS = """
import sys
from bakegen.workspace.running import run_group
try:
    run_group(sys.argv[1:], lambda line: print(line, flush=True), patience=60)
except KeyboardInterrupt:
    sys.exit(130)
"""


def test_another_signal_does_not_wait() -> None:
    """Who presses Ctrl-C three times has the end of a command that hears neither SIGINT nor SIGTERM."""
    command = script(ignoring("SIGINT", "SIGTERM"))
    with subprocess.Popen([sys.executable, "-c", OURS, *command], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        pid = int(process.stdout.readline())
        for _ in range(3):
            process.send_signal(signal.SIGINT)
            time.sleep(0.5)
        assert process.wait(10) == 130
    assert gone(pid)


def test_signals_of_the_terminal_reach_us_alone() -> None:
    told: list[str] = []
    run_group(script("print(os.getpgid(0), file=sys.stderr)"), told.append)
    assert int(told[0]) != os.getpgid(0)


def test_it_runs_beside_the_main_thread_too() -> None:
    codes: list[int] = []
    thread = threading.Thread(target=lambda: codes.append(run_group(script("sys.exit(4)"), lambda line: None)))
    thread.start()
    thread.join(20)
    assert codes == [4]


def test_what_cannot_be_run(tmp_path: Path) -> None:
    with pytest.raises(EngineError, match="docker could not be run"):
        run_group([str(tmp_path / "nothing")], lambda line: None)
