"""Order, readiness and the end of processes, with small ones in place of the real."""

import asyncio
import signal
import sys
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest

from config.up.errors import CannotStart, StopAsked
from config.up.plan import Output, Process
from config.up.supervisor import Supervisor

Body = Callable[[Supervisor], Awaitable[None]]
SLEEP = ("sleep", "60")
LOOP = "while :; do sleep 0.05; done"
STUBBORN = ("sh", "-c", f"trap '' TERM; {LOOP}")


def supervised(body: Body) -> Supervisor:
    async def run() -> Supervisor:
        supervisor = Supervisor()
        try:
            await body(supervisor)
        finally:
            await supervisor.stop()
        return supervisor

    return asyncio.run(run())


def script(name: str, text: str) -> Process:
    return Process(name=name, command=("sh", "-c", text))


async def never() -> str | None:
    return "the moon is missing"


def test_lines_carry_the_name_of_their_process(capfd: pytest.CaptureFixture[str]) -> None:
    async def body(supervisor: Supervisor) -> None:
        assert await supervisor.finish(script("speaker", "echo one; echo two >&2; exit 3")) == 3

    supervised(body)

    assert capfd.readouterr().out == "speaker  | one\nspeaker  | two\n"


def test_terminal_output_is_left_as_it_is(capfd: pytest.CaptureFixture[str]) -> None:
    process = replace(script("speaker", "echo curl"), output=Output.TERMINAL)

    async def body(supervisor: Supervisor) -> None:
        await supervisor.finish(process)

    supervised(body)

    assert capfd.readouterr().out == "curl\n"


def test_errors_alone_are_passed_on(capfd: pytest.CaptureFixture[str]) -> None:
    process = replace(script("speaker", "echo chat; echo trouble >&2"), output=Output.ERRORS)

    async def body(supervisor: Supervisor) -> None:
        await supervisor.finish(process)

    supervised(body)

    assert capfd.readouterr().out == "speaker  | trouble\n"


def test_line_without_end_does_not_stop_the_others(capfd: pytest.CaptureFixture[str]) -> None:
    long = f"{sys.executable} -c \"print('x' * 3_000_000)\"; echo last"

    async def body(supervisor: Supervisor) -> None:
        await supervisor.finish(script("speaker", long))

    supervised(body)

    printed = capfd.readouterr().out
    assert "was left out" in printed
    assert printed.endswith("speaker  | last\n")


def test_processes_stop_in_reverse_order(capfd: pytest.CaptureFixture[str]) -> None:
    async def body(supervisor: Supervisor) -> None:
        for name in ("first", "second"):
            await supervisor.start(script(name, f"trap 'echo gone; exit' TERM; {LOOP}"))
        await asyncio.sleep(0.3)

    supervised(body)

    assert capfd.readouterr().out.splitlines()[:2] == ["second   | gone", "first    | gone"]


def test_own_stop_signal_is_used(capfd: pytest.CaptureFixture[str]) -> None:
    text = f"trap 'echo fast; exit' INT; trap '' TERM; {LOOP}"
    process = replace(script("speaker", text), stop_signal=signal.SIGINT)

    async def body(supervisor: Supervisor) -> None:
        await supervisor.start(process)
        await asyncio.sleep(0.3)

    supervised(body)

    assert "speaker  | fast" in capfd.readouterr().out


def test_stubborn_process_is_killed_after_its_grace(capfd: pytest.CaptureFixture[str]) -> None:
    process = Process(name="stubborn", command=STUBBORN, grace_s=0.3)

    async def body(supervisor: Supervisor) -> None:
        await supervisor.start(process)
        await asyncio.sleep(0.3)

    supervised(body)

    assert "stubborn did not stop in time and is killed" in capfd.readouterr().out


@pytest.mark.parametrize(("pause_s", "is_hurried"), [(0.0, False), (1.2, True)])
def test_second_signal_is_in_a_hurry_unless_it_is_the_first(
    pause_s: float, is_hurried: bool
) -> None:
    async def body(supervisor: Supervisor) -> None:
        supervisor.ask_to_stop(signal.SIGINT)
        await asyncio.sleep(pause_s)
        supervisor.ask_to_stop(signal.SIGINT)
        assert supervisor.hurry.is_set() is is_hurried

    supervised(body)


def test_hurry_kills_the_slow_at_once() -> None:
    began = time.monotonic()

    async def body(supervisor: Supervisor) -> None:
        await supervisor.start(Process(name="stubborn", command=STUBBORN, grace_s=60))
        await asyncio.sleep(0.3)
        supervisor.hurry.set()

    supervised(body)

    assert time.monotonic() - began < 10


def test_process_that_is_never_ready_says_what_it_waits_for() -> None:
    process = Process(name="rocket", command=SLEEP, ready=never, ready_within_s=0.2)

    async def body(supervisor: Supervisor) -> None:
        await supervisor.start(process)

    with pytest.raises(CannotStart, match=r"rocket was not ready within 0 s: the moon is missing"):
        supervised(body)


def test_end_of_a_process_ends_the_waiting_for_another() -> None:
    async def body(supervisor: Supervisor) -> None:
        await supervisor.start(script("brief", "exit 4"))
        with pytest.raises(StopAsked):
            await supervisor.start(Process(name="rocket", command=SLEEP, ready=never))

    assert supervised(body).failed


def test_end_is_seen_although_others_hold_its_pipe() -> None:
    async def body(supervisor: Supervisor) -> None:
        await supervisor.start(script("brief", "sleep 60 & exit 4"))
        await asyncio.wait_for(supervisor.stopping.wait(), timeout=10)

    assert supervised(body).failed


def test_program_that_does_not_exist_is_named() -> None:
    async def body(supervisor: Supervisor) -> None:
        await supervisor.start(Process(name="rocket", command=("/no/such/rocket",)))

    with pytest.raises(CannotStart, match=r"rocket: .*No such file"):
        supervised(body)
