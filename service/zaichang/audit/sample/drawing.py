"""A regulator's sample that anyone can draw again: frozen log, public dice, Rivest's consistent sampler. Pure.

Order matters: the checkpoint is frozen and announced first, the dice are rolled in public afterwards. Stage 1 draws
projects (courses), because the 6 to 10 per cent of 渝卫发〔2017〕25号 (二十二) are of the year's published projects;
stage 2 draws sessions inside each drawn project. The frame is the log itself: the institution commits a project to it
by a ``project`` leaf before the dice are rolled. A project without a single session can be drawn too; a course that has
sessions and no such leaf is drawn like the others, and named.

An item's ticket is ``0.`` and the decimal digits, reversed, of ``SHA-256(hex(SHA-256(seed)) || id)``; the smallest
tickets are drawn (ron-rivest/consistent_sampler). Drawing more later keeps everything that was drawn before.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

import msgspec

from zaichang.audit.findings import MAX_FINDINGS
from zaichang.audit.sample.projects import Project, project_of
from zaichang.core.canonical import CanonicalValue, canonical_bytes, parse_canonical_object
from zaichang.core.enums import LeafKind
from zaichang.core.errors import EvidenceError
from zaichang.tlog.leaf import parse_leaf
from zaichang.tlog.merkle import leaf_hash, root_hash

FORMAT: Final = "zaichang-sample-announcement@v1"
PUBLISHED_FORMAT: Final = "zaichang-sample-announcement@v2"
"""Of a draw over published projects."""
DRAW_FORMAT: Final = "zaichang-sample-draw@v1"
MIN_DICE: Final = 20
BP: Final = 10_000
PROJECT_RATE_BP: Final = (600, 1_000)
"""6 % to 10 % of the year's projects."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Announcement:
    """The values that are fixed before the dice are rolled.

    Attributes:
        origin: The log.
        size: Size of the frozen checkpoint.
        root: Its root, 32 bytes.
        project_rate_bp: Share of projects to draw.
        session_rate_bp: Share of each drawn project's sessions to draw.
        floor_share_bp: A share of bad sessions that the draw must detect ...
        confidence_bp: ... with this probability, regardless of the rate.
        at_ms: When it was announced.
        draw_ms: When the dice will be rolled.
        published: Whether projects are drawn among the published ones too, also those without a session; else among
            the courses that have sessions.
    """

    origin: str
    size: int
    root: bytes
    project_rate_bp: int = 800
    session_rate_bp: int = 800
    floor_share_bp: int = 200
    confidence_bp: int = 9_500
    at_ms: int = 0
    draw_ms: int = 0
    published: bool = False

    def text(self) -> bytes:
        """Return the text to sign: a title line and one of canonical JSON."""
        value = {
            "origin": self.origin,
            "size": self.size,
            "root": self.root.hex(),
            "project_rate_bp": self.project_rate_bp,
            "session_rate_bp": self.session_rate_bp,
            "floor_share_bp": self.floor_share_bp,
            "confidence_bp": self.confidence_bp,
            "at_ms": self.at_ms,
            "draw_ms": self.draw_ms,
        }
        title = PUBLISHED_FORMAT if self.published else FORMAT
        return title.encode() + b"\n" + canonical_bytes(value) + b"\n"


def parse_announcement(text: bytes) -> Announcement:
    """Read an announcement's text.

    Raises:
        EvidenceError: ``E_FORMAT``, ``E_CANON``; ``E_DRAW`` if its rates are outside the rules.
    """
    title, _, rest = text.partition(b"\n")
    if title not in (FORMAT.encode(), PUBLISHED_FORMAT.encode()) or not rest.endswith(b"\n"):
        raise EvidenceError("E_FORMAT", f"This is no {FORMAT}.")
    value = parse_canonical_object(rest[:-1])
    names = ("size", "project_rate_bp", "session_rate_bp", "floor_share_bp", "confidence_bp", "at_ms", "draw_ms")
    numbers = {name: entry for name in names if isinstance(entry := value.get(name), int) and entry >= 0}
    origin, root = value.get("origin"), value.get("root")
    if len(numbers) != len(names) or not isinstance(origin, str) or not isinstance(root, str) or len(value) != 9:
        raise EvidenceError("E_FORMAT", "The announcement lacks a field or has one too many.")
    try:
        published = title == PUBLISHED_FORMAT.encode()
        found = Announcement(origin=origin, root=bytes.fromhex(root), published=published, **numbers)
    except ValueError:
        raise EvidenceError("E_FORMAT", "The announcement's root is not hex.") from None
    check_rates(found)
    return found


def check_rates(announcement: Announcement) -> None:
    """Check an announcement against the rules.

    Raises:
        EvidenceError: ``E_DRAW``.
    """
    low, high = PROJECT_RATE_BP
    if not low <= announcement.project_rate_bp <= high:
        raise EvidenceError("E_DRAW", f"The share of projects must be {low} to {high} basis points.")
    if not 0 < announcement.session_rate_bp <= BP or not 0 < announcement.floor_share_bp < BP:
        raise EvidenceError("E_DRAW", "The share of sessions, and the share that must not escape, must be possible.")
    if not 0 < announcement.confidence_bp < BP:
        raise EvidenceError("E_DRAW", "The confidence must be above 0 and below 10000 basis points.")
    if announcement.draw_ms < announcement.at_ms:
        raise EvidenceError("E_DRAW", "The dice cannot be rolled before the announcement.")


def ticket(seed: str, item: str) -> str:
    """Return an item's ticket; tickets compare as texts."""
    inner = hashlib.sha256(seed.encode()).hexdigest()
    number = int(hashlib.sha256((inner + item).encode()).hexdigest(), 16)
    return "0." + str(number)[::-1]


def draw(items: Iterable[str], seed: str, count: int) -> list[tuple[str, str]]:
    """Return the ``count`` items with the smallest tickets, each with its ticket, in the order drawn."""
    return sorted((ticket(seed, item), item) for item in set(items))[:count]


def floor_size(share_bp: int, confidence_bp: int) -> int:
    """Return how many sessions to draw from a large population to meet a share of bad ones with this confidence."""
    return math.ceil(math.log(1 - confidence_bp / BP) / math.log(1 - share_bp / BP))


def detection_probability(population: int, bad: int, drawn: int) -> float:
    """Return the probability that at least one of ``bad`` items is among ``drawn`` (hypergeometric)."""
    if bad <= 0 or drawn <= 0:
        return 0.0
    missed = 1.0
    for n in range(drawn):
        if population - bad - n <= 0:
            return 1.0
        missed *= (population - bad - n) / (population - n)
    return 1 - missed


@dataclass(slots=True)
class Frame:
    """The log's sessions by project: index of each ``session.start`` leaf.

    Attributes:
        sessions: Project to indexes.
        projects: Course to its published project.
        bad: Index of each entry that breaks its schema, up to ``MAX_FINDINGS``, and the error.
        hashes: Leaf hashes of the whole log, to prove that the frame is the log that was frozen.
    """

    sessions: dict[str, list[int]] = field(default_factory=dict)
    projects: dict[str, Project] = field(default_factory=dict)
    bad: list[tuple[int, EvidenceError]] = field(default_factory=list)
    hashes: list[bytes] = field(default_factory=list)

    def add(self, entries: Sequence[bytes]) -> None:
        """Add the next entries of the log."""
        for entry in entries:
            if b'"session.start"' in entry:
                try:
                    head = _DECODE(entry)
                except (msgspec.DecodeError, UnicodeDecodeError):
                    head = _Start()
                if head.t == "session.start" and head.course:
                    self.sessions.setdefault(head.course, []).append(len(self.hashes))
            published = b'"t":"project"' in entry
            if published or len(self.bad) < MAX_FINDINGS:
                try:
                    leaf = parse_leaf(entry)
                except EvidenceError as error:
                    if len(self.bad) < MAX_FINDINGS:
                        self.bad.append((len(self.hashes), error))
                else:
                    if leaf["t"] == LeafKind.PROJECT:
                        project = project_of(leaf, len(self.hashes))
                        self.projects[project.course] = project
            self.hashes.append(leaf_hash(entry))

    def check(self, announcement: Announcement) -> None:
        """Check that this is the log that was frozen.

        Raises:
            EvidenceError: ``E_DRAW``.
        """
        if len(self.hashes) != announcement.size or root_hash(self.hashes) != announcement.root:
            raise EvidenceError("E_DRAW", "These entries are not the log that was frozen before the draw.")


class _Start(msgspec.Struct):
    t: str = ""
    course: str = ""


_DECODE = msgspec.json.Decoder(_Start).decode


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """One drawn session.

    Attributes:
        project: Its course.
        index: Index of its ``session.start`` leaf.
        ticket: Its ticket.
    """

    project: str
    index: int
    ticket: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectDraw:
    """One drawn project.

    Attributes:
        project: The course.
        ticket: Its ticket.
        sessions: Sessions it has in the log.
        drawn: How many were drawn.
        detection: Probability to meet one bad session if ``floor_share_bp`` of them are bad.
        published: As the log's ``project`` leaf states it; None where there is none.
    """

    project: str
    ticket: str
    sessions: int
    drawn: int
    detection: float
    published: Project | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """A whole draw.

    Attributes:
        unpublished: Courses with sessions that no ``project`` leaf names, where projects are drawn as published.
    """

    announcement: Announcement
    seed: str
    projects: tuple[ProjectDraw, ...]
    sessions: tuple[Drawn, ...]
    n_projects: int
    unpublished: tuple[str, ...] = ()

    def as_value(self) -> dict[str, object]:
        """Return the draw as plain values; probabilities are in basis points."""
        return {
            "format": DRAW_FORMAT,
            "announcement": self.announcement.text().decode(),
            "seed": self.seed,
            "n_projects": self.n_projects,
            "projects": [
                {
                    "project": p.project,
                    "ticket": p.ticket,
                    "sessions": p.sessions,
                    "drawn": p.drawn,
                    "detection_bp": int(p.detection * BP),
                    **({"published": p.published.as_value()} if p.published is not None else {}),
                }
                for p in self.projects
            ],
            "sessions": [{"project": s.project, "index": s.index, "ticket": s.ticket} for s in self.sessions],
            **({"unpublished": list(self.unpublished)} if self.announcement.published else {}),
        }


def draw_sample(announcement: Announcement, frame: Frame, seed: str) -> Sample:
    """Draw the sample.

    Args:
        announcement: The values fixed beforehand.
        frame: The frozen log.
        seed: The digits of the public dice.

    Raises:
        EvidenceError: ``E_DRAW``: the frame is another log, the seed is too short, or the rates are outside the rules.
    """
    check_rates(announcement)
    frame.check(announcement)
    if not seed.isascii() or not seed.isdigit() or len(seed) < MIN_DICE:
        raise EvidenceError("E_DRAW", f"The seed must be at least {MIN_DICE} digits of public dice.")
    a = announcement
    prefix = f"{a.origin}/{a.size}"
    published = frame.projects if a.published else {}
    names = {f"{prefix}/project/{project}": project for project in frame.sessions.keys() | published.keys()}
    count = math.ceil(len(names) * a.project_rate_bp / BP)
    least = floor_size(a.floor_share_bp, a.confidence_bp)
    projects: list[ProjectDraw] = []
    sessions: list[Drawn] = []
    for number, name in draw(names, seed, count):
        project = names[name]
        items = {f"{prefix}/{index}": index for index in frame.sessions.get(project, ())}
        wanted = min(len(items), max(least, math.ceil(len(items) * a.session_rate_bp / BP)))
        for own, item in draw(items, seed, wanted):
            sessions.append(Drawn(project=project, index=items[item], ticket=own))
        bad = math.ceil(len(items) * a.floor_share_bp / BP)
        chance = detection_probability(len(items), bad, wanted)
        projects.append(
            ProjectDraw(
                project=project,
                ticket=number,
                sessions=len(items),
                drawn=wanted,
                detection=chance,
                published=published.get(project),
            )
        )
    return Sample(
        announcement=a,
        seed=seed,
        projects=tuple(projects),
        sessions=tuple(sessions),
        n_projects=len(names),
        unpublished=tuple(sorted(frame.sessions.keys() - published.keys())) if a.published else (),
    )


def parse_draw(data: bytes) -> tuple[Announcement, str, dict[str, CanonicalValue]]:
    """Read a draw file: its announcement, its seed, and its plain values, unchecked.

    Raises:
        EvidenceError: ``E_FORMAT``, ``E_CANON``.
    """
    value = parse_canonical_object(data, 64_000_000)
    text, seed = value.get("announcement"), value.get("seed")
    if value.get("format") != DRAW_FORMAT or not isinstance(text, str) or not isinstance(seed, str):
        raise EvidenceError("E_FORMAT", f"This is no {DRAW_FORMAT}.")
    return parse_announcement(text.encode()), seed, value
