import pytest

from support.log_faults import ORIGIN, SIGNER, Clock, Faults, check_log, open_writer
from support.log_media import LogMedium
from zaichang.core.errors import FatalLogError, IllegalEvent, StorageError
from zaichang.log.writer import LogWriter, Sequenced
from zaichang.ports.log.store import Head
from zaichang.tlog.checkpoint import Checkpoint, sign_checkpoint
from zaichang.tlog.keys import Ed25519Signer
from zaichang.tlog.merkle import leaf_hash, root_hash


def batch(first: int, count: int) -> list[tuple[tuple[str, int], bytes]]:
    return [(("s", n), b"leaf %d" % n) for n in range(first, first + count)]


def commit(writer: LogWriter, first: int, count: int) -> list[Sequenced]:
    results, _ = writer.commit(batch(first, count))
    assert all(isinstance(result, Sequenced) for result in results)
    return [result for result in results if isinstance(result, Sequenced)]


def started(medium: LogMedium, faults: Faults | None = None, clock: Clock | None = None) -> LogWriter:
    writer = open_writer(medium, faults, clock)
    writer.recover()
    return writer


def refusal(medium: LogMedium, known: int = 0, clock: Clock | None = None) -> str:
    writer = open_writer(medium, clock=clock, known=known)
    with pytest.raises(FatalLogError) as caught:
        writer.recover()
    writer.close()
    return caught.value.code


def test_a_new_log_publishes_an_empty_checkpoint_and_grows(medium: LogMedium) -> None:
    writer = started(medium)
    assert check_log(medium) == []
    places = [result.index for result in (*commit(writer, 0, 3), *commit(writer, 3, 300))]
    assert places == list(range(303))
    assert check_log(medium) == [leaf for _, leaf in batch(0, 303)]
    writer.close()
    again = started(medium)
    assert [result.index for result in commit(again, 303, 2)] == [303, 304]
    assert len(check_log(medium)) == 305
    again.close()


def test_the_same_submission_twice_is_one_leaf_even_after_a_restart(medium: LogMedium) -> None:
    writer = started(medium)
    commit(writer, 0, 5)
    writer.close()
    writer = started(medium)
    again = commit(writer, 3, 4)
    assert [(result.index, result.duplicate) for result in again] == [(3, True), (4, True), (5, False), (6, False)]
    results, _ = writer.commit([(("s", 2), b"other bytes")])
    assert isinstance(results[0], IllegalEvent)
    assert results[0].code == "log.submission_conflict"
    assert len(check_log(medium)) == 7
    writer.close()


FAULTS = [
    # step, fatal medium, does the batch get in?, does the process stop?
    ("find", False, False, False),
    ("stage", False, False, False),
    ("stage-after", False, False, False),
    ("stage", True, False, True),
    ("stage-after", True, False, True),
    ("swap", True, False, True),
    ("swap-after", True, True, True),
    ("put", False, True, True),
    ("put", True, True, True),
    ("put-partly", False, True, True),
    ("put-partly", True, True, True),
    ("put-after", True, True, True),
    ("publish", False, True, True),
    ("publish", True, True, True),
    ("publish-after", True, True, True),
]


@pytest.mark.parametrize(("step", "fatal", "gets_in", "stops"), FAULTS)
@pytest.mark.parametrize("size", [1, 255, 300])
def test_any_fault_loses_nothing_and_forks_nothing(
    medium: LogMedium, step: str, fatal: bool, gets_in: bool, stops: bool, size: int
) -> None:
    faults = Faults()
    writer = started(medium, faults)
    commit(writer, 0, 10)
    faults.step, faults.fatal = step, fatal
    with pytest.raises((StorageError, FatalLogError)) as caught:
        writer.commit(batch(10, size))
    assert faults.hits == 1
    assert isinstance(caught.value, FatalLogError) is stops
    if stops:
        writer.close()
        writer = started(medium)
    assert len(check_log(medium)) == (10 + size if gets_in else 10)
    results = commit(writer, 10, size)
    assert [result.index for result in results] == list(range(10, 10 + size))
    assert {result.duplicate for result in results} == {gets_in}
    commit(writer, 10 + size, 3)
    assert check_log(medium) == [leaf for _, leaf in batch(0, 13 + size)]
    writer.close()


def test_the_process_that_lost_the_lead_stops_and_undoes_nothing(medium: LogMedium) -> None:
    clock = Clock()
    old, new = started(medium, clock=clock), started(medium, clock=clock)
    commit(new, 0, 300)
    with pytest.raises(FatalLogError) as caught:
        old.commit(batch(900, 2))
    assert caught.value.code == "log.lost_lead"
    commit(new, 300, 2)
    assert check_log(medium) == [leaf for _, leaf in batch(0, 302)]
    old.close()
    new.close()


def test_time_that_goes_back_is_not_signed(medium: LogMedium) -> None:
    clock = Clock()
    writer = started(medium, clock=clock)
    commit(writer, 0, 1)
    clock.ms -= 10_000
    with pytest.raises(FatalLogError) as caught:
        writer.commit(batch(1, 1))
    assert caught.value.code == "log.time_went_back"
    writer.close()
    assert refusal(medium, clock=clock) == "log.time_went_back"
    assert len(check_log(medium)) == 1


def test_a_restored_backup_is_not_signed_on(medium: LogMedium) -> None:
    writer = started(medium)
    commit(writer, 0, 3)
    writer.close()
    assert refusal(medium, known=4) == "log.rolled_back"
    head = medium.place.open_heads()
    note = head.load(ORIGIN)
    assert note is not None
    older = sign_checkpoint(Checkpoint(origin=ORIGIN, size=1, root=leaf_hash(b"leaf 0")), [SIGNER])
    assert head.swap(ORIGIN, note.note, Head(note=older, at_ms=1), [])
    head.close()
    assert refusal(medium) == "log.rolled_back"


def test_two_roots_for_one_size_are_not_signed_on(medium: LogMedium) -> None:
    writer = started(medium)
    commit(writer, 0, 1)
    writer.close()
    forged = sign_checkpoint(Checkpoint(origin=ORIGIN, size=1, root=root_hash([leaf_hash(b"other")])), [SIGNER])
    medium.write("checkpoint", forged)
    assert refusal(medium) == "log.forked"


@pytest.mark.parametrize("damage", ["missing", "cut", "bit", "entry"])
def test_a_damaged_right_edge_is_not_signed_on(medium: LogMedium, damage: str) -> None:
    writer = started(medium)
    commit(writer, 0, 300)
    writer.close()
    path = "tile/entries/001.p/44" if damage == "entry" else "tile/0/001.p/44"
    data = medium.place.published.get(path)
    assert data is not None
    if damage == "missing":
        medium.delete(path)
    else:
        medium.write(path, data[:-1] if damage == "cut" else data[:40] + bytes([data[40] ^ 1]) + data[41:])
    assert refusal(medium) == "log.damaged"


def test_a_lost_head_and_a_lost_batch_and_a_foreign_checkpoint_are_not_signed_on(medium: LogMedium) -> None:
    faults = Faults()
    writer = started(medium, faults)
    commit(writer, 0, 3)
    faults.step, faults.fatal = "put", True
    with pytest.raises(FatalLogError):
        writer.commit(batch(3, 1))
    writer.close()
    medium.lose_staging()
    assert refusal(medium) == "log.staging_lost"
    stranger = Ed25519Signer(ORIGIN, b"\x08" * 32)
    foreign = sign_checkpoint(Checkpoint(origin=ORIGIN, size=1, root=leaf_hash(b"x")), [stranger])
    medium.write("checkpoint", foreign)
    assert refusal(medium) == "log.foreign_head"
    medium.lose_head()
    assert refusal(medium) == "log.head_lost"


def test_an_object_that_does_not_read_back_as_written_is_not_published(medium: LogMedium) -> None:
    faults = Faults()
    writer = started(medium, faults)
    commit(writer, 0, 1)
    faults.lies["tile/0/000.p/2"] = b"lies"
    with pytest.raises(FatalLogError) as caught:
        writer.commit(batch(1, 1))
    assert caught.value.code == "log.read_back"
    assert len(check_log(medium)) == 1
    writer.close()


def test_a_writer_must_recover_first(medium: LogMedium) -> None:
    writer = open_writer(medium)
    with pytest.raises(FatalLogError) as caught:
        writer.commit(batch(0, 1))
    assert caught.value.code == "log.not_recovered"
    writer.close()


def test_a_process_that_starts_between_another_s_staging_and_swap_takes_nothing_away(medium: LogMedium) -> None:
    faults = Faults()
    old = started(medium, faults)
    commit(old, 0, 3)
    second: list[LogWriter] = []

    def another_starts() -> None:
        if not second:
            second.append(open_writer(medium))
            second[0].recover()

    faults.before_swap, faults.step, faults.fatal = another_starts, "put", True
    with pytest.raises(FatalLogError):
        old.commit(batch(3, 2))
    assert second and faults.hits == 1
    for writer in (old, *second):
        writer.close()
    again = started(medium)
    assert [result.duplicate for result in commit(again, 3, 2)] == [True, True]
    assert check_log(medium) == [leaf for _, leaf in batch(0, 5)]
    again.close()
