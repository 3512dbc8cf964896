"""Configurations in their canonical form."""

from __future__ import annotations

from typing import Any

import pytest

from bakegen.compare.config import canonical, normal_platform


def test_what_counts_and_what_does_not() -> None:
    document = {
        "os": "linux",
        "architecture": "arm64",
        "variant": "v8",
        "author": "me",
        "created": "2020-01-01T00:00:00Z",
        "history": [{"created_by": "x"}],
        "rootfs": {"diff_ids": ["sha256:0"]},
        "moby.buildkit.buildinfo.v1": "x",
        "config": {
            "Env": ["B=1", "A=x=y", "B=2", "EMPTY="],
            "Cmd": ["a", "b"],
            "Entrypoint": None,
            "WorkingDir": "/w",
            "User": "",
            "Labels": {"b": "2", "a": "1"},
            "ExposedPorts": {"80/tcp": {}, "443/tcp": {}},
            "Volumes": {"/v": {}},
            "Healthcheck": {"Test": ["NONE"], "Interval": 5},
            "ArgsEscaped": True,
            "OnBuild": [],
            "Hostname": "0123",
            "Image": "sha256:1",
            "Shell": ["/bin/bash", "-c"],
            "NewField": 3,
        },
    }
    found = canonical(document)
    assert list(found) == sorted(found)
    assert found == {
        "ArgsEscaped": True,
        "Cmd": ("a", "b"),
        "Env": {"A": "x=y", "B": "2", "EMPTY": ""},
        "ExposedPorts": {"443/tcp": True, "80/tcp": True},
        "Healthcheck": {"Interval": 5, "Test": ("NONE",)},
        "Labels": {"a": "1", "b": "2"},
        "NewField": 3,
        "Shell": ("/bin/bash", "-c"),
        "Volumes": {"/v": True},
        "WorkingDir": "/w",
        "architecture": "arm64",
        "author": "me",
        "os": "linux",
        "variant": "v8",
    }


@pytest.mark.parametrize("config", [None, [], "x", {"Env": "x"}, {"Env": [1]}, {"Labels": []}, {"Volumes": "x"}])
def test_strange_documents(config: Any) -> None:
    canonical({"config": config})


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("linux/amd64", "linux/amd64"),
        ("linux/amd64/v1", "linux/amd64"),
        ("linux/amd64/v3", "linux/amd64/v3"),
        ("linux/x86_64", "linux/amd64"),
        ("Linux/aarch64", "linux/arm64"),
        ("linux/arm64/v8", "linux/arm64"),
        ("linux/arm64/v9", "linux/arm64/v9"),
        ("linux/arm", "linux/arm/v7"),
        ("linux/arm/6", "linux/arm/v6"),
        ("linux/armel", "linux/arm/v6"),
        ("linux/armhf", "linux/arm/v7"),
        ("windows/amd64", "windows/amd64"),
    ],
)
def test_platforms(written: str, meant: str) -> None:
    assert normal_platform(written) == meant
