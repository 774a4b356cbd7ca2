"""Several photos, one reference: all or nothing, one person, and an upgrade of the embedder."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from support.stores import erase_all
from support.studio import EMBEDDER, Studio
from support.study import ManualClock, service
from zaichang.biometric.template import Template, decode_template
from zaichang.core.errors import NotAllowed, PeerViolation, UnreadableInput, ZaichangError
from zaichang.core.frames import PhotoResult as Look
from zaichang.core.reasons import ReasonCode
from zaichang.launch.enrolment import Enrolled
from zaichang.main.service import Services
from zaichang.ports.purposes import Purpose

GOOD = (b"who=a pose=front", b"who=a pose=left drift=20", b"who=a pose=right drift=30")


async def kept(services: Services, learner: str) -> Template | None:
    row = await services.store.enrolment("inst", learner)
    if row is None:
        return None
    key = services.ports.vault.unlock(await services.store.learner("inst", learner))
    return decode_template(key.decrypt(Purpose.TEMPLATE, str(row.version), row.encrypted))


async def enrol(services: Services, photos: Sequence[bytes], **more: object) -> Enrolled:
    return await services.enrolling.from_photos("inst", "p", photos, **more)  # type: ignore[arg-type]  # forwarded


def studio(tmp_path: Path, **more: object):  # type: ignore[no-untyped-def]  # as service
    return service(tmp_path, vision=Studio(**more), enrol_first=False)  # type: ignore[arg-type]  # forwarded


async def test_several_photos_become_one_template_that_says_what_made_it(tmp_path: Path) -> None:
    async with studio(tmp_path) as services:
        made = await enrol(services, GOOD)
        template = await kept(services, "p")
        assert template is not None
        assert (made.version, made.photos, made.thresholds, made.left_out) == (1, 3, "t-1", ())
        assert (len(template.vectors), template.embedder, template.thresholds) == (3, EMBEDDER, "t-1")
        again = await enrol(services, GOOD[:1])
        assert (again.version, again.photos) == (2, 1)


@pytest.mark.parametrize(
    ("photos", "more", "code", "named"),
    [
        ((*GOOD, b"who=a bad=BLURRED"), {}, "enrol.unfit", "Not every photo can be used. photo 4: BLURRED"),
        ((b"who=a bad=BLURRED",), {}, "enrol.unfit", "photo 1: BLURRED"),
        ((*GOOD, b"who=b"), {}, "enrol.several_people", "photo 4"),
        ((*GOOD, b"who=b"), {"names": ("1.jpg", "2.jpg", "3.jpg", "x.jpg")}, "enrol.several_people", "x.jpg"),
        ((b"who=a", b"who=b"), {}, "enrol.several_people", "No two"),
        ((b"who=a", b"who=b"), {"at_least": 1}, "enrol.several_people", "No two"),
        ((b"who=a", b"who=b", b"who=a", b"who=b"), {"at_least": 2}, "enrol.several_people", "photo 2, photo 4"),
        ((*GOOD, b"who=a pad=100"), {"alive": True}, "enrol.unfit", "photo 4: PAD_ATTACK"),
        ((*GOOD, b"who=a pad=none"), {"alive": True}, "enrol.unfit", "photo 4: PAD_MISSING"),
        ((*GOOD, b"who=a pad=noface"), {"alive": True}, "enrol.unfit", "photo 4: PAD_MISSING"),
        ((), {}, "enrol.count", "1 to 16"),
        (GOOD, {"at_least": 4}, "enrol.count", "1 to 16"),
        (GOOD, {"at_least": 0}, "enrol.count", "1 to 16"),
        (GOOD * 6, {}, "enrol.count", "1 to 16"),
    ],
)
async def test_what_does_not_pass_is_named_and_nothing_is_kept(
    tmp_path: Path, photos: Sequence[bytes], more: dict[str, object], code: str, named: str
) -> None:
    async with studio(tmp_path) as services:
        with pytest.raises(ZaichangError) as caught:
            await enrol(services, photos, **more)
        assert caught.value.code == code
        assert named in caught.value.message
        assert await kept(services, "p") is None


async def test_a_count_that_is_met_leaves_the_others_out_and_says_so(tmp_path: Path) -> None:
    async with studio(tmp_path) as services:
        made = await enrol(services, (b"who=a bad=BLURRED", *GOOD, b"who=b"), at_least=3)
        assert made.left_out == ((0, (ReasonCode.BLURRED,)), (4, (ReasonCode.NOT_SAME_PERSON,)))
        template = await kept(services, "p")
        assert template is not None
        assert len(template.vectors) == made.photos == 3


async def test_attack_detection_is_asked_for_only_where_wanted(tmp_path: Path) -> None:
    async with studio(tmp_path) as services:
        await enrol(services, (b"who=a pad=100",))
        with pytest.raises(UnreadableInput, match="PAD_ATTACK"):
            await enrol(services, (b"who=a pad=100",), alive=True)
        assert (await enrol(services, (b"who=a pad=9000",), alive=True)).version == 2


async def test_a_file_that_cannot_be_read_is_one_of_the_bad_photos(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with studio(tmp_path) as services:
        whole = services.ports.vision.enrol

        async def cut(image: bytes) -> Look:
            if image == b"cut":
                raise UnreadableInput("frame.unreadable", "The picture cannot be read: cut.", "Send a whole one.")
            return await whole(image)

        monkeypatch.setattr(services.ports.vision, "enrol", cut)
        with pytest.raises(UnreadableInput, match=r"^enrol.unfit: .*photo 4: FRAME_UNREADABLE"):
            await enrol(services, (*GOOD, b"cut"))
        with pytest.raises(UnreadableInput, match=r"^frame.unreadable"):
            await enrol(services, (b"cut",))
        made = await enrol(services, (b"cut", *GOOD), at_least=3)
        assert made.left_out == ((0, (ReasonCode.FRAME_UNREADABLE,)),)


async def test_another_embedder_makes_references_outdated_until_they_are_made_anew(tmp_path: Path) -> None:
    clock = ManualClock()
    async with service(tmp_path, vision=Studio(), clock=clock, enrol_first=False) as services:
        await enrol(services, GOOD)
        with pytest.raises(NotAllowed) as caught:
            await enrol(services, GOOD, replace=False)
        assert caught.value.code == "enrol.exists"
        await services.enrolling.from_photos("inst", "other", [b"who=b"])
    async with service(tmp_path, vision=Studio("77" * 8), clock=clock, enrol_first=False, seed="2") as services:
        enrolling = services.enrolling
        held = await enrolling.all_held("inst")
        assert [(each.learner_id, each.current, each.photos, each.embedder) for each in held] == [
            ("other", False, 1, EMBEDDER),
            ("p", False, 3, EMBEDDER),
        ]
        made = await enrol(services, GOOD, replace=False)
        assert made.version == 2
        assert [(each.learner_id, each.current) for each in await enrolling.all_held("inst")] == [
            ("other", False),
            ("p", True),
        ]


async def test_a_template_of_an_older_form_is_outdated_not_an_error(tmp_path: Path) -> None:
    async with studio(tmp_path) as services:
        await enrol(services, GOOD[:1])
        row = await services.store.enrolment("inst", "p")
        assert row is not None
        key = services.ports.vault.unlock(await services.store.learner("inst", "p"))
        old = replace(
            row, version=2, encrypted=key.encrypt(Purpose.TEMPLATE, "2", b"ZCT1 of an older form" + bytes(600))
        )
        await services.store.add_enrolment("inst", "p", old)
        held = await services.enrolling.held("inst", "p")
        assert held is not None
        assert (held.current, held.photos, held.embedder) == (False, 0, "")
        assert (await enrol(services, GOOD, replace=False)).version == 3


async def test_an_unknown_institution_and_an_erased_learner_are_refused(tmp_path: Path) -> None:
    async with studio(tmp_path) as services:
        with pytest.raises(ZaichangError, match=r"institution.unknown"):
            await services.enrolling.from_photos("none", "p", GOOD)
        await enrol(services, GOOD)
        await erase_all(services.store, "inst", "p", "erased-p", 1)
        with pytest.raises(NotAllowed, match=r"learner.erased"):
            await services.enrolling.from_photos("inst", "erased-p", GOOD)
        with pytest.raises(PeerViolation, match=r"id.invalid"):
            await services.enrolling.from_photos("inst", "a b", GOOD)
