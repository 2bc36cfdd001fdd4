"""``load_templates``: what ships is loaded once and never silently changed."""

from pathlib import Path

import pytest
import yaml
from django.core.management import CommandError, call_command

from tests.twin.definitions.documents import car_park, changed
from twin.choices import VersionStatus
from twin.models import TemplateVersion, TopologyTemplate
from twin.services import catalogue
from twin.services.catalogue import ShippedVersionChanged, load_shipped_templates

pytestmark = pytest.mark.django_db


def write(folder: Path, document: dict[str, object]) -> list[Path]:
    """Write a definition as a shipped file and return the files there are."""
    path = folder / f"{document['key']}-{document['version']}.yaml"
    path.write_text(yaml.safe_dump(document), encoding="utf-8")
    return sorted(folder.iterdir())


def test_three_templates_ship_published() -> None:
    call_command("load_templates", verbosity=0)

    versions = TemplateVersion.objects.filter(status=VersionStatus.PUBLISHED)
    assert {version.reference for version in versions} == {
        "collective-housing@1",
        "connected-home@1",
        "office@1",
    }


def test_loading_twice_changes_nothing() -> None:
    load_shipped_templates()
    before = list(TemplateVersion.objects.values_list("pk", "updated_at"))

    loaded = load_shipped_templates()

    assert not any(one.is_new for one in loaded)
    assert list(TemplateVersion.objects.values_list("pk", "updated_at")) == before


def test_next_number_becomes_a_second_version(tmp_path: Path) -> None:
    load_shipped_templates(write(tmp_path, {**car_park(), "version": 1}))

    loaded = load_shipped_templates(write(tmp_path, {**changed("name", "Garage"), "version": 2}))

    assert [(one.reference, one.is_new) for one in loaded] == [
        ("car-park@1", False),
        ("car-park@2", True),
    ]
    assert TopologyTemplate.objects.get().name == "Garage"


def test_changed_file_needs_a_new_number(tmp_path: Path) -> None:
    load_shipped_templates(write(tmp_path, {**car_park(), "version": 1}))
    files = write(tmp_path, {**changed("name", "Garage"), "version": 1})

    with pytest.raises(ShippedVersionChanged, match="car-park@1"):
        load_shipped_templates(files)


def test_invalid_file_is_told_and_nothing_loaded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, {**changed("kinds/roof", {"name": "Roof"}), "version": 1})
    monkeypatch.setattr(catalogue, "CATALOGUE", tmp_path)

    with pytest.raises(CommandError, match="#/definition/kinds/roof"):
        call_command("load_templates")

    assert not TopologyTemplate.objects.exists()
