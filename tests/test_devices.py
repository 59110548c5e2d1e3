"""Devices by name."""

import pytest
import torch

from seq2seq.devices import select_device
from seq2seq.errors import ConfigError


def test_auto_is_a_gpu_where_there_is_one():
    assert select_device("cpu") == torch.device("cpu")
    assert select_device("auto").type == ("cuda" if torch.cuda.is_available() else "cpu")


def test_a_device_that_is_not_there_is_refused(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(ConfigError, match="device cuda: this machine or this build of torch has no CUDA"):
        select_device("cuda")
    with pytest.raises(ConfigError, match="device abacus: there is no such device; use auto, cpu or cuda"):
        select_device("abacus")


def test_selecting_a_device_changes_nothing_global():
    before = torch.backends.cudnn.rnn.fp32_precision, torch.backends.cuda.matmul.fp32_precision
    select_device("cpu")
    assert (torch.backends.cudnn.rnn.fp32_precision, torch.backends.cuda.matmul.fp32_precision) == before
