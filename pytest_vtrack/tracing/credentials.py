"""Taking credentials out of URLs before they are stored."""

from __future__ import annotations

import re

_USER_AT_HOST = re.compile(r"[^/@\s:]+@(?=[^/@\s:]+:)")


def without_credentials(text: str) -> str:
    """Return a text with its URL, if it has one, cut of user, password, token, query and fragment.

    All up to the last ``@`` goes: a password may hold any character. ``git@host:path`` becomes
    ``host:path``.
    """
    scheme, separator, rest = text.partition("://")
    if not separator:
        return _USER_AT_HOST.sub("", text, count=1)
    return scheme + separator + re.split(r"[?#]", rest.rpartition("@")[2], maxsplit=1)[0]
