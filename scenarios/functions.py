"""The four functions of a run: a candidate's, with another file's in place of those that fail."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields

from infra.solution import Solution, SolutionFile

NAMES = tuple(field.name for field in fields(Solution))


@dataclass(frozen=True, slots=True, kw_only=True)
class Functions:
    """Where the four functions come from. `reasons` says why some are not those of `file`, but of
    `stand_in`, if there is one; each copy that is made shares no memory with another."""

    file: SolutionFile
    stand_in: SolutionFile | None = None
    reasons: Mapping[str, str] = field(default_factory=dict)

    @property
    def paths(self) -> frozenset[str]:
        """The files that the functions' code is from."""
        files = [self.file] + ([self.stand_in] if self.stand_in else [])
        return frozenset(str(file.path) for file in files)

    def copy(self) -> Solution:
        """Execute the files in modules of their own, and take the functions."""
        module = self.file.execute()
        if self.stand_in and self.reasons:
            other = self.stand_in.execute()
            # They call each other by name: both modules get the same four.
            for name in NAMES:
                source, target = (other, module) if name in self.reasons else (module, other)
                vars(target)[name] = self.file.function(source, name)
        return Solution(*(self.file.function(module, name) for name in NAMES))
