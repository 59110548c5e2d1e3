"""Corpora by name: what they are, where they come from, and a download that can be trusted and resumed.

The download is written by hand: `pooch` checks sums but starts an interrupted file again from its first byte,
and the downloader of `huggingface_hub` continues one but checks no sum and is no public function.
"""

import hashlib
import logging
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from http.client import HTTPException, HTTPResponse
from pathlib import Path

from seq2seq.errors import DataError
from seq2seq.files import cache_directory, cache_path, system_message, writing_to_cache

__all__ = ["CATALOGUE", "Remote", "corpora_directory", "fetch"]

logger = logging.getLogger(__name__)

_BLOCK = 1 << 16
_SECONDS = 30  # without a byte


@dataclass(frozen=True)
class Remote:
    """A corpus that can be fetched.

    Attributes:
        about: what it is, for people.
        url: of the directory its files lie in.
        files: SHA-256 of each file's bytes, by name.
    """

    about: str
    url: str
    files: Mapping[str, str]


CATALOGUE = {
    "multi30k": Remote(
        "image captions: 29,000 pairs, 1,014 for validation, 1,000 for test (Elliott et al. 2016, 2017)",
        "https://raw.githubusercontent.com/multi30k/dataset/master/data/task1/raw",
        {
            "train.en.gz": "d79cfa999dd4c51d2cb42499b6796d5a882c3a8a961923c25a898c90f8bbd56f",
            "train.fr.gz": "622e75069e9f4c577425c4f277116ce66e63a2401c0a2312d90073cb12379a3c",
            "val.en.gz": "14f7d25ddd868909a9213e361768460edcacdd6ab9d1e77b92560dc10c10dc28",
            "val.fr.gz": "ca3106f1a72390591d25f6c45cb4cd39dec4cd3f123e099748a3ce5256c160e9",
            "test_2016_flickr.en.gz": "611d361c6334bc7246101d48097c13cf5c4413c5befc793cc629934359d532d9",
            "test_2016_flickr.fr.gz": "6d326e188d259fb1d04ac19eae3af956559b3a0b93d7635e56c90987c40c8b90",
        },
    ),
}


def corpora_directory() -> Path:
    """Return where fetched corpora stand, each in a directory of its name."""
    return cache_path("corpora")


def fetch(name: str, remote: Remote) -> Path:
    """Download what is missing of a corpus, and return the directory it stands in.

    A file appears under its name once its sum is right. An interrupted download is continued by the same
    call, where the server can do that. Proxies are those of the environment (``https_proxy``).

    Args:
        name: The name of the directory.
        remote: What to fetch.

    Raises:
        DataError: A file cannot be fetched or written, or is not the one expected.
    """
    if not remote.url.lower().startswith(("http://", "https://")):
        raise DataError(f"{remote.url}: not a web address; give all of it, such as https://HOST/DIRECTORY")
    folder = cache_directory(f"corpora/{name}")
    with writing_to_cache():
        for file, digest in remote.files.items():
            path = folder / file
            if path.is_file() and _sha256(path) == digest:
                logger.info(f"{path}: has been fetched before")
                continue
            _download(f"{remote.url}/{file}", path, digest)
            logger.info(f"{path}: fetched")
    return folder


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _download(url: str, path: Path, digest: str) -> None:
    """Download a file, or the rest of it, into ``PATH.part``; that takes the name once its sum is right.

    Raises:
        DataError: The file cannot be fetched, or is not the one expected.
        OSError: The file cannot be written.
    """
    part = path.with_name(path.name + ".part")
    done = part.stat().st_size if part.exists() else 0
    with ExitStack() as stack:
        with _network_errors(url):
            answer = stack.enter_context(_ask(url, done))
        if answer is not None:
            stream = stack.enter_context(part.open("ab" if answer.status == 206 else "wb"))  # 206: the rest follows
            while True:
                with _network_errors(url):
                    block = answer.read(_BLOCK)
                if not block:
                    break
                stream.write(block)
            if answer.length:
                raise DataError(f"{url}: the connection broke off; the same command continues")
    if _sha256(part) != digest:
        part.unlink()
        raise DataError(
            f"{url}: not the file expected (its SHA-256 differs), and not kept: it was damaged on the way, or changed "
            "by its publisher; try again, and if that does not help, name a mirror with --url"
        )
    part.replace(path)


@contextmanager
def _ask(url: str, done: int) -> Iterator[HTTPResponse | None]:
    """Ask for what follows the first `done` bytes; the answer is None if nothing does."""
    request = urllib.request.Request(url, headers={"Range": f"bytes={done}-"} if done else {})
    try:
        answer = urllib.request.urlopen(request, timeout=_SECONDS)
    except urllib.error.HTTPError as error:
        error.close()
        if error.code != HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
            raise DataError(f"{url}: {error.code} {error.reason}; what was fetched is kept") from None
        yield None
        return
    with answer:
        if "html" in answer.headers.get("Content-Type", ""):
            raise DataError(f"{url}: answered with a web page instead of the file; check proxy and address")
        yield answer


@contextmanager
def _network_errors(url: str) -> Iterator[None]:
    try:
        yield
    except (OSError, HTTPException, ValueError) as error:  # ValueError: an address that cannot be one
        cause = getattr(error, "reason", None) or error
        told = system_message(cause) if isinstance(cause, Exception) else str(cause)
        raise DataError(f"{url}: cannot be fetched: {told}; the same command continues") from None
