"""The configuration of an image in one canonical form: what E1 compares of it, whoever wrote it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bakegen.compare.model import ConfigValue

_TOP = ("architecture", "os", "variant", "os.version", "os.features", "author")
"""Fields beside ``config`` that say what an image is; history, times and layers say only how it came about."""

_OF_BUILDERS = frozenset(
    {"Hostname", "Domainname", "AttachStdin", "AttachStdout", "AttachStderr", "Tty", "OpenStdin", "StdinOnce", "Image"}
)
"""Fields of ``config`` that the first builders left behind: they describe a container of the build."""

_SETS = frozenset({"ExposedPorts", "Volumes"})


def canonical(document: Mapping[str, Any]) -> dict[str, ConfigValue]:
    """The fields of an image's configuration document that count, sorted; unset and empty ones are not there.

    The field names are those of https://github.com/opencontainers/image-spec/blob/main/config.md and Docker's
    (Healthcheck, Shell, OnBuild, ArgsEscaped). Fields that nobody has heard of count too.
    """
    found: dict[str, ConfigValue] = {name: _value(document[name]) for name in _TOP if document.get(name)}
    config = document.get("config")
    for name, value in config.items() if isinstance(config, dict) else ():
        if name in _OF_BUILDERS:
            continue
        made = _environment(value) if name == "Env" else _set(value) if name in _SETS else _value(value)
        if made or (isinstance(made, int) and not isinstance(made, bool)):
            found[name] = made
    return dict(sorted(found.items()))


def platform_of(document: Mapping[str, Any]) -> str:
    """``os/architecture[/variant]`` of a configuration document."""
    parts = [document.get("os") or "linux", document.get("architecture") or "unknown", document.get("variant")]
    return normal_platform("/".join(str(part) for part in parts if part))


def normal_platform(text: str) -> str:
    """A platform in the form that images use: https://github.com/containerd/platforms, `normalizeArch`."""
    system, _, rest = text.lower().partition("/")
    architecture, _, variant = rest.partition("/")
    aliases = {"x86_64": "amd64", "x86-64": "amd64", "aarch64": "arm64", "armhf": "arm", "armel": "arm", "i386": "386"}
    if architecture == "armel":
        variant = "v6"
    architecture = aliases.get(architecture, architecture)
    if architecture == "arm" and not variant:
        variant = "v7"
    if (architecture, variant) in (("arm64", "v8"), ("arm64", "8"), ("amd64", "v1")):
        variant = ""
    if architecture == "arm" and variant.isdigit():
        variant = f"v{variant}"
    return "/".join(part for part in (system, architecture, variant) if part)


def _environment(value: Any) -> ConfigValue:
    """``NAME=value`` texts as a mapping; the last of a name wins."""
    pairs = (str(one).partition("=") for one in (value if isinstance(value, list) else ()))
    return dict(sorted({name: text for name, _, text in pairs}.items()))


def _set(value: Any) -> ConfigValue:
    names = value if isinstance(value, (dict, list)) else ()
    return {str(name): True for name in sorted(map(str, names))}


def _value(value: Any) -> ConfigValue:
    if isinstance(value, dict):
        made = {str(name): _value(item) for name, item in value.items() if item is not None}
        return dict(sorted(made.items()))
    if isinstance(value, list):
        return tuple(_value(item) for item in value)
    if isinstance(value, (str, bool, int)):
        return value
    return "" if value is None else str(value)
