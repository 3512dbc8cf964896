"""Rule DF218: a label that should name a license."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bakegen.diagnostics import Severity
from bakegen.rules.model import Example, Finding, Kind, Rule
from bakegen.rules.practice._labels import wrong
from bakegen.rules.practice._spdx import is_expression

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bakegen.rules.dockerfiles import DockerfileSubject


def _check(subject: DockerfileSubject) -> Iterator[Finding]:
    return wrong(
        subject,
        "spdx",
        is_expression,
        "an SPDX license expression",
        "write identifiers of spdx.org/licenses, such as MIT or Apache-2.0 OR MIT",
    )


_WANTED = {"labels": {"org.opencontainers.image.licenses": "spdx"}}

RULE = Rule(
    code="DF218",
    name="label-license",
    summary="Give labels that name licenses SPDX identifiers",
    why="The OCI image specification asks for an SPDX license expression, which scanners read: `Apache-2.0`, not "
    "`Apache License 2`. Expressions of several licenses are right, though hadolint takes a single identifier "
    "only. A value that a variable gives is not looked at, as only the build knows it; hadolint finds it wrong. "
    "The rule needs a label of kind `spdx` in the configuration (`labels`).",
    severity=Severity.WARNING,
    kind=Kind.DOCKERFILE,
    check=_check,
    examples=(
        Example(
            "Another value",
            'FROM scratch\nLABEL org.opencontainers.image.licenses=⟦"Apache 2"⟧\n',
            settings=_WANTED,
            message="Apache 2",
        ),
        Example("Near it, 1", 'FROM scratch\nLABEL org.opencontainers.image.licenses=⟦"MIT OR"⟧\n', settings=_WANTED),
        Example("Near it, 2", "FROM scratch\nLABEL org.opencontainers.image.licenses=⟦GPLv3⟧\n", settings=_WANTED),
        Example("As it should be", "FROM scratch\nLABEL org.opencontainers.image.licenses=MIT\n", settings=_WANTED),
        Example(
            "Also right, 1",
            'FROM scratch\nLABEL org.opencontainers.image.licenses="MIT OR (gpl-2.0-only WITH GCC-exception-2.0)"\n',
            settings=_WANTED,
        ),
        Example(
            "Also right, 2",
            "FROM scratch\nLABEL org.opencontainers.image.licenses=LicenseRef-Example\n",
            settings=_WANTED,
        ),
        Example(
            "A value from outside",
            "FROM scratch\nARG V\nLABEL org.opencontainers.image.licenses=$V\n",
            settings=_WANTED,
        ),
        Example("Nothing is wanted of it", 'FROM scratch\nLABEL org.opencontainers.image.licenses="Apache 2"\n'),
    ),
    twins=("hadolint:DL3054",),
    words=("label",),
)
