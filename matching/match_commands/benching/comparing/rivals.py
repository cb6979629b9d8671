"""Other ways of searching the same people: each is filled with the same texts and asked the same asks.

None of them explains anything, knows who may be shown, or reads meaning; they are here for their time, and for how much
of the exact ranking they find.
"""

from __future__ import annotations

import contextlib
import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from rapidfuzz import fuzz, process
from sqlalchemy import select

from ....database import db
from ....engine.cards import IDEA
from ....engine.text import analyse, fold
from ....engine.types import Ask
from ....profiles.models import ProfileContent

_READ = 5_000  # contents that are read at a time
_WRITTEN = 20_000


@dataclass(frozen=True)
class Said:
    """What one profile says: its phrases as written, and all its words (ideas left out) as the index cut them."""

    profile_id: int
    phrases: tuple[str, ...]
    phrase_words: tuple[str, ...]  # of each phrase, with spaces between
    intro_words: str


class Rival(Protocol):
    name: str

    def fill(self, everybody: Iterator[Said]) -> None: ...

    def top(self, ask: Ask, limit: int) -> list[int]:
        """Profile ids, best first."""


def everybody() -> Iterator[Said]:
    last = 0
    while True:
        rows = db.session.execute(
            select(ProfileContent.profile_id, ProfileContent.card, ProfileContent.words)
            .where(ProfileContent.profile_id > last)
            .order_by(ProfileContent.profile_id)
            .limit(_READ)
        ).all()
        if not rows:
            return
        for id_, card, words in rows:
            *phrases, intro = (
                " ".join(text for text, _, kind in said if kind != IDEA) for _folded, said in json.loads(words)
            )
            yield Said(id_, tuple(phrase[0] for phrase in card["phrases"]), tuple(phrases), intro)
        last = rows[-1][0]


def asked_words(ask: Ask) -> list[str]:
    """The ask's words as the index cuts them, each once."""
    return list(dict.fromkeys(term.text for text in (ask.title, *ask.needs, ask.detail) for term in analyse(text)))


class Scan:
    """Every phrase of everybody compared with the title and each need by RapidFuzz; the best phrase counts."""

    def __init__(self, scorer: str) -> None:
        self.name = f"RapidFuzz {scorer}"
        self._on_words = scorer == "token_set_ratio"
        self._scorer = getattr(fuzz, scorer)

    def fill(self, everybody: Iterator[Said]) -> None:
        self._texts: list[str] = []
        starts, ids = [], []
        for one in everybody:
            texts = one.phrase_words if self._on_words else tuple(fold(phrase) for phrase in one.phrases)
            ids.append(one.profile_id)
            starts.append(len(self._texts))
            self._texts.extend(texts or ("",))
        self._starts, self._ids = np.array(starts), np.array(ids)

    def top(self, ask: Ask, limit: int) -> list[int]:
        asked = [text for text in (ask.title, *ask.needs) if text.strip()]
        if self._on_words:
            asked = [" ".join(term.text for term in analyse(text)) for text in asked]
        else:
            asked = [fold(text) for text in asked]
        total = np.zeros(len(self._ids), dtype=np.float32)
        for text in asked:
            scores = process.cdist([text], self._texts, scorer=self._scorer, dtype=np.float32)[0]
            total += np.maximum.reduceat(scores, self._starts)
        return [int(id_) for id_ in self._ids[np.lexsort((self._ids, -total))[:limit]]]


class Fts5:
    """SQLite's full-text index with BM25 on the same words; introductions count half."""

    name = "SQLite FTS5 BM25"

    def __init__(self, path: Path) -> None:
        self._connection = sqlite3.connect(path)
        self._numbers: dict[str, int] = {}

    def fill(self, everybody: Iterator[Said]) -> None:
        for pragma in ("journal_mode=OFF", "synchronous=OFF"):
            self._connection.execute(f"PRAGMA {pragma}")
        self._connection.execute("CREATE VIRTUAL TABLE said USING fts5(phrases, intro, content='', tokenize='ascii')")
        rows = ((s.profile_id, self._coded(" ".join(s.phrase_words)), self._coded(s.intro_words)) for s in everybody)
        self._connection.executemany("INSERT INTO said (rowid, phrases, intro) VALUES (?, ?, ?)", rows)
        self._connection.execute("INSERT INTO said (said) VALUES ('optimize')")
        self._connection.commit()

    def _coded(self, words: str) -> str:
        """The tokenizer must not cut again what is cut already."""
        return " ".join(f"w{self._numbers.setdefault(word, len(self._numbers))}" for word in words.split())

    def top(self, ask: Ask, limit: int) -> list[int]:
        words = [f"w{self._numbers[word]}" for word in asked_words(ask) if word in self._numbers]
        if not words:
            return []
        rows = self._connection.execute(
            "SELECT rowid FROM said WHERE said MATCH ? ORDER BY bm25(said, 1.0, 0.5) LIMIT ?",
            (" OR ".join(words), limit),
        )
        return [row[0] for row in rows]

    def close(self) -> None:
        self._connection.close()


class Trigrams:
    """PostgreSQL's pg_trgm: similarity of title and needs with all phrases, by a GIN index.

    A low threshold: with the usual one it finds nobody, and word_similarity found less.
    """

    name = "PostgreSQL pg_trgm"

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    def fill(self, everybody: Iterator[Said]) -> None:
        with self._connection.cursor() as cursor:
            cursor.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
            cursor.execute("CREATE TEMPORARY TABLE said (id integer PRIMARY KEY, text text)")
            with cursor.copy("COPY said FROM STDIN") as copy:
                for one in everybody:
                    copy.write_row((one.profile_id, fold(" ".join(one.phrases)).replace("\x00", "")))
            cursor.execute("CREATE INDEX said_trigrams ON said USING gin (text gin_trgm_ops)")
            cursor.execute("ANALYZE said")
            cursor.execute("SET pg_trgm.similarity_threshold = 0.02")

    def top(self, ask: Ask, limit: int) -> list[int]:
        asked = fold(" ".join((ask.title, *ask.needs)))
        with self._connection.cursor() as cursor:
            cursor.execute(
                "SELECT id FROM said WHERE text %% %(asked)s"
                " ORDER BY similarity(text, %(asked)s) DESC, id LIMIT %(limit)s",
                {"asked": asked, "limit": limit},
            )
            return [row[0] for row in cursor.fetchall()]


class Tantivy:
    """A search engine's library in Rust, on the same words: the limit of what an index of words can do."""

    name = "tantivy BM25"

    def __init__(self, folder: Path) -> None:
        import tantivy

        self._tantivy = tantivy
        builder = tantivy.SchemaBuilder()
        builder.add_integer_field("id", stored=True)
        builder.add_text_field("said", tokenizer_name="whitespace")
        folder.mkdir(parents=True, exist_ok=True)
        self._index = tantivy.Index(builder.build(), path=str(folder))

    def fill(self, everybody: Iterator[Said]) -> None:
        writer = self._index.writer(heap_size=200_000_000, num_threads=1)
        for one in everybody:
            said = " ".join((*one.phrase_words, one.intro_words))
            writer.add_document(self._tantivy.Document(id=one.profile_id, said=said))
        writer.commit()
        writer.wait_merging_threads()
        self._index.reload()

    def top(self, ask: Ask, limit: int) -> list[int]:
        t = self._tantivy
        words = [(t.Occur.Should, t.Query.term_query(self._index.schema, "said", word)) for word in asked_words(ask)]
        if not words:
            return []
        searcher = self._index.searcher()
        found = searcher.search(t.Query.boolean_query(words), limit)
        return [searcher.doc(address)["id"][0] for _score, address in found.hits]


@contextmanager
def rivals(folder: Path, *, postgresql: str | None) -> Iterator[tuple[list[Rival], list[str]]]:
    """Those that can be asked here, and why others cannot; ``postgresql`` is a server to make a temporary table on."""
    with contextlib.ExitStack() as stack:
        index = Fts5(folder / "fts5.sqlite")
        stack.callback(index.close)
        found: list[Rival] = [Scan("WRatio"), Scan("token_set_ratio"), index]
        left_out = []
        if postgresql is not None:
            import psycopg

            connection = stack.enter_context(psycopg.connect(postgresql.replace("+psycopg", ""), autocommit=True))
            found.append(Trigrams(connection))
        if find_spec("tantivy") is None:
            left_out.append("tantivy: not installed (pip install -e '.[bench]')")
        else:
            found.append(Tantivy(folder / "tantivy"))
        yield found, left_out
