"""Comparing images: OCI archives in, their configuration and root filesystem, and what differs."""

from bakegen.compare.archive import Shared, read_image
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
