"""The OAuth 2.0 endpoints."""

from django.urls import path

from accounts.endpoints import IntrospectionView, RevocationView, TokenView
from accounts.pages import AuthorizationView

app_name = "oauth2_provider"
urlpatterns = [
    path("authorize/", AuthorizationView.as_view(), name="authorize"),
    path("token/", TokenView.as_view(), name="token"),
    path("revoke/", RevocationView.as_view(), name="revoke-token"),
    path("introspect/", IntrospectionView.as_view(), name="introspect"),
]
