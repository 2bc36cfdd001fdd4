"""The admin pages of accounts; the toolkit registers those of its models by our settings."""

from typing import Any

from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.db.models import QuerySet
from django.http import HttpRequest

from accounts.admin_of_audit import AuditEntryAdmin
from accounts.admin_of_members import B2BUserAdmin, MemberInline
from accounts.admin_of_signin import SignInActions
from accounts.forms import ApplicationForm, NewUserForm, UserForm
from accounts.models import (
    Application,
    AuditEntry,
    B2BUser,
    B2CUser,
    Consent,
    DeviceGrant,
    Organisation,
    SigningKey,
    User,
)
from accounts.services.applications import delete_application, register, rotate_secret
from accounts.services.consents import revoke_consent

SECRETS = ("token", "token_checksum", "code", "code_challenge", "device_code", "user_code")


@admin.register(User)
class UserAdmin(SignInActions, DjangoUserAdmin):
    """Accounts that log in."""

    form = UserForm
    add_form = NewUserForm
    list_display = ["email", "name", "is_active", "is_staff", "last_login"]
    list_filter = ["is_active", "is_staff"]
    search_fields = ["email", "name"]
    ordering = ["email"]
    readonly_fields = ["last_login", "email_verified_at", "created_at", "updated_at"]
    fieldsets = [
        (None, {"fields": ("email", "password", "name", "locale", "time_zone")}),
        ("Rights", {"fields": ("is_active", "is_staff", "is_superuser", "groups")}),
        ("Times", {"fields": ("last_login", "email_verified_at", "created_at", "updated_at")}),
    ]
    add_fieldsets = [(None, {"fields": ("email", "usable_password", "password1", "password2")})]
    filter_horizontal = ["groups"]


@admin.register(Organisation)
class OrganisationAdmin(admin.ModelAdmin):
    """Tenants of the platform."""

    list_display = ["name", "time_zone", "created_at"]
    search_fields = ["name"]
    readonly_fields = ["id", "created_at", "updated_at"]
    inlines = [MemberInline]


@admin.register(B2CUser)
class B2CUserAdmin(admin.ModelAdmin):
    """End users."""

    list_display = ["user", "created_at"]
    list_select_related = ["user"]
    search_fields = ["user__email", "user__name"]
    autocomplete_fields = ["user"]


class ReadOnlyAdmin(admin.ModelAdmin):
    """What only the platform makes and changes."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Refuse: the platform makes these."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Refuse: the platform changes these."""
        return False


@admin.register(Consent)
class ConsentAdmin(ReadOnlyAdmin):
    """What users let applications do; staff may withdraw it, never widen it."""

    list_display = ["user", "application", "scopes", "granted_at", "expires_at", "revoked_at"]
    list_select_related = ["user", "application"]
    search_fields = ["user__email", "application__name"]
    actions = ["withdraw"]

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Refuse: a consent that was given stays on record."""
        return False

    @admin.action(description="Withdraw the selected consents", permissions=["view"])
    def withdraw(self, request: HttpRequest, queryset: QuerySet[Consent]) -> None:
        """End the consents and every token that rests on them."""
        for consent in queryset:
            revoke_consent(consent=consent)
        self.message_user(request, f"Withdrawn: {len(queryset)}.", messages.SUCCESS)


@admin.register(DeviceGrant)
class TokenAdmin(ReadOnlyAdmin):
    """Tokens and codes, which are never shown; deleting one ends it."""

    list_display = ["id", "user"]
    list_select_related = ["user"]
    search_fields = ["user__email"]

    def get_exclude(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """Hide tokens, codes and their digests."""
        return SECRETS


@admin.register(SigningKey)
class SigningKeyAdmin(ReadOnlyAdmin):
    """The keys that sign ID tokens; `manage.py rotate_oidc_key` makes a new one."""

    list_display = ["kid", "created_at", "retired_at"]
    exclude = ["private_key"]

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Refuse: a key goes by itself when its tokens are over."""
        return False


class ApplicationAdmin(admin.ModelAdmin):
    """OAuth clients; a secret is shown once, when it is made."""

    form = ApplicationForm
    list_display = ["name", "organisation", "client_id", "client_type"]
    list_filter = ["client_type"]
    list_select_related = ["organisation"]
    search_fields = ["name", "client_id", "organisation__name"]
    autocomplete_fields = ["organisation"]
    readonly_fields = ["client_id", "created", "updated"]
    actions = ["rotate"]

    def _show(self, request: HttpRequest, application: Application, *, secret: str) -> None:
        text = f"The secret of {application} ({application.client_id}), shown this once: {secret}"
        self.message_user(request, text, messages.WARNING)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Save; of a new one, show the secret."""
        if change:
            super().save_model(request, obj, form, change)
        elif secret := register(application=obj):
            self._show(request, obj, secret=secret)

    def delete_model(self, request: HttpRequest, obj: Application) -> None:
        """Delete the application with its consents and tokens."""
        delete_application(application=obj)

    @admin.action(description="Give the selected applications new secrets")
    def rotate(self, request: HttpRequest, queryset: QuerySet[Application]) -> None:
        """Replace the secrets and show the new ones."""
        for application in queryset:
            self._show(request, application, secret=rotate_secret(application=application))


admin.site.register(AuditEntry, AuditEntryAdmin)
admin.site.register(B2BUser, B2BUserAdmin)
