"""A private Valkey under the state directory: Celery's broker, the cache, locks and limits."""

from pathlib import Path

from config.up import ports
from config.up.binaries import valkey_program
from config.up.plan import Process
from config.up.probes import valkey_pong
from config.up.state import write_private
from config.up.supervisor import Supervisor

# A queue is data: it survives a stop, and nothing is thrown out when memory is short.
CONFIGURATION = """\
bind 127.0.0.1
port {port}
requirepass {password}
dir "{folder}"
save 60 1
appendonly yes
maxmemory-policy noeviction
loglevel warning
"""


async def start_valkey(supervisor: Supervisor, *, state_dir: Path, password: str) -> str:
    """Start the private Valkey and return its address.

    The password keeps other users of the machine from giving orders to the worker.

    Raises: CannotStart, if there is no program.
    """
    program, folder, port = valkey_program(), state_dir / "valkey", ports.free()
    folder.mkdir(exist_ok=True, mode=0o700)
    configuration = folder / "valkey.conf"
    write_private(configuration, CONFIGURATION.format(port=port, password=password, folder=folder))
    await supervisor.start(
        Process(
            name="valkey",
            command=(program, str(configuration)),
            ready=valkey_pong(port, password),
        )
    )
    return f"redis://:{password}@{ports.HOST}:{port}/0"
