"""The contracts that a GPU could break: run where there is one."""

import random

import pytest
import torch

from seq2seq.checkpoint import Run
from seq2seq.corpus.batching import collate
from seq2seq.devices import select_device
from seq2seq.process import exact_float32
from seq2seq.training import train
from tests.conftest import MODELS, random_ids, tiny_model
from tests.decoding.test_search import rescored, search

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device"),
]


@pytest.fixture(autouse=True)
def exact():
    exact_float32()


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


def test_a_run_on_a_gpu_is_resumed_with_its_random_state(toy_config, tmp_path):
    """To the rounding of sums whose order a GPU chooses; another dropout would be much further away."""
    device = select_device("cuda")
    options = toy_config.training.model_copy(update={"schedule": "constant", "average": "none"})
    whole = toy_config.model_copy(update={"training": options})
    shorter = whole.model_copy(update={"training": options.model_copy(update={"max_updates": 8})})
    train(whole, tmp_path / "whole", resume=False, device=device)
    train(shorter, tmp_path / "parts", resume=False, device=device)
    train(whole, tmp_path / "parts", resume=True, device=device)
    both = [Run(tmp_path / name).load_training() for name in ("whole", "parts")]
    for name, weight in both[0]["weights"].items():
        torch.testing.assert_close(both[1]["weights"][name], weight, atol=1e-4, rtol=1e-3)
