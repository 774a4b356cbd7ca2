"""Runtimes of model files: one contract, two engines, and an optional third.

ONNX Runtime runs the ONNX files (CPU; CUDA where its provider is installed), LiteRT with XNNPACK the MediaPipe files
(docs/adr/0020). OpenVINO, an extra, can run the embedder in bfloat16 (docs/adr/0024). Every model runs on one thread:
throughput comes from one worker per core.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Sequence
from enum import StrEnum
from typing import Any, Final, Protocol

import numpy as np
from numpy.typing import NDArray

from zaichang.core.errors import ModelError
from zaichang.vision.cache import ModelCache
from zaichang.vision.catalog import REQUIRED_ROLES, Catalog, ModelEntry, Role, Runtime, load_catalog
from zaichang.vision.native_noise import without_native_noise

Array = NDArray[Any]
PREFERRED_PROVIDERS: Final = ("CUDAExecutionProvider", "CPUExecutionProvider")


class Engine(StrEnum):
    """The engine of the embedder; the other models have one engine each."""

    ONNXRUNTIME = "onnxruntime"
    OPENVINO = "openvino"


class Network(Protocol):
    """A loaded model. May be used by one thread at a time."""

    def run(self, value: Array) -> list[Array]:
        """Return the outputs, in the order of the model's output contract, for one input array."""
        ...


class OnnxNetwork:
    """A model in ONNX Runtime. The session itself may be shared between threads."""

    def __init__(self, session: Any) -> None:
        """Wrap an ``onnxruntime.InferenceSession``."""
        self._session = session
        self._input = session.get_inputs()[0].name
        self.outputs: tuple[str, ...] = tuple(output.name for output in session.get_outputs())

    def run(self, value: Array) -> list[Array]:
        """Run once."""
        result: list[Array] = self._session.run(None, {self._input: value})
        return result


class LiteRtNetwork:
    """A model in LiteRT. Holds its own buffers, so each worker makes its own."""

    def __init__(self, interpreter: Any) -> None:
        """Wrap an ``ai_edge_litert`` interpreter whose tensors are allocated."""
        self._interpreter = interpreter
        self._input = interpreter.get_input_details()[0]["index"]
        self._outputs = [detail["index"] for detail in interpreter.get_output_details()]

    def run(self, value: Array) -> list[Array]:
        """Run once; the outputs are copies."""
        self._interpreter.set_tensor(self._input, value)
        self._interpreter.invoke()
        return [self._interpreter.get_tensor(index) for index in self._outputs]


class OpenVinoNetwork:
    """A model in OpenVINO. A compiled model runs one request at a time, so each worker compiles its own."""

    def __init__(self, compiled: Any) -> None:
        """Wrap an ``openvino.CompiledModel``."""
        self._request = compiled.create_infer_request()
        self._outputs = range(len(compiled.outputs))

    def run(self, value: Array) -> list[Array]:
        """Run once; the outputs are copies."""
        result = self._request.infer({0: value})
        return [np.array(result[index]) for index in self._outputs]


class Models:
    """The models of one process: files checked against the catalogue, ONNX sessions shared by all workers."""

    def __init__(
        self, entries: Sequence[ModelEntry], files: dict[Role, bytes], engine: Engine = Engine.ONNXRUNTIME
    ) -> None:
        """Use ``load_models``; this takes bytes whose hashes were checked."""
        self._engine = engine
        self._entries = {entry.role: entry for entry in entries if entry.role in files}
        self._files = files
        self._sessions: dict[Role, OnnxNetwork] = {}
        self._lock = threading.Lock()

    def entry(self, role: Role) -> ModelEntry | None:
        """Return the catalogue entry of a loaded role, or None."""
        return self._entries.get(role)

    @property
    def digest(self) -> str:
        """16 hex digits over role and hash of every loaded model, and the engine: recorded with each assessment."""
        lines = sorted(f"{role}:{entry.derived_sha256}\n" for role, entry in self._entries.items())
        if self._engine is not Engine.ONNXRUNTIME:
            lines.append(f"engine:{self._engine}\n")
        return hashlib.sha256("".join(lines).encode()).hexdigest()[:16]

    def model_id(self, role: Role) -> str:
        """Return the first 16 hex digits of a model's hash; templates carry the embedder's."""
        return self._entries[role].derived_sha256[:16]

    def network(self, role: Role) -> Network | None:
        """Return a network for one worker, or None where the role has no model.

        Raises:
            ModelError: ``models.not_loadable``.
        """
        entry = self._entries.get(role)
        if entry is None:
            return None
        try:
            if entry.runtime is Runtime.LITERT:
                return _litert(self._files[role])
            if role is Role.EMBEDDER and self._engine is Engine.OPENVINO:
                return _openvino(self._files[role])
            with self._lock:
                if role not in self._sessions:
                    self._sessions[role] = _onnx(self._files[role])
                return self._sessions[role]
        except Exception as error:
            raise ModelError(
                "models.not_loadable",
                f"{entry.name} cannot be loaded by {self._engine_of(entry)}: {error}.",
                f"Check that its parts are installed: pip install 'zaichang[{self._extra_of(entry)}]'.",
            ) from error

    def _engine_of(self, entry: ModelEntry) -> str:
        return self._engine.value if entry.role is Role.EMBEDDER else entry.runtime.value

    def _extra_of(self, entry: ModelEntry) -> str:
        return "service,openvino" if self._engine_of(entry) == Engine.OPENVINO.value else "service"


def load_models(
    catalog: Catalog | None = None,
    cache: ModelCache | None = None,
    *,
    roles: frozenset[Role] = frozenset(Role),
    engine: Engine = Engine.ONNXRUNTIME,
) -> Models:
    """Read the cached models, checking every hash.

    Args:
        catalog: By default the one that came with this code.
        cache: By default the folder that the environment names.
        roles: Only these roles.
        engine: The engine of the embedder.

    Raises:
        ModelError: ``models.not_fetched`` (run ``zaichang models fetch``), ``models.wrong_hash``.
    """
    catalog, cache = catalog or load_catalog(), cache or ModelCache()
    for role in REQUIRED_ROLES & roles:
        catalog.require(role)
    files: dict[Role, bytes] = {}
    for entry in catalog.entries:
        if entry.role not in roles:
            continue
        data = cache.read(entry)
        if data is None:
            raise ModelError(
                "models.not_fetched",
                f"The model {entry.name} is not in {cache.folder}.",
                "Run `zaichang models fetch` once.",
            )
        files[entry.role] = data
    return Models(catalog.entries, files, engine)


def _onnx(data: bytes) -> OnnxNetwork:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    providers = chosen_providers(onnxruntime.get_available_providers())
    return OnnxNetwork(onnxruntime.InferenceSession(data, options, providers=providers))


def chosen_providers(available: Sequence[str]) -> list[str]:
    """Return the providers to use, best first: CUDA where it is installed, and always the CPU behind it."""
    return [provider for provider in PREFERRED_PROVIDERS if provider in available]


def _openvino(data: bytes) -> OpenVinoNetwork:
    import openvino

    core = openvino.Core()
    model = core.read_model(data)
    model.reshape([1, *list(model.input(0).get_partial_shape())[1:]])
    # A processor without bfloat16 instructions computes in float32 at this hint.
    hints = {"INFERENCE_NUM_THREADS": 1, "NUM_STREAMS": 1, "INFERENCE_PRECISION_HINT": "bf16"}
    hints["ENABLE_CPU_PINNING"] = False
    return OpenVinoNetwork(core.compile_model(model, "CPU", hints))


def _litert(data: bytes) -> LiteRtNetwork:
    from ai_edge_litert.interpreter import Interpreter

    with without_native_noise():
        interpreter = Interpreter(model_content=data, num_threads=1)
        interpreter.allocate_tensors()
    return LiteRtNetwork(interpreter)


def contiguous(value: Array) -> NDArray[np.float32]:
    """Return ``value`` as a C-ordered float32 array, which both engines want."""
    return np.ascontiguousarray(value, dtype=np.float32)
