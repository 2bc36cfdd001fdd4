"""How an authenticator app is told a seed.

Source: the otpauth key URI format; RFC 4648 section 6.
"""

import base64
from urllib.parse import quote, urlencode

from accounts.models.signin import DIGITS, STEP_S

ISSUER = "Atrium"
GROUP = 4


def _base32(seed: str) -> str:
    return base64.b32encode(bytes.fromhex(seed)).decode().rstrip("=")


def address_for_apps(account: str, seed: str) -> str:
    """Return what the picture says; ``seed`` is hex."""
    about = {"secret": _base32(seed), "issuer": ISSUER, "digits": DIGITS, "period": STEP_S}
    return f"otpauth://totp/{quote(f'{ISSUER}:{account}')}?{urlencode(about)}"


def grouped_seed(seed: str) -> str:
    """Return the seed as one types it: base 32, in groups of four."""
    text = _base32(seed)
    return " ".join(text[start : start + GROUP] for start in range(0, len(text), GROUP))
