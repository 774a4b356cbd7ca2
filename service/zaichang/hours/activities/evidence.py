"""Files of evidence: added to drafts, encrypted with the learner's key, and read by those who may see the activity."""

from __future__ import annotations

import asyncio

from zaichang.core.errors import NotAllowed, NotFound, PeerViolation
from zaichang.hours.activities.actors import Actor, learner_key, own_activity
from zaichang.hours.activities.documents import digest, file_place
from zaichang.hours.activities.handing_in import FILES_MAX, check_file, listed
from zaichang.ledger.activities.stages import Party, State
from zaichang.ports.hours.activities import Activity, ActivityId, EvidenceFile, FileId
from zaichang.ports.hours.desk import ActivityPorts
from zaichang.ports.purposes import Purpose


class EvidenceDesk:
    """Takes files in, gives them out, and deletes those of drafts."""

    def __init__(self, ports: ActivityPorts) -> None:
        """Use the ports."""
        self._ports = ports

    async def add(
        self, actor: Actor, activity_id: ActivityId, document: str, media_type: str, data: bytes
    ) -> EvidenceFile:
        """Add a file of evidence to a draft; it is encrypted with the learner's key.

        Raises:
            NotFound: ``activity.unknown``.
            PeerViolation: ``activity.file``, ``activity.invalid`` for a document that the checklist does not name.
            NotAllowed: ``activity.raced``, ``activity.party``, ``activity.files``, ``review.personal_key``.
        """
        activity = await self._draft(actor, activity_id)
        item = listed(activity.rules, activity.item)
        if document not in {each.name for each in item.documents}:
            names = ", ".join(each.name for each in item.documents) or "none"
            raise PeerViolation(
                "activity.invalid", f"{item.name} has no document {document[:40]!r}.", f"It has: {names}."
            )
        check_file(media_type, data)
        if len(await self._ports.activities.evidence_of(activity_id)) >= FILES_MAX:
            raise NotAllowed("activity.files", f"There are {FILES_MAX} files.", "Join some of them.")
        file = EvidenceFile(
            activity_id=activity_id,
            file_id=FileId(self._ports.token_hex(16)),
            document=document,
            media_type=media_type,
            size_bytes=len(data),
            sha256=digest(data),
            at_ms=self._ports.clock.now_ms(),
            added_by=actor.name,
        )
        key = await learner_key(self._ports, activity.institution_id, activity.learner_id)
        encrypted = key.encrypt(Purpose.ACTIVITY, file_place(file), data)
        await asyncio.to_thread(self._ports.files.put, activity_id, file.file_id, encrypted)
        try:
            await self._ports.activities.add_evidence(file)
        except NotAllowed:
            await asyncio.to_thread(self._ports.files.delete, activity_id, file.file_id)
            raise
        await self._note(actor, activity, "activity.add_file", file.at_ms)
        return file

    async def read(self, actor: Actor, activity_id: ActivityId, file_id: FileId) -> tuple[EvidenceFile, bytes]:
        """Return a file of evidence, decrypted; the audit trail notes it.

        Raises:
            NotFound: ``activity.unknown``, ``activity.file_unknown``.
            NotAllowed: ``learner.erased``.
        """
        activity, ports = await own_activity(self._ports, actor, activity_id), self._ports
        found = next(
            (each for each in await ports.activities.evidence_of(activity_id) if each.file_id == file_id), None
        )
        if found is None:
            raise NotFound("activity.file_unknown", "There is no such file.")
        key = ports.vault.unlock(await ports.learners.learner(activity.institution_id, activity.learner_id))
        encrypted = await asyncio.to_thread(ports.files.get, activity_id, file_id)
        data = key.decrypt(Purpose.ACTIVITY, file_place(found), encrypted)
        await self._note(actor, activity, "activity.file", ports.clock.now_ms())
        return found, data

    async def discard(self, actor: Actor, activity_id: ActivityId) -> None:
        """Delete a draft, then its files. A crash in between leaves encrypted files that no row names.

        Raises:
            NotFound: ``activity.unknown``.
            NotAllowed: ``activity.raced`` where it is no draft any more, ``activity.party``, ``review.personal_key``.
        """
        activity = await self._draft(actor, activity_id)
        for file_id in await self._ports.activities.drop_draft(activity_id):
            await asyncio.to_thread(self._ports.files.delete, activity_id, file_id)
        await self._note(actor, activity, "activity.discard", self._ports.clock.now_ms())

    async def _note(self, actor: Actor, activity: Activity, action: str, now_ms: int) -> None:
        await self._ports.staff.note_audit(activity.institution_id, now_ms, actor.name, action, activity.activity_id)

    async def _draft(self, actor: Actor, activity_id: ActivityId) -> Activity:
        actor.check_personal()
        activity = await own_activity(self._ports, actor, activity_id)
        if actor.party is Party.EMPLOYER:
            raise NotAllowed("activity.party", "The employer changes no draft.")
        if activity.state is not State.DRAFT:
            raise NotAllowed("activity.raced", "It is no draft any more.", "Load it again.")
        return activity
