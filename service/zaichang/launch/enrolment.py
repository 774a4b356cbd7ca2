"""Enrolment: makes a learner's reference from one or several photos; the photos are not kept.

All photos must pass the gate and show one person, or nothing is stored (``at_least`` can allow some to fail). A new
reference replaces the old one as a new version, encrypted with the learner's key.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from zaichang.biometric.enrolment import one_person
from zaichang.biometric.template import MAX_VECTORS, Template, decode_template, merge_templates
from zaichang.biometric.thresholds import DEFAULT_THRESHOLDS
from zaichang.core.errors import NotAllowed, PeerViolation, UnreadableInput
from zaichang.core.frames import IDENTITY, Frame
from zaichang.core.frames import PhotoResult as Look
from zaichang.core.ids import InstitutionId, LearnerId, check_id
from zaichang.core.reason_sentences import SENTENCES
from zaichang.core.reasons import ReasonCode
from zaichang.ports.launch import LaunchPorts
from zaichang.ports.purposes import Purpose
from zaichang.ports.records import Enrolment, Learner
from zaichang.vision.decode import reason_of

_LOG: Final = logging.getLogger(__name__)
PAD_MS: Final = 15_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Enrolled:
    """A reference that was made.

    Attributes:
        version: 1, 2, 3, ... for this learner.
        quality_bp: Quality of the worst photo that is in it, 0..10000.
        models: Digest of models and thresholds.
        thresholds: Version of the thresholds that the photos had to pass.
        photos: How many photos are in it.
        left_out: Which photos are not, counted from 0, each with its reasons.
    """

    version: int
    quality_bp: int
    models: str
    thresholds: str
    photos: int = 1
    left_out: tuple[tuple[int, tuple[ReasonCode, ...]], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A stored reference, with the data that an upgrade needs.

    Attributes:
        learner_id: Pseudonym.
        version: Of the reference.
        at_ms: When it was made.
        photos: How many are in it; 0 where its form is of an older version.
        embedder: 16 hex digits of the embedder that made it; empty where it cannot be read.
        thresholds: Version of the thresholds of its gate; empty likewise.
        current: Whether captures can be compared with it.
    """

    learner_id: LearnerId
    version: int
    at_ms: int
    photos: int
    embedder: str
    thresholds: str
    current: bool


class Enrolling:
    """Makes references; ``on_enrolled`` is told of each."""

    def __init__(self, ports: LaunchPorts) -> None:
        """Use the ports."""
        self._ports = ports
        self.on_enrolled: list[Callable[[InstitutionId, LearnerId], None]] = []

    async def from_photos(
        self,
        institution_id: InstitutionId,
        learner_id: LearnerId,
        photos: Sequence[bytes],
        *,
        replace: bool = True,
        at_least: int | None = None,
        names: Sequence[str] = (),
        alive: bool = False,
    ) -> Enrolled:
        """Make and keep a learner's reference.

        Args:
            institution_id: Whose learner.
            learner_id: Pseudonym.
            photos: 1 to 16 JPEG, PNG or WebP pictures of the learner.
            replace: Whether an existing reference that can still be compared may be replaced.
            at_least: How many photos must pass; by default all. The others are left out and named.
            names: What to call the photos in messages; by default by their number.
            alive: Whether each must pass attack detection too.

        Raises:
            UnreadableInput: ``enrol.unfit`` naming each photo with its reasons, ``enrol.several_people``; of a single
                photo, what the decoder refused.
            PeerViolation: ``enrol.count``.
            NotAllowed: ``enrol.exists``, ``learner.erased``.
            ModelError: Where the models are missing or busy.
        """
        needed = len(photos) if at_least is None else at_least
        if not 1 <= needed <= len(photos) <= MAX_VECTORS:
            raise PeerViolation(
                "enrol.count", f"A reference is made from 1 to {MAX_VECTORS} photos, at least 1 of which must pass."
            )
        await self.check_open(institution_id, learner_id, replace=replace)
        named = [names[at] if at < len(names) else f"photo {at + 1}" for at in range(len(photos))]
        looks, refused = await self._gate(photos, named, alive=alive)
        if len(looks) < needed:
            why = _unfit(refused, named)
            raise UnreadableInput(
                "enrol.unfit", f"Not every photo can be used. {why}", "Take another one and try again."
            )
        kept = self._of_one_person(looks)
        strangers = sorted(looks.keys() - kept)
        if len(kept) < needed or 2 * len(kept) <= len(looks):
            if len(kept) == 1:
                raise UnreadableInput(
                    "enrol.several_people", "No two of the photos show one person.", "Send photos of the learner alone."
                )
            who = ", ".join(named[at] for at in strangers)
            raise UnreadableInput(
                "enrol.several_people",
                f"Not the same person as on the other photos, or not to be recognised: {who}.",
                "Leave it out or replace it.",
            )
        left_out = {**refused, **dict.fromkeys(strangers, (ReasonCode.NOT_SAME_PERSON,))}
        return await self._store(institution_id, learner_id, [looks[at] for at in kept], left_out)

    async def check_open(self, institution_id: InstitutionId, learner_id: LearnerId, *, replace: bool) -> Learner:
        """Return the learner, created where new, if a reference may be made.

        Raises:
            NotFound: ``institution.unknown``.
            NotAllowed: ``enrol.exists``, ``learner.erased``.
        """
        ports, vault = self._ports, self._ports.vault
        await ports.lessons.institution(institution_id)
        check_id(learner_id, "learner_id")
        learner = await ports.learners.ensure_learner(
            vault.new_learner(institution_id, learner_id, self._ports.clock.now_ms())
        )
        if not replace and (held := await self.held(institution_id, learner_id)) is not None and held.current:
            raise NotAllowed("enrol.exists", "A reference exists already.", "Ask the institution to replace it.")
        return learner

    async def held(self, institution_id: InstitutionId, learner_id: LearnerId) -> Held | None:
        """Return a learner's stored reference, or None."""
        enrolment = await self._ports.learners.enrolment(institution_id, learner_id)
        if enrolment is None:
            return None
        return self._held(await self._ports.learners.learner(institution_id, learner_id), enrolment)

    async def all_held(self, institution_id: InstitutionId) -> list[Held]:
        """Return every reference of an institution, those that must be made anew first."""
        rows = await self._ports.learners.enrolments_of(institution_id)
        found = [self._held(learner, enrolment) for learner, enrolment in rows]
        return sorted(found, key=lambda each: (each.current, each.learner_id))

    def _held(self, learner: Learner, enrolment: Enrolment) -> Held:
        key = self._ports.vault.unlock(learner)
        template: Template | None = None
        try:
            template = decode_template(key.decrypt(Purpose.TEMPLATE, str(enrolment.version), enrolment.encrypted))
        except UnreadableInput:
            _LOG.info("a reference is of an older form")
        vision = self._ports.vision
        running = vision.embedder_id
        return Held(
            learner_id=learner.learner_id,
            version=enrolment.version,
            at_ms=enrolment.at_ms,
            photos=len(template.vectors) if template else 0,
            embedder=template.embedder if template else "",
            thresholds=template.thresholds if template else "",
            current=not running or (template is not None and template.embedder == running),
        )

    async def _gate(
        self, photos: Sequence[bytes], named: Sequence[str], *, alive: bool
    ) -> tuple[dict[int, Look], dict[int, tuple[ReasonCode, ...]]]:
        """Return the photos that are good enough, and the reasons of the others."""
        looks: dict[int, Look] = {}
        refused: dict[int, tuple[ReasonCode, ...]] = {}
        for at, photo in enumerate(photos):
            try:
                look = await self._ports.vision.enrol(photo)
            except UnreadableInput as error:
                if len(photos) == 1:
                    raise
                refused[at] = (reason_of(error),)
                continue
            lifeless = await self.lifeless(photo) if alive and look.template is not None else None
            if look.template is None or lifeless is not None:
                refused[at] = look.reasons if lifeless is None else (lifeless,)
            else:
                looks[at] = look
        return looks, refused

    async def lifeless(self, photo: bytes) -> ReasonCode | None:
        """Return why attack detection does not let a photo pass, or None."""
        frame = Frame(data=photo, want=IDENTITY, deadline_ms_from_now=PAD_MS)
        [found] = await self._ports.vision.analyse([frame])
        pad_bp = found.main.pad_bp if found.main is not None else None
        if pad_bp is None:
            return ReasonCode.PAD_MISSING
        return ReasonCode.PAD_ATTACK if pad_bp < DEFAULT_THRESHOLDS.pad_bp else None

    def _of_one_person(self, looks: dict[int, Look]) -> list[int]:
        if len(looks) == 1:
            return list(looks)
        vectors = np.concatenate([decode_template(look.template or b"").vectors[:1] for look in looks.values()])
        order = list(looks)
        return [order[at] for at in one_person(vectors, DEFAULT_THRESHOLDS.similarity_bp)]

    async def _store(
        self,
        institution_id: InstitutionId,
        learner_id: LearnerId,
        looks: Sequence[Look],
        left_out: dict[int, tuple[ReasonCode, ...]],
    ) -> Enrolled:
        ports, vault, now_ms = self._ports, self._ports.vault, self._ports.clock.now_ms()
        key = vault.unlock(await ports.learners.learner(institution_id, learner_id))
        template = looks[0].template or b""
        if len(looks) > 1:
            template = merge_templates([decode_template(look.template or b"") for look in looks]).encode()
        current = await ports.learners.enrolment(institution_id, learner_id)
        version = 1 if current is None else current.version + 1
        models = looks[0].assessment.models
        encrypted = key.encrypt(Purpose.TEMPLATE, str(version), template)
        made = Enrolment(version=version, at_ms=now_ms, models=models, encrypted=encrypted)
        await ports.learners.add_enrolment(institution_id, learner_id, made)
        for listener in self.on_enrolled:
            listener(institution_id, learner_id)
        return Enrolled(
            version=version,
            quality_bp=min(look.quality_bp for look in looks),
            models=models,
            thresholds=looks[0].thresholds,
            photos=len(looks),
            left_out=tuple(sorted(left_out.items())),
        )


def _reasons_text(reasons: Sequence[ReasonCode]) -> str:
    """Return reason codes with their sentences, as one message."""
    return " ".join(f"{reason.value}: {SENTENCES[reason].en}" for reason in reasons)


def _unfit(refused: dict[int, tuple[ReasonCode, ...]], named: Sequence[str]) -> str:
    return " ".join(f"{named[at]}: {_reasons_text(reasons)}" for at, reasons in sorted(refused.items()))
