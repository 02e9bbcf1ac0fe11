"""Texts in little space come back as they were, however they were compressed."""

from __future__ import annotations

import random
import zlib
from concurrent.futures import ThreadPoolExecutor

from hypothesis import given
from hypothesis import strategies as st

from pytest_vtrack.store.packing import PLAIN, ZLIB, ZSTD, packed, unpacked

LONG = "so many words " * 100


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_every_text_comes_back(text):
    assert unpacked(*packed(text)) == text
    assert unpacked(*packed(text * 50)) == text * 50


def test_a_text_is_compressed_where_that_helps():
    compressed, body = packed(LONG)
    assert (compressed, len(body) < 100) == (ZSTD, True)
    noise = random.Random(1).randbytes(500).hex()[:40]
    assert packed(noise) == (PLAIN, noise.encode())


def test_what_older_stores_hold_is_read():
    assert unpacked(ZLIB, zlib.compress(LONG.encode())) == LONG


def test_threads_do_not_disturb_each_other():
    texts = [f"{number} {LONG}" * (number % 7 + 1) for number in range(2000)]
    with ThreadPoolExecutor(8) as threads:
        assert [unpacked(*each) for each in threads.map(packed, texts)] == texts
