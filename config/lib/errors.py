"""The root of Atrium's exceptions; each app derives its own kinds in its ``errors.py``."""

from collections.abc import Iterable
from http import HTTPStatus
from typing import Any, ClassVar, NamedTuple


class DomainError(Exception):
    """A state of affairs that forbids what was asked; the API shows it as a problem.

    A kind sets ``slug`` (last part of the problem's type), ``title`` (fixed), ``status`` and
    ``message`` (a format string over the data). The data become members of the problem.
    """

    slug: ClassVar[str]
    title: ClassVar[str]
    status: ClassVar[HTTPStatus] = HTTPStatus.CONFLICT
    message: ClassVar[str]

    def __init__(self, **data: Any) -> None:
        self.data = data
        super().__init__(self.message.format(**data))

    @property
    def headers(self) -> dict[str, str]:
        """Headers that the answer must carry."""
        return {}


class Finding(NamedTuple):
    """One thing that is wrong with an input: where (JSON pointer), which rule, what to do."""

    pointer: str
    code: str
    detail: str


class InvalidInput(DomainError):
    """The input breaks rules that only the service knows.

    Args: findings, each with a JSON pointer into the body such as ``#/parameters/floors``.
    """

    slug = "validation"
    title = "The request is not valid"
    status = HTTPStatus.BAD_REQUEST
    message = "{count} of the given values cannot be accepted."

    def __init__(self, findings: Iterable[tuple[str, str, str]]) -> None:
        self.findings = [Finding(*finding) for finding in findings]
        super().__init__(count=len(self.findings))


class ScopeMissing(DomainError):
    """The token does not hold the scope that this deed needs."""

    slug = "scope-missing"
    title = "The token lacks a scope"
    status = HTTPStatus.FORBIDDEN
    message = "This needs the scope {scope!r}. Ask for it when you get the token."


class RoleMissing(DomainError):
    """The caller sees the object but their role may not do this to it."""

    slug = "role-missing"
    title = "The role does not allow this"
    status = HTTPStatus.FORBIDDEN
    message = "This needs the role {role!r} or a higher one on this object."


class PreconditionFailed(DomainError):
    """The object has changed since the caller read it."""

    slug = "precondition-failed"
    title = "The object has changed"
    status = HTTPStatus.PRECONDITION_FAILED
    message = "If-Match names another version. Read the object again; its ETag is now {etag}."


class IdempotencyKeyReused(DomainError):
    """The same Idempotency-Key came with another body."""

    slug = "idempotency-key-reused"
    title = "The idempotency key belongs to another request"
    status = HTTPStatus.UNPROCESSABLE_ENTITY
    message = "This Idempotency-Key was used with another body. Use a new key for a new request."


class IdempotentCallRunning(DomainError):
    """The first call with this Idempotency-Key has not ended yet."""

    slug = "idempotent-call-running"
    title = "The first call is still running"
    status = HTTPStatus.CONFLICT
    message = "A call with this Idempotency-Key is still running. Try again in a moment."

    @property
    def headers(self) -> dict[str, str]:
        """Tell the caller when to come back."""
        return {"Retry-After": "1"}


class DatabaseUnavailable(DomainError):
    """The database failed while it served the request, also when that was tried again."""

    slug = "database-unavailable"
    title = "The database is not available"
    status = HTTPStatus.SERVICE_UNAVAILABLE
    message = (
        "The database failed. Send the request again in a moment: readings and requests with an "
        "Idempotency-Key are never done twice."
    )

    @property
    def headers(self) -> dict[str, str]:
        """Tell the caller when to come back."""
        return {"Retry-After": "5"}
