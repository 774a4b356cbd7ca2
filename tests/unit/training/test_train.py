"""What training reads and shows, and that blocks learn from maps alone."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnxruntime as ort
import pytest

torch = pytest.importorskip("torch", reason="torch is wanted for training only")

from pad_training import looks  # noqa: E402  (needs torch)
from pad_training.export import build, calibrated, eighths, largest_difference  # noqa: E402  (needs torch)
from pad_training.looks import Draw, mixed, moved, poor_sensor, shown  # noqa: E402  (needs torch)
from pad_training.network import NEAR, PadNetwork, Tower  # noqa: E402  (needs torch)
from pad_training.refine import SCREEN_CLASS, Refinement, Refining, refine  # noqa: E402  (needs torch)
from pad_training.shards import CLOSE_SHARD, CLOSE_SHARDS  # noqa: E402  (needs torch)
from pad_training.train import SHARDS, Lesson, Recipe, falling, train  # noqa: E402  (needs torch)

torch.set_num_threads(1)  # two threads that wait for each other on a busy machine take minutes

RUN = Path(__file__).resolve().parents[3] / "models" / "training" / "run"


class Elder(Tower):
    """A teacher of random weights, of the pupil's own shape."""

    def __init__(self) -> None:
        super().__init__(NEAR)
        self.eval()

    def pieces(self) -> list:
        return list(self.blocks)


def crops(count: int) -> torch.Tensor:
    generator = torch.Generator().manual_seed(4)
    coarse = torch.rand((count, 3, 10, 10), generator=generator) * 255
    return torch.nn.functional.interpolate(coarse, (80, 80), mode="bilinear").to(torch.uint8)


def test_a_share_is_made_worse_and_the_rest_is_left_alone() -> None:
    generator = torch.Generator().manual_seed(7)
    views = torch.full((400, 3, 8, 8), 120.0)
    seen = poor_sensor(views, 0.6, generator)
    changed = (seen != views).flatten(1).any(1)
    assert 0.5 < float(changed.float().mean()) < 0.7
    assert float(seen.min()) >= 0 and float(seen.max()) <= 255
    means = seen[changed].mean((1, 2, 3))
    assert float(means.min()) < 60 and float(means.max()) > 140, "both dim and bright frames are shown"
    assert float(seen[changed].flatten(1).std(1).max()) > 8, "some are noisy"
    assert torch.equal(poor_sensor(views, 0.0, generator), views)


def test_the_same_seed_shows_the_same_and_another_does_not() -> None:
    views = crops(8).float()
    first, second, other = (shown(views, torch.Generator().manual_seed(seed)) for seed in (3, 3, 4))
    assert torch.equal(first, second)
    assert not torch.equal(first, other)
    assert first.shape == views.shape
    assert float(first.min()) >= 0 and float(first.max()) <= 255


def test_half_are_mixed_with_another_and_half_are_not() -> None:
    views = torch.arange(200.0).view(-1, 1, 1, 1).expand(-1, 3, 80, 80)
    seen = mixed(views, Draw(200, torch.Generator().manual_seed(1)))
    spread = (seen - views).abs().amax((1, 2, 3))
    assert 0.35 < float((spread > 0).float().mean()) < 0.6
    inside = seen.flatten(1)
    pasted = (inside.amin(1) != inside.amax(1)).float().mean()
    assert 0.1 < float(pasted) < 0.35, "pieces are pasted into some, the others are blended"


def test_moving_keeps_the_face_in_the_middle() -> None:
    views = torch.zeros((64, 3, 80, 80))
    views[:, :, 28:52, 28:52] = 200
    seen = moved(views, Draw(64, torch.Generator().manual_seed(2)))
    assert float(seen[:, :, 36:44, 36:44].mean()) > 150
    assert float((seen - views).abs().amax()) > 50


def test_the_rate_rises_falls_and_ends_at_its_floor() -> None:
    assert falling(0.0, floor=0.0) < 0.1
    assert falling(0.05, floor=0.0) > 0.9
    assert falling(1.0, floor=0.25) == pytest.approx(0.25)


def test_a_tower_learns_another_function_without_any_label() -> None:
    torch.manual_seed(11)
    elder, photos = Elder(), crops(24)
    recipe = Recipe(batch=8, first_rows=4, third_rows=4, block_steps=40, whole_steps=4)
    untaught = Lesson("near", photos, elder, recipe)
    fresh = shown(crops(16).float(), torch.Generator().manual_seed(99))

    def error(tower: Tower) -> float:
        with torch.no_grad():
            wanted = untaught.pieces.maps(fresh)
            made = [block(given) for block, given in zip(tower.blocks, [fresh, *wanted[:-1]], strict=True)]
        return sum(float(untaught.pieces.error(at, made[at], wanted[at])) for at in range(len(made)))

    # The one beside it has seen as much (its batch norms know the spread of everything) and moved no weight.
    idle = error(train(Lesson("near", photos, elder, replace(recipe, block_rate=0.0, whole_rate=0.0))))
    taught = error(train(Lesson("near", photos, elder, recipe)))
    assert taught < 0.5 * idle


def test_refining_teaches_what_is_known_of_close_frames_and_keeps_the_rest() -> None:
    torch.manual_seed(11)
    elder, others = Elder(), crops(24)
    close = crops(24)
    is_screen = torch.arange(24) % 2 == 0
    close[is_screen, :, ::4] = 255  # lines
    recipe = Refining(steps=40, rate=1e-2, others=6, close=6, known_screen=1.0, known_live=1.0)

    def taught(recipe: Refining) -> tuple[float, float]:
        """How much more attack-like lines are than none, and how far from the teacher's opinion the others are."""
        torch.manual_seed(12)
        tower = Tower(NEAR)
        tower.load_state_dict(elder.state_dict())
        tower = refine(Refinement(tower, elder, others, close, is_screen, recipe))
        kept, before = (list(one.blocks[:-1].parameters()) for one in (tower, elder))
        assert all(torch.equal(*pair) for pair in zip(kept, before, strict=True)), "the head alone learns"
        assert torch.equal(tower.blocks[3].down.norm.running_mean, elder.blocks[3].down.norm.running_mean)
        with torch.no_grad():
            screens = tower(close.float()).softmax(1)[:, SCREEN_CLASS]
            far = (tower(others.float()).softmax(1) - elder(others.float()).softmax(1)).abs().mean()
        return float(screens[is_screen].mean() - screens[~is_screen].mean()), float(far)

    known, near = taught(recipe)
    unknown, _ = taught(replace(recipe, known_screen=0.0, known_live=0.0))
    assert known > unknown + 0.3
    assert near < 0.3


def test_what_is_known_is_not_mixed_with_another(monkeypatch: pytest.MonkeyPatch) -> None:
    def mixing(_views: torch.Tensor, _draw: Draw) -> torch.Tensor:
        raise AssertionError("mixed")

    monkeypatch.setattr(looks, "mixed", mixing)
    assert shown(crops(4).float(), torch.Generator().manual_seed(1), is_mixed=False).shape == (4, 3, 80, 80)
    with pytest.raises(AssertionError, match="mixed"):
        shown(crops(4).float(), torch.Generator().manual_seed(1))


def test_over_exposure_is_drawn_where_it_is_asked_for() -> None:
    views = torch.full((400, 3, 8, 8), 120.0)
    brightest = [
        float(poor_sensor(views, 1.0, torch.Generator().manual_seed(7), brightest=log).mean((1, 2, 3)).max())
        for log in (0.35, 0.65)
    ]
    assert brightest[0] < 185 < 215 < brightest[1]


def test_eight_bits_are_within_half_a_step() -> None:
    value = np.random.default_rng(3).normal(0, 1, (5, 40, 1, 1)).astype(np.float32) * np.float32(7.0)
    whole, scale = eighths(value)
    assert whole.dtype == np.int8
    assert (np.abs(whole).reshape(5, -1).max(axis=1) == 127).all(), "the whole range is used"
    assert scale.shape == (5, 1, 1, 1)
    assert (np.abs(whole * scale - value) <= scale * 0.5001).all()


def test_the_exported_file_does_what_the_network_does() -> None:
    torch.manual_seed(5)
    network = PadNetwork()
    views = torch.rand((16, 6, 80, 80)) * 255
    network(views)  # batch norms that have seen something
    network.eval()
    data = build(network, "note", 0.3).SerializeToString()
    assert len(data) <= 1_000_000
    assert largest_difference(data, network, 0.3) < 0.05
    exported = ort.InferenceSession(data, providers=["CPUExecutionProvider"]).run(None, {"views": views.numpy()})[0]
    assert exported.shape == (16, 1)
    assert calibrated(np.array(0.3), 0.3) == pytest.approx(0.5)


def test_the_command_makes_every_shard_that_training_reads() -> None:
    parts = re.findall(r"make_shards --cache \S+(?: --first (\d+))? --count (\d+)", RUN.read_text(encoding="utf-8"))
    made = {n for first, count in parts for n in range(int(first or 0), int(first or 0) + int(count))}
    assert set(SHARDS) == set(range(CLOSE_SHARD)), "close frames are for the last stage alone"
    assert made == set(range(CLOSE_SHARD + CLOSE_SHARDS))


def test_the_command_refines_what_was_taught_and_exports_what_was_refined() -> None:
    text = RUN.read_text(encoding="utf-8")
    assert 'step train --cache "$cache" --view "$1" --out "$cache/$1_taught.pt"' in text
    assert '--tower "$cache/$1_taught.pt" --out "$cache/$1.pt"' in text
    assert text.index("step train") < text.index("step refine") < text.index("step export")
