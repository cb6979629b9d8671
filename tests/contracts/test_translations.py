"""English is a complete catalogue: every sentence of the interface is translated, and what is shipped is what is written."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.mofile import read_mo
from babel.messages.pofile import read_po

ROOT = Path(__file__).resolve().parents[2]
CATALOGUE = ROOT / "matching/translations/en/LC_MESSAGES"
PLACEHOLDER = re.compile(r"%\((\w+)\)[sd]")
OWN_KEYWORDS = {"_l": None, "N_": None}


@pytest.fixture(scope="module")
def sources() -> set[str]:
    """Every sentence that is marked in the code and the templates; Flask-Security's own pages have a catalogue apart."""
    mappings = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["babel"]["mappings"]
    found: set[str] = set()
    for folder in ("matching", "templates"):
        methods = [
            (mapping["pattern"].split("/", 1)[1], mapping["method"])
            for mapping in mappings
            if mapping["pattern"].startswith(f"{folder}/")
        ]
        keywords = {**DEFAULT_KEYWORDS, **OWN_KEYWORDS}
        # Babel leaves out folders like _macros unless it is told to look everywhere.
        everywhere = {"keywords": keywords, "directory_filter": lambda _folder: True}
        for _file, _line, message, _comments, _context in extract_from_dir(ROOT / folder, methods, **everywhere):
            found.add(message if isinstance(message, str) else message[0])
    return found


@pytest.fixture(scope="module")
def english() -> dict[str, str]:
    with (CATALOGUE / "messages.po").open("rb") as file:
        return {message.id: message.string for message in read_po(file, locale="en") if message.id}


def test_every_sentence_is_translated_into_english(sources, english):
    missing = sorted(sentence for sentence in sources if not english.get(sentence))
    assert len(sources) > 500 and not missing


def test_no_translation_is_left_over(sources, english):
    assert not sorted(set(english) - sources)


def test_a_translation_has_the_placeholders_of_its_sentence(english):
    wrong = {
        source: translated
        for source, translated in english.items()
        if set(PLACEHOLDER.findall(source)) != set(PLACEHOLDER.findall(translated))
    }
    assert not wrong


def test_the_compiled_catalogue_is_the_written_one(english):
    with (CATALOGUE / "messages.mo").open("rb") as file:
        compiled = {message.id: message.string for message in read_mo(file) if message.id}
    assert compiled == english


def test_a_reader_may_ask_for_english(app, web):
    page = web.get("/?lang=en")
    assert page.html.html["lang"] == "en"
    words = page.html.main.get_text().replace(app.config["SUPPORT_CENTRE_NAME"], "")  # a name stays a name
    assert not re.search(r"[ぁ-ん]", words)
