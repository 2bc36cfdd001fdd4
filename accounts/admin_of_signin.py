"""How people come in, in the admin site: seen by staff, helped with, never read."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest

from accounts.models import Authenticator, Invitation, Letter, RecoveryCode, User
from accounts.services.invitations import resend_invitation, revoke_invitation
from accounts.services.letters import write_again
from accounts.services.passwords import ask_password_reset, end_sessions
from accounts.services.second_factor import remove_second_factor


class SignInActions(admin.ModelAdmin):
    """What staff may do for somebody who cannot come in; each is audited."""

    actions = ["send_reset", "reset_second_factor", "sign_out"]

    @admin.action(description="Send a letter with a link to a new password", permissions=["change"])
    def send_reset(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        """Write to each of them."""
        for user in queryset:
            ask_password_reset(email=user.email)
        self.message_user(request, f"Letters written: {len(queryset)}.", messages.SUCCESS)

    @admin.action(
        description="Reset the second factor (be sure who asks you to)", permissions=["change"]
    )
    def reset_second_factor(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        """Remove it and end every session; the user is told."""
        count = 0
        for user in queryset:
            count += remove_second_factor(user=user)
            end_sessions(user=user)
        self.message_user(request, f"Second factors removed: {count}.", messages.SUCCESS)

    @admin.action(
        description="Sign the selected users out of every browser", permissions=["change"]
    )
    def sign_out(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        """End every session of each of them."""
        for user in queryset:
            end_sessions(user=user)
        self.message_user(request, f"Signed out: {len(queryset)}.", messages.SUCCESS)


class SeenOnly(admin.ModelAdmin):
    """What staff see and do not change by hand."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Refuse: the platform makes these."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Refuse: the platform changes these."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Refuse: there is an action for what staff may do."""
        return False


@admin.register(Authenticator)
class AuthenticatorAdmin(SeenOnly):
    """Who has a second factor; reset it on the page of the users."""

    list_display = ["user", "confirmed", "created_at", "throttling_failure_count"]
    list_filter = ["confirmed"]
    list_select_related = ["user"]
    search_fields = ["user__email"]
    exclude = ["key", "last_step"]


@admin.register(RecoveryCode)
class RecoveryCodeAdmin(SeenOnly):
    """Which recovery codes were used."""

    list_display = ["user", "created_at", "used_at"]
    list_select_related = ["user"]
    search_fields = ["user__email"]
    exclude = ["code"]


@admin.register(Invitation)
class InvitationAdmin(SeenOnly):
    """Who was invited to what, and what became of it."""

    list_display = ["user", "kind", "place", "role", "expires_at", "accepted_at", "revoked_at"]
    list_filter = ["kind"]
    list_select_related = ["user"]
    search_fields = ["user__email", "place"]
    actions = ["resend", "revoke"]

    @admin.action(description="Send the selected invitations again", permissions=["view"])
    def resend(self, request: HttpRequest, queryset: QuerySet[Invitation]) -> None:
        """Send those that are not accepted and not revoked."""
        count = sum(resend_invitation(object_id=row.object_id) for row in queryset)
        self.message_user(request, f"Sent again: {count}.", messages.SUCCESS)

    @admin.action(description="End the links of the selected invitations", permissions=["view"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[Invitation]) -> None:
        """End the links; what was given stays until it is taken away where it was given."""
        for row in queryset:
            revoke_invitation(object_id=row.object_id)
        self.message_user(request, f"Links ended: {len(queryset)}.", messages.SUCCESS)


@admin.register(Letter)
class LetterAdmin(SeenOnly):
    """Which letters were written and sent; what their links are is nowhere."""

    list_display = ["address", "kind", "locale", "created_at", "sent_at"]
    list_filter = ["kind", "locale"]
    search_fields = ["address"]
    show_full_result_count = False
    actions = ["send_again"]

    @admin.action(description="Write the selected letters again", permissions=["view"])
    def send_again(self, request: HttpRequest, queryset: QuerySet[Letter]) -> None:
        """Write each once more; some addresses may have had enough for this hour."""
        count = sum(write_again(letter=letter) is not None for letter in queryset)
        self.message_user(request, f"Letters written: {count}.", messages.SUCCESS)
