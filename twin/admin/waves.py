"""The pages of upgrades: choose a version and sites, rehearse, start, watch, undo one."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Exists, OuterRef, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import URLPattern, path, reverse
from django.views.decorators.http import require_POST

from accounts.models import Organisation
from config.lib.errors import DomainError
from twin.admin.base import sentences
from twin.admin.parameter_words import parameter_rows
from twin.admin.planning import ObjectField
from twin.admin.wave_standing import CHOICES, standing
from twin.choices import UpgradeStatus, VersionStatus
from twin.models import Plan, Site, TemplateVersion, Upgrade, UpgradeItem
from twin.planning.changes import EVERY
from twin.services.declarations import usable_version
from twin.services.undoing import undo_plan
from twin.services.upgrade_choices import ALL_SITES, settle_conflicts
from twin.services.upgrades import MAX_SITES, begin_again, begin_wave, steer_upgrade

MOST_OFFERED = 500
STATES = {"pause": UpgradeStatus.PAUSED, "resume": UpgradeStatus.RUNNING} | {
    "cancel": UpgradeStatus.CANCELLED
}


class TargetForm(forms.Form):
    """Whose sites shall have which version."""

    organisation = forms.ModelChoiceField(Organisation.objects.none())
    version = forms.ModelChoiceField(TemplateVersion.objects.none(), label="To version")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: Any = self.fields
        sites = Site.objects.filter(organisation=OuterRef("pk"), template_version__isnull=False)
        fields["organisation"].queryset = Organisation.objects.filter(Exists(sites)).order_by(
            "name", "pk"
        )
        versions = TemplateVersion.objects.filter(status=VersionStatus.PUBLISHED)
        related = versions.select_related("template").defer("definition", "source")
        fields["version"].queryset = related.order_by("template__key", "-number")

    def clean(self) -> dict[str, Any]:
        """Refuse a version that is not the one its name means in the organisation."""
        given = super().clean() or {}
        organisation, version = given.get("organisation"), given.get("version")
        if organisation and version:
            try:
                meant = usable_version(
                    version.reference, organisation=organisation.pk, field="version"
                )
            except DomainError as error:
                raise forms.ValidationError(sentences(error)) from error
            if meant.pk != version.pk:
                raise forms.ValidationError("The organisation has a template of its own so called.")
        return given


class WaveForm(forms.Form):
    """How a wave deals with what it meets."""

    choice = forms.ChoiceField(
        choices=CHOICES,
        required=False,
        widget=forms.RadioSelect,
        label="Where something was changed by hand and in the template",
    )
    parameters = ObjectField(
        rows=2,
        example='{"floors": 5}',
        help_text="Values that all sites get; the others stay each site's own.",
    )
    failures = forms.IntegerField(
        initial=20,
        min_value=0,
        max_value=100,
        label="Stop when more than this share fails (%)",
    )


def offered_sites(organisation: Organisation, version: TemplateVersion) -> QuerySet[Site]:
    """Return the sites that have another version of the template, by name."""
    own = Site.objects.filter(organisation=organisation)
    others = own.filter(template_version__template=version.template_id)
    related = others.select_related("template_version__template")
    light = related.defer("template_version__definition", "template_version__source")
    return light.exclude(template_version=version).order_by("name", "pk")


class WavePages:
    """Adds the pages to the admin of upgrades."""

    def get_urls(self: Any) -> list[URLPattern]:
        """Add the addresses of the pages."""
        wrap = self.admin_site.admin_view
        deeds: dict[str, Callable[..., HttpResponse]] = {
            "steer": self.steer_one,
            "repeat": self.repeat_one,
            "settle": self.settle_some,
            "items/<uuid:item>/undo": self.undo_item,
        }
        names = [f"twin_upgrade_{one}" for one in ("steer", "repeat", "settle", "undo")]
        own = [path("start/", wrap(self.start_page), name="twin_upgrade_start")]
        own += [
            path(f"<uuid:id>/{at}/", wrap(require_POST(deed)), name=name)
            for (at, deed), name in zip(deeds.items(), names, strict=True)
        ]
        return [*own, *super().get_urls()]  # type: ignore[misc]

    def start_page(self: Any, request: HttpRequest) -> HttpResponse:
        """Ask for version and sites, and begin the wave or its rehearsal."""
        self.require(request, "twin.add_upgrade", "twin.change_site")
        target = TargetForm(request.GET if "version" in request.GET else None)
        context: dict[str, Any] = {"target": target, "title": "Upgrade many sites"}
        if target.is_bound and target.is_valid():
            sites = offered_sites(**target.cleaned_data)
            form = WaveForm(request.POST or None)
            if request.method == "POST" and form.is_valid():
                return self.started(request, target.cleaned_data, sites, form.cleaned_data)
            offered = list(sites[: MOST_OFFERED + 1])
            more = max(0, sites.count() - MOST_OFFERED) if len(offered) > MOST_OFFERED else 0
            ticked = request.POST.getlist("sites") if request.method == "POST" else None
            context |= {"form": form, "sites": offered[:MOST_OFFERED], "more": more}
            version = target.cleaned_data["version"]
            context |= {"ticked": ticked, "version": version}
            context |= {"parameters": parameter_rows(version)}
        return self.framed(request, "start", context)

    def started(
        self: Any,
        request: HttpRequest,
        target: dict[str, Any],
        sites: QuerySet[Site],
        given: dict[str, Any],
    ) -> HttpResponse:
        """Begin the wave over what was ticked and lead to it, or say what is missing."""
        chosen = _ticked(request, sites)
        if not 0 < len(chosen) <= MAX_SITES:
            self.tell(request, [f"Tick at least one site, and at most {MAX_SITES:,}."])
            return HttpResponseRedirect(request.get_full_path())
        upgrade = begin_wave(
            organisation=target["organisation"].pk,
            version=target["version"],
            sites=chosen,
            choice=given["choice"],
            parameters=given["parameters"] or {},
            is_dry_run="start" not in request.POST,
            max_failure_rate=given["failures"] / 100,
        )
        return HttpResponseRedirect(self.address(upgrade))

    def change_view(
        self: Any, request: HttpRequest, object_id: str, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """Show how a wave stands, site by site."""
        upgrade = self.get_object(request, object_id)
        if upgrade is None:
            raise Http404
        if not self.has_view_permission(request, upgrade):
            raise PermissionDenied
        return self.framed(request, "watch", standing(upgrade, request))

    def steer_one(self: Any, request: HttpRequest, id: UUID) -> HttpResponse:
        """Pause, resume or cancel the wave."""
        self.require(request, "twin.change_upgrade")
        upgrade, to = get_object_or_404(Upgrade, pk=id), STATES.get(request.POST.get("deed", ""))
        if to is None:
            raise Http404
        return self.done(request, upgrade, lambda: steer_upgrade(upgrade, to=to))

    def repeat_one(self: Any, request: HttpRequest, id: UUID) -> HttpResponse:
        """Begin in earnest what was rehearsed."""
        self.require(request, "twin.add_upgrade", "twin.change_site")
        rehearsed = self.get_queryset(request).filter(is_dry_run=True)
        upgrade = get_object_or_404(rehearsed, pk=id, status=UpgradeStatus.COMPLETED)
        return self.done(request, upgrade, lambda: begin_again(upgrade))

    def settle_some(self: Any, request: HttpRequest, id: UUID) -> HttpResponse:
        """Let the wave do sites in conflict again, with what was chosen for them."""
        self.require(request, "twin.change_upgrade", "twin.change_site")
        upgrade = get_object_or_404(Upgrade, pk=id)
        choices = _chosen(request)
        return self.done(request, upgrade, lambda: settle_conflicts(upgrade, choices=choices))

    def undo_item(self: Any, request: HttpRequest, id: UUID, item: UUID) -> HttpResponse:
        """Undo the upgrade of one site."""
        self.require(request, "twin.change_site")
        items = UpgradeItem.objects.filter(upgrade=id).select_related("upgrade", "site")
        found = get_object_or_404(items, pk=item, plan__isnull=False)
        plan = Plan.objects.defer(*Plan.HEAVY).get(pk=found.plan_id)
        news = f"{found.site.name} is as it was before."
        return self.done(request, found.upgrade, lambda: undo_plan(plan), news=news)

    def done(
        self: Any, request: HttpRequest, upgrade: Upgrade, deed: Callable[[], Any], news: str = ""
    ) -> HttpResponse:
        """Do a deed and lead to the wave it is about, or to the one it made."""
        try:
            made = deed()
            if news:
                self.message_user(request, news, messages.SUCCESS)
        except DomainError as error:
            made = None
            for text in sentences(error):
                self.message_user(request, text, messages.ERROR)
        to = made if isinstance(made, Upgrade) else upgrade
        status = request.POST.get("status", "")
        return HttpResponseRedirect(
            self.address(to) + (f"?{urlencode({'status': status})}" if status else "")
        )

    def address(self, upgrade: Upgrade) -> str:
        """Return the page of a wave."""
        return reverse("admin:twin_upgrade_change", args=[upgrade.pk])

    def require(self, request: HttpRequest, *permissions: str) -> None:
        """Refuse those who lack one of the permissions."""
        if not request.user.has_perms(permissions):
            raise PermissionDenied

    def tell(self: Any, request: HttpRequest, texts: list[str]) -> None:
        """Show what was refused."""
        for text in texts:
            self.message_user(request, text, messages.ERROR)

    def framed(self: Any, request: HttpRequest, name: str, context: dict[str, Any]) -> HttpResponse:
        """Render one of the pages in the admin's frame."""
        frame = {**self.admin_site.each_context(request), "opts": self.opts}
        return render(request, f"admin/twin/upgrade/{name}.html", {**frame, **context})


def _ticked(request: HttpRequest, sites: QuerySet[Site]) -> list[UUID]:
    """Return the sites that were ticked, and those beyond the list if all others were."""
    ticked = set(request.POST.getlist("sites"))
    keys = list(sites.values_list("pk", flat=True))
    beyond = keys[MOST_OFFERED:] if request.POST.get("beyond") else []
    return [*(key for key in keys[:MOST_OFFERED] if str(key) in ticked), *beyond]


def _chosen(request: HttpRequest) -> dict[str, dict[str, str]]:
    """Return the choices by site and conflict; what is left has one choice, or none."""
    choices: dict[str, dict[str, str]] = {}
    for name, value in request.POST.items():
        word, _, rest = name.partition(":")
        site, _, conflict = rest.partition(":")
        if word == "choice" and conflict and value:
            choices.setdefault(site, {})[conflict] = str(value)
    if left := request.POST.get("rest"):
        choices[ALL_SITES] = {EVERY: left}
    return choices
