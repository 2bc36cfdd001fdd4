"""Every kind of problem has its row in docs/errors.md and its page."""

from pathlib import Path

import pytest
from django.test import Client

from config import urls
from config.lib.errors import DomainError
from config.lib.problem_pages import kinds

REGISTRY = Path(__file__).parents[2] / "docs" / "errors.md"
# Loading the URLs has loaded every module that can raise.
KINDS = sorted(set(kinds()), key=lambda kind: kind.slug) if urls.urlpatterns else []


def rows() -> list[list[str]]:
    lines = REGISTRY.read_text(encoding="utf-8").splitlines()
    return [[cell.strip() for cell in line.split("|")[1:-1]] for line in lines if "| `" in line[:4]]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.slug)
def test_kind_has_its_row(kind: type[DomainError]) -> None:
    assert [f"`{kind.slug}`", str(int(kind.status)), kind.title] in [row[:3] for row in rows()]


def test_no_row_is_left_over() -> None:
    assert {row[0].strip("`") for row in rows()} == {kind.slug for kind in KINDS}


def test_slugs_are_unique() -> None:
    assert len({kind.slug for kind in KINDS}) == len(KINDS)


def test_type_of_a_problem_is_a_page() -> None:
    page = Client().get("/problems/scope-missing").content.decode()

    assert "The token lacks a scope" in page
    assert "403" in page


def test_unknown_type_has_no_page() -> None:
    assert Client().get("/problems/no-such").status_code == 404
