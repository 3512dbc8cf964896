"""Rule DF218: a label that should name a license."""

from __future__ import annotations

from bakegen.rules.practice._labels import kind_rule
from bakegen.rules.practice._spdx import is_expression

RULE = kind_rule(
    code="DF218",
    name="label-license",
    summary="Give labels that name licenses SPDX identifiers",
    why="The OCI image specification asks for an SPDX license expression, which scanners read: `Apache-2.0`, not "
    "`Apache License 2`. Expressions of several licenses are right, though hadolint takes a single identifier "
    "only. A value that a variable gives is not looked at, as only the build knows it; hadolint finds it wrong. "
    "The rule needs a label of kind `spdx` in the configuration (`labels`).",
    kind="spdx",
    twin="hadolint:DL3054",
    holds=is_expression,
    what="an SPDX license expression",
    help="write identifiers of spdx.org/licenses, such as MIT or Apache-2.0 OR MIT",
    label="org.opencontainers.image.licenses",
    wrong=('"Apache 2"', '"MIT OR"', "GPLv3"),
    right=("MIT", '"MIT OR (gpl-2.0-only WITH GCC-exception-2.0)"', "LicenseRef-Example"),
)
