"""Each adapter's options are checked before anything is sent."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.filing_side import TARGET, write_files
from zaichang.core.errors import ConfigError
from zaichang.hours.filing.targets import read_target
from zaichang.main.filing_platforms import open_platform


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ('folder = "out"', "", "folder is missing"),
        ('folder = "out"', 'folder = ""', "must be a path"),
        ('kind = "{kind}"', 'kind = "pdf"', "kind must be one of"),
        ('kind = "{kind}"', 'paper = "a4"', "unknown option"),
    ],
)
def test_a_fault_in_the_options_is_named(tmp_path: Path, old: str, new: str, fault: str) -> None:
    with pytest.raises(ConfigError, match=fault):
        open_platform(read_target(write_files(tmp_path, target=TARGET.replace(old, new, 1))))


OFFLINE = '[offline]\nfolder = "out"\nkind = "{kind}"\n'
SFTP = """[sftp]
host = "h"
user = "u"
key_file = "k"
known_hosts = "n"
outgoing = "/in"
incoming = "/out"
"""
HTTPS = """[https]
url = "https://platform.example"
secret_file = "secret"
"""
LRS = """[lrs]
url = "https://lrs.example"
user = "u"
password_file = "secret"
home = "https://college.example"
"""


def opened(folder: Path, adapter: str, table: str) -> object:
    (folder / "secret").write_text("s\n")
    text = TARGET.replace('adapter = "offline"', f'adapter = "{adapter}"').replace(OFFLINE, table)
    return type(open_platform(read_target(write_files(folder, target=text)))).__name__


def test_each_adapter_opens(tmp_path: Path) -> None:
    assert opened(tmp_path, "sftp", SFTP) == "SftpPlatform"
    assert opened(tmp_path, "https", HTTPS) == "HttpsPlatform"
    mutual = HTTPS.replace('secret_file = "secret"', 'certificate = "c"\nkey = "k"\nauthority = "a"')
    assert opened(tmp_path, "https", mutual) == "HttpsPlatform"
    assert opened(tmp_path, "lrs", LRS + 'account = "id_number"\nauthority = "a"\n') == "LrsPlatform"


@pytest.mark.parametrize(
    ("adapter", "table", "fault"),
    [
        ("sftp", SFTP + "port = 70000\n", "TCP port"),
        ("sftp", SFTP.replace('host = "h"', "host = 1"), "host must be a text"),
        ("https", HTTPS.replace('secret_file = "secret"\n', ""), "needs secret_file"),
        ("https", HTTPS.replace("https://", "http://"), "must begin with https"),
        ("lrs", LRS.replace("https://college.example", "college"), "IRI"),
    ],
)
def test_a_fault_of_an_adapter_is_named(tmp_path: Path, adapter: str, table: str, fault: str) -> None:
    with pytest.raises(ConfigError, match=fault):
        opened(tmp_path, adapter, table)
