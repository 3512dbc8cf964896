"""The document of a bake file, HCL or JSON by its name or its first character."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bakegen.bakefile.model import Document
    from bakegen.text import Source


def read_bake_file(source: Source) -> Document:
    """The document of `source`; what is wrong in it is among its problems.

    Compose files, which bake reads as well, are not read: they are not told apart from broken HCL here.
    """
    name = source.path.lower()
    if name.endswith(".json") or (not name.endswith(".hcl") and source.text.lstrip("\ufeff \t\r\n").startswith("{")):
        from bakegen.bakefile.json_reader import read_json

        return read_json(source)
    from bakegen.bakefile.hcl_reader import read_hcl

    return read_hcl(source)
