"""Apps with access: what each may see and when it last did; less of it, or none."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.generic import View

from accounts import periods
from accounts.choices import Resolution
from accounts.errors import ConsentOver, ConsentWidened
from accounts.models import Consent
from accounts.narrow_form import NarrowForm
from accounts.places import name_places
from accounts.scopes import WITH_SERIES, WITHOUT_PLACES, sentence_of
from accounts.selectors import principal_of_user
from accounts.services.consents import narrow_consent, revoke_consent
from config.lib.errors import InvalidInput


class OwnConsents(LoginRequiredMixin, View):
    """Pages about the consents of the person who is logged in; those of others do not exist."""

    def own(self) -> Any:
        """Return the person's consents with what is shown of their applications."""
        principal = principal_of_user(self.request.user)  # type: ignore[arg-type]
        own = Consent.objects.visible_to(principal)
        return own.select_related("application__organisation", "user")

    def one(self, key: UUID) -> Consent:
        """Return the consent, withdrawn or not."""
        found: Consent = get_object_or_404(self.own(), pk=key)
        return found


def described(consent: Consent) -> dict[str, Any]:
    """Return in words what a consent lets its application do."""
    scopes = set(consent.scopes)
    resolution = periods.RESOLUTIONS[Resolution(consent.resolution)]
    return {
        "consent": consent,
        "sentences": [sentence_of(scope) for scope in consent.scopes],
        "has_places": bool(scopes - WITHOUT_PLACES),
        "has_series": bool(scopes & WITH_SERIES),
        "resolution": resolution,
    }


@method_decorator(never_cache, name="dispatch")
class AppsPage(OwnConsents):
    """The list of applications that act for the person now."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show each with what it may do, where, and when it last did."""
        living = list(self.own().living().order_by("application__name", "pk"))
        name_places(living, principal_of_user(request.user))  # type: ignore[arg-type]
        return render(request, "accounts/apps.html", {"apps": [described(one) for one in living]})


@method_decorator(never_cache, name="dispatch")
class LivingConsentPage(OwnConsents):
    """A page about one consent; when that is over, people are told so on the list."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """Serve the page; a consent that ended meanwhile leads to the list."""
        try:
            return super().dispatch(request, *args, **kwargs)
        except ConsentOver:
            messages.info(request, _("This app has no access any more."))
            return redirect("apps")

    def living(self, key: UUID) -> Consent:
        """Return the consent.

        Raises: ConsentOver.
        """
        consent = self.one(key)
        if consent.is_over(timezone.now()):
            raise ConsentOver()
        return consent


class NarrowPage(LivingConsentPage):
    """Take something away from what an application may do or see."""

    def get(self, request: HttpRequest, id: UUID) -> HttpResponse:
        """Show what stands, and what is less."""
        return self._show(NarrowForm(consent=self.living(id)))

    def post(self, request: HttpRequest, id: UUID) -> HttpResponse:
        """Narrow the consent, or show the form again."""
        consent = self.living(id)
        form = NarrowForm(request.POST, consent=consent)
        if "save" not in request.POST or not form.is_valid():
            return self._show(form)
        terms = form.terms()
        try:
            narrow_consent(
                consent=consent,
                principal=principal_of_user(consent.user),
                scopes=terms.scopes,
                nodes=terms.nodes,
                history_from=terms.history_from,
                resolution=terms.resolution,
                expires_at=terms.expires_at,
            )
        except ConsentWidened as error:
            form.refuse(error.data["terms"])
            return self._show(form)
        except InvalidInput:
            form.add_error("nodes", form.fields["nodes"].error_messages["invalid"])
            return self._show(form)
        messages.success(request, _("Saved. It counts from now on."))
        return redirect("apps")

    def _show(self, form: NarrowForm) -> HttpResponse:
        context = {"form": form, "consent": form.consent, "application": form.application}
        return render(self.request, "accounts/app_narrow.html", context)


class WithdrawPage(LivingConsentPage):
    """Withdraw a consent, after one more look."""

    def get(self, request: HttpRequest, id: UUID) -> HttpResponse:
        """Ask whether it is meant."""
        context = {"consent": self.living(id)}
        return render(request, "accounts/app_withdraw.html", context)

    def post(self, request: HttpRequest, id: UUID) -> HttpResponse:
        """End the consent with every code and token that rests on it."""
        consent = self.living(id)
        revoke_consent(consent=consent)
        text = _("%(name)s has no access any more.") % {"name": consent.application.name}
        messages.success(request, text)
        return redirect("apps")
