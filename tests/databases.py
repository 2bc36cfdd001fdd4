"""Where the database of the tests is, for processes beside them."""

from urllib.parse import quote

from django.db import connection
from psycopg.conninfo import make_conninfo

PLACE = ("host", "port", "user", "password", "dbname")


def conninfo() -> str:
    """Return where the database is that is in use here, as PostgreSQL's programs take it."""
    given = connection.get_connection_params()
    return make_conninfo(**{name: given[name] for name in PLACE if given.get(name)})


def database_url() -> str:
    """Return the address of the database that is in use here."""
    given = connection.settings_dict
    user = quote(str(given["USER"])) + (f":{quote(given['PASSWORD'])}" if given["PASSWORD"] else "")
    host = str(given["HOST"] or given.get("OPTIONS", {}).get("host", ""))
    if host.startswith("/"):
        return f"postgresql://{user}@/{given['NAME']}?host={host}"
    return f"postgresql://{user}@{host}:{given['PORT'] or 5432}/{given['NAME']}"
