import errno
import gzip
import io
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from seq2seq.corpus.lines import (
    Problems,
    is_same_file,
    open_binary,
    open_output,
    open_outputs,
    read_chunks,
    read_text_lines,
    write_lines,
)
from seq2seq.errors import DataError
from seq2seq.words import counted
from tests.conftest import ROOT

# What str.splitlines breaks at, and a line of text does not.
SEPARATORS = "a\x0bb\x0cc\x1cd\x1de\x1ef\x85g\u2028h\u2029i\rj"


def test_lines_end_at_newline_alone(tmp_path):
    path = tmp_path / "text"
    path.write_bytes(f"{SEPARATORS}\n\nlast".encode())
    assert read_text_lines(path) == [SEPARATORS, "", "last"]
    write_lines(tmp_path / "copy", read_text_lines(path))
    assert (tmp_path / "copy").read_bytes() == f"{SEPARATORS}\n\nlast\n".encode()


def test_an_empty_file_has_no_line_and_a_newline_is_one(tmp_path):
    for content, lines in ((b"", []), (b"\n", [""]), (b"x", ["x"]), (b"x\n", ["x"])):
        (tmp_path / "text").write_bytes(content)
        assert read_text_lines(tmp_path / "text") == lines


def test_gzip_is_read_and_written_alike(tmp_path):
    write_lines(tmp_path / "a.gz", ["été", ""])
    write_lines(tmp_path / "b.gz", ["été", ""])
    assert gzip.decompress((tmp_path / "a.gz").read_bytes()).decode() == "été\n\n"
    assert (tmp_path / "a.gz").read_bytes() == (tmp_path / "b.gz").read_bytes()
    assert read_text_lines(tmp_path / "a.gz") == ["été", ""]


def test_what_is_mended_is_counted_with_the_place_of_the_first(tmp_path):
    path = tmp_path / "text"
    path.write_bytes(b"\xef\xbb\xbfone\r\ntwo\nthr\xffee\r\nf\xfeour\n")
    problems = Problems()
    assert read_text_lines(path, problems) == ["one", "two", "thr\ufffdee", "f\ufffdour"]
    assert problems.messages() == [
        f"1 file with a byte-order mark (removed), first at {path}:1",
        f"2 lines ending in CRLF (CR removed), first at {path}:1",
        f"2 lines with invalid UTF-8 (U+FFFD stands for what is invalid), first at {path}:3",
    ]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("missing", None, "missing: no such file"),
        ("plain.gz", b"not gzip", r"plain.gz: damaged gzip file: Not a gzipped file \(b'no'\)"),
        ("short.gz", gzip.compress(b"x" * 9999)[:-9], "short.gz: damaged gzip file: Compressed file ended"),
    ],
)
def test_unreadable_files_are_one_line(tmp_path, name, content, message):
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(DataError, match=message):
        read_text_lines(tmp_path / name)


def test_damage_inside_a_gzip_file_is_one_line(tmp_path):
    data = bytearray(gzip.compress(os.urandom(5000)))
    data[100:140] = bytes(40)
    (tmp_path / "a.gz").write_bytes(data)
    with pytest.raises(DataError, match=r"a\.gz: damaged gzip file"):
        read_text_lines(tmp_path / "a.gz")


def test_what_is_no_file_is_told_and_never_waited_for(tmp_path):
    """A pipe without a writer would block for ever, and a device never end."""
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "circle").symlink_to("circle")
    for path, message in {
        tmp_path: "cannot be read: Is a directory",
        tmp_path / "pipe": "pipe: is a pipe, not a file; save what it gives as a file, and name that",
        Path("/dev/zero"): "/dev/zero: is a device, not a file",
        tmp_path / "circle": "circle: cannot be read: Too many levels of symbolic links",
        tmp_path / ("x" * 300): "x: cannot be read: File name too long",
        tmp_path / "a\0b": "cannot be read: a name cannot have a NUL character in it",
        tmp_path / "circle" / "x": "circle/x: cannot be read: Too many levels of symbolic links",
    }.items():
        with pytest.raises(DataError, match=message):
            read_text_lines(path)


def test_a_file_that_may_not_be_read_is_not_called_missing(tmp_path):
    (tmp_path / "closed").mkdir()
    (tmp_path / "closed" / "x").write_bytes(b"x\n")
    (tmp_path / "y").write_bytes(b"y\n")
    (tmp_path / "y").chmod(0)
    (tmp_path / "closed").chmod(0)
    code = (
        "import os, sys; from pathlib import Path\n"
        "from seq2seq.corpus.lines import read_text_lines\n"
        "from seq2seq.errors import DataError\n"
        "if os.geteuid() == 0: os.chmod(sys.argv[3], 0o755); os.setuid(65534)\n"
        "for name in sys.argv[1:3]:\n"
        "    try: read_text_lines(Path(name))\n"
        "    except DataError as error: print(error)\n"
    )
    names = [str(tmp_path / "closed" / "x"), str(tmp_path / "y")]
    for folder in tmp_path.parents[:3]:
        folder.chmod(folder.stat().st_mode | 0o111)
    command = [sys.executable, "-c", code, *names, str(tmp_path)]
    result = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT)
    (tmp_path / "closed").chmod(0o700)
    assert result.stdout == "".join(
        f"{name}: cannot be read: Permission denied; change the permissions\n" for name in names
    )


def test_a_pipe_is_read_where_a_stream_makes_sense(tmp_path):
    os.mkfifo(tmp_path / "pipe.gz")
    writer = threading.Thread(target=lambda: (tmp_path / "pipe.gz").write_bytes(gzip.compress(b"un\n")))
    writer.start()
    with open_binary(tmp_path / "pipe.gz", stream=True) as stream:
        assert list(read_chunks(stream, "pipe", Problems(), 9)) == [["un"]]
    writer.join()


def test_what_is_counted_is_in_the_form_that_goes_with_the_number():
    assert [counted(number, "pair") for number in (0, 1, 2, 12_345)] == ["0 pairs", "1 pair", "2 pairs", "12,345 pairs"]
    assert counted(1, "line with no end") == "1 line with no end"
    assert counted(3, "line with no end") == "3 lines with no end"
    problems = Problems()
    for number in (5, 7, 9):
        problems.add("pair of some kind", f"x:{number}", 1 + number)
    problems.add("file with a fault", "y:1")
    assert problems.messages() == ["24 pairs of some kind, first at x:5", "1 file with a fault, first at y:1"]


def test_a_line_without_end_is_refused_before_memory_is_full(monkeypatch):
    monkeypatch.setattr("seq2seq.corpus.lines._LONGEST_LINE", 1 << 20)
    asked = []

    class Endless(io.BytesIO):
        def read1(self, size=-1):
            asked.append(size)
            assert sum(asked) <= 2 << 20, "it goes on reading"
            return b"\0" * size

    with pytest.raises(DataError, match="zero:1: a line of more than 1 MiB; is this a text file"):
        list(read_chunks(Endless(), "zero", Problems(), 9))
    ordinary = b"a\n" + b"x" * ((1 << 20) - 1) + b"\nb\n"
    assert [len(line) for chunk in read_chunks(io.BytesIO(ordinary), "x", Problems(), 9) for line in chunk][-1] == 1
    with pytest.raises(DataError, match="x:2: a line of more than 1 MiB"):
        list(read_chunks(io.BytesIO(b"a\n" + b"x" * (2 << 20)), "x", Problems(), 9))


def test_output_appears_whole_or_not_at_all(tmp_path):
    path = tmp_path / "out"
    path.write_text("old", encoding="utf-8")

    def fail():
        with open_output(path) as stream:
            stream.write("half")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert path.read_text(encoding="utf-8") == "old"
    assert list(tmp_path.iterdir()) == [path]
    with pytest.raises(DataError, match="nowhere/out: cannot be written: No such file or directory"):
        write_lines(tmp_path / "nowhere" / "out", [])


@pytest.mark.parametrize("failing", ["a.gz", "b", "c"])
def test_of_several_outputs_none_appears_before_all_are_on_the_disk(tmp_path, monkeypatch, failing):
    """A full disk may be noticed only when what was written is flushed."""
    ordinary, paths = os.fsync, [tmp_path / name for name in ("a.gz", "b", "c")]
    paths[1].write_text("old", encoding="utf-8")

    def full(handle):
        if f".{failing}.tmp-" in Path(f"/proc/self/fd/{handle}").readlink().name:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        ordinary(handle)

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(DataError, match=f"/{failing}: cannot be written: No space left"):
            write_all(paths)
    assert list(tmp_path.iterdir()) == [paths[1]]
    assert paths[1].read_text(encoding="utf-8") == "old"
    write_all(paths)
    assert [read_text_lines(path) for path in paths] == [["new"]] * 3
    with pytest.raises(DataError, match=r"^/dev/null: a pipe or a device cannot be taken back if another file fails"):
        write_all([tmp_path / "other", Path("/dev/null")])
    assert sorted(tmp_path.iterdir()) == paths


def write_all(paths):
    with open_outputs(paths) as streams:
        for stream in streams:
            stream.write("new\n")


def test_an_output_that_cannot_be_is_refused_before_the_work(tmp_path):
    (tmp_path / "circle").symlink_to("circle")
    for path, message in {
        tmp_path: f"^{tmp_path}: cannot be written: Is a directory; name a file$",
        tmp_path / "no" / "where": "no/where: cannot be written: No such file or directory; check the name$",
        tmp_path / ("x" * 300): "x: cannot be written: File name too long; choose",
        tmp_path / "circle": "circle: cannot be written: Too many levels of symbolic links; mend",
        tmp_path / "a\0b": "cannot be written: a name cannot have a NUL character in it; check",
    }.items():
        with pytest.raises(DataError, match=message), open_output(path):
            pytest.fail("the work began")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["circle"]


@pytest.mark.parametrize("name", ["out", "out.gz"])
def test_only_errors_of_the_output_are_blamed_on_it(tmp_path, name):
    with pytest.raises(FileNotFoundError, match="elsewhere"), open_output(tmp_path / name):
        (tmp_path / "elsewhere").read_bytes()
    assert not list(tmp_path.iterdir())
    (tmp_path / name).symlink_to("/dev/full")
    for text in ("a little, written when it is closed\n", "much, written at once\n" * 100_000):
        with pytest.raises(DataError, match=f"/{name}: cannot be written: No space left on device; make room$"):
            write_lines(tmp_path / name, [text])


def test_a_link_is_followed_and_a_pipe_written_to(tmp_path):
    (tmp_path / "target").write_text("old", encoding="utf-8")
    (tmp_path / "link").symlink_to("target")
    write_lines(tmp_path / "link", ["new"])
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "target").read_text(encoding="utf-8") == "new\n"
    os.mkfifo(tmp_path / "pipe")
    received: list[bytes] = []
    reader = threading.Thread(target=lambda: received.append((tmp_path / "pipe").read_bytes()))
    reader.start()
    write_lines(tmp_path / "pipe", ["through"])
    reader.join()
    assert received == [b"through\n"]
    assert (tmp_path / "pipe").is_fifo()


def test_chunks_cut_at_any_byte_are_the_same_lines():
    text = f"\ufeffun\r\n\n{SEPARATORS}\nété\nlast"

    class Drip(io.BytesIO):
        def read1(self, size=-1):
            return super().read1(3)

    for most in (1, 2, 100):
        problems = Problems()
        chunks = list(read_chunks(Drip(text.encode()), "stdin", problems, most))
        assert all(0 < len(chunk) <= most for chunk in chunks)
        assert [line for chunk in chunks for line in chunk] == ["un", "", SEPARATORS, "été", "last"]
        assert len(problems.found) == 2


def test_a_pipe_is_answered_before_it_ends():
    reader, writer = os.pipe()
    with open(reader, "rb") as stream:
        chunks = read_chunks(stream, "stdin", Problems(), 10)
        os.write(writer, b"one\ntwo\nthr")
        assert next(chunks) == ["one", "two"]
        timer = threading.Timer(0.05, lambda: (os.write(writer, b"ee\n"), os.close(writer)))
        timer.start()
        assert next(chunks) == ["three"]
        assert list(chunks) == []
        timer.join()


def test_one_file_has_many_names(tmp_path):
    file = tmp_path / "a"
    for name in ("a", "b"):
        (tmp_path / name).write_text("same", encoding="utf-8")
    (tmp_path / "link").symlink_to("a")
    os.link(file, tmp_path / "hard")
    assert [is_same_file(file, tmp_path / name) for name in ("a", "./a", "link", "hard", "b")] == [True] * 4 + [False]
    for name in ("missing", "x" * 300, "a\0b"):
        assert not is_same_file(file, tmp_path / name)
        assert not is_same_file(tmp_path / name, file)
    assert not is_same_file(tmp_path, tmp_path), "a directory is no file"
    assert not is_same_file(Path(os.devnull), Path(os.devnull)), "nothing is lost there"
