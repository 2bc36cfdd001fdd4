"""Plan a site from a Brick or RealEstateCore model."""

from django.db import transaction

from config.lib.extras import ExtraMissing
from twin.definitions.findings import UnfitParameters
from twin.errors import ExtraNotInstalled, invalid
from twin.models import Plan, Site, Space
from twin.ontology.importing import Imported, import_model
from twin.ontology.reading import read_model
from twin.selectors.templates import site_definition
from twin.services.planning import Wish, make_plan


def plan_from_model(site: Site, *, body: bytes, media_type: str) -> tuple[Plan, Imported]:
    """Work out what leads a site to what a model describes, and keep it as a plan.

    Raises: InvalidInput, naming what is wrong with the model, or (``#/spec/…``) with the building
    that comes of it; ExtraNotInstalled.
    """
    try:
        graph = read_model(body, media_type=media_type)
        known = dict(Space.objects.filter(site=site).values_list("pk", "properties"))
        imported = import_model(graph, definition=site_definition(site), known=known)
    except UnfitParameters as unfit:
        raise invalid(unfit.findings) from unfit
    except ExtraMissing as missing:
        raise ExtraNotInstalled(problem=str(missing)) from missing
    with transaction.atomic():
        return make_plan(site, Wish(spec=imported.spec)), imported
