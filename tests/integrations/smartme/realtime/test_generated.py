"""The generated parser is that of realtime.proto: `make proto` makes it anew."""

import importlib.util
import re
import subprocess
import sys
from pathlib import Path

import pytest

from integrations.smartme.realtime import realtime_pb2

ROOT = Path(__file__).resolve().parents[4]
PROTO = "integrations/smartme/realtime/realtime.proto"
FIELD = re.compile(r"^  (repeated )?(\w+) (\w+) = (\d+);$")


def test_parser_has_the_fields_of_the_definition() -> None:
    written: dict[str, list[tuple[bool, str, int]]] = {}
    for line in (ROOT / PROTO).read_text(encoding="utf-8").splitlines():
        if line.startswith("message "):
            fields = written.setdefault(line.split()[1], [])
        elif found := FIELD.match(line):
            fields.append((bool(found[1]), found[3], int(found[4])))

    assert written == {
        name: [(field.is_repeated, field.name, field.number) for field in message.fields]
        for name, message in realtime_pb2.DESCRIPTOR.message_types_by_name.items()
    }


@pytest.mark.skipif(importlib.util.find_spec("grpc_tools") is None, reason="no protoc here")
def test_parser_is_what_protoc_makes_of_the_definition(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "grpc_tools.protoc", "-I."]
    outputs = [f"--python_out={tmp_path}", f"--pyi_out={tmp_path}"]
    subprocess.run([*command, *outputs, PROTO], cwd=ROOT, check=True)

    for suffix in ("_pb2.py", "_pb2.pyi"):
        name = PROTO.replace(".proto", suffix)
        fresh = (tmp_path / name).read_text(encoding="utf-8")
        assert _without_version((ROOT / name).read_text(encoding="utf-8")) == _without_version(
            fresh
        )


def _without_version(text: str) -> str:
    """Leave out by which release it was made: any release makes the same parser."""
    return re.sub(r"# Protobuf Python Version.*|^    \d+,$", "", text, flags=re.MULTILINE)
