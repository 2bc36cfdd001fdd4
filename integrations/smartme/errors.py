"""What can go wrong with the smart-me cloud, in words an operator can act on."""

from __future__ import annotations

from .needs import NEEDS, PROFESSIONAL, READ


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
    """403: the credentials lack a claim or the account a licence; ``need`` names which."""

    permanent = True
    message = "smart-me refused access (403)."

    def __init__(self, *, need: str = READ, retry_after_s: float | None = None) -> None:
        self.need = need
        missing = NEEDS[need]
        what = (
            "the licence of the account does not cover it"
            if need == PROFESSIONAL
            else f"the key lacks the claim {need}, or the licence of the account does not cover it"
        )
        detail = f"To {missing.gives}, {what}. {missing.without}"
        super().__init__(detail=detail, retry_after_s=retry_after_s)


class NotAuthorised(CloudFault):
    """Nobody has let Atrium in yet, or what they gave is used up."""

    permanent = True
    message = "Nobody has allowed Atrium to read this smart-me account yet."


class GrantRefused(CloudFault):
    """The token endpoint said no; ``code`` is its reason."""

    permanent = True
    message = "smart-me gave no access token."

    def __init__(self, *, code: str, detail: str = "") -> None:
        self.code = code
        said = GRANT_REASONS.get(code, "")
        super().__init__(detail=f"({code}) {said} {detail}".strip())


GRANT_REASONS = {
    "invalid_grant": "What it was asked with is used up, expired or withdrawn. Allow Atrium again.",
    "invalid_client": "The client id or secret of the application is wrong: check them.",
    "unauthorized_client": (
        "The application may not get in this way, or the account lacks the Professional licence "
        "that OAuth 2.0 needs."
    ),
    "invalid_scope": "The application may not ask for these claims: give them to it there.",
    "access_denied": "The person who was asked refused.",
    "expired_token": "The code was not typed in in time: begin again.",
}


class AuthorizationPending(CloudFault):
    """The person has not answered yet."""

    message = "Nobody has typed in the code yet."


class AuthorizationSlowed(AuthorizationPending):
    """The person has not answered yet, and the cloud wants to be asked less often."""


class RenewalUnderWay(CloudFault):
    """Another worker renews the token right now."""

    message = "The access token is being renewed; Atrium tries again at once."


class CallHeldBack(CloudFault):
    """Atrium itself makes no call now: the pace, a wait the cloud asked for, or a broken line."""

    message = "Atrium makes no call to this smart-me account right now."


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
