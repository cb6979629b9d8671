"""Facts about folding and cutting Japanese text."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matching.engine.text import _analysed, analyse, bigrams, fold, kana_windows, sentences

ANYTHING = st.text(max_size=200) | st.text(alphabet="ーｰ-−ァｶﾞ髙﨑邉あ ０Aａ。😀\x00\ud800", max_size=40)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("ｽﾏﾎ", "スマホ"),
        ("Ｅｘｃｅｌ", "excel"),
        ("髙﨑さん", "高崎さん"),
        ("渡邉・渡邊", "渡辺・渡辺"),
        ("圖書館の學習會", "図書館の学習会"),
        ("サ−クル", "サークル"),
        ("デ―タ", "データ"),
        ("コ‐ヒ‐", "コーヒー"),
        ("㈱山口", "(株)山口"),
    ],
)
def test_writings_of_one_word_fold_together(written: str, meant: str) -> None:
    assert fold(written) == meant


def test_a_dash_between_numbers_stays() -> None:
    assert fold("083-922-4111") == "083-922-4111"


@given(ANYTHING)
def test_folding_twice_is_folding_once(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@settings(max_examples=200, deadline=None)
@given(ANYTHING)
def test_no_text_is_refused(text: str) -> None:
    analyse(text)
    kana_windows(text)
    bigrams(text)
    assert all(sentences(text))


@pytest.mark.parametrize("text", ["あ" * 10_000, "😀" * 10_000, "㌖" * 10_000, "読み聞かせ" * 2_000, "\n" * 10_000])
def test_ten_thousand_characters_are_read(text: str) -> None:
    analyse(text)


def words(text: str) -> list[str]:
    return [term.text for term in analyse(text)]


def test_content_words_stay_and_words_of_asking_go() -> None:
    assert "読み聞かせ" in words("絵本の読み聞かせをお願いしたいです")
    assert "願う" not in words("絵本の読み聞かせをお願いしたいです")


def test_suffixes_and_neighbours_make_compounds() -> None:
    assert {"認知症", "認知症サポーター", "認知"} <= set(words("認知症サポーター"))
    assert "不登校" in words("不登校の相談")
    assert "スマートフォン" in words("スマートフォンの使い方")
    assert "三味線" in words("三味線を弾く")


def test_spellings_share_a_normalized_form() -> None:
    assert set(words("せん定")) & set(words("剪定"))
    assert set(words("子ども")) & set(words("子供"))


def test_hiragana_stretches_are_tried_as_readings() -> None:
    assert "ショドウ" in kana_windows("しょどうをおしえて")
    assert kana_windows("書道を習う") == ()


def test_threads_do_not_disturb_each_other() -> None:
    texts = [f"第{i}回の読み聞かせと草刈り、認知症の学習会 {i}" for i in range(200)]
    alone = [_analysed(text) for text in texts]
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(_analysed, texts)) == alone
