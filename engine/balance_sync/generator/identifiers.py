"""Identifiers that never repeat: UUIDs, ULIDs, trace and stream names, drawn in bulk from one seed."""

from __future__ import annotations

import random

_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_PAIRS = tuple(a + b for a in _CROCKFORD for b in _CROCKFORD)
_TO_CROCKFORD = bytes(_CROCKFORD.encode()[i & 31] for i in range(256))
_BULK = 1 << 16
_VARIANT = {digit: "89ab"[int(digit, 16) & 3] for digit in "0123456789abcdef"}


class IdentifierMint:
    """Makes identifiers from `rng`; 122 random bits a UUID, 80 a ULID, so none comes twice.

    Parameters
    ----------
    rng
        Where the bits come from: the same state gives the same identifiers.
    """

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng
        self._hex = ""
        self._hex_at = 0
        self._letters = ""
        self._letters_at = 0
        self._ulid_high = -1
        self._ulid_prefix = ""

    def hex(self, digits: int) -> str:
        """Return `digits` random hexadecimal digits."""
        at = self._hex_at
        if at + digits > len(self._hex):
            self._hex = self._rng.randbytes(_BULK).hex()
            at = 0
        self._hex_at = at + digits
        return self._hex[at : at + digits]

    def uuid(self, version: str = "4") -> str:
        """Return a UUID; `version` is its thirteenth digit (Lambda's request ids carry a 5)."""
        h = self.hex(32)
        return f"{h[:8]}-{h[8:12]}-{version}{h[13:16]}-{_VARIANT[h[16]]}{h[17:20]}-{h[20:]}"

    def ulid(self, at_ms: int) -> str:
        """Return a ULID made at `at_ms` (milliseconds since 1970): time in 10 letters, chance in 16."""
        high = at_ms >> 10
        if high != self._ulid_high:
            self._ulid_high = high
            self._ulid_prefix = (
                _PAIRS[high >> 30 & 1023]
                + _PAIRS[high >> 20 & 1023]
                + _PAIRS[high >> 10 & 1023]
                + _PAIRS[high & 1023]
            )
        at = self._letters_at
        if at + 16 > len(self._letters):
            self._letters = self._rng.randbytes(_BULK).translate(_TO_CROCKFORD).decode()
            at = 0
        self._letters_at = at + 16
        return f"{self._ulid_prefix}{_PAIRS[at_ms & 1023]}{self._letters[at : at + 16]}"

    def phone(self, country_code: str) -> str:
        """Return a made-up telephone number behind `country_code`."""
        return f"+{country_code}{int(self.hex(8), 16) % 90_000_000 + 10_000_000}"
