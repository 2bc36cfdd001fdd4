"""What twin's admin pages share: services write, and their refusals are shown as messages."""

from collections.abc import Iterable
from typing import Any

from django.contrib import admin, messages
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse

from config.lib.errors import DomainError, InvalidInput


def sentences(error: DomainError) -> list[str]:
    """Return what an error says, one sentence for each thing that is wrong."""
    if isinstance(error, InvalidInput):
        return [one.detail for one in error.findings]
    return [str(error)]


class ServiceAdmin(admin.ModelAdmin):
    """A page whose writes are service calls; a refusal becomes a message, and nothing is written.

    A subclass implements `add`, `change` and `remove` as far as its permissions offer them.
    """

    show_full_result_count = False

    def add(self, form: Any) -> Model:
        """Make the thing from the form's values."""
        raise NotImplementedError

    def change(self, thing: Any, form: Any) -> None:
        """Change the thing by the form's changed values."""
        raise NotImplementedError

    def remove(self, thing: Any) -> None:
        """Delete the thing."""
        raise NotImplementedError

    def save_form(self, request: HttpRequest, form: Any, change: bool) -> Any:
        """Leave the row alone until the service writes it."""
        return form.instance

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Let the service write."""
        if change:
            self.change(self.get_queryset(request).get(pk=obj.pk), form)
            return
        made = self.add(form)
        obj.__dict__.update(made.__dict__)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Write nothing beside the service; the log of changes asks each formset all the same."""
        for formset in formsets:
            formset.save(commit=False)

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """Name what was picked and what is inside it; the service decides what may go.

        Django would load everything below, for a block of flats thousands of rows.
        """
        lines = [line for thing in objs for line in (str(thing), *self.inside(thing))]
        return lines, {self.opts.verbose_name_plural: len(objs)}, set(), []

    def inside(self, thing: Any) -> list[str]:
        """Return one sentence for each sort of thing that goes too."""
        return []

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        """Let the service delete."""
        self.remove(obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        """Let the service delete one after the other, all or none."""
        for thing in queryset:
            self.remove(thing)

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Show a refusal of the service on the page where it was asked for."""
        return self._guarded(request, super().changeform_view, *args, **kwargs)

    def delete_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Show a refusal of the service on the page where it was asked for."""
        return self._guarded(request, super().delete_view, *args, **kwargs)

    def changelist_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Show a refusal of an action on the list."""
        return self._guarded(request, super().changelist_view, *args, **kwargs)

    def _guarded(self, request: HttpRequest, view: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            response: HttpResponse | TemplateResponse = view(request, *args, **kwargs)
        except DomainError as error:
            self.tell(request, sentences(error))
            return HttpResponseRedirect(request.get_full_path())
        return response

    def tell(self, request: HttpRequest, texts: Iterable[str]) -> None:
        """Show what was refused."""
        for text in texts:
            self.message_user(request, text, messages.ERROR)
