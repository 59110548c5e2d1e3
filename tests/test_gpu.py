"""The contracts that a GPU could break: run where there is one."""

import random

import pytest
import torch

from seq2seq.checkpoint import select_device
from seq2seq.corpus.batching import collate
from tests.conftest import MODELS, random_ids, tiny_model
from tests.decoding.test_search import rescored, search

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device"),
]


@pytest.mark.parametrize("name", list(MODELS))
def test_a_gpu_computes_what_a_cpu_does(name):
    device, rng = select_device("cuda"), random.Random(0)
    batch = collate([random_ids(rng) for _ in range(5)], [random_ids(rng) for _ in range(5)])
    model = tiny_model(MODELS[name])
    expected, expected_maps = model(batch.src_BS, batch.src_lengths_B, batch.tgt_in_BT, want=model.maps)
    there = batch.to(device)
    features, maps = model.to(device)(there.src_BS, there.src_lengths_B, there.tgt_in_BT, want=model.maps)
    torch.testing.assert_close(features.cpu(), expected, atol=1e-5, rtol=1e-5)
    for key, weights in maps.items():
        torch.testing.assert_close(weights.cpu(), expected_maps[key], atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("name", list(MODELS))
def test_search_on_a_gpu_scores_what_teacher_forcing_on_a_cpu_gives(name):
    device, rng = select_device("cuda"), random.Random(1)
    sources = [random_ids(rng) for _ in range(6)]
    found = search(tiny_model(MODELS[name]).to(device), sources)
    for source, hypotheses in zip(sources, found, strict=True):
        for hypothesis in hypotheses:
            assert hypothesis.log_prob == pytest.approx(
                rescored(tiny_model(MODELS[name]), source, hypothesis), abs=1e-3
            )
