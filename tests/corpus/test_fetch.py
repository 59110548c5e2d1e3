import gzip
import hashlib
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from seq2seq.corpus.fetch import CATALOGUE, Remote, fetch
from seq2seq.corpus.sources import find_source
from seq2seq.errors import DataError
from seq2seq.files import cache_directory

FILES = {
    "train.en.gz": gzip.compress(b"a cat\n" * 5000, mtime=0),
    "train.fr.gz": gzip.compress(b"un chat\n" * 5000, mtime=0),
}


class Server:
    """Serves FILES; what it does wrong can be set."""

    def __init__(self) -> None:
        self.requests: list[tuple[str, str | None]] = []
        self.cut_after: int | None = None
        self.ignores_range = False
        self.answer: tuple[str, bytes] | None = None
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                name, wanted = self.path.rsplit("/", 1)[1], self.headers.get("Range")
                server.requests.append((name, wanted))
                if name not in FILES:
                    self.send_error(404)
                    return
                kind, body = server.answer or ("application/gzip", FILES[name])
                start = 0 if wanted is None or server.ignores_range else int(wanted.removeprefix("bytes=").rstrip("-"))
                if start >= len(body):
                    self.send_error(416)
                    return
                self.send_response(206 if start else 200)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(body) - start))
                self.end_headers()
                self.wfile.write(body[start:][: server.cut_after])

            def log_message(self, *_: object) -> None:
                pass

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._http.server_port}/raw"
        self._thread = threading.Thread(target=self._http.serve_forever)
        self._thread.start()

    def close(self) -> None:
        self._http.shutdown()
        self._thread.join()
        self._http.server_close()


@pytest.fixture
def server() -> Iterator[Server]:
    running = Server()
    yield running
    running.close()


def remote(server: Server) -> Remote:
    return Remote("toys", server.url, {name: hashlib.sha256(data).hexdigest() for name, data in FILES.items()})


def test_a_corpus_is_fetched_once_and_found_by_name(server, caplog):
    caplog.set_level("INFO", logger="seq2seq")
    folder = fetch("toys", remote(server))
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == FILES
    assert [line.rsplit(": ", 1)[1] for line in caplog.messages] == ["fetched", "fetched"]
    assert find_source("toys/train", ["en", "fr"]).names == (str(folder / "train.en.gz"), str(folder / "train.fr.gz"))
    count = len(server.requests)
    fetch("toys", remote(server))
    assert len(server.requests) == count


@pytest.mark.parametrize("ignores_range", [False, True])
def test_an_interrupted_download_is_continued(server, ignores_range):
    server.cut_after = 20
    with pytest.raises(DataError, match=r"train\.en\.gz: the connection broke off; the same command continues"):
        fetch("toys", remote(server))
    server.cut_after, server.ignores_range = None, ignores_range
    folder = fetch("toys", remote(server))
    assert ("train.en.gz", "bytes=20-") in server.requests
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == FILES


def test_a_complete_part_needs_no_more_bytes(server):
    folder = fetch("toys", remote(server))
    (folder / "train.en.gz").rename(folder / "train.en.gz.part")
    fetch("toys", remote(server))
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == FILES


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (("text/html; charset=utf-8", b"<html>Log in</html>"), r"answered with a web page instead of the file"),
        (
            ("application/gzip", b"other bytes"),
            r"not the file expected \(its SHA-256 differs\), and not kept: .* name a mirror with --url$",
        ),
    ],
)
def test_wrong_bytes_are_refused_and_not_kept(server, answer, message):
    server.answer = answer
    with pytest.raises(DataError, match=message):
        fetch("toys", remote(server))
    server.answer = None
    folder = fetch("toys", remote(server))
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == FILES


def test_what_is_not_there_and_who_does_not_answer(server):
    missing = Remote("toys", server.url, {"nothing.gz": "0"})
    with pytest.raises(DataError, match=r"nothing\.gz: 404 Not Found"):
        fetch("toys", missing)
    with pytest.raises(DataError, match=r"cannot be fetched: .*the same command continues"):
        fetch("toys", Remote("toys", "http://127.0.0.1:1/raw", {"a.gz": "0"}))


@pytest.mark.parametrize("url", ["example.org/raw", "www.example.org", "file:///etc", "", "/etc", "HTTPS:x"])
def test_an_address_without_its_scheme_is_refused(url):
    with pytest.raises(DataError, match=f"^{url}: not a web address; give all of it, such as https://HOST/DIRECTORY$"):
        fetch("toys", Remote("toys", url, {"a.gz": "0"}))


@pytest.mark.parametrize(
    "url", ["http://", "http://[", "http://a b/c", "http://127.0.0.1:x", f"http://{'é' * 70}", "http://."]
)
def test_an_address_that_cannot_be_is_one_line(url):
    with pytest.raises(DataError, match=r"^http://.*/a\.gz: cannot be fetched: [^\n]+; the same command continues$"):
        fetch("toys", Remote("toys", url, {"a.gz": "0"}))


@pytest.mark.parametrize("answer", [b"", b"nonsense\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: much\r\n\r\n" + b"x" * 9,
                                    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"])  # fmt: skip
def test_a_server_that_speaks_no_http_is_one_line(answer):
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve():
            connection, _ = listening.accept()
            with connection:
                connection.recv(9999)
                connection.sendall(answer)

        thread = threading.Thread(target=serve)
        thread.start()
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        with pytest.raises(DataError, match=r"/a\.gz: (cannot be fetched: |not the file expected)[^\n]+$"):
            fetch("toys", Remote("toys", url, {"a.gz": "0"}))
        thread.join()


def test_a_full_cache_is_named_and_what_was_fetched_is_kept(server, monkeypatch):
    folder = cache_directory("corpora/toys")
    (folder / "train.en.gz.part").symlink_to("/dev/full")
    with pytest.raises(
        DataError, match=r"the cache cannot be written to: No space left on device; make room, or set SEQ2SEQ_CACHE"
    ):
        fetch("toys", remote(server))
    assert (folder / "train.en.gz.part").exists()


@pytest.mark.real_data
def test_the_catalogue_has_the_sums_of_the_real_files(multi30k):
    for name, digest in CATALOGUE["multi30k"].files.items():
        assert hashlib.sha256((multi30k / name).read_bytes()).hexdigest() == digest
