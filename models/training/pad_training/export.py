"""Write the network as ONNX: batch norms folded, weights stored in half precision and widened on load.

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

from .network import CLASSES, PadNetwork, Residual, Shipped, Tower

OPSET = 17
IR_VERSION = 9
INPUT, OUTPUT = "views", "live"
LARGEST_DIFFERENCE = 0.01  # half precision moves a probability by about a thousandth
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

    def weight(self, value: Array, *, half: bool = True) -> str:
        """Store a weight, in half precision where told, and return the name of its float32 form."""
        name = f"w{len(self.weights)}"
        if not half:
            self.weights.append(numpy_helper.from_array(value.astype(np.float32), name))
            return name
        if np.abs(value).max(initial=0) > np.finfo(np.float16).max:
            raise ValueError("a weight does not fit half precision; train again with more weight decay")
        self.weights.append(numpy_helper.from_array(value.astype(np.float16), name))
        return self.add("Cast", [name], to=TensorProto.FLOAT)

    def constant(self, value: npt.NDArray[np.generic]) -> str:
        """Store a small constant as it is."""
        name = f"w{len(self.weights)}"
        self.weights.append(numpy_helper.from_array(np.asarray(value), name))
        return name

    def conv(self, x: str, conv: nn.Conv2d, norm: nn.BatchNorm2d) -> str:
        """Append a convolution with its batch norm folded in."""
        weight, bias = folded(conv, norm)
        return self.add(
            "Conv",
            [x, self.weight(weight), self.weight(bias, half=False)],
            kernel_shape=list(conv.kernel_size),
            strides=list(conv.stride),
            pads=[int(p) for p in conv.padding] * 2,
            group=conv.groups,
        )

    def linear(self, x: str, layer: nn.Linear) -> str:
        """Append a fully connected layer."""
        weight = self.weight(layer.weight.detach().numpy())
        return self.add("Gemm", [x, weight, self.weight(layer.bias.detach().numpy(), half=False)], transB=1)


def folded(conv: nn.Conv2d, norm: nn.BatchNorm2d) -> tuple[Array, Array]:
    """Weight and bias of one convolution that does what ``norm(conv(x))`` does in evaluation mode."""
    variance, mean = norm.running_var, norm.running_mean
    if variance is None or mean is None:
        raise ValueError("the batch norm keeps no running statistics; it cannot be folded")
    gain = (norm.weight / torch.sqrt(variance + norm.eps)).detach()
    weight = conv.weight.detach() * gain[:, None, None, None]
    bias = norm.bias.detach() - mean * gain
    return weight.numpy(), bias.numpy()


def _pair(block: nn.Module) -> tuple[nn.Conv2d, nn.BatchNorm2d]:
    if not isinstance(block, nn.Sequential):
        raise TypeError(f"expected a convolution with batch norm, got {type(block).__name__}")
    conv, norm = block
    if not (isinstance(conv, nn.Conv2d) and isinstance(norm, nn.BatchNorm2d)):
        raise TypeError("expected a convolution followed by a batch norm")
    return conv, norm


def _tower(graph: _Graph, x: str, tower: Tower) -> str:
    pending: nn.Conv2d | None = None
    for layer in (*tower.body, *tower.tail):
        if isinstance(layer, nn.ReLU):
            x = graph.add("Relu", [x])
        elif isinstance(layer, Residual):
            inner = graph.add("Relu", [graph.conv(x, *_pair(layer.first))])
            x = graph.add("Relu", [graph.add("Add", [graph.conv(inner, *_pair(layer.second)), x])])
        elif isinstance(layer, nn.Conv2d):
            pending = layer
        elif isinstance(layer, nn.BatchNorm2d) and pending is not None:
            x = graph.conv(x, pending, layer)
        elif isinstance(layer, nn.Flatten):
            x = graph.add("Flatten", [x], axis=1)
        else:
            x = graph.conv(x, *_pair(layer))
    return graph.add("Relu", [x])


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
    scaled = graph.add("Mul", [INPUT, graph.constant(np.array(1 / 127.5, np.float32))])
    scaled = graph.add("Sub", [scaled, graph.constant(np.array(1, np.float32))])
    graph.nodes.append(helper.make_node("Split", [scaled, halves], ["near", "far"], axis=1))
    near, far = _tower(graph, "near", network.near_tower), _tower(graph, "far", network.far_tower)
    joint = graph.add("Concat", [near, far], axis=1)
    hidden, _, last = network.joint
    if not (isinstance(hidden, nn.Linear) and isinstance(last, nn.Linear)):
        raise TypeError("the joint head is not linear, ReLU, linear")
    joint = graph.linear(graph.add("Relu", [graph.linear(joint, hidden)]), last)
    # Mean of the two views' live probabilities: softmax, then one column of each by a fixed product.
    column = np.zeros((CLASSES, 1), np.float32)
    column[1] = 0.25
    pick = graph.constant(column)
    parts = [
        graph.add("MatMul", [graph.add("Softmax", [graph.linear(x, head)], axis=1), pick])
        for x, head in ((near, network.near_head), (far, network.far_head))
    ]
    half = graph.add("Mul", [graph.add("Sigmoid", [joint]), graph.constant(np.array(0.5, np.float32))])
    total = graph.add("Add", [graph.add("Add", parts), half])
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
        expected = calibrated(Shipped(network)(torch.from_numpy(views)).numpy(), threshold)
    return float(np.abs(exported - expected).max())


def load_weights(path: Path) -> PadNetwork:
    """Read weights that ``train`` wrote."""
    network = PadNetwork()
    network.load_state_dict(torch.load(path, map_location="cpu", weights_only=True))
    return network.eval()


def main() -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(description="Write trained weights as ONNX.")
    parser.add_argument("weights", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--threshold", type=float, default=0.5, help="the probability that becomes 0.5")
    wanted = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    network = load_weights(wanted.weights)
    data = build(network, "zaichang PAD, two views; see models/cards/pad.md", wanted.threshold).SerializeToString()
    difference = largest_difference(data, network, wanted.threshold)
    if difference > LARGEST_DIFFERENCE:
        raise ValueError(f"the exported model differs from the trained one by {difference:.4f}; it was not written")
    wanted.out.parent.mkdir(parents=True, exist_ok=True)
    wanted.out.write_bytes(data)
    log.info("%s  %d bytes  sha256 %s", wanted.out, len(data), hashlib.sha256(data).hexdigest())


if __name__ == "__main__":
    main()
