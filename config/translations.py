"""What the pages say, in every language: found in the source, merged into .po, compiled to .mo.

Written in Python, so that a fresh machine needs no gettext. Each app has a ``locale`` folder of its
own; a language's catalogue holds every text of the app's source, in the order of the files.
"""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from django.conf import settings
from django.utils.translation.template import templatize

from config.lib import extras

polib: Any = extras.load("polib", extra="dev")
APPS = ("config", "accounts", "twin", "devices", "integrations")
SOURCE_LANGUAGE = "en"
# The shipped kinds of device, whose names are texts of their own context.
SHIPPED, CATALOGUE = "devices/catalogue/", "catalogue"
PARTS = ("points", "actions")
PLURALS = {"fr": "nplurals=2; plural=(n > 1);", "de": "nplurals=2; plural=(n != 1);"}
# Function -> which of its arguments are the context, the text and the plural.
CALLS = {
    "_": (None, 0, None),
    "gettext": (None, 0, None),
    "gettext_lazy": (None, 0, None),
    "gettext_noop": (None, 0, None),
    "ngettext": (None, 0, 1),
    "ngettext_lazy": (None, 0, 1),
    "pgettext": (0, 1, None),
    "pgettext_lazy": (0, 1, None),
    "npgettext": (0, 1, 2),
}
LITERAL = r"u?(?:'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\")"
IN_TEMPLATE = re.compile(rf"\b(\w*gettext|_)\(\s*({LITERAL}(?:\s*,\s*{LITERAL})*)", re.DOTALL)
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%[sd]|\{\w*\}|</?\w+")


@dataclass(frozen=True)
class Text:
    """A text that a page says, and where."""

    msgid: str
    plural: str
    context: str | None
    place: str


def _text(name: str, arguments: list[str | None], place: str) -> Iterator[Text]:
    context, text, plural = CALLS.get(name, (None, None, None))
    if text is None or len(arguments) <= text or arguments[text] is None:
        return
    yield Text(
        msgid=str(arguments[text]),
        plural=str(arguments[plural]) if plural is not None else "",
        context=arguments[context] if context is not None else None,
        place=place,
    )


def _literal(node: ast.expr) -> str | None:
    is_text = isinstance(node, ast.Constant) and isinstance(node.value, str)
    return node.value if is_text else None  # type: ignore[attr-defined]


def texts_of_python(source: str, place: str) -> Iterator[Text]:
    """Yield the texts of a module, in their order."""
    calls = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)]
    for call in sorted(calls, key=lambda node: (node.lineno, node.col_offset)):
        name = getattr(call.func, "id", getattr(call.func, "attr", ""))
        yield from _text(name, [_literal(argument) for argument in call.args], place)


def texts_of_template(source: str, place: str) -> Iterator[Text]:
    """Yield the texts of a template, in their order."""
    for name, arguments in IN_TEMPLATE.findall(templatize(source)):
        yield from _text(name, list(ast.literal_eval(f"[{arguments}]")), place)


def texts_of_catalogue(source: str, place: str) -> Iterator[Text]:
    """Yield the names of the kinds of device in a document, and of their points and actions."""
    document = yaml.safe_load(source)
    kinds = document.get("device_types", [])
    own = [word for kind in kinds for part in PARTS for word in kind.get(part, [])]
    words = [*own, *(word for part in PARTS for word in document.get(part, []))]
    named = [word["name"] for word in words if isinstance(word, dict) and "name" in word]
    for name in (*(kind.get("name") or kind["model"] for kind in kinds), *named):
        yield Text(msgid=name, plural="", context=CATALOGUE, place=place)


def texts_of(app: Path) -> Iterator[Text]:
    """Yield every text of an app; the same text may come more than once."""
    for path in sorted(app.rglob("*")):
        place = path.relative_to(app.parent).as_posix()
        if path.suffix == ".py" and "migrations" not in path.parts:
            yield from texts_of_python(path.read_text(encoding="utf-8"), place)
        elif path.suffix == ".yaml" and place.startswith(SHIPPED):
            yield from texts_of_catalogue(path.read_text(encoding="utf-8"), place)
        elif path.suffix in {".html", ".txt"} and "templates" in path.parts:
            yield from texts_of_template(path.read_text(encoding="utf-8"), place)


def catalogue_path(app: Path, language: str) -> Path:
    """Return where the app keeps its texts of that language."""
    return app / "locale" / language / "LC_MESSAGES" / "django.po"


def languages() -> list[str]:
    """Return the languages that need a catalogue."""
    return [code for code, _ in settings.LANGUAGES if code != SOURCE_LANGUAGE]


def merged(app: Path, language: str) -> Any:
    """Return the app's catalogue with exactly the texts of its source; kept are translations."""
    path = catalogue_path(app, language)
    old = polib.pofile(str(path)) if path.exists() else polib.POFile()
    new = polib.POFile(wrapwidth=98)
    new.metadata = {
        "Language": language,
        "MIME-Version": "1.0",
        "Content-Type": "text/plain; charset=UTF-8",
        "Content-Transfer-Encoding": "8bit",
        "Plural-Forms": PLURALS[language],
    }
    for text in texts_of(app):
        entry = new.find(text.msgid, msgctxt=text.context)
        if entry is None:
            new.append(entry := _entry(text, old))
        if (text.place, "") not in entry.occurrences:
            entry.occurrences.append((text.place, ""))
    return new


def _entry(text: Text, old: Any) -> Any:
    known = old.find(text.msgid, msgctxt=text.context)
    entry = polib.POEntry(msgid=text.msgid, msgctxt=text.context)
    if text.plural:
        entry.msgid_plural = text.plural
        entry.msgstr_plural = dict(known.msgstr_plural) if known else {0: "", 1: ""}
    elif known:
        entry.msgstr = known.msgstr
    if known:
        entry.flags = list(known.flags)
    return entry


def faults_of(catalogue: Any) -> Iterator[str]:
    """Yield what is missing or wrong in a catalogue: one sentence for each text."""
    for entry in catalogue:
        translations = list(entry.msgstr_plural.values()) or [entry.msgstr]
        if entry.fuzzy or not all(translations):
            yield f"{entry.msgid!r} is not translated"
            continue
        wanted = {*PLACEHOLDER.findall(entry.msgid), *PLACEHOLDER.findall(entry.msgid_plural)}
        said = {found for text in translations for found in PLACEHOLDER.findall(text)}
        if wanted != said:
            yield f"{entry.msgid!r} has other placeholders in its translation"


def write(app: Path, language: str) -> Any:
    """Merge, write and compile the app's catalogue of that language, and return it."""
    catalogue = merged(app, language)
    path = catalogue_path(app, language)
    if not len(catalogue):
        return catalogue
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"{catalogue}\n", encoding="utf-8")
    path.with_suffix(".mo").write_bytes(catalogue.to_binary())
    return catalogue


def faults(app: Path, language: str) -> Iterator[str]:
    """Yield what keeps an app from speaking a language: texts, and files that are out of date."""
    catalogue, path = merged(app, language), catalogue_path(app, language)
    if not len(catalogue):
        return
    yield from (f"{app.name}/{language}: {fault}" for fault in faults_of(catalogue))
    if not path.exists() or path.read_text(encoding="utf-8") != f"{catalogue}\n":
        yield f"{path.relative_to(app.parent)} is out of date: run `make messages`"
    elif path.with_suffix(".mo").read_bytes() != catalogue.to_binary():
        yield f"{path.with_suffix('.mo').relative_to(app.parent)} does not match its .po"
