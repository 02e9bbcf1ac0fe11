"""Reading traces from OTLP/JSON: one request, or one a line, as the Collector's file exporter writes them.

A file is read to its end before the first trace is given, so a malformed line lets nothing through. What
is held in memory is one line, and later one part in 64 of a large file's spans: in between they are in
temporary files, since the spans of a trace may be spread over the whole file.
"""

from __future__ import annotations

import json
import tempfile
import zlib
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from pytest_vtrack.errors import TraceFileError
from pytest_vtrack.interop.otlp_spans import span_of, trace_id_of
from pytest_vtrack.interop.otlp_traces import ProductionTrace, Sourced, assembled
from pytest_vtrack.interop.otlp_values import Malformed, attributes, entry, objects
from pytest_vtrack.model import spans as span_texts
from pytest_vtrack.model.trace import Span

_PARTS = 64
_IN_MEMORY = 1 << 17
"""Bytes of one part that stay in memory: small files never touch the disk."""
_OTHER_SIGNALS = ("resourceMetrics", "resource_metrics", "resourceLogs", "resource_logs", "resourceProfiles")
_SPACE = b" \t\r\n\xef\xbb\xbf"
_EXPECTED = 'an object with "resourceSpans", as OTLP/JSON has it'


@dataclass(slots=True)
class OtlpFile:
    """A file that was read to its end without fault."""

    spans: int = 0
    other: int = 0
    """Lines that hold metrics or logs, which are no traces."""
    _parts: list[IO[bytes]] = field(default_factory=list)

    def traces(self) -> Iterator[ProductionTrace]:
        """Yield every trace once, in no particular order."""
        for part in self._parts:
            part.seek(0)
            found: dict[str, list[Sourced]] = defaultdict(list)
            resources: dict[str, Mapping[str, Any]] = {}
            for line in part:
                trace_id, resource_text, text = json.loads(line)
                resource = resources.setdefault(resource_text, json.loads(resource_text))
                found[trace_id] += (Sourced(span, resource) for span in span_texts.decode_all(text))
            for trace_id, spans in found.items():
                yield assembled(trace_id, spans)


@contextmanager
def read_otlp(path: Path) -> Iterator[OtlpFile]:
    """Read a file of traces.

    :raises TraceFileError: a line is not OTLP/JSON; the message says which, and what was expected.
    """
    with ExitStack() as stack:
        parts: list[IO[bytes]] = [
            stack.enter_context(tempfile.SpooledTemporaryFile(_IN_MEMORY)) for _ in range(_PARTS)
        ]
        file = OtlpFile(_parts=parts)
        for place, request in _requests(path):
            with _placed(place):
                _spool(request, file, parts)
        yield file


def _spool(request: Any, file: OtlpFile, parts: list[IO[bytes]]) -> None:
    if not isinstance(request, Mapping):
        raise Malformed(_EXPECTED, request)
    if entry(request, "resourceSpans") is None and request:
        if not any(name in request for name in _OTHER_SIGNALS):
            raise Malformed(_EXPECTED, f"an object with {', '.join(map(str, request))}")
        file.other += 1
    for trace_id, resource, spans in _groups(request):
        file.spans += len(spans)
        record = [trace_id, json.dumps(resource, sort_keys=True), span_texts.encode(spans).text]
        parts[zlib.crc32(trace_id.encode()) % _PARTS].write(json.dumps(record).encode() + b"\n")


def _groups(request: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any], list[Span]]]:
    """Yield the spans of one trace and one resource that stand together."""
    for place, each in objects(request, "resourceSpans"):
        with _inside(place):
            resource = entry(each, "resource", {})
            if not isinstance(resource, Mapping):
                raise Malformed("an object", resource, "resource")
            with _inside("resource"):
                known = attributes(resource)
            name = "scopeSpans" if entry(each, "scopeSpans") is not None else "instrumentationLibrarySpans"
            for scope_place, scoped in objects(each, name):
                with _inside(scope_place):
                    for trace_id, spans in _spans_of(scoped).items():
                        yield trace_id, known, spans


def _spans_of(scoped: Mapping[str, Any]) -> dict[str, list[Span]]:
    scope = entry(scoped, "scope", entry(scoped, "instrumentationLibrary", {}))
    if not isinstance(scope, Mapping):
        raise Malformed("an object", scope, "scope")
    found: dict[str, list[Span]] = defaultdict(list)
    for place, record in objects(scoped, "spans"):
        with _inside(place):
            found[trace_id_of(record)].append(span_of(record, scope))
    return found


@contextmanager
def _inside(place: str) -> Iterator[None]:
    try:
        yield
    except Malformed as error:
        raise error.inside(place) from None


@contextmanager
def _placed(place: str) -> Iterator[None]:
    try:
        yield
    except Malformed as error:
        raise TraceFileError(f"{place}: {error}; nothing was imported") from None
    except RecursionError:
        raise TraceFileError(f"{place}: values are nested too deeply; nothing was imported") from None


def _requests(path: Path) -> Iterator[tuple[str, Any]]:
    """Yield what the lines of a file hold, each with its place; one request may take several lines."""
    try:
        with path.open("rb") as file:
            first = True
            for number, line in enumerate(file, start=1):
                if not line.strip(_SPACE):
                    continue
                if first and not line.rstrip().endswith(b"}"):  # written over several lines
                    yield f"{path}:{number}", _decoded(path, number, line + file.read())
                    return
                yield f"{path}:{number}", _decoded(path, number, line)
                first = False
    except OSError as error:
        raise TraceFileError(f"{path}: cannot be read: {error.strerror or error}") from None


def _decoded(path: Path, number: int, line: bytes) -> Any:
    try:
        return json.loads(line.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        found = f"byte 0x{error.object[error.start]:02x}"
        raise TraceFileError(
            f"{path}:{number}: expected OTLP/JSON in UTF-8, found {found}; the Collector writes it with "
            "`format: json` and without compression. Nothing was imported"
        ) from None
    except json.JSONDecodeError as error:
        place = f"{path}:{number + error.lineno - 1}:{error.colno}"
        raise TraceFileError(
            f"{place}: expected {_EXPECTED}, on one line; found no JSON ({error.msg}). Nothing was imported"
        ) from None
    except (ValueError, RecursionError) as error:
        raise TraceFileError(f"{path}:{number}: cannot be read ({error}); nothing was imported") from None
