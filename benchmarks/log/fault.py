"""``make fault``: kill the log's writer, fail its system calls, stop its leader; then hold it against every promise.

Kinds of runs, in turn:
  kill      SIGKILL at a random moment
  syscall   SIGKILL right before or after a chosen write, fsync, rename, open or mkdir of the writer
  error     that call fails instead: EIO, or ENOSPC from then on (a full disk)
  lead      SIGSTOP of the leader, a second writer takes over, SIGCONT: the old one must lose
  strace    the kernel injects EIO, ENOSPC (from then on) or SIGKILL into the n-th call, SQLite's own included (where
            strace runs). The runs sweep: every write, fsync, rename, ... that the traced work makes, one after
            the other; ``swept`` in the table says how many of them were reached
"""

from __future__ import annotations

import argparse
import errno
import os
import random
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from benchmarks import report
from benchmarks.log.fault_log import BATCHES, Ledger, check, submit

CALLS: Final = ("write", "fsync", "replace", "open", "mkdir")
TRACED: Final = ("write", "pwrite64", "fsync", "fdatasync", "rename", "ftruncate", "unlink")
FAULTS: Final = ("signal=SIGKILL", "error=EIO", "error=ENOSPC")
TRACED_SIZES: Final = (3, 300, 7)
RUNS_PER_LOG: Final = 10
ATTACH_S: Final = 20.0
CHILD_TIMEOUT_S: Final = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """How a tortured process ended.

    Attributes:
        told: What it acknowledged.
        status: Its wait status.
        hit: Whether the fault came to pass.
    """

    told: bytes
    status: int
    hit: bool


def can_trace() -> bool:
    """Whether strace is here and may trace."""
    strace = shutil.which("strace")
    if strace is None:
        return False
    probe = subprocess.run([strace, "-qq", "-e", "trace=none", "true"], capture_output=True, check=False)
    return probe.returncode == 0


def start(
    root: Path, first: int, batches: int, prepare: Callable[[], None], sizes: tuple[int, ...] = BATCHES
) -> tuple[int, int]:
    """Fork a writer; return its pid and the descriptor that it tells its acknowledgements on."""
    read, write = os.pipe()
    pid = os.fork()
    if pid:
        os.close(write)
        return pid, read
    code = 0
    try:
        os.close(read)
        # A dying writer's words belong to the run's log, not to the table.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
        prepare()
        submit(root, first, batches, write, sizes)
    except BaseException:
        code = 3
        traceback.print_exc()
    finally:
        os._exit(code)


def reap(pid: int, read: int, hit: bool = True) -> Ended:
    """Wait for a writer's end, killing it if it hangs."""
    told = b""
    deadline = time.monotonic() + CHILD_TIMEOUT_S
    while True:
        ready, _, _ = select.select([read], [], [], max(0.0, deadline - time.monotonic()))
        if not ready:
            os.kill(pid, signal.SIGKILL)
            continue
        part = os.read(read, 65_536)
        if not part:
            break
        told += part
    os.close(read)
    _, status = os.waitpid(pid, 0)
    return Ended(told=told, status=status, hit=hit and status != 0)


def run_kill(root: Path, ledger: Ledger, draw: random.Random) -> list[Ended]:
    """SIGKILL at a random moment."""
    # More than it can write before the signal, also where this process is scheduled late: it never ends by itself.
    pid, read = start(root, ledger.next, 10_000, lambda: None)
    select.select([read], [], [], 10)
    time.sleep(draw.random() * 0.25)
    os.kill(pid, signal.SIGKILL)
    return [reap(pid, read)]


def run_syscall(root: Path, ledger: Ledger, draw: random.Random) -> list[Ended]:
    """SIGKILL right before or after a chosen call."""
    return [_with_hook(root, ledger, draw, lambda: os.kill(os.getpid(), signal.SIGKILL))]


def run_error(root: Path, ledger: Ledger, draw: random.Random) -> list[Ended]:
    """A chosen call fails; with ENOSPC all later ones do too."""
    number = draw.choice((errno.EIO, errno.ENOSPC))

    def fail() -> None:
        raise OSError(number, os.strerror(number))

    return [_with_hook(root, ledger, draw, fail, lasting=number == errno.ENOSPC)]


def _with_hook(
    root: Path, ledger: Ledger, draw: random.Random, act: Callable[[], None], lasting: bool = False
) -> Ended:
    name, at, after = draw.choice(CALLS), draw.randrange(1, 90), draw.random() < 0.5

    def prepare() -> None:
        real = getattr(os, name)
        count = 0

        def call(*arguments: Any, **named: Any) -> Any:
            nonlocal count
            if name == "write" and arguments[0] != 1 and _is_pipe(arguments[0]):
                return real(*arguments, **named)
            count += 1
            due = count >= at if lasting else count == at
            if due and not after:
                act()
            result = real(*arguments, **named)
            if due and after:
                act()
            return result

        setattr(os, name, call)

    pid, read = start(root, ledger.next, 30, prepare)
    return reap(pid, read)


def _is_pipe(descriptor: int) -> bool:
    return os.readlink(f"/proc/self/fd/{descriptor}").startswith("pipe:")


def run_lead(root: Path, ledger: Ledger, draw: random.Random) -> list[Ended]:
    """SIGSTOP of the leader, a second writer takes over, SIGCONT: the old one must lose and say so."""
    old, old_read = start(root, ledger.next, 500, lambda: None)
    select.select([old_read], [], [], 10)
    time.sleep(draw.random() * 0.15)
    os.kill(old, signal.SIGSTOP)
    # The second one submits from further on, so that both have work of their own.
    new, new_read = start(root, ledger.next + 1_000_000, 6, lambda: None)
    deadline = time.monotonic() + 1.5
    waited = 0
    while waited == 0 and time.monotonic() < deadline:
        waited, status = os.waitpid(new, os.WNOHANG)
        time.sleep(0.01)
    os.kill(old, signal.SIGCONT)
    if waited:
        told = b""
        while part := os.read(new_read, 65_536):
            told += part
        os.close(new_read)
        second = Ended(told=told, status=status, hit=True)
    else:
        # The leader was stopped while it held a lock: the second one waits or gives up, which is no fork either.
        second = reap(new, new_read)
    first = reap(old, old_read)
    if second.status == 0 and b"ack" in second.told and first.status == 0:
        raise AssertionError("two writers both believe that they lead")
    return [first, second]


def _traced(root: Path, first: int, arguments: list[str], report_to: str = os.devnull) -> Ended:
    """Make the traced work under strace, which is attached before the work begins."""
    go_read, go_write = os.pipe()

    def wait_for_strace() -> None:
        os.close(go_write)
        os.read(go_read, 1)

    pid, read = start(root, first, len(TRACED_SIZES), wait_for_strace, TRACED_SIZES)
    os.close(go_read)
    tracer = subprocess.Popen(
        ["strace", "-qq", "-o", report_to, *arguments, "-p", str(pid)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    deadline = time.monotonic() + ATTACH_S
    status = Path(f"/proc/{pid}/status")
    while "TracerPid:\t0\n" in status.read_text():
        if tracer.poll() is not None or time.monotonic() > deadline:
            os.kill(pid, signal.SIGKILL)
            break
        time.sleep(0.002)
    os.write(go_write, b"!")
    os.close(go_write)
    ended = reap(pid, read)
    tracer.wait(timeout=CHILD_TIMEOUT_S)
    return ended


def count_calls(root: Path) -> dict[str, int]:
    """Return how often the traced work makes each call, on a new log."""
    report_to = root.parent / "calls"
    ended = _traced(root, 0, ["-e", f"trace={','.join(TRACED)}"], str(report_to))
    if ended.status != 0:
        raise AssertionError("the work fails without any fault")
    counts = Counter(line.partition("(")[0] for line in report_to.read_text().splitlines())
    report_to.unlink()
    return {call: counts[call] for call in TRACED if counts[call]}


class Sweep:
    """Every call of the work once, in an order that is drawn, with one of the faults; then again with the next fault.

    Args:
        calls: How often the work makes each call.
        draw: Of the order.
    """

    def __init__(self, calls: dict[str, int], draw: random.Random) -> None:
        """List them."""
        self.calls = sum(calls.values())
        self.all: list[tuple[str, int, str]] = []
        for turn in range(len(FAULTS)):
            these = [
                (call, n, FAULTS[(n + turn) % len(FAULTS)])
                for call, count in calls.items()
                for n in range(1, count + 1)
            ]
            draw.shuffle(these)
            self.all += these
        self.made = 0

    def run(self, root: Path, ledger: Ledger, draw: random.Random) -> list[Ended]:
        """The kernel injects the next fault."""
        call, number, fault = self.all[self.made % len(self.all)]
        self.made += 1
        when = f"{number}+" if fault == "error=ENOSPC" else str(number)
        return [_traced(root, ledger.next, ["-e", f"trace={call}", "-e", f"inject={call}:{fault}:when={when}"])]


KINDS: Final[dict[str, Callable[[Path, Ledger, random.Random], list[Ended]]]] = {
    "kill": run_kill,
    "syscall": run_syscall,
    "error": run_error,
    "lead": run_lead,
}
SHARES: Final = {"kill": 12, "syscall": 16, "error": 11, "lead": 3, "strace": 58}


def torture(
    runs: int, seed: int, kinds: dict[str, int] | None = None, folder: Path | None = None
) -> list[dict[str, Any]]:
    """Make the runs; return a row for each kind.

    Args:
        runs: How many.
        seed: Of all choices.
        kinds: Kind to its share.
        folder: Where the logs lie; a temporary one by default.

    Raises:
        AssertionError: A promise was broken; the log is kept for a look.
    """
    draw = random.Random(seed)  # noqa: S311 - choices of a test, not secrets
    shares = dict(kinds or SHARES)
    if "strace" in shares and not can_trace():
        print("strace is not here or may not trace: its runs are left out", file=sys.stderr)
        del shares["strace"]
    counts: Counter[str] = Counter()
    hits: Counter[str] = Counter()
    acks: Counter[str] = Counter()
    home = Path(tempfile.mkdtemp(prefix="zaichang-fault-", dir=folder))
    made = dict(KINDS)
    sweep: Sweep | None = None
    if "strace" in shares:
        (home / "count").mkdir()
        sweep = Sweep(count_calls(home / "count"), draw)
        shutil.rmtree(home / "count")
        made["strace"] = sweep.run
    root, ledger = home / "log-0", Ledger()
    for number in range(runs):
        if number % RUNS_PER_LOG == 0:
            shutil.rmtree(root, ignore_errors=True)
            root, ledger = home / f"log-{number}", Ledger()
            root.mkdir()
        kind = draw.choices(list(shares), list(shares.values()))[0]
        ended = made[kind](root, ledger, draw)
        counts[kind] += 1
        hits[kind] += any(end.hit for end in ended)
        for end in ended:
            acks[kind] += ledger.take(end.told)
        check(root, ledger)
        if sys.stderr.isatty():
            print(f"\r{number + 1} of {runs} runs", end="", file=sys.stderr, flush=True)
    shutil.rmtree(home)
    return [
        {
            "kind": kind,
            "runs": counts[kind],
            "writer_ended_by_fault": hits[kind],
            "acknowledged_leaves": acks[kind],
            "lost": 0,
            "forks": 0,
            "swept": f"{min(sweep.made, sweep.calls)} of {sweep.calls} calls" if kind == "strace" and sweep else "",
        }
        for kind in shares
    ]


def main() -> int:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--runs", type=int, default=1_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--kind", choices=sorted(SHARES), help="only this kind of runs")
    parser.add_argument("--folder", type=Path, help="where the logs lie (a real disk says more than a RAM disk)")
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    kinds = {arguments.kind: 1} if arguments.kind else None
    rows = torture(arguments.runs, arguments.seed, kinds, arguments.folder)
    report.publish(
        "log.fault", rows, parameters={"runs": arguments.runs, "seed": arguments.seed}, destination=arguments.json
    )
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
