"""What the engine knows beyond the words: the lexicon, and the encoder that was trained on it when there is one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from .encoder import Encoder
from .lexicon import MEANING, SITUATION, Lexicon, Meant, Situations, short_fingerprint
from .text import sentences

MOST_SENTENCES = 40  # of one text that are looked at for concepts


@dataclass(frozen=True)
class Knowledge:
    """A lexicon and, optionally, an encoder that learned from it or from an earlier one."""

    lexicon: Lexicon
    encoder: Encoder | None = None

    @property
    def version(self) -> str:
        return f"{self.lexicon.version}/{self.encoder.version if self.encoder else '-'}"

    def shares_encoder_with(self, version: str) -> bool:
        """Whether what was read with knowledge of this version lies in the same space of meaning."""
        return version.rpartition("/")[2] == self.version.rpartition("/")[2]

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
        """The concepts one statement of an ask speaks of: named in it, told in the words of a situation, or meant."""
        found = {meant.concept: meant for meant in self.said_in(text)}
        if self.encoder is not None:
            for id_, certainty in self.encoder.told(text, known=self._learned):
                if id_ not in found or found[id_].certainty < certainty:
                    found[id_] = Meant(id_, certainty, SITUATION, text)
        if self.encoder is None or self.untrained:
            for meant in self.lexicon.situated_in(text, among=None if self.encoder is None else self._newer):
                found.setdefault(meant.concept, meant)
        return tuple(found.values())

    def said_in(self, text: str) -> tuple[Meant, ...]:
        """The concepts that a short text names, or that its meaning is nearest to."""
        found = {meant.concept: meant for meant in self.lexicon.named_in(text)}
        for meant in self.nearest_to(text):
            found.setdefault(meant.concept, meant)
        return tuple(found.values())

    def nearest_to(self, text: str) -> tuple[Meant, ...]:
        """The concepts that the encoder places nearest, without those that have changed since it learned them."""
        if self.encoder is None:
            return ()
        near = self.encoder.concepts(text, known=self._learned)
        return tuple(Meant(id_, certainty, MEANING, text) for id_, certainty in near)

    def _learned(self, id_: str) -> bool:
        return id_ in self.lexicon.concepts and id_ not in self.untrained

    @cached_property
    def _newer(self) -> Situations:
        return self.lexicon.situations_of(sorted(self.untrained))

    def meant_in_all(self, text: str) -> tuple[Meant, ...]:
        """What an ask of many sentences speaks of; each concept once, as where it is surest."""
        return surest(self.meant_in(sentence) for sentence in self._ahead(text))

    def said_in_all(self, text: str) -> tuple[Meant, ...]:
        """What a registrant's text of many sentences speaks of."""
        return surest(self.said_in(sentence) for sentence in self._ahead(text))

    def _ahead(self, text: str) -> tuple[str, ...]:
        """The first sentences, which the encoder has read together."""
        first = sentences(text)[:MOST_SENTENCES]
        if self.encoder is not None:
            self.encoder.read_ahead(first)
        return first


def surest(some: Iterable[tuple[Meant, ...]]) -> tuple[Meant, ...]:
    """Each concept once, as where it is surest."""
    found: dict[str, Meant] = {}
    for meant in (one for several in some for one in several):
        if meant.concept not in found or found[meant.concept].certainty < meant.certainty:
            found[meant.concept] = meant
    return tuple(found.values())
