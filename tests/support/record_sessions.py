"""Runs the scenarios and records the events of their sessions for ``tests/vectors/test_recorded_sessions.py``.

Run from the checkout; it takes about a quarter of an hour, ``--missing`` only as long as the new scenarios do::

    .venv/bin/python -m tests.support.record_sessions --missing

``--leaves`` writes the digests of the leaves anew, after a change of the leaves' form, and refuses where a decision
changed too.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable
from pathlib import Path
from unittest.mock import patch

from tests.support.recorded import (
    EVENTS_FILE,
    FOLDER,
    SCHEMA_2,
    Recording,
    digests,
    load_digests,
    load_recordings,
    packed,
    save,
    save_digests,
)
from zaichang.session.events import Event, SessionStarted
from zaichang.session.policy import Policy, policy_to_mapping
from zaichang.session.replay import Replayed, replay
from zaichang.vision.pipeline import Analyser
from zaichang.vision.runtime import load_models
from zaichang_simulation import engine
from zaichang_simulation.analysis import Gallery
from zaichang_simulation.suite import run_suite, scenarios, shared_media

TESTS = Path(__file__).resolve().parent.parent


def record(path: Path, gallery: Gallery) -> Recording | None:
    """Run one scenario and return its sessions; None where its media are absent."""
    seen: dict[str, tuple[Event, ...]] = {}

    def observed(events: Iterable[Event], policy: Policy) -> Replayed:
        # The simulation replays every session at its end: by then all events are stored.
        stored = tuple(events)
        assert isinstance(stored[0], SessionStarted)
        seen[stored[0].session_id] = stored
        return replay(stored, policy)

    with patch.object(engine, "replay", observed):
        (case,) = run_suite([path], gallery, shared_media())
    if case.result is None:
        return None
    policy = case.loaded.policy
    sessions = tuple(packed(seen[each.session_id], policy) for each in case.result.sessions)
    return Recording(policy=policy_to_mapping(policy), sessions=sessions)


def _leaves_anew() -> int:
    """Write the digests of the leaves anew; 1, and nothing is written, where an event or decision changed."""
    written = {}
    for folder in (FOLDER, SCHEMA_2):
        kept = load_digests(folder)
        found = {
            name: [digests(session, recording.rules) for session in recording.sessions]
            for name, recording in load_recordings(folder).items()
        }
        written[folder] = found
        changed = [
            name
            for name, those in found.items()
            if [(one.events, one.decisions) for one in those] != [(one.events, one.decisions) for one in kept[name]]
        ]
        if changed:
            print(f"decisions changed too: {', '.join(changed)}", file=sys.stderr)
            return 1
    for folder, found in written.items():
        save_digests(found, folder)
    return 0


def main(arguments: list[str] | None = None) -> int:
    """Record every scenario, or only those that are not recorded; 1 where media are absent."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--missing", action="store_true", help="keep the recordings that are there")
    parser.add_argument("--leaves", action="store_true", help="only write the digests of the leaves anew")
    chosen = parser.parse_args(arguments)
    if chosen.leaves:
        return _leaves_anew()
    paths = {
        path.relative_to(TESTS).with_suffix("").as_posix(): path
        for folder in ("redteam", "honest")
        for path in scenarios(TESTS / folder)
    }
    recordings = load_recordings() if chosen.missing and EVENTS_FILE.exists() else {}
    recordings = {name: each for name, each in recordings.items() if name in paths}
    kept = {name: each for name, each in (load_digests().items() if recordings else ()) if name in recordings}
    gallery = Gallery(Analyser(load_models()))
    absent = []
    for name in sorted(paths.keys() - recordings.keys()):
        recording = record(paths[name], gallery)
        if recording is None:
            absent.append(name)
        else:
            recordings[name] = recording
        print(f"{name}: {'media absent' if recording is None else len(recording.sessions)}", flush=True)
    save(recordings, kept, print)
    return 1 if absent else 0


if __name__ == "__main__":
    sys.exit(main())
