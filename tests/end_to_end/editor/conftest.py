"""What the tests of the building editor share: an owner, and the page in a browser."""

from typing import Any

import pytest
from django.test import Client

from accounts.models import Organisation, User
from tests.browser import Browser
from tests.end_to_end.editor_page import EditorPage
from tests.factories import make_organisation


@pytest.fixture
def owner(transactional_db: None) -> Organisation:
    return make_organisation(name="Tilleuls Gestion")


@pytest.fixture
def page(browser: Browser, live_server: Any) -> EditorPage:
    client = Client()
    client.force_login(User.objects.create_superuser("root@example.org", "secret"))
    return EditorPage(browser, live_server.url, client.cookies["sessionid"].value)
