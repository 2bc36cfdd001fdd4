"""The filters of accounts' lists."""

import django_filters

from accounts.choices import OrganisationRole
from accounts.models import Application, B2BUser


class MemberFilter(django_filters.FilterSet):
    """Members by role."""

    role = django_filters.ChoiceFilter(choices=OrganisationRole.choices)

    class Meta:
        model = B2BUser
        fields = ("role",)


class ApplicationFilter(django_filters.FilterSet):
    """Applications by organisation."""

    organisation = django_filters.UUIDFilter(field_name="organisation")

    class Meta:
        model = Application
        fields = ("organisation",)
