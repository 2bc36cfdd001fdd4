"""System checks: a view without a scope does not ship."""

from django.test import override_settings
from django.urls import path

from config.lib import checks
from config.lib.viewsets import ApiViewSet, ListMixin


class Forgetful(ListMixin, ApiViewSet):
    """A view that protects one of its two actions."""

    required_scopes = {"list": "sites:read"}


urlpatterns = [path("forgetful/", Forgetful.as_view({"get": "list", "post": "create"}))]


@override_settings(ROOT_URLCONF="tests.config.lib.test_checks")
def test_action_without_a_scope_is_found() -> None:
    (error,) = checks.every_action_names_its_scope(None)

    assert error.id == "atrium.E001"
    assert "Forgetful.create" in error.msg


def test_every_action_of_the_platform_names_its_scope() -> None:
    assert checks.every_action_names_its_scope(None) == []
