"""The OAuth 2.0 endpoints."""

from django.urls import path

from accounts.consent_page import AuthorizationView
from accounts.device_pages import DevicePage
from accounts.endpoints import (
    DeviceAuthorizationView,
    IntrospectionView,
    RevocationView,
    TokenView,
)
from accounts.openid import KeysView, UserInfoView

app_name = "oauth2_provider"
urlpatterns = [
    path("authorize/", AuthorizationView.as_view(), name="authorize"),
    path("token/", TokenView.as_view(), name="token"),
    path("device-authorization/", DeviceAuthorizationView.as_view(), name="device-authorization"),
    path("device/", DevicePage.as_view(), name="device"),
    path("revoke/", RevocationView.as_view(), name="revoke-token"),
    path("userinfo/", UserInfoView.as_view(), name="user-info"),
    path("jwks/", KeysView.as_view(), name="jwks-info"),
    path("introspect/", IntrospectionView.as_view(), name="introspect"),
]
