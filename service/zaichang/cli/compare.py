"""``zaichang compare A B``: are two pictures of one person?"""

from __future__ import annotations

import json
from argparse import ArgumentParser, Namespace, _SubParsersAction
from pathlib import Path

from zaichang.cli.out import say
from zaichang.cli.vision_support import analyser_for_files, embed_file


def add_parser(subparsers: _SubParsersAction[ArgumentParser]) -> None:
    """Register the command."""
    text = "compare the main faces of two pictures"
    parser = subparsers.add_parser("compare", help=text, description=text)
    parser.add_argument("a", type=Path, metavar="A")
    parser.add_argument("b", type=Path, metavar="B")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.set_defaults(func=run)


def run(args: Namespace) -> int:
    """Print similarity, threshold, decision and reasons. Exit code 0 same, 1 different, 2 cannot decide."""
    from zaichang.biometric.comparison import Decision, decide, similarity_bp

    analyser = analyser_for_files()
    thresholds = analyser.config.thresholds
    first, second = embed_file(analyser, args.a), embed_file(analyser, args.b)
    reasons = list(dict.fromkeys([*first.reasons, *second.reasons]))
    similarity = None
    if first.embedding is not None and second.embedding is not None:
        similarity = similarity_bp(first.embedding, second.embedding)
    usable = min(first.quality_bp, second.quality_bp) >= thresholds.quality_bp
    decision = decide(similarity, thresholds.similarity_bp, usable=usable)
    result = {
        "similarity_bp": similarity,
        "threshold_bp": thresholds.similarity_bp,
        "decision": decision.value,
        "reasons": [reason.value for reason in reasons],
        "quality_bp": [first.quality_bp, second.quality_bp],
        "thresholds": thresholds.version,
        "models": analyser.models_digest,
    }
    if args.json:
        say(json.dumps(result, ensure_ascii=False), whole=True)
    else:
        shown = "none" if similarity is None else f"{similarity / 10000:.4f}"
        say(f"{decision.value}: similarity {shown}, threshold {thresholds.similarity_bp / 10000:.4f}")
        if reasons:
            say(" ".join(result_reason.value for result_reason in reasons))
    return {Decision.SAME: 0, Decision.DIFFERENT: 1, Decision.UNCERTAIN: 2}[decision]
