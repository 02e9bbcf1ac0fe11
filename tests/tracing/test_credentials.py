from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_vtrack.tracing.credentials import without_credentials


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("https://example.org/a/b.git", "https://example.org/a/b.git"),
        ("https://user@example.org/a.git", "https://example.org/a.git"),
        ("https://user:pass@example.org:8443/a.git", "https://example.org:8443/a.git"),
        ("https://x-access-token:ghs_abc@example.org/a.git", "https://example.org/a.git"),
        ("https://u:p@ss/w#o?rd@example.org/a.git", "https://example.org/a.git"),
        ("https://example.org/a.git?private_token=abc#frag", "https://example.org/a.git"),
        ("ssh://git@example.org/a.git", "ssh://example.org/a.git"),
        ("git@example.org:a/b.git", "example.org:a/b.git"),
        ("../a.git", "../a.git"),
        ("/srv/me@home/a.git", "/srv/me@home/a.git"),
        ("--vtrack-store=postgresql://u:p@host/db", "--vtrack-store=postgresql://host/db"),
        ("", ""),
    ],
)
def test_credentials_are_cut(text, expected):
    assert without_credentials(text) == expected


@settings(deadline=None)
@given(st.text(min_size=1), st.text(min_size=1))
def test_no_password_survives(user, password):
    cut = without_credentials(f"https://{user}:{password}@example.org/a.git")
    assert cut == "https://example.org/a.git"
