"""Writing a run's files: what fails is named, and what was there before is kept."""

import errno
import io
import os
import re
import shutil
from pathlib import Path

import pytest
import torch

from seq2seq.checkpoint import Run
from seq2seq.errors import CheckpointError
from tests.test_checkpoint import swap


@pytest.fixture
def run(trained, tmp_path):
    shutil.copytree(trained, tmp_path, dirs_exist_ok=True)
    return Run(tmp_path / "run")


WRITERS = {
    "best.safetensors": lambda run, _, tokenizer: run.save_weights("best", {"a": torch.zeros(100_000)}, tokenizer),
    "training.pt": lambda run, *_: run.save_training({"a": torch.zeros(100_000), "b": [1, 2.0, "three", None]}),
    "tokenizer.model": Run.create,
}


@pytest.mark.parametrize("name", ["best.safetensors", "training.pt"])
def test_a_file_that_may_not_grow_is_one_line_and_what_was_there_is_kept(run, name):
    resource = pytest.importorskip("resource")  # POSIX only
    path = run.folder / name
    before, names = path.read_bytes(), sorted(run.folder.iterdir())
    config = run.config()
    known = config, run.tokenizer(config)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, limits[1]))
    try:
        with pytest.raises(
            CheckpointError, match=rf"{name}: cannot be written: File too large; .*, then train with --res"
        ):
            WRITERS[name](run, *known)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert path.read_bytes() == before
    assert sorted(run.folder.iterdir()) == names


@pytest.mark.parametrize("name", WRITERS)
@pytest.mark.parametrize("make", [os.mkfifo, lambda path: path.symlink_to("/dev/full"), Path.mkdir])
def test_no_file_of_a_run_is_written_to_what_is_no_file(run, name, make):
    config = run.config()
    known = config, run.tokenizer(config)
    swap(run.folder, name, make)
    with pytest.raises(CheckpointError, match=rf"{name}: cannot be written: (it is a pipe or a device|Is a directory)"):
        WRITERS[name](run, *known)


@pytest.mark.parametrize("name", WRITERS)
@pytest.mark.parametrize(
    ("number", "words"),
    [
        (errno.ENOSPC, "No space left on device; make room, then"),
        (errno.EACCES, "Permission denied; change the permissions, then"),
        (errno.EROFS, "Read-only file system; choose a place that can be written to, then"),
        (errno.EIO, "Input/output error; check the disk, then"),
    ],
)
@pytest.mark.parametrize("call", ["open", "fsync", "replace"])
def test_whatever_fails_while_writing_names_the_file(run, monkeypatch, name, number, words, call):
    """Opening, flushing or renaming a temporary."""
    path = run.folder / name
    before, names = path.read_bytes(), sorted(run.folder.iterdir())
    config = run.config()
    known = config, run.tokenizer(config)
    owner = Path if call == "replace" else os
    ordinary = getattr(owner, call)

    def fails(*arguments, **keywords):
        if call == "fsync" or f".{name}." in str(arguments[0]):
            raise OSError(number, os.strerror(number))
        return ordinary(*arguments, **keywords)

    with monkeypatch.context() as patch:
        patch.setattr(owner, call, fails)
        with pytest.raises(
            CheckpointError, match=rf"{re.escape(name)}: cannot be written: {words}.*what was there is kept"
        ):
            WRITERS[name](run, *known)
    assert path.read_bytes() == before
    assert sorted(run.folder.iterdir()) == names


@pytest.mark.parametrize("room", [0, 100, 20_000])
def test_a_disk_full_at_any_byte_of_the_state_is_called_full(run, monkeypatch, room):
    """Torch says "unexpected pos" of it."""
    ordinary = Path.open

    class Small(io.FileIO):
        def write(self, content):
            if self.tell() + len(content) > room:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            return super().write(content)

    monkeypatch.setattr(
        Path, "open", lambda p, m="r", **k: Small(p, "r+") if p.suffix == ".pt" else ordinary(p, m, **k)
    )
    with pytest.raises(
        CheckpointError, match=r"training\.pt: cannot be written: No space left on device; make room, then"
    ):
        WRITERS["training.pt"](run)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("file/run", r"file/run: cannot be written: Not a directory; check the path"),
        ("file", r"file: cannot be written: File exists; choose another name"),
        ("x" * 300, r"x: cannot be written: File name too long; choose a shorter one"),
    ],
)
def test_a_run_that_cannot_be_made_is_named(run, tmp_path, name, message):
    (tmp_path / "file").touch()
    with pytest.raises(CheckpointError, match=message):
        Run(tmp_path / name).create(run.config(), run.tokenizer(run.config()))


def test_equal_states_give_equal_bytes(run):
    contents = []
    for _ in range(2):
        WRITERS["training.pt"](run)
        contents.append((run.folder / "training.pt").read_bytes())
    assert contents[0] == contents[1]
