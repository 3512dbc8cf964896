"""A bridge for each engine, so that two run side by side and the machine's own firewall rules stay as they are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.engine.harness.commands import run
from tests.engine.harness.errors import Unavailable
from tests.engine.harness.packages import machine_program
from tests.engine.harness.paths import locked

if TYPE_CHECKING:
    from pathlib import Path

_SUBNETS = tuple(f"10.213.{third}" for third in range(1, 255))
_RECORD = "bridge"


@dataclass(frozen=True, slots=True)
class Bridge:
    """A network interface for the build steps of one engine, with a way out to the package registries."""

    name: str
    subnet: str

    @property
    def gateway(self) -> str:
        """The machine's own address on the bridge."""
        return f"{self.subnet}.1"

    @classmethod
    def create(cls, folder: Path) -> Bridge:
        """Makes a bridge on a free subnet and records it in `folder`, where `remove_bridge` finds it.

        dockerd runs with its firewall handling off: each dockerd that starts rewrites the same chains and would cut the
        other engine off. One NAT rule and three forward rules do, and they name this bridge only.
        """
        with locked("network"):
            used = run([_ip(), "-o", "-4", "addr", "show"]).stdout
            subnet = next((item for item in _SUBNETS if f" {item}." not in used), None)
            if subnet is None:
                raise Unavailable("no free subnet for another engine")
            bridge = cls(f"bakegen{subnet.rsplit('.', 1)[1]}", subnet)
            (folder / _RECORD).write_text(f"{bridge.name} {bridge.subnet}\n")
            run([_ip(), "link", "add", bridge.name, "type", "bridge"])
            run([_ip(), "addr", "add", f"{bridge.gateway}/24", "dev", bridge.name])
            run([_ip(), "link", "set", bridge.name, "up"])
            for rule in bridge._rules("-I"):
                run(rule)
        return bridge

    def _rules(self, action: str) -> list[list[str]]:
        tables = _iptables()
        return [
            [
                *(*tables, "-t", "nat", action, "POSTROUTING"),
                *("-s", f"{self.subnet}.0/24", "!", "-o", self.name, "-j", "MASQUERADE"),
            ],
            [*tables, action, "FORWARD", "-i", self.name, "-j", "ACCEPT"],
            [*tables, action, "FORWARD", "-o", self.name, "-j", "ACCEPT"],
            # Inserted last, so that it stands first. dockerd forgets the tracked connections of a step that ends, and
            # with them idle ones of others: those then leave without NAT and wait for minutes. A reset ends the wait.
            [
                *(*tables, action, "FORWARD", "-i", self.name, "-p", "tcp", "!", "--syn"),
                *("-m", "conntrack", "--ctstate", "NEW", "-j", "REJECT", "--reject-with", "tcp-reset"),
            ],
        ]


def remove_bridge(folder: Path) -> None:
    """Takes away the bridge that `folder` records, with its rules; nothing happens where there is none."""
    record = folder / _RECORD
    if not record.is_file():
        return
    words = record.read_text().split()
    record.unlink()
    if len(words) != 2:
        return
    bridge = Bridge(*words)
    for rule in bridge._rules("-D"):
        run(rule, check=False)
    run([_ip(), "link", "del", bridge.name], check=False)


def _ip() -> str:
    return machine_program("ip")


def _iptables() -> list[str]:
    return [machine_program("iptables"), "-w", "30"]
