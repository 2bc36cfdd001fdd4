"""Kinds of field that the consent form is made of."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _


class IdsField(forms.Field):
    """Ids, each given by a field of the same name."""

    widget = forms.MultipleHiddenInput
    default_error_messages = {"invalid": _("This place cannot be chosen. Choose again.")}

    def to_python(self, value: Any) -> frozenset[UUID]:
        """Return the ids, each once."""
        try:
            return frozenset(UUID(text) for text in value or () if text)
        except ValueError as error:
            raise forms.ValidationError(self.error_messages["invalid"], "invalid") from error


def choice(label: Any, choices: Iterable[tuple[Any, Any]] = ()) -> forms.ChoiceField:
    """Return a field of radio buttons."""
    return forms.ChoiceField(label=label, choices=list(choices), widget=forms.RadioSelect)


def day(label: Any) -> forms.DateField:
    """Return a field for a date, as browsers send it."""
    widget = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
    return forms.DateField(label=label, input_formats=["%Y-%m-%d"], required=False, widget=widget)
