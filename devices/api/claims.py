"""How often serials and claim codes may be tried."""

from rest_framework.exceptions import Throttled
from rest_framework.request import Request

from config.lib import ratelimits
from config.lib.addresses import address_of
from devices.services.claims import digest_of


def count_attempt(request: Request, claim_code: str) -> None:
    """Count an attempt for its address, and for its code wherever it comes from.

    Raises: Throttled, if it is one too many for either.
    """
    callers = {"claim_address": address_of(request), "claim_code": digest_of(claim_code)}
    for policy, caller in callers.items():
        standing = ratelimits.take(policy, caller)
        if standing.is_exceeded:
            request.rate_limit_headers = standing.headers(policy)  # type: ignore[attr-defined]
            raise Throttled(standing.resets_in_s)
