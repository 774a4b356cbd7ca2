"""Templates survive storage; damaged bytes and mixed embedders are refused."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from zaichang.biometric.comparison import normalised
from zaichang.biometric.template import Template, decode_template, merge_templates
from zaichang.core.errors import UnreadableInput

A = normalised(np.array([1.0, 2.0, 2.0]))


B = normalised(np.array([-2.0, 1.0, 0.0]))


@given(rows=st.integers(1, 16), size=st.integers(1, 200), seed=st.integers(0, 2**32 - 1))
def test_templates_round_trip(rows: int, size: int, seed: int) -> None:
    vectors = np.random.default_rng(seed).normal(size=(rows, size)).astype(np.float32) + 0.1
    template = Template(embedder="0123456789abcdef", vectors=np.stack([normalised(row) for row in vectors]))
    decoded = decode_template(template.encode())
    assert decoded.embedder == template.embedder
    assert np.array_equal(decoded.vectors, template.vectors)


@given(data=st.binary(max_size=80), cut=st.integers(0, 60))
def test_any_other_bytes_are_refused_without_crashing(data: bytes, cut: int) -> None:
    good = Template(embedder="0" * 16, vectors=A[None]).encode()
    for bad in (data, good[: min(cut, len(good) - 1)], b"ZCT1" + data, b"ZCT2" + data):
        with pytest.raises(UnreadableInput) as caught:
            decode_template(bad)
        assert caught.value.code == "template.invalid"


def test_a_template_with_a_changed_vector_is_refused() -> None:
    data = bytearray(Template(embedder="0" * 16, vectors=A[None]).encode())
    data[-1] ^= 0x01
    with pytest.raises(UnreadableInput):
        decode_template(bytes(data))


def test_poses_are_merged_within_one_embedder_only() -> None:
    one, two = (Template(embedder="0" * 16, vectors=vector[None]) for vector in (A, B))
    assert merge_templates([one, two]).vectors.shape == (2, 3)
    with pytest.raises(ValueError, match="one embedder"):
        merge_templates([one, Template(embedder="1" * 16, vectors=A[None])])
    with pytest.raises(ValueError, match="one embedder"):
        merge_templates([])
    with pytest.raises(ValueError, match="one gate"):
        merge_templates([one, Template(embedder="0" * 16, vectors=B[None], thresholds="2")])


def test_a_template_says_by_which_thresholds_it_was_let_in() -> None:
    template = Template(embedder="0" * 16, vectors=A[None], thresholds="2026-11-22b")
    assert decode_template(template.encode()).thresholds == "2026-11-22b"
    assert decode_template(Template(embedder="0" * 16, vectors=A[None]).encode()).thresholds == ""
    for bad in ("x" * 17, "\u4e00", "a\0b"):
        with pytest.raises(ValueError, match="thresholds version"):
            Template(embedder="0" * 16, vectors=A[None], thresholds=bad)
    data = bytearray(template.encode())
    data[12] = 0xFF
    with pytest.raises(UnreadableInput):
        decode_template(bytes(data))
