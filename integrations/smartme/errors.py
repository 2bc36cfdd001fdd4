"""What can go wrong with the smart-me cloud, in words an operator can act on."""

from __future__ import annotations


class CloudFault(Exception):
    """A call to the smart-me cloud failed.

    ``permanent`` says that waiting will not help: somebody has to change the key, the
    claims or the account. ``retry_after_s`` is the wait the cloud asked for, if it did.
    """

    permanent = False
    message = "The smart-me cloud did not answer as expected."

    def __init__(self, *, detail: str = "", retry_after_s: float | None = None) -> None:
        self.detail = detail
        self.retry_after_s = retry_after_s
        super().__init__(f"{self.message} {detail}".strip())


class CredentialsRefused(CloudFault):
    """401: the cloud does not know these credentials."""

    permanent = True
    message = (
        "smart-me refused the credentials (401): the key, token or password is wrong, expired or "
        "withdrawn. Make a new one in the smart-me portal and store it in this connection."
    )


class AccessRefused(CloudFault):
    """403: the credentials lack a claim or the account a licence."""

    permanent = True
    message = (
        "smart-me refused access (403): the key lacks the claim device.read, or the licence of "
        "the account does not cover it. Give the key that claim in the smart-me portal."
    )


class NotFoundAtCloud(CloudFault):
    """404: the address or the object does not exist there."""

    permanent = True
    message = (
        "smart-me says that what was asked for does not exist (404): check the address of the "
        "smart-me API and that the account still exists."
    )


class RequestsLimited(CloudFault):
    """429: too many calls for this account."""

    message = "smart-me limits the requests of this account (429); Atrium waits and tries again."


class CloudUnavailable(CloudFault):
    """5xx: the cloud, or the gateway in front of it, has a problem of its own."""

    message = "smart-me has a fault of its own; Atrium tries again by itself."


class CloudUnreachable(CloudFault):
    """No connection, or one that broke off."""

    message = "smart-me cannot be reached; Atrium tries again by itself."


class AnswerOverdue(CloudFault):
    """The whole answer did not arrive in time, however busy the line was."""

    message = "smart-me did not answer in time; Atrium tries again by itself."


class AnswerUnreadable(CloudFault):
    """The answer is not the JSON that was asked for: HTML, cut off, or another shape."""

    message = "smart-me sent an answer that cannot be read; Atrium tries again by itself."


class AnswerOversized(CloudFault):
    """The answer is larger than any account can be."""

    message = "smart-me sent more data than Atrium accepts in one answer."


class FaultOfOurs(CloudFault):
    """The cloud answered well, but Atrium could not store what it said."""

    message = (
        "smart-me answered, but Atrium could not store the values; it tries again by itself. "
        "If this stays, the log of the worker names the cause."
    )
