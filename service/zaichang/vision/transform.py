"""Transforms: turn a source model file into the file that is run, byte for byte the same on every machine.

The OpenCV zoo publishes YuNet and SFace with block-quantised weights. ONNX Runtime would expand them again on every
load (and no engine computes with them), so they are folded to float32 once. The result is written from scratch
(fixed field order, no names of tools or versions), so its sha256 can be pinned in the catalogue.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from zaichang.core.errors import ModelError

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from onnx import ModelProto, NodeProto

IR_VERSION: Final = 8
OPSET: Final = 21


def apply_transform(name: str, source: bytes) -> bytes:
    """Return the derived file for ``source``.

    Args:
        name: ``name/version`` as the catalogue gives it.
        source: The source member's bytes, hash already checked.

    Raises:
        ModelError: ``models.transform_unknown`` or ``models.transform_failed``.
    """
    transform = TRANSFORMS.get(name)
    if transform is None:
        raise ModelError(
            "models.transform_unknown",
            f"The catalogue asks for the transform {name!r}; this version knows {', '.join(sorted(TRANSFORMS))}.",
            "Update Zaichang, or use the catalogue that came with it.",
        )
    try:
        return transform(source)
    except ModelError:
        raise
    except ImportError as error:
        raise ModelError(
            "models.transform_failed",
            f"The transform {name!r} needs the package onnx ({error}).",
            "Install the service parts: pip install 'zaichang[service]'.",
        ) from error
    except Exception as error:
        raise ModelError(
            "models.transform_failed", f"The transform {name!r} could not read its source ({error})."
        ) from error


def _identity(source: bytes) -> bytes:
    return source


def _yunet(source: bytes) -> bytes:
    """Fold the quantised weights; free batch, height and width (multiples of 32); bytes in, two tables out.

    A picture goes in as it is and is made float inside, where it costs half as much as in NumPy. What the twelve maps
    say of one cell comes out as one row, all strides below each other: class times object probability in ``scores``,
    box and five points in ``rows``. The twelve stay in the graph under their names (benchmarks/throughput cuts it
    back to them).
    """
    graph = _Graph(source)
    for name, value in list(graph.constants.items()):
        # The heads reshape to (1, -1, channels); 0 keeps whatever the batch is.
        if value.dtype == np.int64 and value.shape == (3,) and value[0] == 1 and value[1] == -1:
            graph.constants[name] = np.array([0, -1, value[2]], dtype=np.int64)
    strides = sorted((name.removeprefix("cls_") for name in graph.outputs if name.startswith("cls_")), key=int)
    graph.prepend_cast("picture", "input")
    for stride in strides:
        graph.append("Mul", [f"cls_{stride}", f"obj_{stride}"], f"score_{stride}")
        graph.append("Concat", [f"bbox_{stride}", f"kps_{stride}"], f"row_{stride}", axis=2)
    for table in ("score", "row"):
        graph.append("Concat", [f"{table}_{stride}" for stride in strides], f"{table}s", axis=1)
    return graph.serialise(
        "yunet",
        {"picture": ["n", 3, "h", "w"]},
        {"scores": ["n", "cells", 1], "rows": ["n", "cells", 14]},
        byte_input=True,
    )


def _sface(source: bytes) -> bytes:
    """Fold the quantised weights, free the batch, and write each PRelu as two products around a Relu.

    PRelu has no fast kernel in ONNX Runtime's CPU provider: 17 of 27 ms went there. PRelu(x) = s*x + (1-s)*Relu(x).
    """
    graph = _Graph(source)
    graph.drop("Dropout")
    graph.split_prelu()
    return graph.serialise("sface", {"data": ["n", 3, 112, 112]}, {"fc1": ["n", 128]})


class _Graph:
    """The parts of an ONNX file that are kept: constants (weights already folded) and nodes in order."""

    def __init__(self, source: bytes) -> None:
        import onnx

        model: ModelProto = onnx.load_from_string(source)
        self.constants: dict[str, NDArray[Any]] = {
            tensor.name: onnx.numpy_helper.to_array(tensor) for tensor in model.graph.initializer
        }
        self.outputs = [output.name for output in model.graph.output]
        self.nodes: list[NodeProto] = []
        for node in model.graph.node:
            if node.op_type == "DequantizeLinear":
                self.constants[node.output[0]] = self._dequantise(node)
            elif node.op_type == "Reshape" and node.input[0] in self.constants:
                shape = self.constants[node.input[1]]
                self.constants[node.output[0]] = self.constants[node.input[0]].reshape(shape)
            elif node.op_type == "Constant":
                self.constants[node.output[0]] = onnx.numpy_helper.to_array(node.attribute[0].t)
            else:
                self.nodes.append(node)

    def _dequantise(self, node: NodeProto) -> NDArray[np.float32]:
        """ONNX DequantizeLinear-21 with a block size: (q - zero_point) * scale, scales repeated along the axis."""
        quantised, scale, zero = (self.constants[name] for name in node.input)
        attributes = {attribute.name: attribute.i for attribute in node.attribute}
        axis, block = attributes["axis"], attributes["block_size"]
        size = quantised.shape[axis]
        scale = np.repeat(scale, block, axis=axis).take(range(size), axis=axis)
        zero = np.repeat(zero, block, axis=axis).take(range(size), axis=axis)
        return (quantised.astype(np.float32) - zero.astype(np.float32)) * scale.astype(np.float32)

    def drop(self, op_type: str) -> None:
        """Remove nodes that do nothing at inference, joining their input to their readers."""
        renamed: dict[str, str] = {}
        kept = []
        for node in self.nodes:
            for index, name in enumerate(node.input):
                node.input[index] = renamed.get(name, name)
            if node.op_type == op_type:
                renamed[node.output[0]] = node.input[0]
            else:
                kept.append(node)
        self.nodes = kept

    def prepend_cast(self, source: str, target: str) -> None:
        """Make the input ``target`` a float32 copy of a new input of bytes."""
        import onnx

        to = onnx.helper.make_attribute("to", onnx.TensorProto.FLOAT)
        self.nodes.insert(0, onnx.NodeProto(op_type="Cast", input=[source], output=[target], attribute=[to]))

    def append(self, op_type: str, inputs: list[str], output: str, **attributes: int) -> None:
        """Add a node at the end."""
        import onnx

        made = [onnx.helper.make_attribute(name, value) for name, value in attributes.items()]
        self.nodes.append(onnx.NodeProto(op_type=op_type, input=inputs, output=[output], attribute=made))

    def split_prelu(self) -> None:
        """Write PRelu(x) as s*x + (1-s)*Relu(x), exact but for rounding."""
        from onnx import NodeProto

        def make(op_type: str, inputs: list[str], output: str) -> NodeProto:
            return NodeProto(op_type=op_type, input=inputs, output=[output])

        nodes = []
        for node in self.nodes:
            if node.op_type != "PRelu":
                nodes.append(node)
                continue
            (value, slope), result = node.input, node.output[0]
            rest = f"{result}_rest"
            slopes = self.constants[slope].astype(np.float32)
            self.constants[slope], self.constants[rest] = slopes, np.float32(1) - slopes
            nodes += [
                make("Mul", [value, slope], f"{result}_line"),
                make("Relu", [value], f"{result}_positive"),
                make("Mul", [f"{result}_positive", rest], f"{result}_bend"),
                make("Add", [f"{result}_line", f"{result}_bend"], result),
            ]
        self.nodes = nodes

    def serialise(
        self,
        name: str,
        inputs: Mapping[str, list[int | str]],
        outputs: Mapping[str, list[int | str]],
        *,
        byte_input: bool = False,
    ) -> bytes:
        """Write the graph as a new model with nothing but what inference needs."""
        import onnx

        model = onnx.ModelProto(ir_version=IR_VERSION)
        model.opset_import.add(version=OPSET)
        graph = model.graph
        graph.name = name
        for node in self.nodes:
            graph.node.add(
                op_type=node.op_type,
                input=list(node.input),
                output=list(node.output),
                attribute=sorted(node.attribute, key=lambda attribute: attribute.name),
            )
        used = {name for node in self.nodes for name in node.input}
        for constant in sorted(used & self.constants.keys()):
            value = self.constants[constant]
            graph.initializer.add(
                name=constant,
                dims=value.shape,
                data_type=onnx.helper.np_dtype_to_tensor_dtype(value.dtype),
                raw_data=np.ascontiguousarray(value).astype(value.dtype.newbyteorder("<")).tobytes(),
            )
        number, byte = onnx.TensorProto.FLOAT, onnx.TensorProto.UINT8
        for target, shapes, kind in (
            (graph.input, inputs, byte if byte_input else number),
            (graph.output, outputs, number),
        ):
            for tensor, shape in shapes.items():
                tensor_type = target.add(name=tensor).type.tensor_type
                tensor_type.elem_type = kind
                for size in shape:
                    dimension = tensor_type.shape.dim.add()
                    if isinstance(size, int):
                        dimension.dim_value = size
                    else:
                        dimension.dim_param = size
        onnx.checker.check_model(model)
        return bytes(model.SerializeToString(deterministic=True))


TRANSFORMS: Final[Mapping[str, Callable[[bytes], bytes]]] = MappingProxyType(
    {"identity/1": _identity, "yunet-fold/2": _yunet, "sface-fold/1": _sface}
)
"""Every transform by ``name/version``; a change of output is a new version."""
