"""The client against a scripted transport: what each answer becomes."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import httpx
import pytest

from integrations.smartme import answers
from integrations.smartme.answers import retry_after_s
from integrations.smartme.client import SmartMeClient
from integrations.smartme.credentials import ApiKey, BearerToken, CardToken, Credentials
from integrations.smartme.errors import (
    AccessRefused,
    AnswerOverdue,
    AnswerOversized,
    AnswerUnreadable,
    CloudFault,
    CloudUnavailable,
    CloudUnreachable,
    CredentialsRefused,
    NotFoundAtCloud,
    RequestsLimited,
)

KEY = ApiKey("0123456789abcdef")
Script = Callable[[httpx.Request], httpx.Response]


def ask(script: Script, *, credentials: Credentials = KEY) -> list[object]:
    transport = httpx.MockTransport(script)
    with SmartMeClient(
        base_url="https://cloud.test/api/", credentials=credentials, transport=transport
    ) as client:
        return client.devices().entries


def answering(status: int, content: bytes = b"", **headers: str) -> Script:
    named = {name.replace("_", "-"): value for name, value in headers.items()}

    def script(request: httpx.Request) -> httpx.Response:
        return httpx.Response(status, content=content, headers=named)

    return script


def failing(fault: Exception) -> Script:
    def script(request: httpx.Request) -> httpx.Response:
        raise fault

    return script


def test_list_of_devices_is_returned_as_it_came() -> None:
    assert ask(answering(200, b'[{"Id": 1}, null]')) == [{"Id": 1}, None]


def test_all_devices_are_one_call_with_the_key_as_api_key() -> None:
    calls: list[httpx.Request] = []

    def script(request: httpx.Request) -> httpx.Response:
        calls.append(request)
        return httpx.Response(200, json=[])

    ask(script)

    assert [str(call.url) for call in calls] == ["https://cloud.test/api/Devices"]
    assert calls[0].headers["Authorization"] == "ApiKey 0123456789abcdef"


def test_bearer_and_card_tokens_write_their_own_header() -> None:
    assert BearerToken("abc").authorization() == "Bearer abc"
    # Base64 of cardaccesstoken_7:ab12
    card = CardToken("7", "ab-12").authorization()
    assert card == "Basic Y2FyZGFjY2Vzc3Rva2VuXzc6YWIxMg=="


def test_credentials_do_not_show_in_their_representation() -> None:
    shown = repr((KEY, BearerToken("s3cret"), CardToken("7", "s3cret")))

    assert "s3cret" not in shown
    assert "0123456789abcdef" not in shown


@pytest.mark.parametrize(
    ("status", "kind", "permanent"),
    [
        (401, CredentialsRefused, True),
        (403, AccessRefused, True),
        (404, NotFoundAtCloud, True),
        (408, AnswerOverdue, False),
        (418, CloudFault, False),
        (429, RequestsLimited, False),
        (500, CloudUnavailable, False),
        (502, CloudUnavailable, False),
        (524, CloudUnavailable, False),
    ],
)
def test_each_status_becomes_its_fault(
    status: int, kind: type[CloudFault], permanent: bool
) -> None:
    with pytest.raises(kind) as caught:
        ask(answering(status, b"<html>"))

    assert caught.value.permanent is permanent
    assert str(caught.value).startswith(kind.message)


def test_redirect_is_not_followed() -> None:
    with pytest.raises(CloudUnreachable, match="redirect"):
        ask(answering(302, Location="https://elsewhere.test/"))


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "empty"),
        (b"<html></html>", "web page"),
        (b'[{"Id": ', "cut off"),
        (b'{"Message": "no"}', "list of devices"),
        (b"[" * 100_000, "not valid JSON"),
        (b"\xff\xfe[]", "not valid JSON"),
    ],
)
def test_answer_that_is_no_list_says_what_it_is(body: bytes, words: str) -> None:
    with pytest.raises(AnswerUnreadable, match=words):
        ask(answering(200, body))


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        (httpx.ConnectError("refused"), CloudUnreachable),
        (httpx.ReadError("reset"), CloudUnreachable),
        (httpx.ReadTimeout("slow"), AnswerOverdue),
        (httpx.RemoteProtocolError("incomplete"), AnswerUnreadable),
    ],
)
def test_each_fault_of_the_line_becomes_ours(fault: Exception, kind: type[CloudFault]) -> None:
    with pytest.raises(kind) as caught:
        ask(failing(fault))

    assert not caught.value.permanent


def test_endless_answer_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answers, "MAX_BODY_BYTES", 1000)

    with pytest.raises(AnswerOversized):
        ask(answering(200, b"[" + b" " * 2000 + b"]"))


@pytest.mark.parametrize("key", ["line\nbreak", "schlüssel", "tab\t"])
def test_key_that_fits_no_header_is_refused_before_the_call(key: str) -> None:
    with pytest.raises(CredentialsRefused):
        ask(answering(200, b"[]"), credentials=ApiKey(key))


@pytest.mark.parametrize(
    ("header", "seconds"),
    [(None, None), ("7", 7.0), ("999999", 3600.0), ("-3", None), ("soon", None), ("", None)],
)
def test_retry_after_in_seconds_is_obeyed_up_to_an_hour(
    header: str | None, seconds: float | None
) -> None:
    assert retry_after_s(header) == seconds


def test_retry_after_may_be_a_date() -> None:
    wait = retry_after_s(format_datetime(datetime.now(UTC) + timedelta(seconds=90), usegmt=True))

    assert wait == pytest.approx(90, abs=3)


def test_wait_the_cloud_asked_for_is_on_the_fault() -> None:
    with pytest.raises(RequestsLimited) as caught:
        ask(answering(429, Retry_After="12"))

    assert caught.value.retry_after_s == 12.0
