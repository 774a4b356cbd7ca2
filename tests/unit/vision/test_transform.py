from __future__ import annotations

import numpy as np
import onnx
import onnxruntime
import pytest

from benchmarks.throughput.competitors import with_maps
from zaichang.core.errors import ModelError
from zaichang.vision.cache import ModelCache
from zaichang.vision.catalog import Role, load_catalog
from zaichang.vision.runtime import Models
from zaichang.vision.transform import apply_transform


def quantised_model() -> bytes:
    """A block-quantised 1x1 convolution, a PRelu and a Dropout, as the OpenCV zoo writes them."""
    helper, numpy_helper = onnx.helper, onnx.numpy_helper
    rng = np.random.default_rng(5)
    constants = {
        "w_quantized": rng.integers(-100, 100, (128, 3)).astype(np.int8),
        "w_scales": rng.random((128, 2)).astype(np.float32) / 100,
        "w_zero_point": np.ones((128, 2), np.int8),
        "w_shape": np.array([128, 3, 1, 1], np.int64),
        "slope": rng.normal(size=(128, 1, 1)).astype(np.float32),
        "axes": np.array([2, 3], np.int64),
    }
    nodes = [
        helper.make_node(
            "DequantizeLinear", ["w_quantized", "w_scales", "w_zero_point"], ["w_flat"], axis=1, block_size=2
        ),
        helper.make_node("Reshape", ["w_flat", "w_shape"], ["w"]),
        helper.make_node("Conv", ["data", "w"], ["c"]),
        helper.make_node("PRelu", ["c", "slope"], ["p"]),
        helper.make_node("Dropout", ["p"], ["d"]),
        helper.make_node("ReduceMean", ["d", "axes"], ["fc1"], keepdims=0),
    ]
    value = helper.make_tensor_value_info
    graph = helper.make_graph(
        nodes,
        "q",
        [value("data", onnx.TensorProto.FLOAT, [1, 3, 112, 112])],
        [value("fc1", onnx.TensorProto.FLOAT, [1, 128])],
        [numpy_helper.from_array(array, name) for name, array in constants.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)], ir_version=10)
    return bytes(model.SerializeToString())


def run(model: bytes, value: np.ndarray) -> np.ndarray:
    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    result: np.ndarray = session.run(None, {session.get_inputs()[0].name: value})[0]
    return result


def test_folding_keeps_the_numbers_and_frees_the_batch() -> None:
    source = quantised_model()
    derived = apply_transform("sface-fold/1", source)
    value = np.random.default_rng(1).normal(size=(1, 3, 112, 112)).astype(np.float32)
    assert np.allclose(run(source, value), run(derived, value), rtol=1e-5, atol=1e-4)
    two = np.concatenate([value, -value])
    assert np.allclose(run(derived, two)[0], run(derived, value)[0], atol=1e-4)
    operators = {node.op_type for node in onnx.load_from_string(derived).graph.node}
    assert operators.isdisjoint({"DequantizeLinear", "PRelu", "Dropout", "Reshape"})


def test_the_transform_is_deterministic() -> None:
    assert apply_transform("sface-fold/1", quantised_model()) == apply_transform("sface-fold/1", quantised_model())


def test_unknown_transforms_and_broken_sources_are_model_errors() -> None:
    with pytest.raises(ModelError, match="nonsense/9") as caught:
        apply_transform("nonsense/9", b"")
    assert caught.value.code == "models.transform_unknown"
    with pytest.raises(ModelError) as caught:
        apply_transform("sface-fold/1", b"not a model")
    assert caught.value.code == "models.transform_failed"


def test_the_detector_takes_any_multiple_of_32(models: Models) -> None:
    network = models.network(Role.DETECTOR)
    assert network is not None
    for height, width in ((32, 64), (256, 320), (480, 640)):
        scores, rows = network.run(np.zeros((1, 3, height, width), np.uint8))
        cells = sum((height // stride) * (width // stride) for stride in (8, 16, 32))
        assert (scores.shape, rows.shape) == ((1, cells, 1), (1, cells, 14))


def test_the_tables_of_the_detector_are_its_maps_cell_by_cell(models: Models) -> None:
    old = with_maps(ModelCache().read(load_catalog().require(Role.DETECTOR)) or b"")
    picture = np.random.default_rng(8).integers(0, 256, (1, 3, 96, 128), dtype=np.uint8)
    session = onnxruntime.InferenceSession(old, providers=["CPUExecutionProvider"])
    maps = [output.name for output in session.get_outputs()]
    assert len(maps) == 12
    found = dict(zip(maps, session.run(maps, {"input": picture.astype(np.float32)}), strict=True))
    network = models.network(Role.DETECTOR)
    assert network is not None
    scores, rows = network.run(picture)
    strides = (8, 16, 32)
    assert np.array_equal(scores, np.concatenate([found[f"cls_{s}"] * found[f"obj_{s}"] for s in strides], axis=1))
    joined = [np.concatenate([found[f"bbox_{s}"], found[f"kps_{s}"]], axis=2) for s in strides]
    assert np.array_equal(rows, np.concatenate(joined, axis=1))


def test_the_embedder_gives_what_the_source_gives(models: Models) -> None:
    entry = load_catalog().require(Role.EMBEDDER)
    network = models.network(Role.EMBEDDER)
    assert network is not None
    assert ModelCache().read(entry) is not None
    rng = np.random.default_rng(3)
    value = rng.integers(0, 256, (2, 3, 112, 112)).astype(np.float32)
    together = network.run(value)[0]
    alone = np.concatenate([network.run(row[None])[0] for row in value])
    assert together.shape == (2, 128)
    assert np.allclose(together, alone, atol=1e-4)
    # The first numbers of the untransformed source on this input (ONNX Runtime 1.31), so that a wrong fold shows.
    assert float(np.linalg.norm(alone[0])) == pytest.approx(EXPECTED_NORM, rel=1e-3)
    assert alone[0, :4].tolist() == pytest.approx(EXPECTED_START, abs=1e-3)


EXPECTED_NORM = 4.98948
EXPECTED_START = [-0.28307, -0.05500, -0.41749, 0.09578]
