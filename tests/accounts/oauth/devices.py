"""The steps of the device grant, as a device and its user take them."""

from datetime import timedelta
from typing import Any

from django.test import Client

from accounts.choices import GrantType
from accounts.models import Application, DeviceGrant, User
from tests.accounts.oauth import flows

PAGE = "/oauth/device/"


def ask_codes(application: Application, **form: str) -> Any:
    """Ask for a pair of codes."""
    url, headers = "/oauth/device-authorization/", flows.basic(application)
    return Client().post(url, {"scope": "profile sites:read", **form}, headers=headers)


def codes_of(application: Application, **form: str) -> dict[str, Any]:
    """Return a pair of codes."""
    answer = ask_codes(application, **form)
    assert answer.status_code == 200, answer.content
    return dict(answer.json())


def poll(application: Application, codes: dict[str, Any]) -> Any:
    """Ask for the tokens."""
    form = {"grant_type": GrantType.DEVICE_CODE.value, "device_code": codes["device_code"]}
    return flows.ask_token(application, **form)


def error_of(answer: Any) -> tuple[int, str]:
    """Return how the request for tokens stands."""
    return answer.status_code, answer.json()["error"]


def wait(seconds: float) -> None:
    """Let time pass for every device."""
    for grant in DeviceGrant.objects.all():
        asked, ends = grant.polled_at, grant.expires - timedelta(seconds=seconds)
        asked = asked - timedelta(seconds=seconds) if asked else None
        DeviceGrant.objects.filter(pk=grant.pk).update(polled_at=asked, expires=ends)


def decide(user: User, codes: dict[str, Any], *, decision: str = "allow", **changes: Any) -> Any:
    """Let the user type the code, look, change what they like, and decide."""
    browser = flows.browser_of(user)
    return browser.post(PAGE, {**shown(browser, codes["user_code"]), **changes, decision: "1"})


def shown(browser: Client, user_code: str) -> dict[str, Any]:
    """Type a code and return what the form that comes back would send."""
    page = browser.post(PAGE, {"user_code": user_code})
    assert page.status_code == 200, page.content
    form = page.context["form"]
    initial = {name: value for name, value in form.initial.items() if name in form.fields}
    return {**initial, "user_code": user_code, "seal": page.context["seal"]}
