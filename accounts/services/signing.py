"""ID tokens and the keys that sign them: made when first needed, rotated by a command."""

import time
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Q
from django.utils import timezone
from jwcrypto.jwk import JWK
from jwcrypto.jwt import JWT

from accounts.models import SigningKey

ALGORITHM = "RS256"
KEY_BITS = 2048
ID_TOKEN_LIFETIME = timedelta(hours=1)
# Clocks differ, and a token may have been signed a moment after its key was retired.
KNOWN_FOR = ID_TOKEN_LIFETIME + timedelta(minutes=5)


def _lock() -> None:
    """Take the keys in hand until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('accounts.signing_keys'))")


def _current() -> SigningKey | None:
    return SigningKey.objects.filter(retired_at=None).first()


def _make() -> SigningKey:
    pair = JWK.generate(kty="RSA", size=KEY_BITS, use="sig", alg=ALGORITHM)
    kid = pair.thumbprint()
    pair.update(kid=kid)
    return SigningKey.objects.create(
        kid=kid,
        private_key=pair.export_private(as_dict=True),
        public_key=pair.export_public(as_dict=True),
    )


def current_key() -> SigningKey:
    """Return the key that signs, made now if there is none: nobody need prepare anything."""
    return _current() or _first_key()


@transaction.atomic
def _first_key() -> SigningKey:
    _lock()
    return _current() or _make()


@transaction.atomic
def rotate_key() -> SigningKey:
    """Let a new key sign from now on; the old one stays known until its tokens are over."""
    _lock()
    SigningKey.objects.filter(retired_at=None).update(retired_at=timezone.now())
    return _make()


def public_keys() -> list[dict[str, Any]]:
    """Return the public keys by which living ID tokens can be verified, the signing one first.

    Shape: JSON Web Keys, RFC 7517 section 4.
    """
    current_key()
    known = Q(retired_at=None) | Q(retired_at__gt=timezone.now() - KNOWN_FOR)
    rows = SigningKey.objects.filter(known).order_by("-created_at")
    return list(rows.values_list("public_key", flat=True))


def forget_old_keys() -> int:
    """Delete the keys whose tokens are over and return how many those were."""
    return SigningKey.objects.filter(retired_at__lte=timezone.now() - KNOWN_FOR).delete()[0]


def make_id_token(claims: dict[str, Any]) -> str:
    """Return a signed ID token with the claims and those that every one carries.

    Source: OpenID Connect Core 1.0 section 2.
    """
    key, now = current_key(), int(time.time())
    lifetime = int(ID_TOKEN_LIFETIME.total_seconds())
    always = {"iss": settings.PUBLIC_URL, "iat": now, "exp": now + lifetime}
    given = {name: value for name, value in claims.items() if value is not None}
    token = JWT(header={"typ": "JWT", "alg": ALGORITHM, "kid": key.kid}, claims={**given, **always})
    private: Any = key.private_key
    token.make_signed_token(JWK(**private))
    return str(token.serialize())
