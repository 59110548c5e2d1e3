"""Settings of the whole process, each tried in a process of its own where it would outlive a test."""

import ctypes
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
import torch

from seq2seq import process
from seq2seq.devices import select_device
from seq2seq.models import build_model
from tests.conftest import MODELS, ROOT


@pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "mallopt"), reason="no glibc")
@pytest.mark.parametrize("kept", [False, True])
def test_memory_of_a_step_is_kept_for_the_next(kept):
    """In a process of its own: it is a setting of the C library."""
    code = f"""
import torch
from seq2seq.process import keep_freed_memory

if {kept}:
    keep_freed_memory()
pages = lambda: int(open("/proc/self/statm").read().split()[1])
before = pages()
for size in (1 << 22, 1 << 24):
    torch.ones(size)
    print((pages() - before) * 4096 >> 20)
"""
    left = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True).stdout.split()
    assert int(left[0]) > 14 if kept else int(left[0]) < 8, "16 MB"
    assert int(left[1]) < 30, "64 MB"


@pytest.mark.parametrize("platform", ["linux", "darwin"])
def test_without_glibc_memory_goes_as_it_does(monkeypatch, platform):
    monkeypatch.setattr(sys, "platform", platform)
    monkeypatch.setattr(ctypes, "CDLL", lambda name: object())
    process.keep_freed_memory()


def test_blocks_of_the_largest_size_are_kept_and_larger_ones_are_not():
    """In a process of its own, after a few of each: what is freed is used again, or given back."""
    if not hasattr(ctypes.CDLL(None), "mallopt"):
        pytest.skip("no glibc")
    code = """
import torch
from seq2seq.process import LARGEST_KEPT_BYTES, keep_freed_memory

keep_freed_memory()
pages = lambda: int(open("/proc/self/statm").read().split()[1])
for size in (LARGEST_KEPT_BYTES + 8192, LARGEST_KEPT_BYTES):
    before = pages()
    torch.ones(size // 4)
    print((pages() - before) * 4096 >> 20)
"""
    larger, largest = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, check=True, text=True
    ).stdout.split()
    assert int(larger) < 8
    assert int(largest) > 24


def test_no_library_function_makes_a_setting(monkeypatch):
    """Choosing a device and building a model leave float32 products as they were; the command line sets them."""
    monkeypatch.setattr(torch.backends, "fp32_precision", "tf32")
    select_device("cpu")
    build_model(MODELS["rnn-gru-conditional"], 8, 8)
    assert torch.backends.fp32_precision == "tf32"
    process.exact_float32()
    assert torch.backends.fp32_precision == "ieee"
    assert torch.backends.cudnn.rnn.fp32_precision == torch.backends.cuda.matmul.fp32_precision == "ieee"


@pytest.mark.skipif(sys.platform != "linux", reason="limits of other systems count other memory")
def test_memory_beyond_the_limit_is_an_error_and_kills_nobody():
    """In a process of its own; a limit that the caller set stays."""
    code = """
import resource, torch
from seq2seq.devices import is_out_of_memory
from seq2seq import process

process.memory = lambda device: 1 << 30
process.limit_memory(torch.device("cpu"))
for take in (lambda: bytearray(1 << 30), lambda: torch.ones(1 << 28)):
    try:
        take()
    except Exception as error:
        print(is_out_of_memory(error))
process.memory = lambda device: 1 << 40
process.limit_memory(torch.device("cpu"))
process.memory = lambda device: 1
process.limit_memory(torch.device("cuda"))
print(resource.getrlimit(resource.RLIMIT_DATA)[0] == 1 << 30)
"""
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)
    assert result.stdout.split() == ["True"] * 3


def test_no_file_takes_the_number_of_a_stream_that_is_closed():
    """What a C library prints would end in it."""
    code = "from seq2seq.process import open_standard_streams as f; f(); print(open('/dev/null').fileno(), file=open('out', 'w'))"
    for closed in ("<&-", ">&-", "2>&-", "<&- >&- 2>&-"):
        line = f'cd "$1" && PYTHONPATH="$2" exec {sys.executable} -c "{code}" {closed}'
        with tempfile.TemporaryDirectory() as folder:
            subprocess.run(["bash", "-c", line, "bash", folder, ROOT], check=True)
            assert int((Path(folder) / "out").read_text()) > 2
