"""The pages of accounts, and where clients learn about the OAuth server."""

from django.contrib.auth.views import LogoutView
from django.urls import URLPattern, path
from django.views.generic import View

from accounts import pages_of_links as links
from accounts import pages_of_security as security
from accounts import pages_of_signin as signin
from accounts.apps_pages import AppsPage, NarrowPage, WithdrawPage
from accounts.links import Purpose
from accounts.openid import MetadataView


def _link(route: str, purpose: Purpose, *, page: type[View]) -> list[URLPattern]:
    """Return the two addresses of a link: with its token, and the one that it moves on to."""
    return [
        path(f"accounts/{route}/", page.as_view(), name=f"{purpose}-open"),
        path(f"accounts/{route}/<str:token>/", page.as_view(), name=purpose.value),
    ]


urlpatterns = [
    path("accounts/", signin.HomePage.as_view(), name="home"),
    path("accounts/login/", signin.LoginView.as_view(), name="login"),
    path("accounts/login/code/", signin.SecondStepPage.as_view(), name="second-step"),
    path("accounts/apps/", AppsPage.as_view(), name="apps"),
    path("accounts/apps/<uuid:id>/", NarrowPage.as_view(), name="app-narrow"),
    path("accounts/apps/<uuid:id>/withdraw/", WithdrawPage.as_view(), name="app-withdraw"),
    path("accounts/logout/", LogoutView.as_view(), name="logout"),
    path(".well-known/oauth-authorization-server", MetadataView.as_view()),
    path(".well-known/openid-configuration", MetadataView.as_view()),
    path("accounts/language/", signin.LanguageView.as_view(), name="language"),
    path("accounts/register/", links.RegisterPage.as_view(), name="register"),
    path("accounts/forgotten/", links.ForgottenPage.as_view(), name="forgotten"),
    path("accounts/profile/", security.ProfilePage.as_view(), name="profile"),
    path("accounts/password/", security.PasswordPage.as_view(), name="password"),
    path("accounts/address/", security.AddressPage.as_view(), name="address"),
    path("accounts/verification/", security.VerificationPage.as_view(), name="verification"),
    path("accounts/sessions/", security.SignOutEverywherePage.as_view(), name="sessions"),
    path("accounts/second-factor/", security.SecondFactorPage.as_view(), name="second-factor"),
    path(
        "accounts/second-factor/remove/",
        security.RemoveSecondFactorPage.as_view(),
        name="remove-second-factor",
    ),
    *_link("open", Purpose.REGISTER, page=links.RegisterLinkPage),
    *_link("invitation", Purpose.INVITATION, page=links.InvitationLinkPage),
    *_link("reset", Purpose.RESET, page=links.ResetLinkPage),
    *_link("verify", Purpose.VERIFY, page=links.VerifyLinkPage),
    *_link("new-address", Purpose.CHANGE_ADDRESS, page=links.AddressLinkPage),
]
