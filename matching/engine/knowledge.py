"""What the engine knows beyond the words: the lexicon, and the encoder that was trained on it when there is one."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from .encoder import Encoder
from .lexicon import MEANING, Lexicon, Meant, short_fingerprint
from .text import sentences


_MOST_SENTENCES = 40


@dataclass(frozen=True)
class Knowledge:
    """A lexicon and, optionally, an encoder that learned from it or from an earlier one."""

    lexicon: Lexicon
    encoder: Encoder | None = None

    @property
    def version(self) -> str:
        return f"{self.lexicon.version}/{self.encoder.version if self.encoder else '-'}"

    @cached_property
    def untrained(self) -> frozenset[str]:
        """Concepts that the encoder does not know as they stand: their situations count by their words."""
        if self.encoder is None or self.encoder.lexicon_version == self.lexicon.version:
            return frozenset()
        known = self.encoder.trained
        return frozenset(
            id_ for id_, concept in self.lexicon.concepts.items() if known.get(id_) != short_fingerprint(concept)
        )

    def meant_in(self, text: str) -> tuple[Meant, ...]:
        """The concepts one statement speaks of: named in it, then by its meaning, or by the words of situations."""
        found = {meant.concept: meant for meant in self.lexicon.named_in(text)}
        if self.encoder is not None:
            for id_, certainty in self.encoder.concepts(text):
                if id_ in self.lexicon.concepts and id_ not in self.untrained:
                    found.setdefault(id_, Meant(id_, certainty, MEANING, text))
        if self.encoder is None or self.untrained:
            for meant in self.lexicon.situated_in(text, among=None if self.encoder is None else self.untrained):
                found.setdefault(meant.concept, meant)
        return tuple(found.values())

    def meant_in_all(self, text: str) -> tuple[Meant, ...]:
        """The same for a text of many sentences; each concept once, as where it is surest."""
        found: dict[str, Meant] = {}
        for sentence in sentences(text)[:_MOST_SENTENCES]:
            for meant in self.meant_in(sentence):
                if meant.concept not in found or found[meant.concept].certainty < meant.certainty:
                    found[meant.concept] = meant
        return tuple(found.values())
