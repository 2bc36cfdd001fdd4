"""Edit a building by hand, deed by deed, and never over what somebody else did meanwhile."""

from dataclasses import dataclass
from uuid import UUID

from django.db import transaction

from twin.errors import EditOvertaken
from twin.models import Site
from twin.selectors.revisions import news_since, revision_of
from twin.services.deeds import Deed, Done
from twin.services.trees import lock_site


@dataclass(frozen=True, slots=True)
class Edit:
    """A deed that is done, the state of the site after it, and what others did before it."""

    done: Done
    revision: UUID
    news: list[str]


@transaction.atomic
def edit_site(site: Site, deed: Deed, *, seen: UUID) -> Edit:
    """Do one deed for somebody who saw the site as it was after the change ``seen``.

    What others did elsewhere in the building meanwhile does not matter and is told.
    Raises: EditOvertaken, if they did it to the same things; what the service behind it raises.
    """
    site = lock_site(site.pk)
    news = _refuse_overtaken(site, deed, seen=seen)
    done = deed.do(site)
    return Edit(done, revision_of(site.pk), news)


def _refuse_overtaken(site: Site, deed: Deed, *, seen: UUID) -> list[str]:
    if revision_of(site.pk) == seen:
        return []
    news = news_since(site, seen)
    touched = {str(key) for key in deed.touched}
    if news.is_whole or touched & news.touched:
        raise EditOvertaken(news.sentences)
    return news.sentences
