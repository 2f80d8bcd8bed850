from __future__ import annotations

import unicodedata

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from balance_sync.reports.visible_text import cut, utf16_length, visible, visible_series

ANYTHING = st.text(st.characters())
NO_SURROGATES = st.text(st.characters(exclude_categories=["Cs"]))


@given(ANYTHING)
def test_nothing_hidden_is_left(text):
    shown = visible(text)
    assert not [one for one in shown if unicodedata.category(one) in {"Cc", "Cs", "Zl", "Zp"}]
    assert not [
        one for one in shown if unicodedata.bidirectional(one) in {"RLO", "LRO", "RLE", "LRE", "RLI", "LRI"}
    ]
    shown.encode("utf-8")


def test_letters_and_joiners_are_left_alone():
    text = "خصم 12.500 – naïve 👨\u200d👩\u200d👧 می\u200cخواهم"
    assert visible(text) == text


def test_lines_are_kept_where_asked():
    assert visible("a\nb\r", keep_lines=True) == "a\nb␍"
    assert visible("a\nb") == "a␊b"


def test_lone_surrogate_is_shown():
    assert visible("\ud83d") == "⟨U+D83D⟩"


@given(st.lists(st.none() | NO_SURROGATES))
def test_series_is_shown_as_its_texts(texts):
    shown = visible_series(pl.Series(texts, dtype=pl.String)).to_list()
    assert shown == [None if text is None else visible(text) for text in texts]


@given(NO_SURROGATES, st.integers(min_value=60, max_value=120))
def test_cut_text_fits_and_says_its_length(text, limit):
    text = text * 20
    short = cut(text, limit)
    assert utf16_length(short) <= limit
    if utf16_length(text) > limit:
        assert short.endswith(f" … [cut: {utf16_length(text):,} characters in all]")
    else:
        assert short == text
