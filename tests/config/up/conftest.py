from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from tests.config.up.running import Run, reachable_folder

Up = Callable[..., Run]


@pytest.fixture
def state_dir() -> Iterator[Path]:
    with reachable_folder() as folder:
        yield folder / "state"


@pytest.fixture
def up(state_dir: Path, tmp_path: Path) -> Iterator[Up]:
    with ExitStack() as stack:

        def start(*words: str, **env: str) -> Run:
            run = Run(state_dir, *words, log=tmp_path / "up.log", **env)
            return stack.enter_context(closing(run))

        yield start
