"""Members of organisations in the admin site: every change goes through the services."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.shortcuts import redirect

from accounts.choices import OrganisationRole
from accounts.models import B2BUser
from accounts.principals import Principal
from accounts.services.organisations import add_member, change_member, remove_member
from config.lib.errors import DomainError

TERMS = ("role", "starts_at", "ends_at")


def staff_principal(request: HttpRequest, membership: B2BUser) -> Principal:
    """Return staff as the owner of the organisation whose members they put in order."""
    roles = {membership.organisation_id: OrganisationRole.OWNER}
    return Principal(frozenset(), user_id=request.user.pk, organisation_roles=roles)


class MemberInline(admin.TabularInline):
    """The members of an organisation, to be read; each is changed on its own page."""

    model = B2BUser
    fields = readonly_fields = ("user", *TERMS)
    extra = 0
    can_delete = False
    show_change_link = True

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Refuse: members are added on their own page."""
        return False


class B2BUserAdmin(admin.ModelAdmin):
    """Who acts in which organisation, and as what; a last owner remains."""

    list_display = ["user", "organisation", "role", "starts_at", "ends_at"]
    list_filter = ["role"]
    list_select_related = ["user", "organisation"]
    search_fields = ["user__email", "user__name", "organisation__name"]
    autocomplete_fields = ["user", "organisation"]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """Keep who is where: somebody else is another membership."""
        return ("user", "organisation") if obj else ()

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """Show the form; what the services refuse is told, and nothing has changed."""
        try:
            return super().changeform_view(request, *args, **kwargs)
        except DomainError as error:
            self.message_user(request, str(error), messages.ERROR)
            return redirect(request.path)

    def delete_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """Show the question; what the services refuse is told, and nothing has changed."""
        try:
            return super().delete_view(request, *args, **kwargs)
        except DomainError as error:
            self.message_user(request, str(error), messages.ERROR)
            return redirect(request.path)

    def save_model(self, request: HttpRequest, obj: B2BUser, form: Any, change: bool) -> None:
        """Add or change the member."""
        principal = staff_principal(request, obj)
        terms = {name: getattr(obj, name) for name in TERMS}
        if change:
            membership = B2BUser.objects.get(pk=obj.pk)
            change_member(membership=membership, principal=principal, **terms)
            return
        made = add_member(
            organisation=obj.organisation, email=obj.user.email, principal=principal, **terms
        )
        obj.pk, obj._state.adding = made.pk, False  # noqa: SLF001 - the row is there

    def delete_model(self, request: HttpRequest, obj: B2BUser) -> None:
        """End the membership."""
        remove_member(membership=obj, principal=staff_principal(request, obj))

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[B2BUser]) -> None:
        """End the memberships that may end, and name the others."""
        for membership in queryset:
            try:
                self.delete_model(request, membership)
            except DomainError as error:
                self.message_user(request, f"{membership}: {error}", messages.ERROR)
