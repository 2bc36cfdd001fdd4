"""What a page of the audit log costs, by each filter.

``python -m tests.benchmarks.audit [entries]``: makes that many entries (50,000 unless given) of 20
organisations in a database of its own, and drops it afterwards.
"""

import sys
from datetime import timedelta
from functools import partial

from django.db import connection
from django.utils import timezone

from accounts.models import AuditEntry
from config.lib.ids import first_id_at
from tests import factories
from tests.benchmarks import scratch

ENTRIES, TENANTS, PAGE, ROUNDS = 50_000, 20, 50, 20
# Ids grow with time, as those of the triggers do; a rare kind is one of a thousand.
FILL_SQL = """
    INSERT INTO accounts_auditentry (id, time, user_id, application_id, request_id, action,
        object_type, object_id, organisation_id, site_id, subject_id, after)
    SELECT (lpad(to_hex((extract(epoch FROM now()) * 1000)::bigint - %(count)s + n), 12, '0')
            || '7' || substr(md5(n::text), 1, 3) || '8' || substr(md5(n::text), 5, 15))::uuid,
        now(), md5('user' || n %% 500)::uuid, md5('app' || n %% 50)::uuid, 'request-' || n / 5,
        CASE WHEN n %% 1000 = 0 THEN 'read' ELSE 'updated' END,
        CASE WHEN n %% 1000 = 0 THEN 'grant' ELSE 'device' END, md5('thing' || n / 10)::uuid::text,
        (%(tenants)s::uuid[])[1 + n %% %(size)s], md5('site' || n %% 1000)::uuid,
        md5('person' || n %% 5000)::uuid, '{}'
    FROM generate_series(1, %(count)s) n
"""


def main(entries: int) -> None:
    """Run the benchmark and print the figures."""
    with scratch.database():
        tenants = [factories.make_organisation() for _ in range(TENANTS)]
        keys = [tenant.pk for tenant in tenants]
        with connection.cursor() as cursor:
            cursor.execute(FILL_SQL, {"count": entries, "tenants": keys, "size": TENANTS})
            cursor.execute("ANALYZE accounts_auditentry")
        one = AuditEntry.objects.filter(organisation_id=keys[0]).latest("pk")
        then = first_id_at(timezone.now() - timedelta(milliseconds=entries // 2))
        filters = {
            "none": {},
            "user": {"user_id": one.user_id},
            "application": {"application_id": one.application_id},
            "object": {"object_id": one.object_id},
            "a rare kind": {"object_type": "grant"},
            "a rare deed": {"action": "read"},
            "site": {"site_id": one.site_id},
            "request": {"request_id": one.request_id},
            "about": {"subject_id": one.subject_id},
            "until half of the time": {"pk__lt": then},
        }
        visible = AuditEntry.objects.visible_to(factories.make_principal(tenants[0]))
        for name, condition in filters.items():
            page = visible.filter(**condition).order_by("-pk")[: PAGE + 1]
            median = scratch.median_s(partial(list, page.all()), times=ROUNDS) * 1000
            scratch.say(f"{entries:,} entries, filter {name}: {median:.2f} ms")


if __name__ == "__main__":
    main(int(sys.argv[1]) if sys.argv[1:] else ENTRIES)
