"""Secrets inside texts, where their form leaves no doubt: in URLs, headers and private keys."""

from __future__ import annotations

import re
from collections.abc import Callable

MASK = "***"

# Each begins with a literal, so that long texts are scanned fast; quotes and backslashes end a match, so
# that JSON text can be searched as it is.
_IN_URL = re.compile(r"""(://[^\s/?#@:"'<>\\]{0,256}:)[^\s/?#"'<>\\]{1,1024}@""")
_PARAMETER = re.compile(r"""([?&])([^=&#\s"'<>\\]{1,128})=([^&#\s"'<>\\]+)""")
_BEARER = re.compile(r"\b(bearer\s+)(?=[\w.~+/-]*\d)[\w.~+/-]{16,}=*", re.IGNORECASE)
_BASIC = re.compile(
    r"""(authorization["'\\]{0,2}\s*[:=]\s*["'\\]{0,2}basic\s+)[\w+/-]{4,}=*""", re.IGNORECASE
)
_PRIVATE_KEY = re.compile(
    r"(-----BEGIN ([A-Z ]{0,30})PRIVATE KEY-----).*?(?:(-----END \2PRIVATE KEY-----)|\Z)", re.DOTALL
)


class SecretTexts:
    """Masks ``user:password@`` in URLs, secrets among their parameters, credentials of headers, private keys.

    :param is_secret: tells whether a name is a secret's.
    """

    def __init__(self, is_secret: Callable[[str], bool]) -> None:
        self._is_secret = is_secret

    def found_in(self, text: str) -> bool:
        """Tell whether a text, also one that is JSON, holds a secret."""
        return any(self._spots(text))

    def masked(self, text: str) -> str:
        """Return a text without the secrets in it."""
        if not self.found_in(text):
            return text
        text = _IN_URL.sub(rf"\1{MASK}@", text)
        text = _PARAMETER.sub(self._parameter, text)
        text = _BEARER.sub(rf"\1{MASK}", text)
        text = _BASIC.sub(rf"\1{MASK}", text)
        return _PRIVATE_KEY.sub(lambda found: f"{found[1]}{MASK}{found[3] or ''}", text)

    def _spots(self, text: str) -> list[bool]:
        spots = []
        if "://" in text:
            spots.append(_IN_URL.search(text) is not None)
            spots.append(any(self._is_secret_parameter(found) for found in _PARAMETER.finditer(text)))
        if "earer" in text or "BEARER" in text:
            spots.append(_BEARER.search(text) is not None)
        if "asic " in text or "BASIC " in text:
            spots.append(_BASIC.search(text) is not None)
        if "PRIVATE KEY-----" in text:
            spots.append(_PRIVATE_KEY.search(text) is not None)
        return spots

    def _is_secret_parameter(self, found: re.Match[str]) -> bool:
        return found[3] != MASK and self._is_secret(found[2])

    def _parameter(self, found: re.Match[str]) -> str:
        return f"{found[1]}{found[2]}={MASK}" if self._is_secret(found[2]) else found[0]
