"""The key list of a log: lines are added once, replaced by their beginning, and read as a trust."""

from support.log_faults import SIGNER
from support.log_media import LogMedium
from zaichang.log.key_list import KeyList
from zaichang.tlog.keys import parse_vkey


def test_lines_are_added_once_and_replaced_by_their_beginning(medium: LogMedium) -> None:
    medium.place.open_store()
    names = KeyList(medium.place.keys)
    assert names.lines() == [] and names.verifiers() == ()
    line = f"log {SIGNER.vkey}"
    names.add(line)
    names.add(line)
    assert names.lines() == [line]
    names.replace(f"retired {SIGNER.vkey} ", f"retired {SIGNER.vkey} 4")
    names.replace(f"retired {SIGNER.vkey} ", f"retired {SIGNER.vkey} 7")
    assert names.lines() == [line, f"retired {SIGNER.vkey} 7"]
    assert [key.vkey for key in names.verifiers()] == [SIGNER.vkey]
    assert names.trust().ended[SIGNER.name, parse_vkey(SIGNER.vkey).key_id].size == 7
