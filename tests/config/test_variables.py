"""Every environment variable is written down for those who must set it."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
READ = re.compile(r"""(?:env_\w+|environ\.get)\(\s*"([A-Z_]+)\"""")
SOURCES = ("config/settings.py", "config/env.py")
FOUND = {name for source in SOURCES for name in READ.findall((ROOT / source).read_text())}
VARIABLES = sorted(FOUND | {"DATABASE_URL"})


def test_variables_are_found() -> None:
    assert {"SECRET_KEY", "PORT", "STATE_DIR", "RATE_LIMIT_PER_MINUTE"} <= set(VARIABLES)


@pytest.mark.parametrize("name", VARIABLES)
@pytest.mark.parametrize("document", ["README.md", ".env.example"])
def test_variable_is_documented(name: str, document: str) -> None:
    assert re.search(rf"\b{name}\b", (ROOT / document).read_text())
