"""Which documents were retrieved, from the spans of a trace, and which are expected."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from pytest_vtrack.errors import ScorerError
from pytest_vtrack.model import payload
from pytest_vtrack.model.trace import Span, Trace

ID_NAMES = ("id", "doc_uri", "document_id", "doc_id", "source", "uri", "url")
"""What a document's id is called, in this order; looked for in the document, then in its metadata."""
_TEXT_NAMES = ("page_content", "content", "text", "document")
_LISTS = ("documents", "results", "matches", "chunks", "data")
_RECORD_PARTS = ("", "metadata", "document.metadata", "document", "payload")


def retrieved(trace: Trace, *, span: str | None, id_name: str | None) -> list[str]:
    """Return the ids that a trace retrieved, best first, each once.

    Those of several spans follow each other as the spans started.

    :param span: the name of the spans that count; default: all of the kind RETRIEVER.
    :param id_name: what the id is called; default: the first of :data:`ID_NAMES` that there is.
    :raises ScorerError: the trace has no spans at all, or no ids can be read from those that count.
    """
    if not trace.spans:
        raise ScorerError("the trace has no spans, so what was retrieved is not known; trace the retriever")
    chosen = [
        each for each in trace.spans if (each.kind == "RETRIEVER" if span is None else each.name == span)
    ]
    found = (document_id(each, id_name, _place(step)) for step in chosen for each in _listed(step))
    return list(dict.fromkeys(found))


def retrieved_texts(trace: Trace) -> list[str] | None:
    """Return the texts of the documents in a trace's RETRIEVER spans; ``None``: there are no such spans.

    :raises ScorerError: such a span has no list of documents.
    """
    chosen = [each for each in trace.spans if each.kind == "RETRIEVER"]
    return [_text(each) for step in chosen for each in _listed(step)] if chosen else None


def relevances(expected: Any, id_name: str | None) -> dict[str, float]:
    """Return how relevant each expected document is: 1, or what an object of ids and numbers says.

    :raises ScorerError: the expectation is neither documents nor such an object.
    """
    where = "the expected documents"
    if isinstance(expected, (str, int)) and not isinstance(expected, bool):
        expected = [expected]
    if isinstance(expected, (list, tuple)):
        return {document_id(each, id_name, where): 1.0 for each in expected}
    if isinstance(expected, Mapping) and all(_is_grade(grade) for grade in expected.values()):
        return {str(name): float(grade) for name, grade in expected.items() if grade > 0}
    raise ScorerError(
        f"{where}, {expected!r}, must be a list of ids or documents, or an object of ids and "
        "their relevance, a number from 0 up"
    )


def document_id(document: Any, id_name: str | None, where: str) -> str:
    """Return the id of a document: itself where it is a text or number, else what it calls its id.

    :raises ScorerError: it has none.
    """
    if isinstance(document, (str, int)) and not isinstance(document, bool):
        return str(document)
    names = ID_NAMES if id_name is None else (id_name,)
    if isinstance(document, Mapping):
        parts = [_part(document, name) for name in _RECORD_PARTS]
        for name in names:
            for part in parts:
                if isinstance(value := part.get(name), (str, int)):
                    return str(value)
        known = ", ".join(map(repr, document)) or "nothing"
    else:
        known = f"a {type(document).__name__}"
    raise ScorerError(
        f"{where}: a document has no id: looked for {', '.join(names)} in it and in its metadata, found "
        f"{known}; name what is the id with id_name='…'"
    )


def _listed(span: Span) -> Iterable[Any]:
    outputs = _read(span.outputs)
    if isinstance(outputs, Mapping):
        named = [outputs[name] for name in _LISTS if isinstance(outputs.get(name), list)]
        outputs = named[0] if named else outputs
    if isinstance(outputs, (list, tuple)):
        return outputs
    raise ScorerError(
        f"{_place(span)}: the outputs are no list of documents, nor an object with one as "
        f"{', '.join(_LISTS)}: found {str(outputs)[:60]!r}"
    )


def _text(document: Any) -> str:
    """Return the text of a document, the whole of it as JSON where none is found."""
    if isinstance(document, Mapping):
        parts = [_part(document, name) for name in _RECORD_PARTS]
        found = [part[name] for name in _TEXT_NAMES for part in parts if isinstance(part.get(name), str)]
        document = found[0] if found else document
    return document if isinstance(document, str) else payload.encode(document, "document").text


def _read(value: Any) -> Any:
    if isinstance(value, str):
        try:
            return json.loads(value)
        except ValueError:
            return value
    return value


def _part(document: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    part = _read(document.get(name)) if name else document
    return part if isinstance(part, Mapping) else {}


def _place(span: Span) -> str:
    return f"span {span.name!r}"


def _is_grade(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value < float("inf")
