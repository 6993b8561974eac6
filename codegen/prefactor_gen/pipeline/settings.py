"""What the configuration of a package says, beside its sources and its folder."""

from __future__ import annotations

from dataclasses import dataclass, field

from prefactor_gen.checks.allowances import Allowance
from prefactor_gen.definitions.reference_settings import ReferenceSettings

__all__ = ["Settings"]


@dataclass(frozen=True)
class Settings:
    """The settings of a package that decide what is generated, or whether anything is.

    Attributes:
        assert_formats: payloads must match the formats of their schemas.
        former_names: pairs of a name that a class had before, and its name.
        allowances: the rules that definitions may break.
        references: the files outside of the definition folders that may be referred to.
    """

    assert_formats: bool = False
    former_names: tuple[tuple[str, str], ...] = ()
    allowances: tuple[Allowance, ...] = ()
    references: ReferenceSettings = field(default_factory=ReferenceSettings)

    def described(self) -> str:
        """The settings as a text that is another one for each, but the same in each folder.

        Allowances count, because an error that is no longer allowed stops the generation.
        """
        allowances = [(each.code, each.file, each.span_type) for each in self.allowances]
        return repr((self.assert_formats, self.former_names, allowances, *self.references.described()))
