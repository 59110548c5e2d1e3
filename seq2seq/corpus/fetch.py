"""Corpora by name: what they are, where they come from, and a download that can be trusted and resumed."""

import hashlib
import logging
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from seq2seq.errors import DataError
from seq2seq.files import cache_directory, cache_path

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
    """Where fetched corpora stand, each in a directory of its name."""
    return cache_path("corpora")


def fetch(name: str, remote: Remote) -> Path:
    """Download what is missing of a corpus; the directory it stands in.

    A file appears under its name once its sum is right. An interrupted download is continued, where the
    server can, by the same call.

    Args:
        name: of the directory.
        remote: what to fetch.

    Raises:
        DataError: a file cannot be had, or is not the one expected.
    """
    folder = cache_directory(f"corpora/{name}")
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
    part = path.with_name(path.name + ".part")
    done = part.stat().st_size if part.exists() else 0
    request = urllib.request.Request(url, headers={"Range": f"bytes={done}-"} if done else {})
    try:
        with urllib.request.urlopen(request, timeout=_SECONDS) as answer:
            if "html" in answer.headers.get("Content-Type", ""):
                raise DataError(f"{url}: answered with a web page instead of the file; check proxy and address")
            with part.open("ab" if answer.status == 206 else "wb") as stream:  # 206: it continues where we are
                missing = int(answer.headers.get("Content-Length") or 0)
                while block := answer.read(_BLOCK):
                    missing -= stream.write(block)
            if missing > 0:
                raise DataError(f"{url}: the connection broke off; the same command continues")
    except urllib.error.HTTPError as error:
        if error.code != 416:  # 416: there is nothing after what we have
            raise DataError(f"{url}: {error.code} {error.reason}; what was fetched is kept") from None
    except (OSError, urllib.error.URLError) as error:
        reason = getattr(error, "reason", None) or error
        raise DataError(f"{url}: cannot be fetched: {reason}; the same command continues") from None
    if _sha256(part) != digest:
        part.unlink()
        raise DataError(f"{url}: not the file expected (another SHA-256): refused; try again, or another day")
    part.replace(path)
