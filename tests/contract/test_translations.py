"""Every text of the pages is there in every language, and what is compiled is what was written."""

from io import StringIO
from pathlib import Path
from typing import Any

import polib
import pytest
from django.conf import LazySettings
from django.core.management import CommandError, call_command

from config import translations

CASES = [(app, language) for app in translations.APPS for language in translations.languages()]
PAGE = (
    '{% load i18n %}{% translate "Log in" %}'
    "{% blocktranslate trimmed %}\n Hello {{ name }}\n{% endblocktranslate %}"
)
MODULE = 'from x import gettext as _\nA = _("One")\nB = ngettext("%(n)d day", "%(n)d days", n)\n'


@pytest.fixture
def app(tmp_path: Path, settings: LazySettings) -> Path:
    """An app of two texts in a page and two in a module, with nothing translated."""
    root = tmp_path / "shop"
    (root / "templates").mkdir(parents=True)
    (root / "templates" / "page.html").write_text(PAGE)
    (root / "module.py").write_text(MODULE)
    return root


def translate(app: Path, **texts: Any) -> None:
    path = translations.catalogue_path(app, "fr")
    catalogue = polib.pofile(str(path))
    for entry in catalogue:
        if entry.msgid_plural:
            entry.msgstr_plural = {0: "%(n)d jour", 1: "%(n)d jours"}
        else:
            entry.msgstr = texts.get(entry.msgid.split()[0], f"fr: {entry.msgid}")
    path.write_text(f"{catalogue}\n")


@pytest.mark.parametrize(("app_name", "language"), CASES)
def test_every_text_is_translated(app_name: str, language: str, settings: LazySettings) -> None:
    assert list(translations.faults(settings.BASE_DIR / app_name, language)) == []


def test_texts_are_found_in_pages_and_modules(app: Path) -> None:
    found = [text.msgid for text in translations.texts_of(app)]

    assert found == ["One", "%(n)d day", "Log in", "Hello %(name)s"]


def test_same_text_in_another_context_is_another_text(app: Path) -> None:
    (app / "other.py").write_text('C = pgettext("shop", "One")\n')

    catalogue = translations.write(app, "fr")

    assert [entry.msgctxt for entry in catalogue if entry.msgid == "One"] == [None, "shop"]


def test_text_without_translation_is_a_fault(app: Path) -> None:
    translations.write(app, "fr")

    assert "shop/fr: 'Log in' is not translated" in translations.faults(app, "fr")


def test_translated_and_compiled_app_has_no_fault(app: Path) -> None:
    translations.write(app, "fr")
    translate(app)
    translations.write(app, "fr")

    assert list(translations.faults(app, "fr")) == []


def test_lost_placeholder_is_a_fault(app: Path) -> None:
    translations.write(app, "fr")
    translate(app, Hello="Bonjour")

    assert any("other placeholders" in fault for fault in translations.faults(app, "fr"))


def test_stale_compiled_file_is_a_fault(app: Path) -> None:
    translations.write(app, "fr")
    translate(app)

    assert any("does not match its .po" in fault for fault in translations.faults(app, "fr"))


def test_new_text_keeps_the_old_translations(app: Path) -> None:
    translations.write(app, "fr")
    translate(app)
    (app / "module.py").write_text(f'{MODULE}\nC = _("Two")\n')

    faults = list(translations.faults(app, "fr"))

    assert faults[0] == "shop/fr: 'Two' is not translated"
    assert "out of date" in faults[1]


def test_fuzzy_translation_is_none(app: Path) -> None:
    translations.write(app, "fr")
    translate(app)
    path = translations.catalogue_path(app, "fr")
    path.write_text(path.read_text().replace('msgid "One"', '#, fuzzy\nmsgid "One"'))

    assert "shop/fr: 'One' is not translated" in translations.faults(app, "fr")


def test_command_names_what_is_to_be_translated(app: Path, settings: LazySettings) -> None:
    settings.BASE_DIR = app.parent
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(translations, "APPS", ("shop",))
        with pytest.raises(CommandError, match="shop/fr: 'One' is not translated"):
            call_command("messages", stdout=StringIO())
