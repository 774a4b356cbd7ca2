"""The network that is shipped: two small convolutional towers, near and far view, and what they say together.

Plain 3x3 convolutions (no depthwise ones but the last): on a CPU they run nearer to peak speed, in training as in
ONNX Runtime. Batch norms are folded into the convolutions on export.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

# Multiples of 16, the width of the vector unit: (20, 40, 64, 112) takes 1.6 times as long for the same weights.
WIDTHS = (16, 32, 64, 128)
CLASSES = 3


def _conv(channels_in: int, channels_out: int, stride: int = 1) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(channels_in, channels_out, 3, stride=stride, padding=1, bias=False),
        nn.BatchNorm2d(channels_out),
    )


class Residual(nn.Module):
    """Two convolutions and a shortcut."""

    def __init__(self, channels: int) -> None:
        """Build with random weights."""
        super().__init__()
        self.first = _conv(channels, channels)
        self.second = _conv(channels, channels)

    def forward(self, x: Tensor) -> Tensor:
        """Features of the same shape."""
        return torch.relu(x + self.second(torch.relu(self.first(x))))


class Tower(nn.Module):
    """One view ``(n, 3, 80, 80)``, about -1..1, to ``(n, WIDTHS[-1])`` features.

    The last layer is one 5x5 filter a channel over the whole map, not a mean: the face is always in the middle, so
    place carries meaning (bezels are at the rim).
    """

    def __init__(self) -> None:
        """Build with random weights."""
        super().__init__()
        w1, w2, w3, w4 = WIDTHS
        self.body = nn.Sequential(
            _conv(3, w1, 2),
            nn.ReLU(),
            _conv(w1, w1),
            nn.ReLU(),
            _conv(w1, w2, 2),
            nn.ReLU(),
            Residual(w2),
            _conv(w2, w3, 2),
            nn.ReLU(),
            Residual(w3),
            _conv(w3, w4, 2),
            nn.ReLU(),
        )
        self.tail = nn.Sequential(nn.Conv2d(w4, w4, 5, groups=w4, bias=False), nn.BatchNorm2d(w4), nn.Flatten())

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Features, and the last map ``(n, WIDTHS[-1], 5, 5)`` that they are made of."""
        last = self.body(x)
        return self.tail(last), last


@dataclass(frozen=True, slots=True)
class Said:
    """What the network says of n frames, as logits.

    Attributes:
        near: ``(n, 3)``, in the teacher's classes.
        far: ``(n, 3)``, likewise.
        live: ``(n,)``, both views together.
        maps: The towers' last maps, near and far, ``(n, WIDTHS[-1], 5, 5)`` each; only training looks at them.
    """

    near: Tensor
    far: Tensor
    live: Tensor
    maps: tuple[Tensor, Tensor]

    def widened(self) -> Said:
        """The same, as float32."""
        near_map, far_map = self.maps
        return Said(self.near.float(), self.far.float(), self.live.float(), (near_map.float(), far_map.float()))

    def probability(self) -> Tensor:
        """Live probability ``(n,)`` that is shipped: the joint head and the two views, averaged as probabilities."""
        views = (self.near.softmax(1)[:, 1] + self.far.softmax(1)[:, 1]) / 2
        return (views + self.live.sigmoid()) / 2


class PadNetwork(nn.Module):
    """Both towers and three heads."""

    def __init__(self) -> None:
        """Build with random weights from torch's generator."""
        super().__init__()
        self.near_tower = Tower()
        self.far_tower = Tower()
        self.near_head = nn.Linear(WIDTHS[-1], CLASSES)
        self.far_head = nn.Linear(WIDTHS[-1], CLASSES)
        self.drop = nn.Dropout(0.1)
        self.joint = nn.Sequential(nn.Linear(2 * WIDTHS[-1], 32), nn.ReLU(), nn.Linear(32, 1))

    def forward(self, views: Tensor) -> Said:
        """Say what is seen.

        Args:
            views: ``(n, 6, 80, 80)``, 0..255, as ``zaichang.biometric.pad_crop.pad_input`` builds them.
        """
        scaled = views * (1 / 127.5) - 1
        near, near_map = self.near_tower(scaled[:, :3])
        far, far_map = self.far_tower(scaled[:, 3:])
        near, far = self.drop(torch.relu(near)), self.drop(torch.relu(far))
        live = self.joint(torch.cat((near, far), dim=1)).squeeze(1)
        return Said(self.near_head(near), self.far_head(far), live, (near_map, far_map))


class Shipped(nn.Module):
    """The network as exported: views to a live probability ``(n, 1)``."""

    def __init__(self, network: PadNetwork) -> None:
        """Wrap a trained network."""
        super().__init__()
        self.network = network

    def forward(self, views: Tensor) -> Tensor:
        """Live probability."""
        said: Said = self.network(views)
        return said.probability().unsqueeze(1)
