"""The page about the JSON of `bakegen cache sharing`: every object with its fields, as `data` makes them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

OBJECTS: Mapping[str, Mapping[str, tuple[str, str]]] = {
    "The whole": {
        "schema_version": ("number", "goes up when a field goes away or changes its meaning"),
        "asked": ("bool", "whether registries were asked: not with `--offline`"),
        "total": ("`shares` or null", "all images together, whatever their definition; null with `--offline`"),
        "definitions": ("list of `definition`", "one for each definition and platform"),
        "problems": ("list of texts", "images that are not there or cannot be read, and why"),
    },
    "`definition`": {
        "image": ("text", "its name"),
        "platform": ("text or null", "as in `linux/arm64`; null where it names none"),
        "shares": ("`shares` or null", "its images that a registry has; null where it has none"),
        "steps_in_all": (
            "number",
            "the steps of the plan that leave a layer, those of stages and parents below included",
        ),
        "steps": ("number", "how many different ones: what would be stored if everything was built with one cache"),
        "plan": ("`parting` or null", "where the steps part first; null where they do not, or nothing is known"),
        "registry": ("`layers parting` or null", "where the layers part first"),
        "agreement": ("text", "`agree`, `earlier`, `later` or `unknown`: see below"),
        "tree": ("`node` or null", "how the layers part; null without images in a registry"),
        "advice": ("`advice` or null", "rewrites with which more would be shared"),
        "variants": ("list of `variant`", "its images"),
    },
    "`shares`": {
        "images": ("number", "how many images there are"),
        "distinct": ("number", "how many of them differ"),
        "layers_in_all": ("number", "their layers, image by image"),
        "layers": ("number", "their layers, each once"),
        "bytes_in_all": ("number", "the bytes of layers as they are stored, image by image"),
        "bytes": ("number", "the same, each layer once"),
        "layers_of_all": ("number", "layers that every image has"),
        "bytes_of_all": ("number", "their bytes"),
        "layers_of_some": ("number", "layers that several images have, but not all"),
        "bytes_of_some": ("number", "their bytes"),
        "layers_own": ("number", "layers that just one image has"),
        "bytes_own": ("number", "their bytes"),
        "other_bytes": ("number", "manifests, configs, indexes and attestations, each once; not in the above"),
    },
    "`parting`": {
        "position": ("number", "0 for the FROM, n for the n-th step"),
        "target": ("text", "the target whose instruction it is: it may be a parent"),
        "file": ("text", "where it is written: the template, where there is one"),
        "line": ("number", "the line in that"),
        "instruction": ("text", "as it is written"),
        "into": ("list of lists of texts", "the targets that are still together behind it"),
        "why": ("list of `reason`", "the inputs that differ"),
    },
    "`reason`": {
        "kind": (
            "text",
            "`argument`, `variable`, `file`, `instruction`, `setting`, `base`, `source`, `stage`, `target`, `image`, "
            "`folder`, `end` (some have no further step) or `built` (no input differs)",
        ),
        "name": ("text", "which one; of arguments and variables never the value"),
        "what": ("text", "what differs, in words"),
        "because": ("`parting` or null", "of a stage or target that files are copied from: where that parts"),
    },
    "`layers parting`": {
        "layer": ("number", "how many layers are shared before it"),
        "into": ("list of lists of texts", "the targets that have the same next layer"),
        "made_by": (
            "list of texts",
            "`created_by` in the histories of the first layers that differ, each once, without values of arguments",
        ),
        "instruction": ("`parting` or null", "the same by the plan; null where the images have other steps than it"),
    },
    "`node`": {
        "targets": ("list of texts", "the targets that share these layers, one after the other from the base on"),
        "layers": ("number", "how many there are"),
        "bytes": ("number", "their bytes; a layer may stand in several nodes"),
        "parting": ("`layers parting` or null", "what comes behind them; null for a single image or equal ones"),
        "children": ("list of `node`", "the groups behind that"),
    },
    "`advice`": {
        "names": ("list of texts", "the rewrites"),
        "what": ("text", "what it does, empty where there are several"),
        "before": ("number", "RUNs that two variants, the first ones that part, do not share"),
        "after": ("number", "the same when both are rewritten"),
    },
    "`variant`": {
        "target": ("text", "its name"),
        "reference": ("text or null", "by which its image was found"),
        "by": ("text or null", "`key`: it has the content of this checkout; `tag`: it is what the branch has"),
        "digest": ("text or null", "of its manifest"),
        "layers": ("list of objects", "`digest`, `size`, and `made_by` from its history, the lowest first"),
        "missing": ("text or null", "why there is no image"),
        "unplanned": ("text or null", "why nothing is known of its steps"),
    },
}
"""The objects: field -> what it holds, what it means."""

_INTRO = """\
# What images share

Made from `bakegen/sharing/reference.py`; do not edit.

`bakegen cache sharing --format json` prints one object. All fields are always there; new ones may come.
"""

_END = """
## Two ways that are held against each other

By the registry: the layers of each image, and the history in its config, whose entries with `empty_layer` have none.
By the plan: the keys by which BuildKit would find each step in its cache, as in `bakegen explain`.

| `agreement` | means |
| --- | --- |
| `agree` | both part at the same instruction, or nowhere |
| `earlier` | layers part before the steps do: the images were built apart, without a cache in common |
| `later` | layers part behind the steps: an instruction gave the same nevertheless, as a COPY of equal files does |
| `unknown` | fewer than two images are there, or they have other steps than the plan, as images of another commit may |

A layer counts by the digest of its packed bytes, so an image that was pushed with another compression shares nothing.
COPY of the same files gives the same layer whatever it builds on: behind a parting, too, layers may be in common.
"""


def reference_text() -> str:
    """The text of the page."""
    parts = [_INTRO]
    for title, fields in OBJECTS.items():
        rows = "".join(f"| `{name}` | {holds} | {means} |\n" for name, (holds, means) in fields.items())
        parts.append(f"\n## {title}\n\n| field | holds | meaning |\n| --- | --- | --- |\n{rows}")
    return "".join(parts) + _END
