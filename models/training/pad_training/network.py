"""The network that is shipped: two convolutional towers, near and far view, each in blocks that can be taught alone.

A block is a bottleneck of the kind mobile networks use: 1x1 up, depthwise 3x3, 1x1 down without activation. Blocks meet
where the teacher's do, with as many channels there and their own number within. That is what lets each learn from the
teacher's maps directly (`train`). Batch norms are folded into the convolutions on export.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import torch
from torch import Tensor, nn

CLASSES = 3
LIVE_CLASS = 1
STEM, THIRD, FIFTH = 48, 64, 128
"""Channels of the first convolution, and where the blocks of the coarser stages meet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """Channels within the blocks of one tower (multiples of 8, the vector unit's).

    Attributes:
        first: Block from the picture to 20 x 20.
        third: Residual blocks at 20 x 20.
        halve: The two blocks that halve the map, to 10 x 10 and to 5 x 5.
        fourth: Residual blocks at 10 x 10.
        fifth: Residual blocks at 5 x 5.
        head: Before the last depthwise layer.
        gated: The last residual block of each stage has a squeeze-excite gate, where the teacher has one.
    """

    first: int
    third: tuple[int, ...]
    halve: tuple[int, int]
    fourth: tuple[int, ...]
    fifth: tuple[int, ...]
    head: int
    gated: bool


NEAR = Shape(
    first=104,
    third=(24, 24, 24, 24),
    halve=(232, 308),
    fourth=(232, 64, 40, 80, 40, 40),
    fifth=(40, 40),
    head=512,
    gated=False,
)
FAR = Shape(
    first=104,
    third=(24, 32, 24, 56),
    halve=(232, 308),
    fourth=(160, 64, 40, 64, 64, 64),
    fifth=(40, 112),
    head=512,
    gated=True,
)
SHAPES = {"near": NEAR, "far": FAR}


class ConvNorm(nn.Module):
    """Convolution, batch norm and, unless ``linear``, ReLU."""

    def __init__(
        self, channels_in: int, channels: int, side: int, *, stride: int = 1, pad: int = 0, groups: int = 1,
        linear: bool = False,
    ) -> None:  # fmt: skip
        """Build with random weights."""
        super().__init__()
        self.conv = nn.Conv2d(channels_in, channels, side, stride=stride, padding=pad, groups=groups, bias=False)
        self.norm = nn.BatchNorm2d(channels)
        self.linear = linear
        nn.init.kaiming_normal_(self.conv.weight)

    def forward(self, x: Tensor) -> Tensor:
        """Features."""
        if self.conv.groups > 1 and self.conv.stride[0] > 1:
            # The gradient of this one is four times slower in bfloat16.
            with torch.autocast("cpu", enabled=False):
                x = self.conv(x.float())
        else:
            x = self.conv(x)
        x = self.norm(x)
        return x if self.linear else torch.relu(x)


class Gate(nn.Module):
    """Squeeze-excite: each channel scaled by the whole map."""

    def __init__(self, channels: int) -> None:
        """Build with random weights."""
        super().__init__()
        self.squeeze = ConvNorm(channels, channels // 4, 1)
        self.excite = ConvNorm(channels // 4, channels, 1, linear=True)

    def forward(self, x: Tensor) -> Tensor:
        """The map, scaled."""
        return x * torch.sigmoid(self.excite(self.squeeze(x.mean((2, 3), keepdim=True))))


class Bottleneck(nn.Module):
    """1x1 up, depthwise 3x3, 1x1 down; a gate and a shortcut where told."""

    def __init__(
        self, channels_in: int, within: int, channels: int, *, stride: int = 1, residual: bool = False,
        gated: bool = False,
    ) -> None:  # fmt: skip
        """Build with random weights."""
        super().__init__()
        self.up = ConvNorm(channels_in, within, 1)
        self.depthwise = ConvNorm(within, within, 3, stride=stride, pad=1, groups=within)
        self.down = ConvNorm(within, channels, 1, linear=True)
        self.gate: nn.Module = Gate(channels) if gated else nn.Identity()
        self.residual = residual

    def forward(self, x: Tensor) -> Tensor:
        """The next map."""
        out = self.gate(self.down(self.depthwise(self.up(x))))
        return cast(Tensor, x + out if self.residual else out)


class First(nn.Module):
    """The picture ``(n, 3, 80, 80)``, 0..255, to ``(n, 64, 20, 20)``."""

    def __init__(self, within: int) -> None:
        """Build with random weights."""
        super().__init__()
        self.body = nn.Sequential(
            ConvNorm(3, STEM, 3, stride=2, pad=1),
            ConvNorm(STEM, STEM, 3, pad=1, groups=STEM),
            ConvNorm(STEM, within, 1),
            ConvNorm(within, within, 3, stride=2, pad=1, groups=within),
            ConvNorm(within, THIRD, 1, linear=True),
        )

    def forward(self, x: Tensor) -> Tensor:
        """Features."""
        return cast(Tensor, self.body(x))


class Head(nn.Module):
    """The last map to three logits, in the teacher's classes.

    One 5x5 filter a channel over the whole map, not a mean: the face is always in the middle, so place carries meaning
    (bezels are at the rim).
    """

    def __init__(self, within: int) -> None:
        """Build with random weights."""
        super().__init__()
        self.up = ConvNorm(FIFTH, within, 1)
        self.whole = ConvNorm(within, within, 5, groups=within, linear=True)
        self.classes = nn.Linear(within, CLASSES)

    def forward(self, x: Tensor) -> Tensor:
        """Logits."""
        return cast(Tensor, self.classes(self.whole(self.up(x)).flatten(1)))


class Tower(nn.Module):
    """One view ``(n, 3, 80, 80)``, 0..255, to three logits; ``blocks`` in order, the head last."""

    def __init__(self, shape: Shape) -> None:
        """Build with random weights from torch's generator."""
        super().__init__()

        def stage(channels: int, withins: tuple[int, ...]) -> list[nn.Module]:
            last = len(withins) - 1
            return [
                Bottleneck(channels, within, channels, residual=True, gated=shape.gated and at == last)
                for at, within in enumerate(withins)
            ]

        self.blocks = nn.ModuleList(
            [
                First(shape.first),
                *stage(THIRD, shape.third),
                Bottleneck(THIRD, shape.halve[0], FIFTH, stride=2),
                *stage(FIFTH, shape.fourth),
                Bottleneck(FIFTH, shape.halve[1], FIFTH, stride=2),
                *stage(FIFTH, shape.fifth),
                Head(shape.head),
            ]
        )

    def forward(self, x: Tensor) -> Tensor:
        """Logits ``(n, 3)``."""
        for block in self.blocks:
            x = block(x)
        return x


class PadNetwork(nn.Module):
    """Both towers."""

    def __init__(self) -> None:
        """Build with random weights from torch's generator."""
        super().__init__()
        self.near = Tower(NEAR)
        self.far = Tower(FAR)

    def forward(self, views: Tensor) -> Tensor:
        """Live probability ``(n,)``: the mean of the two views.

        Args:
            views: ``(n, 6, 80, 80)``, 0..255, as ``zaichang.biometric.pad_crop.pad_input`` builds them.
        """
        near, far = self.near(views[:, :3]), self.far(views[:, 3:])
        return cast(Tensor, (near.softmax(1) + far.softmax(1))[:, LIVE_CLASS] / 2)
