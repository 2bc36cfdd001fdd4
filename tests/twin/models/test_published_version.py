"""The database itself keeps what has been published."""

import pytest
from django.db import DatabaseError

from tests.twin.factories import make_version
from twin.choices import VersionStatus
from twin.models import TemplateVersion

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "change",
    [{"definition": {}}, {"number": 2}, {"status": VersionStatus.DRAFT}],
    ids=["definition", "number", "status"],
)
def test_published_version_cannot_be_changed(change: dict[str, object]) -> None:
    version = make_version()

    with pytest.raises(DatabaseError, match="never changes again"):
        TemplateVersion.objects.filter(pk=version.pk).update(**change)


def test_deprecated_version_cannot_be_published_again() -> None:
    version = make_version(status=VersionStatus.DEPRECATED)

    with pytest.raises(DatabaseError, match="never changes again"):
        TemplateVersion.objects.filter(pk=version.pk).update(status=VersionStatus.PUBLISHED)


def test_published_version_can_be_deprecated() -> None:
    version = make_version()

    changed = TemplateVersion.objects.filter(pk=version.pk).update(status="deprecated")

    assert changed == 1


def test_draft_can_be_changed() -> None:
    version = make_version(status=VersionStatus.DRAFT)

    assert TemplateVersion.objects.filter(pk=version.pk).update(definition={"key": "new"}) == 1
