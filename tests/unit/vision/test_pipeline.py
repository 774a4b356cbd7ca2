from __future__ import annotations

from dataclasses import replace
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from zaichang.biometric.template import Template, decode_template
from zaichang.core.assessment import FrameAssessment
from zaichang.core.errors import UnreadableInput
from zaichang.core.frames import IDENTITY, PRESENCE, Wanted
from zaichang.core.reasons import ReasonCode
from zaichang.vision.embedder import FaceViews, face_views
from zaichang.vision.mesh import FaceMesh
from zaichang.vision.pipeline import Analyser, AnalyserConfig
from zaichang.vision.runtime import Models

Picture = NDArray[np.uint8]


def assess(analyser: Analyser, pixels: Picture, want: Wanted = PRESENCE) -> FrameAssessment:
    return analyser.assess_pixels(pixels, want=want)


def on_desk(portrait: Picture, scale: float, x: int, y: int, canvas: Picture | None = None) -> Picture:
    """Paste the astronaut's head, scaled, into a 640x480 room."""
    head = portrait[20:240, 120:330]
    head = cv2.resize(head, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    result = np.full((480, 640, 3), (90, 110, 120), np.uint8) if canvas is None else canvas.copy()
    result[y : y + head.shape[0], x : x + head.shape[1]] = head[: 480 - y, : 640 - x]
    return result


def test_one_usable_face(analyser: Analyser, portrait_jpeg: bytes) -> None:
    found = analyser.assess(portrait_jpeg)
    assert (found.width_px, found.height_px, found.reasons) == (512, 512, ())
    assert found.main is not None
    x, y, w, h = found.main.box_px
    assert 150 < x < 200
    assert 40 < y < 100
    assert 70 < w < 120
    assert 90 < h < 140
    assert found.main.quality_bp > 4000
    assert [name for name, _ in found.main.quality_parts_bp] == [
        "size", "pose", "sharpness", "exposure", "occlusion", "framing",
    ]  # fmt: skip
    assert found.main.quality_bp == min(part for _, part in found.main.quality_parts_bp)
    assert found.main.reasons == ()
    assert found.main.similarity_bp is None
    assert len(found.models) == 16
    assert len(found.phash) == 16


def test_only_an_identity_frame_with_a_reference_runs_the_embedder(
    analyser: Analyser, portrait: Picture, portrait_jpeg: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    template = decode_template(analyser.enrol(portrait_jpeg).template or b"")
    monkeypatch.setattr(analyser._embedder, "embed", lambda _: pytest.fail("the embedder ran"))
    assert assess(analyser, portrait).main is not None
    assert assess(analyser, portrait, IDENTITY).main is not None
    with pytest.raises(pytest.fail.Exception):
        analyser.assess_pixels(portrait, want=IDENTITY, reference=template)


def test_enrol_then_recognise_the_same_person_but_not_a_stranger(
    analyser: Analyser, portrait: Picture, portrait_jpeg: bytes
) -> None:
    enrolment = analyser.enrol(portrait_jpeg)
    assert enrolment.template is not None
    assert enrolment.reasons == ()
    template = decode_template(enrolment.template)
    dimmer = np.asarray(cv2.convertScaleAbs(portrait[10:400, 60:460], alpha=0.8, beta=4), dtype=np.uint8)
    same = analyser.assess_pixels(dimmer, want=IDENTITY, reference=template).main
    assert same is not None
    assert same.similarity_bp is not None
    assert same.similarity_bp > 8000
    assert ReasonCode.NOT_SAME_PERSON not in same.reasons
    rng = np.random.default_rng(1)
    vector = rng.normal(size=(1, 128)).astype(np.float32)
    stranger = Template(embedder=analyser.embedder_id, vectors=vector / np.linalg.norm(vector))
    other = analyser.assess_pixels(portrait, want=IDENTITY, reference=stranger).main
    assert other is not None
    assert other.similarity_bp is not None
    assert other.similarity_bp < 3000
    assert other.reasons[0] is ReasonCode.NOT_SAME_PERSON


def test_a_template_of_another_embedder_is_never_compared(analyser: Analyser, portrait_jpeg: bytes) -> None:
    template = decode_template(analyser.enrol(portrait_jpeg).template or b"")
    other = replace(template, embedder="0" * 16)
    main = analyser.assess(portrait_jpeg, want=IDENTITY, reference=other).main
    assert main is not None
    assert main.similarity_bp is None
    assert ReasonCode.REFERENCE_OUTDATED in main.reasons


@pytest.mark.parametrize(
    ("level", "reason"),
    [(0, ReasonCode.CAMERA_COVERED), (255, ReasonCode.CAMERA_COVERED), (None, ReasonCode.NO_FACE)],
)
def test_frames_without_a_face(analyser: Analyser, level: int | None, reason: ReasonCode) -> None:
    frame = (
        cv2.resize(np.random.default_rng(0).integers(0, 256, (12, 16, 3), dtype=np.uint8), (640, 480))
        if level is None
        else np.full((480, 640, 3), level, np.uint8)
    )
    found = assess(analyser, np.asarray(frame, dtype=np.uint8))
    assert found.faces == ()
    assert found.reasons == (reason,)


def test_a_second_near_face_is_not_a_face_behind(analyser: Analyser, portrait: Picture) -> None:
    one = on_desk(portrait, 1.2, 40, 60)
    two = on_desk(portrait, 1.2, 340, 60, one)
    behind = on_desk(portrait, 0.45, 400, 20, one)
    assert assess(analyser, one).reasons == ()
    assert assess(analyser, two).reasons == (ReasonCode.MULTIPLE_FACES,)
    found = assess(analyser, behind)
    assert found.reasons == (ReasonCode.BACKGROUND_FACE,)
    assert len(found.faces) == 2
    assert found.faces[0].box_px[0] < 320


def test_small_dark_blurred_and_cut_faces_are_named(analyser: Analyser, portrait: Picture) -> None:
    near = on_desk(portrait, 1.3, 180, 60)
    cases = {
        ReasonCode.FACE_TOO_SMALL: on_desk(portrait, 0.4, 280, 200),
        ReasonCode.TOO_DARK: np.asarray(cv2.convertScaleAbs(near, alpha=0.13), dtype=np.uint8),
        ReasonCode.BLURRED: np.asarray(cv2.GaussianBlur(near, (0, 0), 9), dtype=np.uint8),
        ReasonCode.FACE_CUT_OFF: near[:, 300:],
    }
    for reason, frame in cases.items():
        main = assess(analyser, frame).main
        assert main is not None, reason
        assert reason in main.reasons, (reason, main)


def test_a_mirrored_head_has_the_opposite_yaw_and_roll(analyser: Analyser, portrait: Picture) -> None:
    turned = cv2.warpAffine(portrait, cv2.getRotationMatrix2D((225, 120), 20, 1.0), (512, 512))
    first = assess(analyser, np.asarray(turned, dtype=np.uint8)).main
    second = assess(analyser, np.asarray(turned[:, ::-1], dtype=np.uint8).copy()).main
    assert first is not None
    assert second is not None
    # cv2 turns counter-clockwise: the head tilts to the picture's left, the person's right shoulder.
    assert 1400 < first.roll_cdeg < 2600
    assert abs(first.roll_cdeg + second.roll_cdeg) < 300
    assert abs(first.yaw_cdeg + second.yaw_cdeg) < 600


@pytest.mark.parametrize(
    ("name", "reason"),
    [("black", ReasonCode.CAMERA_COVERED), ("blurred", ReasonCode.BLURRED), ("two", ReasonCode.MULTIPLE_FACES)],
)
def test_the_enrolment_gate_refuses(analyser: Analyser, portrait: Picture, name: str, reason: ReasonCode) -> None:
    near = on_desk(portrait, 1.2, 40, 60)
    frame = {
        "black": np.zeros((200, 200, 3), np.uint8),
        "blurred": cv2.GaussianBlur(near, (0, 0), 6),
        "two": on_desk(portrait, 1.2, 340, 60, near),
    }[name]
    result = analyser.enrol(cv2.imencode(".png", frame)[1].tobytes())
    assert result.template is None
    assert reason in result.reasons


def test_enrolling_a_broken_file_says_so(analyser: Analyser) -> None:
    with pytest.raises(UnreadableInput):
        analyser.enrol(b"not a picture")


def test_unreadable_and_oversized_frames_are_values(models: Models, portrait_jpeg: bytes) -> None:
    strict = Analyser(models, AnalyserConfig())
    assert strict.assess(b"").reasons == (ReasonCode.FRAME_UNREADABLE,)
    assert strict.assess(b"\0" * (1024 * 1024 + 1)).reasons == (ReasonCode.FRAME_TOO_LARGE,)


def test_the_same_bytes_give_the_same_integers(analyser: Analyser, portrait_jpeg: bytes) -> None:
    template = decode_template(analyser.enrol(portrait_jpeg).template or b"")
    results = {analyser.assess(portrait_jpeg, want=IDENTITY, reference=template) for _ in range(3)}
    assert len(results) == 1


def test_a_changed_threshold_changes_the_models_digest(models: Models, analyser: Analyser) -> None:
    changed = replace(analyser.config, thresholds=replace(analyser.config.thresholds, similarity_bp=4000))
    assert Analyser(models, changed).models_digest != analyser.models_digest


def test_no_template_in_reprs(analyser: Analyser, portrait_jpeg: bytes) -> None:
    enrolment = analyser.enrol(portrait_jpeg)
    assert "ZCT1" not in repr(enrolment)
    assert "vectors" not in repr(decode_template(enrolment.template or b""))


def test_content_differs_by_a_single_grey_level_and_repeats_for_the_same_picture(analyser: Analyser) -> None:
    noise = np.random.default_rng(1).integers(0, 255, (240, 320, 3), dtype=np.uint8)
    other = noise.copy()
    other[96, 100] ^= 1
    first, again, changed = (analyser.assess_pixels(pixels).content for pixels in (noise, noise.copy(), other))
    assert len(first) == 16
    assert first == again != changed


def test_an_identity_frame_finds_a_person_farther_behind(analyser: Analyser, portrait: Picture) -> None:
    near = on_desk(portrait, 1.2, 40, 60)
    far = on_desk(portrait, 0.25, 480, 20, near)
    assert assess(analyser, far, IDENTITY).reasons == (ReasonCode.BACKGROUND_FACE,)
    assert assess(analyser, near, IDENTITY).reasons == ()


@pytest.mark.parametrize(("threshold_bp", "looks"), [(4_100, 1), (8_000, 1), (9_800, 2)])
def test_a_second_look_is_taken_unless_the_first_is_sure(
    models: Models, portrait: Picture, portrait_jpeg: bytes, threshold_bp: int, looks: int, monkeypatch: Any
) -> None:
    config = AnalyserConfig()
    analyser = Analyser(models, replace(config, thresholds=replace(config.thresholds, similarity_bp=threshold_bp)))
    template = decode_template(analyser.enrol(portrait_jpeg).template or b"")
    embed, seen = analyser._embedder.embed, list[Picture]()
    monkeypatch.setattr(analyser._embedder, "embed", lambda face: seen.append(face) or embed(face))
    found = analyser.assess_pixels(portrait, want=IDENTITY, reference=template).main
    assert found is not None
    assert found.similarity_bp is not None
    assert found.similarity_bp > 9_000
    assert len(seen) == looks
    stranger = Template(embedder=template.embedder, vectors=-template.vectors)
    seen.clear()
    found = analyser.assess_pixels(portrait, want=IDENTITY, reference=stranger).main
    assert found is not None
    assert ReasonCode.NOT_SAME_PERSON in found.reasons
    assert len(seen) == 2


def test_a_reference_is_the_mean_of_both_alignments_and_their_mirror_images(
    models: Models, portrait: Picture, monkeypatch: Any
) -> None:
    analyser = Analyser(models)
    embed, seen = analyser._embedder.embed, list[Picture]()
    monkeypatch.setattr(analyser._embedder, "embed", lambda face: seen.append(face) or embed(face))
    embedding = analyser.embed_main(portrait)[1]
    assert embedding is not None
    assert len(seen) == 4
    by_mesh, mirrored_mesh, by_detector, mirrored = seen
    assert np.array_equal(by_mesh[:, ::-1], mirrored_mesh)
    assert np.array_equal(by_detector[:, ::-1], mirrored)
    assert not np.array_equal(by_mesh, by_detector)
    mean = sum(embed(face) for face in seen)
    assert embedding == pytest.approx(mean / np.linalg.norm(mean), abs=1e-6)
    # The second look of a capture is the other alignment, mirrored.
    views = FaceViews(by_mesh=by_mesh, by_detector=by_detector)
    second = embed(by_mesh) + embed(np.asarray(by_detector[:, ::-1]))
    found = analyser._embedder.second_look(views, embed(by_mesh))
    assert found == pytest.approx(second / np.linalg.norm(second), abs=1e-6)


def test_where_the_mesh_is_not_to_be_trusted_the_detector_aligns(portrait: Picture) -> None:
    aligned = np.zeros((112, 112, 3), np.uint8)
    for mesh in (None, FaceMesh(points_px=np.zeros((468, 3)), presence=1.0)):
        views = face_views(portrait, aligned, mesh)
        assert views.by_mesh is aligned is views.by_detector


def test_a_person_far_behind_does_not_stop_an_enrolment(analyser: Analyser, portrait: Picture) -> None:
    frame = on_desk(portrait, 0.4, 420, 20, on_desk(portrait, 1.2, 40, 60))
    result = analyser.enrol(cv2.imencode(".png", frame)[1].tobytes())
    assert result.assessment.reasons == (ReasonCode.BACKGROUND_FACE,)
    assert result.template is not None
    assert result.reasons == ()
