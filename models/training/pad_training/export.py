"""Write the network as ONNX: batch norms folded, weights in 8 bits (1x1 ones) or half precision, widened on load.

The graph is written node by node, so that the file depends on the weights and on nothing else (no exporter version).
"""

from __future__ import annotations

import argparse
import hashlib
import logging
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
import onnxruntime as ort
import torch
from onnx import TensorProto, helper, numpy_helper
from torch import nn

from .network import CLASSES, LIVE_CLASS, SHAPES, Bottleneck, ConvNorm, First, Gate, Head, PadNetwork, Tower

OPSET = 17
IR_VERSION = 9
INPUT, OUTPUT = "views", "live"
LARGEST_DIFFERENCE = 0.02
INTEGER_FROM = 16
"""Fewest weights an output that are stored in 8 bits; fewer are not worth their scale."""
log = logging.getLogger(__name__)

Array = npt.NDArray[np.float32]


class _Graph:
    """Collects nodes and weights."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.weights: list[onnx.TensorProto] = []

    def add(self, operator: str, inputs: list[str], **attributes: Any) -> str:
        """Append a node with one output and return the output's name."""
        out = f"v{len(self.nodes)}"
        self.nodes.append(helper.make_node(operator, inputs, [out], **attributes))
        return out

    def weight(self, value: Array) -> str:
        """Store a weight and return the name of its float32 form, which a runtime works out once, on load.

        Matrices and 1x1 convolutions, nearly all of the bytes, in 8 bits with one scale for each output; the rest in
        half precision.
        """
        name = f"w{len(self.weights)}"
        if value[0].size < INTEGER_FROM or value.shape[2:] not in ((), (1, 1)):
            if np.abs(value).max(initial=0) > np.finfo(np.float16).max:
                raise ValueError("a weight does not fit half precision; train again with more weight decay")
            self.weights.append(numpy_helper.from_array(value.astype(np.float16), name))
            return self.add("Cast", [name], to=TensorProto.FLOAT)
        whole, scale = eighths(value)
        self.weights.append(numpy_helper.from_array(whole, name))
        return self.add("Mul", [self.add("Cast", [name], to=TensorProto.FLOAT), self.constant(scale)])

    def constant(self, value: npt.NDArray[np.generic]) -> str:
        """Store a small constant as it is."""
        name = f"w{len(self.weights)}"
        self.weights.append(numpy_helper.from_array(np.asarray(value), name))
        return name

    def conv(self, x: str, layer: ConvNorm) -> str:
        """Append a convolution with its batch norm folded in, and its ReLU."""
        weight, bias = folded(layer.conv, layer.norm)
        conv = layer.conv
        out = self.add(
            "Conv",
            [x, self.weight(weight), self.constant(bias)],
            kernel_shape=list(conv.kernel_size),
            strides=list(conv.stride),
            pads=[int(p) for p in conv.padding] * 2,
            group=conv.groups,
        )
        return out if layer.linear else self.add("Relu", [out])

    def linear(self, x: str, layer: nn.Linear) -> str:
        """Append a fully connected layer."""
        weight, bias = (value.detach().numpy().astype(np.float32) for value in (layer.weight, layer.bias))
        return self.add("Gemm", [x, self.weight(weight), self.constant(bias)], transB=1)


def eighths(value: Array) -> tuple[npt.NDArray[np.int8], Array]:
    """A weight as whole numbers of -127..127 and the scale of each output that gives it back, to half a step."""
    rows = value.reshape(len(value), -1)
    scale = np.maximum(np.abs(rows).max(axis=1), 1e-12) / 127
    shape = (-1,) + (1,) * (value.ndim - 1)
    scale = scale.reshape(shape).astype(np.float32)
    return np.rint(value / scale).astype(np.int8), scale


def folded(conv: nn.Conv2d, norm: nn.BatchNorm2d) -> tuple[Array, Array]:
    """Weight and bias of one convolution that does what ``norm(conv(x))`` does in evaluation mode."""
    variance, mean = norm.running_var, norm.running_mean
    if variance is None or mean is None:
        raise ValueError("the batch norm keeps no running statistics; it cannot be folded")
    gain = (norm.weight / torch.sqrt(variance + norm.eps)).detach()
    weight = conv.weight.detach() * gain[:, None, None, None]
    bias = norm.bias.detach() - mean * gain
    return weight.numpy(), bias.numpy()


def _block(graph: _Graph, x: str, block: nn.Module) -> str:
    if isinstance(block, First):
        for layer in block.body:
            x = _expect(graph, x, layer)
        return x
    if isinstance(block, Head):
        whole = graph.conv(graph.conv(x, block.up), block.whole)
        return graph.linear(graph.add("Flatten", [whole], axis=1), block.classes)
    if not isinstance(block, Bottleneck):
        raise TypeError(f"cannot write a {type(block).__name__}")
    out = graph.conv(graph.conv(graph.conv(x, block.up), block.depthwise), block.down)
    if isinstance(block.gate, Gate):
        mean = graph.add("GlobalAveragePool", [out])
        opened = graph.conv(graph.conv(mean, block.gate.squeeze), block.gate.excite)
        out = graph.add("Mul", [out, graph.add("Sigmoid", [opened])])
    return graph.add("Add", [x, out]) if block.residual else out


def _expect(graph: _Graph, x: str, layer: nn.Module) -> str:
    if not isinstance(layer, ConvNorm):
        raise TypeError(f"expected a convolution, got {type(layer).__name__}")
    return graph.conv(x, layer)


def _tower(graph: _Graph, x: str, tower: Tower) -> str:
    for block in tower.blocks:
        x = _block(graph, x, block)
    return x


def calibrated(probability: Array, threshold: float) -> Array:
    """Move the operating point to one half, leaving order, 0 and 1 as they are (a shift of the log-odds)."""
    return probability * (1 - threshold) / (probability * (1 - 2 * threshold) + threshold)


def build(network: PadNetwork, note: str, threshold: float = 0.5) -> onnx.ModelProto:
    """Write a trained network as an ONNX model.

    Args:
        network: In evaluation mode.
        note: Goes into the model's doc string (recipe, seed).
        threshold: The network's own probability that comes out as 0.5, more than 0 and less than 1.

    Returns:
        A checked model: ``views`` float32 ``(n, 6, 80, 80)`` in 0..255, to ``live`` float32 ``(n, 1)`` in 0..1.
    """
    graph = _Graph()
    halves = graph.constant(np.array([3, 3], np.int64))
    graph.nodes.append(helper.make_node("Split", [INPUT, halves], ["near", "far"], axis=1))
    # Mean of the two views' live probabilities: softmax, then one column of each by a fixed product.
    column = np.zeros((CLASSES, 1), np.float32)
    column[LIVE_CLASS] = 0.5
    pick = graph.constant(column)
    parts = [
        graph.add("MatMul", [graph.add("Softmax", [_tower(graph, name, tower)], axis=1), pick])
        for name, tower in (("near", network.near), ("far", network.far))
    ]
    total = graph.add("Add", parts)
    scalars = [graph.constant(np.array(v, np.float32)) for v in (1 - threshold, 1 - 2 * threshold, threshold)]
    bottom = graph.add("Add", [graph.add("Mul", [total, scalars[1]]), scalars[2]])
    graph.nodes.append(helper.make_node("Div", [graph.add("Mul", [total, scalars[0]]), bottom], [OUTPUT]))
    body = helper.make_graph(
        graph.nodes,
        "zaichang_pad",
        [helper.make_tensor_value_info(INPUT, TensorProto.FLOAT, ["n", 6, 80, 80])],
        [helper.make_tensor_value_info(OUTPUT, TensorProto.FLOAT, ["n", 1])],
        graph.weights,
        doc_string=note,
    )
    model = helper.make_model(body, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION)
    model.producer_name = "zaichang models/training"
    onnx.checker.check_model(model, full_check=True)
    return model


def largest_difference(model: bytes, network: PadNetwork, threshold: float) -> float:
    """Largest difference between the exported model in ONNX Runtime and the network in torch, over 64 noise inputs."""
    views = np.random.default_rng(7).uniform(0, 255, (64, 6, 80, 80)).astype(np.float32)
    session = ort.InferenceSession(model, providers=["CPUExecutionProvider"])
    exported = session.run(None, {INPUT: views})[0]
    with torch.inference_mode():
        expected = calibrated(network(torch.from_numpy(views)).numpy()[:, None], threshold)
    return float(np.abs(exported - expected).max())


def load_network(folder: Path) -> PadNetwork:
    """Read both towers, as `train` wrote them."""
    network = PadNetwork()
    for view in SHAPES:
        state = torch.load(folder / f"{view}.pt", map_location="cpu", weights_only=True)
        getattr(network, view).load_state_dict(state)
    return network.eval()


def main() -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(description="Write trained weights as ONNX.")
    parser.add_argument("--cache", type=Path, required=True, help="folder with near.pt and far.pt")
    parser.add_argument("out", type=Path)
    parser.add_argument("--threshold", type=float, default=0.5, help="the probability that becomes 0.5")
    wanted = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    network = load_network(wanted.cache)
    data = build(network, "zaichang PAD, two views; see models/cards/pad.md", wanted.threshold).SerializeToString()
    difference = largest_difference(data, network, wanted.threshold)
    if difference > LARGEST_DIFFERENCE:
        raise ValueError(f"the exported model differs from the trained one by {difference:.4f}; it was not written")
    wanted.out.parent.mkdir(parents=True, exist_ok=True)
    wanted.out.write_bytes(data)
    log.info("%s  %d bytes  sha256 %s", wanted.out, len(data), hashlib.sha256(data).hexdigest())


if __name__ == "__main__":
    main()
