"""What a rule may look at in a bake file: its document, the model of it and the files read along, the settings."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from bakegen.bakefile.entries import Entry, entries
from bakegen.bakefile.reader import read_bake_file
from bakegen.bakefile.targets import BakeModel, Effective, Target
from bakegen.rules.model import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bakegen.bakefile.model import Document
    from bakegen.bakefile.values import Value
    from bakegen.text import Source

_DEFAULT = ("docker-bake.hcl", "docker-bake.json")


class BakeSubject:
    """A bake file.

    Attributes:
        source: the file; findings are about it alone.
        settings: what the configuration says.
    """

    def __init__(
        self,
        source: Source,
        settings: Settings | None = None,
        before: Sequence[Source] = (),
        after: Sequence[Source] = (),
        *,
        more: bool = False,
    ) -> None:
        """A subject.

        Args:
            source: the file.
            settings: what the configuration says.
            before: files that bake reads before it; for an override file, what it overrides.
            after: files that bake reads after it; its override file.
            more: whether bake reads further files with it that are not given, such as a compose file beside it.
        """
        self.source = source
        self.settings = settings or Settings()
        self._before = before
        self._after = after
        self._more = more

    @cached_property
    def document(self) -> Document:
        """The file as it is written."""
        return read_bake_file(self.source)

    @cached_property
    def model(self) -> BakeModel:
        """What bake makes of it with the files that are read along; nothing where bake refuses the file."""
        if self.document.problems:
            return BakeModel(())
        along = [*map(read_bake_file, self._before), self.document, *map(read_bake_file, self._after)]
        return BakeModel(along)

    @property
    def file_name(self) -> str:
        """The last part of its path."""
        return self.source.path.replace("\\", "/").rpartition("/")[2]

    @property
    def is_default(self) -> bool:
        """Whether bake reads it without being asked to."""
        return self.file_name in _DEFAULT

    @cached_property
    def whole(self) -> bool:
        """Whether nothing but the files that are known is read with it, as far as one can tell, and all names are."""
        if self._more:
            return False
        along = self.model.documents
        return (self.is_default or bool(self._before)) and self.model.complete and not any(d.problems for d in along)

    def here(self, value: Value) -> bool:
        """Whether a value was written in this file."""
        return value.source is self.source

    def targets(self) -> Iterator[tuple[Target, Effective]]:
        """Every target that this file says something about, with all that it inherits."""
        for target in self.model.targets.values():
            if any(one.source is self.source for one in target.definitions):
                yield target, self.model.effective(target.name)

    def written(self, attribute: str) -> Iterator[tuple[Target, Value]]:
        """The values of an attribute that blocks of this file set, for each target that they make."""
        for target in self.model.targets.values():
            for one in target.definitions:
                value = one.attributes.get(attribute)
                if value is not None and one.source is self.source:
                    yield target, value

    def entries(self, attribute: str) -> Iterator[tuple[Target, Entry]]:
        """The entries of an attribute that this file sets itself."""
        for target, value in self.written(attribute):
            for entry in entries(value, attribute):
                if self.here(entry.value):
                    yield target, entry
