"""The work that every tool is given: cases, an application that answers at once, three scorers in code."""

from __future__ import annotations

import json
import os
from pathlib import Path

NUMBER = int(os.environ.get("PEERS_CASES", "1000"))
CASES = [{"id": f"case-{i:06d}", "question": f"question {i}", "answer": f"answer {i}"} for i in range(NUMBER)]


def app(question: str) -> str:
    """Answer a question."""
    return question.replace("question", "answer")


def exact(output: str, expected: str) -> float:
    """Return 1 for the expected answer."""
    return float(output == expected)


def contains(output: str, expected: str) -> float:
    """Return 1 where the expected answer is part of the output."""
    return float(expected in output)


def brevity(output: str, expected: str) -> float:
    """Return how short the output is beside the expected answer, at most 1."""
    return min(1.0, len(expected) / max(1, len(output)))


SCORERS = {"exact": exact, "contains": contains, "brevity": brevity}


def tell(stored: int | None) -> None:
    """Leave how many scores the tool gives back from where it stored them; ``None``: it stores nothing."""
    Path("stored.json").write_text(json.dumps(stored))
