"""The generated tables of docs/policy.md and docs/review.md.

Every policy field by subject, with its value in the pack `default` and the cost to a learner; where the shipped packs
differ; and the numbers that open a review case.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping
from pathlib import Path

from zaichang.core.reason_sentences import SENTENCES
from zaichang.core.reason_table import INDICATORS
from zaichang.launch.policy_packs import DEFAULT, load_pack, shipped_packs
from zaichang.session import policy as policy_module
from zaichang.session.policy import Policy
from zaichang.settings import Settings

SUBJECTS: Mapping[str, tuple[str, str]] = {
    "": ("Name and set of fields (in the table `[pack]`)", "Nothing."),
    "Which proofs a minute needs": (
        "Proofs of a check",
        "A check that fails costs the time since the last passed check. A check that the service could not decide "
        "(no reference, no attack detection, overload) costs nothing at once: that time goes to review.",
    ),
    "Playhead": (
        "Play",
        "A report of playback faster than allowed earns nothing at all, and the player is set back to the furthest "
        "point that counts, at normal speed. That part can then be watched and counts. Slower playback costs nothing.",
    ),
    "Heartbeats": (
        "Network",
        "A drop costs the time without heartbeats. The web player stops at once and goes back to its last "
        "counted second, so nothing is lost; a player of another kind that plays on for 10 s loses about 11 s, "
        "which can be watched again. On the face route a check is due at once on the return; the time before the "
        "drop waits for the next drawn check. A challenge that is open during a drop of more than `gap_ms` is "
        "shown again, and this uses one of the session's `excuses`; a check by picture uses "
        "none.",
    ),
    "Captures": (
        "Checks by picture (captures)",
        "One bad picture costs nothing: `round_passes` of up to `round_captures` must pass. A failed round costs the "
        "time since the last passed round, and the video waits until a round passes. A round takes a few seconds where "
        "its first captures pass, and about half a minute where all of them are taken.",
    ),
    "Challenges": (
        "Challenges",
        "An unanswered challenge, or one whose attempts are used up, costs the time since the last check that passed "
        "before it was shown, and stops the video until one is answered. A wrong answer alone costs nothing, except a "
        "click on `confirm` on the route without a face. "
        "Leaving with a challenge open makes the learner's next session begin with one.",
    ),
    "Passkeys": (
        "Passkeys",
        "A passkey that is not given costs what an unanswered challenge costs. A learner who has none, or cannot use "
        "it, answers another challenge; that time goes to review where a passkey is `required`, else it counts.",
    ),
    "Active liveness": (
        "Movements (active liveness)",
        "With `liveness_bracket`, time that checks have proved waits for the next passed movement check. A failed "
        "movement check sends the time that was checked while it stood open to review, and the time since the last "
        "passed check is lost. After `liveness_failed_max` failures all the time that waits goes to review."
        " Right movements in dim light or with glare wait for the next ones.",
    ),
    "One try at active liveness": (
        "Movements: one try",
        "A try that fails costs nothing; after `challenge_attempts` tries the movement check has failed.",
    ),
    "Delivery": ("Media delivery", "Media without a line in the delivery log goes to review after the wait."),
    "Focus": (
        "Page",
        "Time while the page is away is not credited, the video waits, and nothing else is lost. The time of an open "
        "challenge runs on.",
    ),
    "Schedule": ("Beacon", "Nothing."),
    "Records": (
        "Records and routes",
        "Nothing. Without `non_face_route` a learner who refuses face recognition cannot study here; PIPL asks for "
        "an alternative.",
    ),
}  # fmt: skip
"""Heading and cost for each comment that groups the fields in ``session/policy.py``."""


def groups() -> list[tuple[str, list[str]]]:
    """Return the field names under the comments that group them in the source; the first group has none."""
    source = Path(policy_module.__file__).read_text()
    body = source[source.index("class Policy:") : source.index("def __post_init__")]
    found: list[tuple[str, list[str]]] = [("", [])]
    for line in body.splitlines():
        if heading := re.match(r"    # ([A-Z][a-z][\w ]*)", line):
            found.append((heading[1].strip(), []))
        elif name := re.match(r"    (\w+): ", line):
            found[-1][1].append(name[1])
    return [(comment, names) for comment, names in found if names]


def shown(value: object) -> str:
    """Return a policy value as a policy file writes it."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple):
        return "[" + ", ".join(shown(item) for item in value) + "]"
    return f'"{value}"' if isinstance(value, str) else f"{value}"


def allowed(metadata: Mapping[str, object]) -> str:
    """Return the values that a policy field may hold."""
    if "low" in metadata:
        return f"{metadata['low']} to {metadata['high']}"
    words = metadata.get("words")
    if isinstance(words, tuple):
        return " or ".join(f"`{word}`" for word in words)
    choices = metadata.get("choices")
    return "any of " + ", ".join(map(str, choices)) if isinstance(choices, tuple) else ""


def field_lines() -> list[str]:
    """Return the fields by subject: cost to a learner, then a table with the values of the pack ``default``."""
    pack = load_pack(DEFAULT).policy
    fields = {field.name: field for field in dataclasses.fields(Policy)}
    lines: list[str] = []
    for comment, names in groups():
        title, cost = SUBJECTS.get(comment, (comment, "As above."))
        lines += ["", f"### {title}", "", f"**A learner loses:** {cost}", ""]
        lines += ["| field | `default` | allowed | meaning |", "|---|---|---|---|"]
        for name in names:
            metadata = fields[name].metadata
            meaning = re.sub(r"\s+", " ", str(metadata["doc"])).replace("|", "\\|")
            lines.append(f"| `{name}` | `{shown(getattr(pack, name))}` | {allowed(metadata)} | {meaning} |")
    return [*lines[1:], ""]


def pack_lines() -> list[str]:
    """Return a table of the fields in which a shipped pack differs from ``default``, a column for each pack."""
    packs = {name: load_pack(name).policy for name in shipped_packs()}
    default = packs.pop(DEFAULT)
    lines = [
        f"| field | `{DEFAULT}` | {' | '.join(f'`{name}`' for name in packs)} |",
        "|---|---" + "|---" * len(packs) + "|",
    ]
    for field in dataclasses.fields(Policy):
        own = getattr(default, field.name)
        values = [getattr(policy, field.name) for policy in packs.values()]
        if field.name not in ("name", "version") and any(value != own for value in values):
            cells = ["" if value == own else f"`{shown(value)}`" for value in values]
            lines.append(f"| `{field.name}` | `{shown(own)}` | {' | '.join(cells)} |")
    return lines


SHARING: Mapping[str, tuple[str, str]] = {
    "SHARED_DEVICE": ("device_accounts", "accounts on one device within `device_days` days"),
    "SHARED_ADDRESS": ("address_accounts", "accounts behind one address within a day"),
    "MANY_DEVICES": ("account_devices", "devices of one account within a day"),
    "PARALLEL_COURSES": ("account_parallel", "lessons that one account left for another within a day"),
}
"""The setting behind each indicator across sessions, and its unit."""


def indicator_lines() -> list[str]:
    """Return the indicators of a session, then those across sessions, with the number from which a case opens."""
    lines = ["| reason code | opens a case from | the learner reads |", "|---|---|---|"]
    for code, number in INDICATORS.items():
        lines.append(f"| `{code}` | {number} | {SENTENCES[code].en} |")
    lines += ["", "| reason code | opens a case from | setting (0: never) |", "|---|---|---|"]
    for name, (setting, unit) in SHARING.items():
        lines.append(f"| `{name}` | {Settings.model_fields[setting].default} {unit} | `{setting}` |")
    lines.append("| `FACE_OF_ANOTHER_ACCOUNT`, `SEVERAL_FACES` | 1 | `face_search` (on or off) |")
    return lines
