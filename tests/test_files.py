"""Files appear whole, with ordinary permissions, reach the disk, and say what is wrong with them."""

import errno
import os
import shutil
import stat
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from seq2seq import files
from seq2seq.errors import DataError
from seq2seq.files import (
    atomic_directory,
    atomic_path,
    cache_directory,
    cache_path,
    read_whole,
    reason,
    remove_leftovers,
)


@pytest.fixture
def calls(monkeypatch):
    """What is flushed to the disk and what is renamed, in order, by name."""
    seen, ordinary = [], {"fsync": os.fsync, "rename": os.rename, "replace": os.replace}

    def flushed(handle):
        seen.append(("fsync", Path(f"/proc/self/fd/{handle}").readlink().name))
        ordinary["fsync"](handle)

    def renamed(kind):
        def rename(source, target, **keywords):
            seen.append((kind, Path(target).name))
            ordinary[kind](source, target, **keywords)

        return rename

    if not Path("/proc/self/fd").is_dir():
        pytest.skip("needs /proc")
    monkeypatch.setattr(os, "fsync", flushed)
    for kind in ("rename", "replace"):
        monkeypatch.setattr(os, kind, renamed(kind))
    return seen


def permissions(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture(params=[0o022, 0o002, 0o077])
def umask(request):
    before = os.umask(request.param)
    yield request.param
    os.umask(before)


# -- a file


def test_a_file_appears_when_it_is_complete_and_replaces_what_was_there(tmp_path):
    path = tmp_path / "a.txt"
    for text in ("first", "second"):
        with atomic_path(path) as temporary:
            temporary.write_text(text, encoding="utf-8")
            assert temporary.suffix == path.suffix, "some writers choose the format by it"
            assert path.exists() == (text == "second")
        assert path.read_text(encoding="utf-8") == text
    with pytest.raises(ZeroDivisionError), atomic_path(path) as temporary:
        temporary.write_bytes(b"x" * (1 // 0))
    assert path.read_text(encoding="utf-8") == "second"
    assert list(tmp_path.iterdir()) == [path]


def test_the_content_is_flushed_before_the_name_is_taken_and_the_name_after(tmp_path, calls):
    with atomic_path(tmp_path / "a.txt") as temporary:
        temporary.write_bytes(b"x")
    assert calls == [("fsync", temporary.name), ("replace", "a.txt"), ("fsync", tmp_path.name)]


def test_a_link_is_followed(tmp_path):
    (tmp_path / "inner").mkdir()
    link = tmp_path / "link"
    link.symlink_to(tmp_path / "inner" / "target")  # which is not there yet
    for text in ("first", "second"):
        with atomic_path(link) as temporary:
            temporary.write_text(text, encoding="utf-8")
        assert link.is_symlink()
        assert (tmp_path / "inner" / "target").read_text(encoding="utf-8") == text


def test_a_device_is_written_to_directly():
    with atomic_path(Path("/dev/null")) as path:
        assert path == Path("/dev/null")


def test_permissions_are_those_of_any_new_file(tmp_path, umask):
    with atomic_path(tmp_path / "file") as temporary:
        assert permissions(temporary) == 0o666 & ~umask
    with atomic_directory(tmp_path / "folder") as folder:
        (folder / "inner").touch()
    assert permissions(tmp_path / "file") == 0o666 & ~umask
    assert permissions(tmp_path / "folder") == 0o777 & ~umask, "a second user of a shared cache must get in"


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o664, 0o444, 0o755])
def test_a_file_that_is_replaced_keeps_its_permissions(tmp_path, umask, mode):
    path = tmp_path / "file"
    path.write_text("old", encoding="utf-8")
    path.chmod(mode)
    with atomic_path(path) as temporary:
        assert permissions(temporary) & ~mode in (0, 0o200), "nobody else may read it meanwhile"
        temporary.write_text("new", encoding="utf-8")
    assert permissions(path) == mode
    assert path.read_text(encoding="utf-8") == "new"


def test_the_umask_is_never_set(tmp_path, monkeypatch):
    """It belongs to the process: another thread's files would get its permissions meanwhile."""
    monkeypatch.delattr(os, "umask")
    with atomic_path(tmp_path / "file"), atomic_directory(tmp_path / "folder"):
        pass


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("", "Is a directory; name a file"),
        ("nowhere/a", "No such file or directory; check the name"),
        ("file/a", "Not a directory; check the path, a part of which is a file"),
        ("x" * 256, "File name too long; choose a shorter one"),
        ("circle", "Too many levels of symbolic links; mend the links, which lead in a circle"),
        ("a\0b", "a name cannot have a NUL character in it; check the name"),
    ],
    ids=lambda text: text[:9].replace("\0", "0"),
)
def test_what_cannot_be_written_is_an_error_before_the_work(tmp_path, name, words):
    (tmp_path / "file").touch()
    (tmp_path / "circle").symlink_to("circle")
    before = sorted(tmp_path.iterdir())
    with pytest.raises(OSError) as caught, atomic_path(tmp_path / name):
        pytest.fail("the work began")
    assert reason(caught.value) == words
    assert sorted(tmp_path.iterdir()) == before


@pytest.mark.parametrize("name", ["x" * 255, "é" * 127, "a." + "x" * 253, "x" * 100 + "." + "y" * 100])
def test_the_longest_name_can_be_written(tmp_path, name):
    with atomic_path(tmp_path / name) as temporary:
        temporary.touch()
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_many_threads_write_one_file_and_one_of_them_wins(tmp_path):
    def write(number):
        for _ in range(20):
            with atomic_path(tmp_path / "a") as temporary:
                temporary.write_text(str(number) * 1000, encoding="utf-8")

    threads = [threading.Thread(target=write, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    text = (tmp_path / "a").read_text(encoding="utf-8")
    assert len(text) == 1000
    assert len(set(text)) == 1
    assert len(list(tmp_path.iterdir())) == 1


def test_a_killed_writer_leaves_the_old_file_and_a_leftover_that_can_be_removed(tmp_path):
    path = tmp_path / "a [1].pt"
    path.write_text("old", encoding="utf-8")
    code = (
        "import os, sys; from pathlib import Path; from seq2seq.files import atomic_path\n"
        "with atomic_path(Path(sys.argv[1])) as temporary: temporary.write_text('half'); os._exit(9)"
    )
    assert subprocess.run([sys.executable, "-c", code, str(path)], check=False).returncode == 9
    assert path.read_text(encoding="utf-8") == "old"
    assert len(list(tmp_path.iterdir())) == 2
    other = tmp_path / ".b.pt.tmp-0123456789abcdef.pt"
    other.touch()
    mine = tmp_path / ".a [1].pt.tmp-mine"  # which no writer of ours has made
    mine.touch()
    ahead = tmp_path / ".a [1].pt.tmp-0123456789abcdef.pt"  # of a machine whose clock is ahead
    ahead.touch()
    os.utime(ahead, (time.time() + 9999,) * 2)
    remove_leftovers(path)
    assert sorted(tmp_path.iterdir()) == sorted([path, other, mine])


def test_a_full_disk_keeps_what_was_there(tmp_path, monkeypatch):
    path = tmp_path / "a"
    path.write_text("old", encoding="utf-8")

    def full(_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"), atomic_path(path) as temporary:
        temporary.write_text("new", encoding="utf-8")
    with pytest.raises(OSError, match="No space left"), atomic_directory(tmp_path / "folder") as folder:
        (folder / "inner").touch()
    assert path.read_text(encoding="utf-8") == "old"
    assert list(tmp_path.iterdir()) == [path]


# -- a directory


def test_a_directory_appears_whole_and_reaches_the_disk(tmp_path, calls):
    with atomic_directory(tmp_path / "folder") as temporary:
        (temporary / "inner").mkdir()
        (temporary / "inner" / "a").touch()
        (temporary / "b").touch()
        assert not (tmp_path / "folder").exists()
    assert calls == [
        ("fsync", "b"),
        ("fsync", temporary.name),
        ("fsync", "a"),
        ("fsync", "inner"),
        ("rename", "folder"),
        ("fsync", tmp_path.name),
    ]
    assert [path.name for path in tmp_path.iterdir()] == ["folder"]


def test_a_directory_that_another_made_first_stays(tmp_path, tmp_path_factory):
    theirs = tmp_path_factory.mktemp("theirs")
    (theirs / "theirs").touch()
    with pytest.raises(FileExistsError), atomic_directory(tmp_path / "folder"):
        shutil.copytree(theirs, tmp_path / "folder")
    assert [path.name for path in tmp_path.rglob("*")] == ["folder", "theirs"]


def test_directories_that_killed_writers_left_are_removed_when_they_are_old(tmp_path):
    day = 24 * 3600
    old, fresh, filling = (digit * 16 for digit in "abc")  # the last is being filled for days
    ages = {old: (day + 60, day + 60), fresh: (60, 60), filling: (day + 60, 60)}
    for name, (folder_age, file_age) in ages.items():
        leftover = tmp_path / f".folder.tmp-{name}"
        (leftover / "inner").mkdir(parents=True)
        (leftover / "inner" / "a").touch()
        now = time.time()
        os.utime(leftover / "inner" / "a", (now - file_age,) * 2)
        for folder in (leftover / "inner", leftover):
            os.utime(folder, (now - folder_age,) * 2)
    (tmp_path / ".other.tmp-0123456789abcdef").mkdir()
    os.utime(tmp_path / ".other.tmp-0123456789abcdef", (0, 0))
    with atomic_directory(tmp_path / "folder") as temporary:
        (temporary / "b").touch()
    left = {f".folder.tmp-{fresh}", f".folder.tmp-{filling}", ".other.tmp-0123456789abcdef", "folder"}
    assert {path.name for path in tmp_path.iterdir()} == left
    remove_leftovers(tmp_path / "folder")  # nobody is writing
    assert {path.name for path in tmp_path.iterdir()} == {".other.tmp-0123456789abcdef", "folder"}


def test_an_empty_directory_is_filled_and_a_failure_leaves_nothing(tmp_path):
    (tmp_path / "folder").mkdir()
    with pytest.raises(ZeroDivisionError), atomic_directory(tmp_path / "folder") as temporary:
        (temporary / "a").write_bytes(b"x" * (1 // 0))
    assert list(tmp_path.rglob("*")) == [tmp_path / "folder"]
    with atomic_directory(tmp_path / "folder") as temporary:
        (temporary / "a").touch()
    assert [path.name for path in tmp_path.rglob("*")] == ["folder", "a"]


# -- reading, and the cache


def test_only_regular_files_are_read(tmp_path):
    (tmp_path / "a").write_bytes(b"\r\n")
    (tmp_path / "link").symlink_to("a")
    assert read_whole(tmp_path / "link") == b"\r\n"
    os.mkfifo(tmp_path / "pipe")  # which would block for ever
    for name, words in {"pipe": "it is a pipe, not a file", ".": "Is a directory", "none": "No such file"}.items():
        with pytest.raises(OSError, match=words):
            read_whole(tmp_path / name)


def test_a_reason_is_told_even_where_the_system_has_no_words():
    assert reason(OSError("odd")) == "odd; check the disk"
    assert reason(OSError()) == "OSError; check the disk"
    assert reason(PermissionError(errno.EACCES, "Permission denied")) == "Permission denied; change the permissions"


def test_the_cache_is_where_one_says_or_where_the_platform_keeps_them(tmp_path, monkeypatch):
    monkeypatch.setenv("SEQ2SEQ_CACHE", str(tmp_path / "mine"))
    assert cache_directory("a/b") == tmp_path / "mine" / "a" / "b"
    assert (tmp_path / "mine" / "a" / "b").is_dir()
    monkeypatch.delenv("SEQ2SEQ_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    if sys.platform == "linux":
        assert cache_path("a") == tmp_path / "xdg" / "seq2seq" / "a"
        monkeypatch.delenv("XDG_CACHE_HOME")
        monkeypatch.setenv("HOME", str(tmp_path))
        assert cache_path("a") == tmp_path / ".cache" / "seq2seq" / "a"
    assert cache_path("a").parts[-1] == "a"


@pytest.mark.parametrize(
    ("place", "words"),
    [
        ("file", "cannot be made: Not a directory; check the path, a part of which is a file, or set SEQ2SEQ_CACHE"),
        ("x" * 300, "cannot be made: File name too long; choose a shorter one, or set SEQ2SEQ_CACHE"),
    ],
)
def test_a_cache_that_cannot_be_made_is_named(tmp_path, monkeypatch, place, words):
    (tmp_path / "file").touch()
    monkeypatch.setenv("SEQ2SEQ_CACHE", str(tmp_path / place))
    with pytest.raises(DataError, match=words):
        cache_directory("pairs")


def test_a_cache_that_cannot_be_written_to_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(files.os, "access", lambda path, mode: False)  # root may write anywhere
    with pytest.raises(DataError, match="pairs: cannot be written to; set SEQ2SEQ_CACHE to another directory"):
        cache_directory("pairs")
