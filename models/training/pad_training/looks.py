"""Show a frame's crop in one of many ways before both teacher and pupil see it.

The network learns a function, the teacher's, so the crops need not be likely; they need to be many and unlike each
other. Whatever is drawn here, the teacher is asked about the result. Only ``poor_sensor`` is for the pupil alone.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

SIDE_PX = 80


class Draw:
    """Random numbers, one a picture, from one generator."""

    def __init__(self, count: int, generator: torch.Generator) -> None:
        """For ``count`` pictures."""
        self._count = count
        self._generator = generator

    def uniform(self, low: float, high: float) -> Tensor:
        """``(n, 1, 1, 1)``, evenly between both."""
        return low + (high - low) * torch.rand((self._count, 1, 1, 1), generator=self._generator)

    def normal(self, spread: float, channels: int = 1) -> Tensor:
        """``(n, channels, 1, 1)``, about 0."""
        return spread * torch.randn((self._count, channels, 1, 1), generator=self._generator)

    def chance(self, probability: float) -> Tensor:
        """``(n, 1, 1, 1)`` of bool."""
        return self.uniform(0, 1) < probability

    def order(self) -> Tensor:
        """The pictures in another order ``(n,)``."""
        return torch.randperm(self._count, generator=self._generator)

    def noise(self, shape: torch.Size | tuple[int, ...]) -> Tensor:
        """Standard noise of a shape."""
        return torch.randn(tuple(shape), generator=self._generator)


def softer(views: Tensor) -> Tensor:
    """A 3x3 mean."""
    return functional.avg_pool2d(functional.pad(views, (1, 1, 1, 1), mode="replicate"), 3, 1)


def moved(views: Tensor, draw: Draw) -> Tensor:
    """Mirror half of them; enlarge by up to 1.4, shift, turn and squeeze half of them a little."""
    views = torch.where(draw.chance(0.5), views.flip(3), views)
    on = draw.chance(0.5).float().flatten()
    wide = 1 - on * draw.uniform(0, 0.3).flatten()
    high = (wide * (1 + on * draw.normal(0.08).flatten())).clamp(max=1.0)
    angle = on * draw.normal(0.08).flatten()
    right, down = ((1 - part) * draw.uniform(-1, 1).flatten() for part in (wide, high))
    rows = (
        torch.stack((wide * angle.cos(), -high * angle.sin(), right), 1),
        torch.stack((wide * angle.sin(), high * angle.cos(), down), 1),
    )
    grid = functional.affine_grid(torch.stack(rows, 1), list(views.shape), align_corners=False)
    return functional.grid_sample(views, grid, padding_mode="reflection", align_corners=False)


def mixed(views: Tensor, draw: Draw) -> Tensor:
    """Half of them with another picture: a quarter blended, a quarter with a piece of it pasted in."""
    other = views[draw.order()]
    which, part = draw.uniform(0, 1), draw.uniform(0, 1)
    away_y = (torch.arange(SIDE_PX).view(1, 1, -1, 1) - draw.uniform(0, SIDE_PX)).abs()
    away_x = (torch.arange(SIDE_PX).view(1, 1, 1, -1) - draw.uniform(0, SIDE_PX)).abs()
    piece = (away_y < draw.uniform(6, 36)) & (away_x < draw.uniform(6, 36))
    pasted = torch.where((which < 0.5) & piece, other, views)
    return torch.where(which < 0.25, views + (other - views) * part, pasted)


def toned(views: Tensor, draw: Draw) -> Tensor:
    """Most of them with another contrast, brightness, tint, saturation or sharpness, or with noise."""
    contrast = torch.exp(draw.normal(0.2))
    gain = torch.exp(draw.normal(0.25) + draw.normal(0.06, 3))
    out = ((views - 128) * contrast + 128) * gain + draw.normal(12)
    grey = out.mean(1, keepdim=True)
    out = torch.where(draw.chance(0.4), grey + (out - grey) * draw.uniform(0.2, 1.5), out)
    sharper = draw.uniform(-1, 1).clamp(min=-0.6)  # below 0 sharper, above 0 softer
    out = torch.where(draw.chance(0.4), out + sharper * (softer(out) - out), out)
    out = torch.where(draw.chance(0.3), out + draw.uniform(0, 8) * draw.noise(views.shape), out)
    return torch.where(draw.chance(0.7), out, views)


def shown(views: Tensor, generator: torch.Generator, *, is_mixed: bool = True) -> Tensor:
    """The crops ``(n, 3, 80, 80)``, 0..255, as teacher and pupil both see them; each alone unless ``is_mixed``."""
    draw = Draw(len(views), generator)
    seen = moved(views, draw)
    return toned(mixed(seen, draw) if is_mixed else seen, draw).clamp(0, 255).round()


def poor_sensor(views: Tensor, share: float, generator: torch.Generator, *, brightest: float = 0.35) -> Tensor:
    """Show a share of the crops dimmer or brighter, blurred, and with the noise of a small sensor.

    The largest gain is e to the power of ``brightest``.

    The target stays the teacher's opinion of the crop as it was: asked about noise, it calls it an attack. Bona fide
    frames and attacks are treated alike, so that noise itself says nothing. Noise is fine or, as where a small face was
    enlarged, coarse; stronger in dark pictures, as a camera's gain makes it.
    """
    draw = Draw(len(views), generator)
    count, channels, height, width = views.shape
    gain = torch.exp(draw.uniform(-1.2, brightest))
    out = (views + draw.uniform(-1, 1).clamp(min=0) * (softer(views) - views)) * gain
    half = draw.noise((count, channels, height // 2, width // 2))
    coarse = 1.6 * functional.interpolate(half, (height, width), mode="bilinear", align_corners=False)
    sigma = draw.uniform(0, 10) * (0.6 + 0.4 / gain.clamp(0.4, 1.0))
    noise = torch.where(draw.chance(0.5), draw.noise(views.shape), coarse)
    return torch.where(draw.chance(share), (out + sigma * noise).round().clamp(0, 255), views)
