"""Devices by name."""

import sys

import pytest
import torch

from seq2seq import devices
from seq2seq.devices import is_out_of_memory, memory, select_device
from seq2seq.errors import ConfigError


def test_auto_is_a_gpu_where_there_is_one():
    assert select_device("cpu") == torch.device("cpu")
    assert select_device("auto").type == ("cuda" if torch.cuda.is_available() else "cpu")


def test_a_device_that_is_not_there_is_refused(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(ConfigError, match="device cuda: this machine or this build of torch has no CUDA"):
        select_device("cuda")
    for name in ("abacus", "mps", "meta", torch.device("meta"), ""):
        with pytest.raises(ConfigError, match=f"device {name}: there is no such device; use auto, cpu or cuda"):
            select_device(name)


def test_a_card_beyond_the_last_is_refused(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    assert select_device("cuda:1") == select_device(torch.device("cuda:1")) == torch.device("cuda", 1)
    with pytest.raises(
        ConfigError, match=r"device cuda:2: the last CUDA device of this machine is cuda:1; use that, or"
    ):
        select_device("cuda:2")


def test_where_the_system_does_not_tell_its_memory_no_limit_is_known(monkeypatch, tmp_path):
    monkeypatch.setattr(devices, "_GROUPS", tmp_path / "none")
    monkeypatch.delattr("os.sysconf")
    assert memory(torch.device("cpu")) == sys.maxsize


def test_selecting_a_device_changes_nothing_global():
    before = torch.backends.cudnn.rnn.fp32_precision, torch.backends.cuda.matmul.fp32_precision
    select_device("cpu")
    assert (torch.backends.cudnn.rnn.fp32_precision, torch.backends.cuda.matmul.fp32_precision) == before


@pytest.mark.parametrize(
    ("groups", "path", "limit", "expected"),
    [
        ("0::/a/b\n", "a/b/memory.max", "1000", 1000),
        ("0::/a/b\n", "a/memory.max", "1000", 1000),
        ("0::/host/path\n", "memory.max", "1000", 1000),
        ("0::/a\n", "a/memory.max", "max", None),
        ("0::/a\n", "other/memory.max", "1000", None),
        ("5:cpu:/\n4:memory:/a\n0::/\n", "memory/a/memory.limit_in_bytes", "1000", 1000),
        ("4:memory:/a\n", "memory/a/memory.limit_in_bytes", "9223372036854771712", None),
        ("5:cpu:/a\n", "memory/a/memory.limit_in_bytes", "1000", None),
    ],
)
def test_a_container_has_the_memory_it_was_given(monkeypatch, tmp_path, groups, path, limit, expected):
    monkeypatch.setattr(devices, "_GROUPS", tmp_path / "groups")
    monkeypatch.setattr(devices, "_CONTROLS", tmp_path / "controls")
    physical = memory(torch.device("cpu"))
    assert physical > 1 << 28, "no control groups there"
    (tmp_path / "groups").write_text(groups)
    (tmp_path / "controls" / path).parent.mkdir(parents=True)
    (tmp_path / "controls" / path).write_text(f"{limit}\n")
    assert memory(torch.device("cpu")) == (expected or physical)


def test_errors_that_say_that_memory_is_used_up():
    with pytest.raises(RuntimeError) as refused:
        torch.empty(1 << 60, dtype=torch.uint8)
    assert is_out_of_memory(refused.value), "the CPU's allocator"
    assert is_out_of_memory(MemoryError())
    assert is_out_of_memory(torch.OutOfMemoryError("CUDA out of memory"))
    for bug in (RuntimeError("shape"), ValueError("DefaultCPUAllocator"), OSError(12, "Cannot allocate memory")):
        assert not is_out_of_memory(bug)
