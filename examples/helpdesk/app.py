"""Answer the questions of customers from the help articles of Fernweh Outfitters, an outdoor shop."""

import json
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import TypedDict

from rank_bm25 import BM25Okapi  # type: ignore[import-untyped]  # ships without type hints

ARTICLES = Path(__file__).with_name("articles.jsonl")


def all_words(text: str) -> list[str]:
    """Split a text into words; every word counts."""
    return re.findall(r"[a-z0-9]+", text.lower())


STOP_WORDS = frozenset(
    all_words("""
    a about after again all am an and any are as at be because been before but by can could did do does
    down for from get has have he her here him his how i if in into is it its just me my no not now of off
    on or our out over s she should so some t than that the their them then there they this to too under up
    was we were what when where which who why will with would you your
    """)
)


def content_words(text: str) -> list[str]:
    """Split a text into the words that carry its meaning, which leaves far less to look up.

    Stop words say nothing, and the order numbers, dates and prices that customers paste into a question
    find articles that happen to hold the same number.
    """
    return [word for word in re.findall(r"[a-z]+", text.lower()) if word not in STOP_WORDS]


# Two versions of the app side by side; in your project these are two commits.
VERSIONS: dict[str, Callable[[str], list[str]]] = {"1.2": all_words, "1.3": content_words}


class Answer(TypedDict):
    """What the customer reads, and the article it is quoted from."""

    answer: str
    article: str | None


class HelpDesk:
    """Find the best article for a question and quote its best sentence."""

    def __init__(self, version: str | None = None) -> None:
        version = version or os.environ.get("HELPDESK_VERSION", "1.2")
        if version not in VERSIONS:
            raise ValueError(f"HELPDESK_VERSION {version!r} is unknown; known: {', '.join(VERSIONS)}")
        self.words = VERSIONS[version]
        articles = [json.loads(line) for line in ARTICLES.read_text(encoding="utf-8").splitlines()]
        self.ids = [article["id"] for article in articles]
        self.sentences = [re.split(r"(?<=[.?!]) ", article["text"]) for article in articles]
        self.index = BM25Okapi([self.words(f"{article['title']} {article['text']}") for article in articles])
        self.rarity: dict[str, float] = self.index.idf

    def answer(self, question: str) -> Answer:
        """Answer a question with one sentence of the article that fits it best."""
        asked = self.words(question)
        scores = self.index.get_scores(asked)
        best = int(scores.argmax())
        if scores[best] == 0:  # not one word of the question is known
            return {"answer": "Sorry, I found nothing about that.", "article": None}
        sentence = max(self.sentences[best], key=lambda sentence: self.shared_rarity(asked, sentence))
        return {"answer": sentence, "article": self.ids[best]}

    def shared_rarity(self, asked: list[str], sentence: str) -> float:
        """Add up how rare the words are that the question shares with the sentence."""
        said = set(self.words(sentence))
        return sum(self.rarity[word] for word in asked if word in said)
