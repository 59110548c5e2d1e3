"""What a translator gives for a line of text."""

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from seq2seq.alignment import Alignment

if TYPE_CHECKING:
    from seq2seq.decoding.translator import Translator

__all__ = ["Translation"]


@dataclass(frozen=True)
class Translation:
    """One translation of one line.

    Translations are equal, and hash alike, if all that is listed here is equal. They can be pickled and copied; such
    a copy has the alignment if it was computed before, but not the translator, which would bring the model with it.

    Attributes:
        source: the line as it was given.
        text: the translation, detokenised.
        score: log-probability / length^α; 0 for a line without any token.
        tokens: the ids of the target's pieces, from which `alignment` is computed.
        cut: whether the line was longer than ``max_input`` tokens, so that this translates its beginning only.
    """

    source: str
    text: str
    score: float
    tokens: tuple[int, ...]
    cut: bool = False
    translator: "Translator | None" = field(default=None, repr=False, compare=False)

    @cached_property
    def alignment(self) -> Alignment:
        """The alignment of words, end tokens included: computed when it is first asked for, and then remembered.

        It is that of `Translator.align_translations`, which is faster for many translations.

        Raises:
            ConfigError: the model has no cross-attention.
            ValueError: this is a copy, and the alignment was not computed before it was made.
        """
        if self.translator is None:
            raise ValueError(
                "a copied or unpickled translation has no translator to compute its alignment with; ask for the "
                "alignment before, or use translator.align_translations([translation])"
            )
        (found,) = self.translator.align_translations([self])
        return found

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "translator": None}
