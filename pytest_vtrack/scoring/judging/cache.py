"""Answers of judges kept on disk by what was asked: one small file each, so that processes may share them."""

from __future__ import annotations

import json
import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

from pytest_vtrack.model import payload

DEFAULT_FOLDER = Path(".vtrack") / "judge-cache"


@dataclass(frozen=True, slots=True)
class AnswerCache:
    """A folder of answers."""

    folder: Path

    def get(self, asked: dict[str, Any]) -> dict[str, Any] | None:
        """Return what was kept; ``None``: nothing, or nothing that can be read."""
        try:
            kept = json.loads(self._path(asked).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        return kept if isinstance(kept, dict) and "answer" in kept else None

    def put(self, asked: dict[str, Any], answer: dict[str, Any]) -> None:
        """Keep an answer; where that cannot be, it is asked for again the next time."""
        path = self._path(asked)
        with suppress(OSError):
            path.parent.mkdir(parents=True, exist_ok=True)
            with NamedTemporaryFile("w", dir=path.parent, delete=False, encoding="utf-8") as file:
                file.write(json.dumps(answer))
            os.replace(file.name, path)  # noqa: PTH105  at once, or not at all

    def _path(self, asked: dict[str, Any]) -> Path:
        digest = payload.digest(payload.encode(asked, "judge", canonical=True).text)
        return self.folder / digest[:2] / f"{digest}.json"
