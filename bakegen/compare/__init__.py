"""Comparing images: OCI archives and layouts in, their configuration and root filesystem, and what differs."""

from bakegen.compare.archive import read_image
from bakegen.compare.blobs import Shared
from bakegen.compare.differences import CONFIG, Comparison, Difference, differences
from bakegen.compare.model import Entry, Image, Kind

__all__ = [
    "CONFIG",
    "Comparison",
    "Difference",
    "Entry",
    "Image",
    "Kind",
    "Shared",
    "differences",
    "read_image",
]
