from __future__ import annotations

import sys
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from zaichang.core.errors import ModelError
from zaichang.vision.cache import ModelCache
from zaichang.vision.catalog import Role, load_catalog
from zaichang.vision.runtime import Engine, Models, OnnxNetwork, chosen_providers, load_models

EMBEDDER = frozenset({Role.EMBEDDER})


class FakeRequest:
    def infer(self, inputs: dict[int, NDArray[Any]]) -> list[NDArray[Any]]:
        return [inputs[0].sum(axis=(1, 2, 3))[:, None].repeat(128, axis=1)]


class FakeCore:
    """Stands in for openvino.Core and keeps its requests."""

    asked: list[tuple[Any, str, dict[str, Any]]]

    def __init__(self) -> None:
        FakeCore.asked = []

    def read_model(self, data: bytes) -> Any:
        shape: list[Any] = [-1, 3, 112, 112]
        model = SimpleNamespace(size=len(data), shape=shape)
        model.input = lambda _: SimpleNamespace(get_partial_shape=lambda: model.shape)
        model.reshape = lambda wanted: setattr(model, "shape", wanted)
        return model

    def compile_model(self, model: Any, device: str, hints: dict[str, Any]) -> Any:
        FakeCore.asked.append((model, device, hints))
        return SimpleNamespace(outputs=[object()], create_infer_request=FakeRequest)


@pytest.fixture
def fake_openvino(monkeypatch: pytest.MonkeyPatch) -> None:
    module = ModuleType("openvino")
    module.Core = FakeCore  # type: ignore[attr-defined]  # a stand-in module
    monkeypatch.setitem(sys.modules, "openvino", module)


def test_cuda_is_used_where_it_is_installed_and_nothing_else_is() -> None:
    cpu = "CPUExecutionProvider"
    assert chosen_providers([cpu]) == [cpu]
    everything = ["TensorrtExecutionProvider", "CUDAExecutionProvider", "AzureExecutionProvider", cpu]
    assert chosen_providers(everything) == ["CUDAExecutionProvider", cpu]


def test_the_session_asks_for_the_chosen_providers(models: Models, monkeypatch: pytest.MonkeyPatch) -> None:
    import onnxruntime

    asked: list[list[str]] = []

    def session(data: bytes, options: Any, providers: list[str]) -> Any:
        asked.append(providers)
        ends = [SimpleNamespace(name="x")]
        return SimpleNamespace(get_inputs=lambda: ends, get_outputs=lambda: ends)

    available = ["CUDAExecutionProvider", "CPUExecutionProvider"]
    monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: available)
    monkeypatch.setattr(onnxruntime, "InferenceSession", session)
    load_models(roles=EMBEDDER).network(Role.EMBEDDER)
    assert asked == [available]


@pytest.mark.usefixtures("fake_openvino")
def test_openvino_runs_the_embedder_alone_on_one_thread_each(models: Models) -> None:
    with_openvino = load_models(engine=Engine.OPENVINO)
    assert isinstance(with_openvino.network(Role.DETECTOR), OnnxNetwork)
    network = with_openvino.network(Role.EMBEDDER)
    assert network is not None
    assert network is not with_openvino.network(Role.EMBEDDER), "each worker compiles its own"
    ((model, device, hints),) = FakeCore.asked
    assert (device, model.shape) == ("CPU", [1, 3, 112, 112])
    assert hints["INFERENCE_NUM_THREADS"] == hints["NUM_STREAMS"] == 1
    (vector,) = network.run(np.ones((1, 3, 112, 112), np.float32))
    assert vector.shape == (1, 128)
    assert vector[0, 0] == 3 * 112 * 112


@pytest.mark.usefixtures("fake_openvino")
def test_assessments_record_the_engine_but_templates_stay_comparable(models: Models) -> None:
    with_openvino = load_models(engine=Engine.OPENVINO)
    assert with_openvino.digest != models.digest
    assert with_openvino.model_id(Role.EMBEDDER) == models.model_id(Role.EMBEDDER)


def test_without_openvino_the_error_says_what_to_install(models: Models, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "openvino", None)
    with pytest.raises(ModelError) as caught:
        load_models(load_catalog(), ModelCache(), engine=Engine.OPENVINO).network(Role.EMBEDDER)
    assert caught.value.code == "models.not_loadable"
    assert "openvino" in str(caught.value.hint)
