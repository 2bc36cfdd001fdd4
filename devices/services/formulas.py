"""Formulas of virtual metering points: weighted sums of others, without circles."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection, transaction
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange

from config.lib.errors import InvalidInput
from devices.errors import FormulaCircular, FormulaTooLarge
from devices.models import FormulaTerm, MeteringPoint
from devices.series.stretches import merged
from devices.windows import EVER, NEVER

MAX_DEPTH = 6
MAX_TERMS = 1_000
# Formulas of a tenant change one after the other, so that two of them close no circle together.
LOCK = "SELECT pg_advisory_xact_lock(hashtext('devices.formulas'), hashtext(%s))"
# All that stands above and below a point; a level more than allowed shows that it is too deep.
REACH = """
WITH RECURSIVE below(id, depth) AS (
  SELECT t.source_id, 1 FROM devices_formulaterm t WHERE t.metering_point_id = %(point)s
  UNION
  SELECT t.source_id, b.depth + 1 FROM below b JOIN devices_formulaterm t
    ON t.metering_point_id = b.id WHERE b.depth <= %(depth)s),
above(id, depth) AS (
  SELECT t.metering_point_id, 1 FROM devices_formulaterm t WHERE t.source_id = %(point)s
  UNION
  SELECT t.metering_point_id, a.depth + 1 FROM above a JOIN devices_formulaterm t
    ON t.source_id = a.id WHERE a.depth <= %(depth)s)
SELECT (SELECT coalesce(max(depth), 0) FROM below) + (SELECT coalesce(max(depth), 0) FROM above),
  EXISTS (SELECT FROM below WHERE id = %(point)s)"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Term:
    """Another metering point, times a weight, for a time."""

    source: MeteringPoint
    weight: float | None = None
    since: datetime | None = None
    until: datetime | None = None


def _findings(point: MeteringPoint, terms: Sequence[Term]) -> list[tuple[str, str, str]]:
    found = []
    for index, term in enumerate(terms):
        place, source = f"#/formula/{index}", term.source
        owners = (source.organisation_id, point.organisation_id)
        if owners[0] != owners[1] or (owners[0] is None and source.site_id != point.site_id):
            found.append((f"{place}/metering_point", "foreign", "It belongs to somebody else."))
        if source.unit != point.unit and term.weight is None:
            text = f"It counts {source.unit}, this one {point.unit}: give the weight."
            found.append((f"{place}/weight", "units-differ", text))
        if term.since and term.until and term.until <= term.since:
            text = "The end must be later than the beginning."
            found.append((f"{place}/until", "order", text))
    return found or _repeated(terms)


def _repeated(terms: Sequence[Term]) -> list[tuple[str, str, str]]:
    """Find sources that count twice at the same time."""
    found, seen = [], dict[UUID, list[tuple[datetime, datetime]]]()
    for index, term in enumerate(terms):
        period = (term.since or EVER, term.until or NEVER)
        before = seen.setdefault(term.source.pk, [])
        if any(since < period[1] and period[0] < until for since, until in before):
            text = "This one counts already at that time; give one weight."
            found.append((f"#/formula/{index}/metering_point", "repeated", text))
        seen[term.source.pk] = merged([*before, period])
    return found


@transaction.atomic
def set_formula(point: MeteringPoint, terms: Sequence[Term]) -> None:
    """Let the virtual metering point be the sum of these terms, instead of those before.

    Raises: InvalidInput, for a source of somebody else, twice at a time, or of another unit
    without a weight; FormulaCircular; FormulaTooLarge.
    """
    if findings := _findings(point, terms):
        raise InvalidInput(findings)
    if len(terms) > MAX_TERMS:
        raise FormulaTooLarge(depth=MAX_DEPTH, terms=MAX_TERMS)
    with connection.cursor() as cursor:
        cursor.execute(LOCK, [str(point.organisation_id or point.site_id)])
        FormulaTerm.objects.filter(metering_point=point).delete()
        FormulaTerm.objects.bulk_create(_row(point, term) for term in terms)
        cursor.execute(REACH, {"point": point.pk, "depth": MAX_DEPTH})
        depth, is_circular = cursor.fetchone()
    if is_circular:
        raise FormulaCircular(metering_point=str(point.pk))
    if depth > MAX_DEPTH:
        raise FormulaTooLarge(depth=MAX_DEPTH, terms=MAX_TERMS)


def _row(point: MeteringPoint, term: Term) -> FormulaTerm:
    weight = 1.0 if term.weight is None else term.weight
    period = DateTimeTZRange(term.since, term.until)
    return FormulaTerm(metering_point=point, source=term.source, weight=weight, period=period)
