"""Cosigned checkpoints of the past: stored now and then, and those that date some leaves are selected with proofs."""

from support.log_faults import grow
from support.log_media import LogMedium
from zaichang.log.reader import LogReader
from zaichang.log.witness_history import SPACING_MS, HistoryKeeper, read_history, seen_for
from zaichang.ports.log.side_files import SideFile
from zaichang.tlog.merkle import verify_consistency


def noted(medium: LogMedium, size: int) -> bytes:
    grow(medium, size)
    return medium.place.published.get("checkpoint") or b""


def test_one_is_stored_in_a_while_and_a_line_that_was_cut_off_is_left_out(medium: LogMedium) -> None:
    side_files, keeper = medium.place.side_files, HistoryKeeper(medium.place.side_files)
    first, second, third = (noted(medium, size) for size in (3, 5, 9))
    assert read_history(side_files) == []
    assert keeper.keep(first, 0)
    assert not keeper.keep(second, SPACING_MS - 1)
    side_files.append_line(SideFile.HISTORY, b'{"note":"cut o')
    assert keeper.keep(third, SPACING_MS)
    assert [(kept.size, kept.note) for kept in read_history(side_files)] == [(3, first), (9, third)]


def test_the_checkpoints_around_a_leaf_and_the_one_its_anchor_names_are_selected(medium: LogMedium) -> None:
    side_files = medium.place.side_files
    for number, size in enumerate((3, 5, 9, 12)):
        HistoryKeeper(side_files).keep(noted(medium, size), number)
    reader = LogReader(medium.place.published)
    seen = seen_for(side_files, reader, [(6, 3)])
    sizes = [kept.size for kept in read_history(side_files) for one in seen if one.note == kept.note]
    assert sizes == [3, 5, 9]
    for size, one in zip(sizes, seen, strict=True):
        old = LogReader(medium.place.published, one.note).checkpoint.checkpoint
        verify_consistency(size, 12, one.proof, old.root, reader.checkpoint.checkpoint.root)
