"""``zaichang witness serve | cosign | key`` for a regulator, ``request | add | ask`` for the keeper of a log."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace, _SubParsersAction
from pathlib import Path

from zaichang.audit.source import load_trust, read_file
from zaichang.cli.out import say
from zaichang.core.errors import ConfigError, EvidenceError
from zaichang.tlog.beacon import BeaconSigner
from zaichang.tlog.keys import Ed25519Cosigner, KeyVerifier
from zaichang.tlog.note import parse_note
from zaichang.tlog.witness import MAX_REQUEST_BYTES


def add_parser(subparsers: _SubParsersAction[ArgumentParser]) -> None:
    """Register the command."""
    parser = subparsers.add_parser("witness", help="cosign the checkpoints of logs, over HTTP or as files")
    actions = parser.add_subparsers(dest="action", required=True)
    serve = actions.add_parser("serve", help="answer add-checkpoint requests over HTTP (C2SP tlog-witness)")
    cosign = actions.add_parser("cosign", help="answer a request file with an answer file")
    key = actions.add_parser("key", help="print the witness's verifier key")
    for action in (serve, cosign, key):
        action.add_argument("--name", required=True, help="the witness's name, like witness.regulator.example")
        action.add_argument(
            "--folder",
            type=Path,
            required=True,
            help="folder of its key and of the sizes that it has cosigned; made if absent",
        )
        action.add_argument(
            "--beacon",
            action="store_true",
            help="also sign beacons for capture schedules (with an RSA key, made on first use)",
        )
    for action in (serve, cosign):
        action.add_argument("--logs", type=Path, required=True, metavar="FILE", help="trust file with the logs' keys")
    serve.add_argument("--host", default="127.0.0.1", help="address to listen on")
    serve.add_argument("--port", type=int, default=8001, help="TCP port; 0 takes a free one")
    cosign.add_argument("request", type=Path, metavar="REQUEST", help="the request file")
    cosign.add_argument("--out", type=Path, required=True, help="where to write the answer")
    request = actions.add_parser("request", help="write the request for a cosignature to a file")
    request.add_argument("--old-size", type=int, default=0, help="the log size that the witness cosigned last")
    request.add_argument("--out", type=Path, required=True, help="where to write the request")
    add = actions.add_parser("add", help="add the cosignatures of a witness's answer file to the log")
    add.add_argument("answer", type=Path, metavar="ANSWER", help="the answer file")
    ask = actions.add_parser("ask", help="ask a witness over HTTP and add its cosignature to the log")
    ask.add_argument("url", metavar="URL", help="the witness's address")
    for action in (request, add, ask):
        action.add_argument("--log", type=Path, required=True, metavar="DIR", help="the log's folder")
    for action in (add, ask):
        action.add_argument("--trust", type=Path, required=True, metavar="FILE", help="trust file with witness keys")
    runs = ((serve, _serve), (cosign, _cosign), (key, _key), (request, _request), (add, _add), (ask, _ask))
    for action, run in runs:
        action.set_defaults(func=run)


def _serve(args: Namespace) -> int:
    from zaichang.log.witness import Witness, keys_by_origin, make_server
    from zaichang.main.logs import open_witness_memory

    memory = open_witness_memory(args.folder)
    keys = keys_by_origin(key.vkey for key in load_trust(args.logs).logs)
    witness = Witness(memory, _cosigner(args), keys, beacons=_beacons(args))
    server = make_server(witness, args.host, args.port)
    say(f"{args.name} answers on http://{args.host}:{server.server_address[1]}/add-checkpoint")
    try:
        server.serve_forever()
    finally:
        server.server_close()
        memory.close()
    return 0


def _cosign(args: Namespace) -> int:
    from zaichang.log.witness import Witness, keys_by_origin
    from zaichang.main.logs import open_witness_memory

    memory = open_witness_memory(args.folder)
    try:
        keys = keys_by_origin(key.vkey for key in load_trust(args.logs).logs)
        witness = Witness(memory, _cosigner(args), keys, beacons=_beacons(args))
        answer = witness.add_checkpoint(read_file(args.request, MAX_REQUEST_BYTES))
    finally:
        memory.close()
    if answer.status != 200:
        say(f"refused ({answer.status}): {answer.body.decode().strip()}", err=True)
        return 1
    _write(args.out, answer.body)
    say(f"{args.out}: cosigned by {args.name}")
    return 0


def _key(args: Namespace) -> int:
    args.folder.mkdir(parents=True, exist_ok=True)
    say(_cosigner(args).vkey)
    beacons = _beacons(args)
    if beacons is not None:
        say(beacons.public.vkey)
    return 0


def _request(args: Namespace) -> int:
    from zaichang.log.reader import LogReader
    from zaichang.log.witness_client import make_request
    from zaichang.main.logs import open_published, open_side_files
    from zaichang.ports.log.side_files import SideFile

    reader = LogReader(open_published(args.log))
    _write(args.out, make_request(reader, args.old_size))
    # The witness signs this checkpoint, and the log will have a larger one when the answer comes.
    open_side_files(args.log).replace(SideFile.REQUESTED, reader.checkpoint.note)
    say(f"{args.out}: size {reader.size}, from {args.old_size}")
    return 0


def _add(args: Namespace) -> int:
    from zaichang.log.witness_client import add_cosignatures, keep_witnessed
    from zaichang.log.witness_history import HistoryKeeper
    from zaichang.main.logs import open_side_files

    side_files = open_side_files(args.log)
    note = read_file(args.log / "requested.checkpoint", MAX_REQUEST_BYTES)
    lines = read_file(args.answer, MAX_REQUEST_BYTES)
    whole = add_cosignatures(note, lines, _witnesses(args))
    keep_witnessed(side_files, whole)
    HistoryKeeper(side_files).keep(whole, 0)
    say(f"cosigned by {', '.join(entry.name for entry in parse_note(whole).signatures[1:])}")
    return 0


def _ask(args: Namespace) -> int:
    from zaichang.log.reader import LogReader
    from zaichang.log.witness_client import add_cosignatures, ask, keep_witnessed
    from zaichang.log.witness_history import HistoryKeeper
    from zaichang.main.logs import open_published, open_side_files

    reader, side_files = LogReader(open_published(args.log)), open_side_files(args.log)
    whole = add_cosignatures(reader.checkpoint.note, ask(args.url, reader), _witnesses(args))
    keep_witnessed(side_files, whole)
    HistoryKeeper(side_files).keep(whole, 0)
    say(f"size {reader.size} cosigned by {', '.join(e.name for e in parse_note(whole).signatures[1:])}")
    return 0


def _witnesses(args: Namespace) -> list[KeyVerifier]:
    witnesses = list(load_trust(args.trust).witnesses.values())
    if not witnesses:
        raise EvidenceError("E_TRUST", f"{args.trust} names no witness.")
    return witnesses


def _cosigner(args: Namespace) -> Ed25519Cosigner:
    from zaichang.main.logs import witness_cosigner

    return witness_cosigner(args.folder, args.name)


def _beacons(args: Namespace) -> BeaconSigner | None:
    from zaichang.main.logs import witness_beacon_signer

    return witness_beacon_signer(args.folder, args.name) if args.beacon else None


def _write(path: Path, data: bytes) -> None:
    try:
        path.write_bytes(data)
    except OSError as error:
        raise ConfigError("witness.not_writable", f"{path} cannot be written ({error.strerror}).") from None
