"""Plans, declarations and upgrades in the admin: seen here, made on the pages of sites."""

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest

from twin.admin.things import ReadOnlyAdmin
from twin.admin.waves import WavePages
from twin.choices import UpgradeItemStatus, UpgradeStatus
from twin.errors import UpgradeOver
from twin.models import Declaration, Plan, Upgrade, UpgradeItem
from twin.services.upgrades import progress_of, steer_upgrade


@admin.register(Declaration)
class DeclarationAdmin(ReadOnlyAdmin):
    """What sites were last declared to be."""

    list_display = ("name", "site", "updated_at")
    list_select_related = ("site",)
    search_fields = ("name",)


@admin.register(Plan)
class PlanAdmin(ReadOnlyAdmin):
    """Plans, without the rows that they write."""

    list_display = ("site", "state", "template_version", "created_at", "applied_at", "undone_at")
    list_select_related = ("site", "template_version__template")
    list_filter = ("status",)
    search_fields = ("site__name",)
    fields = (
        *("site", "status", "template_version", "summary", "notes", "request"),
        *("created_at", "expires_at", "applied_at", "undone_at"),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Plan]:
        """Leave what is large where it is."""
        version = ("template_version__definition", "template_version__source")
        return super().get_queryset(request).defer("changes", *Plan.HEAVY, *version)


@admin.register(Upgrade)
class UpgradeAdmin(WavePages, ReadOnlyAdmin):
    """Upgrades of many sites: started, watched, paused, resumed, cancelled."""

    change_list_template = "admin/twin/upgrade/change_list.html"

    list_display = (
        *("template_version", "is_dry_run", "organisation", "status", "progress", "created_at"),
    )
    list_select_related = ("template_version__template", "organisation")
    list_filter = ("status", "is_dry_run")
    actions = ("pause", "resume", "cancel")

    @admin.display(description="progress")
    def progress(self, upgrade: Upgrade) -> str:
        """Return the percentage and the sites in each state."""
        found = progress_of([upgrade.pk])[upgrade.pk]
        states = (f"{found[one]} {one}" for one in UpgradeItemStatus.values if found[one])
        return f"{found['percent']} % of {found['total']}: {', '.join(states)}"

    @admin.action(description="Pause the selected upgrades", permissions=["view"])
    def pause(self, request: HttpRequest, queryset: QuerySet[Upgrade]) -> None:
        """Begin no other site."""
        self._steer(request, queryset, to=UpgradeStatus.PAUSED)

    @admin.action(description="Resume the selected upgrades", permissions=["view"])
    def resume(self, request: HttpRequest, queryset: QuerySet[Upgrade]) -> None:
        """Go on."""
        self._steer(request, queryset, to=UpgradeStatus.RUNNING)

    @admin.action(description="Cancel the selected upgrades", permissions=["view"])
    def cancel(self, request: HttpRequest, queryset: QuerySet[Upgrade]) -> None:
        """Leave the sites that are waiting as they are."""
        self._steer(request, queryset, to=UpgradeStatus.CANCELLED)

    def _steer(
        self, request: HttpRequest, upgrades: QuerySet[Upgrade], *, to: UpgradeStatus
    ) -> None:
        if not request.user.has_perm("twin.change_upgrade"):
            raise PermissionDenied
        for upgrade in upgrades:
            try:
                steer_upgrade(upgrade, to=to)
            except UpgradeOver as over:
                self.message_user(request, str(over), messages.ERROR)


@admin.register(UpgradeItem)
class UpgradeItemAdmin(ReadOnlyAdmin):
    """The sites of upgrades."""

    list_display = ("site", "status", "reason", "upgrade", "updated_at")
    list_select_related = ("site", "upgrade__template_version__template")
    list_filter = ("status",)
    search_fields = ("site__name",)
