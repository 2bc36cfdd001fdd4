"""The pages of accounts, and where clients learn about the OAuth server."""

from django.contrib.auth.views import LogoutView
from django.urls import path
from oauth2_provider.views import OAuthServerMetadataView

from accounts.pages import HomePage, LoginView

urlpatterns = [
    path("accounts/", HomePage.as_view(), name="home"),
    path("accounts/login/", LoginView.as_view(), name="login"),
    path("accounts/logout/", LogoutView.as_view(), name="logout"),
    path(".well-known/oauth-authorization-server", OAuthServerMetadataView.as_view()),
    # OpenID Connect has no key yet; its clients find the same endpoints here.
    path(".well-known/openid-configuration", OAuthServerMetadataView.as_view()),
]
