"""``zaichang export SESSION``: write a session as a bundle that ``zaichang verify`` checks offline."""

from __future__ import annotations

import asyncio
import json
from argparse import ArgumentParser, Namespace, _SubParsersAction
from pathlib import Path

from zaichang.cli.service import add_service_options, settings_from
from zaichang.core.errors import ConfigError


def add_parser(subparsers: _SubParsersAction[ArgumentParser]) -> None:
    """Register the command."""
    text = "write a session as a bundle for offline checking, and the log's key as a trust file"
    parser = subparsers.add_parser("export", help=text, description=text)
    parser.add_argument("session", metavar="SESSION", help="session id")
    parser.add_argument("--out", type=Path, help="bundle file to write (default: SESSION.bundle)")
    parser.add_argument("--trust-out", type=Path, help="also write the log's key as a trust file, to try verify with")
    parser.add_argument("--json", action="store_true", help="print JSON")
    add_service_options(parser)
    parser.set_defaults(func=run)


def run(args: Namespace) -> int:
    """Write the files; returns 0."""
    settings = settings_from(args)
    from zaichang.core.ids import check_id
    from zaichang.runtime.bundles import log_trust, session_bundle
    from zaichang.storage.folder import DataFolder
    from zaichang.storage.sqlite_store import SqliteStore
    from zaichang.storage.vault import Vault, load_key

    session_id = check_id(args.session, "SESSION")
    folder = DataFolder(settings.data)
    store = SqliteStore(folder, read_only=True)
    try:
        master = load_key(
            folder,
            "master.key",
            value=settings.master_key.get_secret_value(),
            command=settings.master_key_command,
            create=False,
        )
        bundle = asyncio.run(session_bundle(store, Vault(master), folder, settings.log_domain, session_id))
        row = asyncio.run(store.session(session_id))
    finally:
        store.close()
    out: Path = args.out or Path(f"{session_id}.bundle")
    _write(out, bundle)
    if args.trust_out is not None:
        _write(args.trust_out, log_trust(folder, row.institution_id, row.opened_ms))
    if args.json:
        print(json.dumps({"session": session_id, "bundle": str(out), "bytes": len(bundle)}))
    else:
        print(f"{out}: {len(bundle)} bytes. Check it with: zaichang verify {out} --trust FILE")
    return 0


def _write(path: Path, data: bytes) -> None:
    try:
        path.write_bytes(data)
    except OSError as error:
        raise ConfigError("export.not_writable", f"{path} cannot be written ({error.strerror}).") from None
