"""The teacher: MiniFASNet V1SE and V2 (minivision-ai/Silent-Face-Anti-Spoofing, Apache-2.0), rebuilt from its weights.

Used while training only. Its weights are read from ``shared/weights`` and never copied into the project.
Channel counts are read from the shapes in the state dictionary.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

WEIGHTS_FOLDER = "minivision-ai+Silent-Face-Anti-Spoofing/resources/anti_spoof_models"
NEAR_WEIGHTS = "2.7_80x80_MiniFASNetV2.pth"
FAR_WEIGHTS = "4_0_0_80x80_MiniFASNetV1SE.pth"
LIVE_CLASS = 1
# Residual blocks in each of the three stages, and the stride-2 block before each.
_STAGES = (("conv_3", "conv_23", 4), ("conv_4", "conv_34", 6), ("conv_5", "conv_45", 2))

State = Mapping[str, Tensor]


class _ConvBlock(nn.Module):
    """Convolution, batch norm and, unless linear, per-channel PReLU."""

    def __init__(self, state: State, name: str, *, stride: int = 1, padding: int = 0, linear: bool = False) -> None:
        super().__init__()
        out, per_group, kernel, _ = state[f"{name}.conv.weight"].shape
        depthwise = per_group == 1
        self.conv = nn.Conv2d(
            out if depthwise else per_group,
            out,
            kernel,
            stride=stride,
            padding=padding,
            groups=out if depthwise else 1,
            bias=False,
        )
        self.bn: nn.Module = nn.BatchNorm2d(out)
        self.prelu: nn.Module = nn.Identity() if linear else nn.PReLU(out)

    def forward(self, x: Tensor) -> Tensor:
        return cast(Tensor, self.prelu(self.bn(self.conv(x))))


class _SqueezeExcite(nn.Module):
    """Channel gate of the V1SE variant."""

    def __init__(self, state: State, name: str) -> None:
        super().__init__()
        squeezed, channels = state[f"{name}.fc1.weight"].shape[:2]
        self.fc1 = nn.Conv2d(channels, squeezed, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(squeezed)
        self.fc2 = nn.Conv2d(squeezed, channels, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(channels)

    def forward(self, x: Tensor) -> Tensor:
        gate = torch.relu(self.bn1(self.fc1(x.mean((2, 3), keepdim=True))))
        return x * torch.sigmoid(self.bn2(self.fc2(gate)))


class _DepthwiseBlock(nn.Module):
    """Expand 1x1, depthwise 3x3, project 1x1, with an optional gate and residual."""

    def __init__(self, state: State, name: str, *, stride: int, residual: bool) -> None:
        super().__init__()
        self.conv = _ConvBlock(state, f"{name}.conv")
        self.conv_dw = _ConvBlock(state, f"{name}.conv_dw", stride=stride, padding=1)
        self.project = _ConvBlock(state, f"{name}.project", linear=True)
        gated = f"{name}.se_module.fc1.weight" in state
        self.se_module: nn.Module = _SqueezeExcite(state, f"{name}.se_module") if gated else nn.Identity()
        self.residual = residual

    def forward(self, x: Tensor) -> Tensor:
        out = cast(Tensor, self.se_module(self.project(self.conv_dw(self.conv(x)))))
        return x + out if self.residual else out


class _Stage(nn.Module):
    def __init__(self, state: State, name: str, depth: int) -> None:
        super().__init__()
        blocks = [_DepthwiseBlock(state, f"{name}.model.{i}", stride=1, residual=True) for i in range(depth)]
        self.model = nn.Sequential(*blocks)

    def forward(self, x: Tensor) -> Tensor:
        return cast(Tensor, self.model(x))


class MiniFasNet(nn.Module):
    """One teacher network: BGR ``(n, 3, 80, 80)`` in 0..255 to three logits, of which index 1 is live."""

    def __init__(self, state: State) -> None:
        """Build from a state dictionary whose keys have no prefix."""
        super().__init__()
        self.conv1 = _ConvBlock(state, "conv1", stride=2, padding=1)
        self.conv2_dw = _ConvBlock(state, "conv2_dw", padding=1)
        for stage, shrink, depth in _STAGES:
            setattr(self, shrink, _DepthwiseBlock(state, shrink, stride=2, residual=False))
            setattr(self, stage, _Stage(state, stage, depth))
        self.conv_6_sep = _ConvBlock(state, "conv_6_sep")
        self.conv_6_dw = _ConvBlock(state, "conv_6_dw", linear=True)
        self.linear = nn.Linear(512, 128, bias=False)
        self.bn = nn.BatchNorm1d(128)
        self.prob = nn.Linear(128, 3, bias=False)
        self.load_state_dict(dict(state))

    def pieces(self) -> list[Callable[[Tensor], Tensor]]:
        """The network in the pieces that our blocks learn one by one: picture to 20 x 20, each block, the head."""
        out: list[Callable[[Tensor], Tensor]] = [self._first]
        for stage, shrink, _ in _STAGES:
            if len(out) > 1:
                out.append(getattr(self, shrink))
            out.extend(getattr(self, stage).model)
        return [*out, self._head]

    def _first(self, x: Tensor) -> Tensor:
        return cast(Tensor, cast(nn.Module, self.conv_23)(self.conv2_dw(self.conv1(x))))

    def _head(self, x: Tensor) -> Tensor:
        flat = self.conv_6_dw(self.conv_6_sep(x)).flatten(1)
        return cast(Tensor, self.prob(self.bn(self.linear(flat))))

    def forward(self, x: Tensor) -> Tensor:
        """Logits ``(n, 3)``."""
        for piece in self.pieces():
            x = piece(x)
        return x


def load_network(path: Path) -> MiniFasNet:
    """Load one teacher network, ready for inference.

    Args:
        path: A ``.pth`` state dictionary, keys prefixed ``module.``.

    Raises:
        FileNotFoundError: The weights are not there.
    """
    state = torch.load(path, map_location="cpu", weights_only=True)
    network = MiniFasNet({key.removeprefix("module."): value for key, value in state.items()})
    network.eval()
    for block in network.modules():  # half the time of the plain form, the same logits
        if isinstance(block, _ConvBlock) and isinstance(block.bn, nn.BatchNorm2d):
            block.conv, block.bn = fuse_conv_bn_eval(block.conv, block.bn), nn.Identity()
    network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # torch's stub lacks it
    return network


class Teacher:
    """Both networks; the teacher's opinion is the mean of their live probabilities.

    Attributes:
        near: For the near view.
        far: For the far view.
    """

    def __init__(self, weights: Path) -> None:
        """Load from ``weights`` (the ``shared/weights`` folder)."""
        folder = weights / WEIGHTS_FOLDER
        self.near = load_network(folder / NEAR_WEIGHTS)
        self.far = load_network(folder / FAR_WEIGHTS)

    @torch.inference_mode()
    def logits(self, views: Tensor) -> Tensor:
        """Score crops.

        Args:
            views: ``(n, 6, 80, 80)``, 0..255, as ``zaichang.biometric.pad_crop.pad_input`` builds them.

        Returns:
            ``(n, 2, 3)``: the near and the far network's logits.
        """
        return torch.stack((self.near(views[:, :3]), self.far(views[:, 3:])), dim=1)


def live_probability(logits: Tensor) -> Tensor:
    """Mean live probability ``(n,)`` of teacher logits ``(n, 2, 3)``."""
    return logits.softmax(-1)[:, :, LIVE_CLASS].mean(1)
