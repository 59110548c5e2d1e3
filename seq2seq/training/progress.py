"""How far a training run is, and the checks of what a training state holds."""

import logging
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, get_args, get_type_hints

from torch import Tensor

from seq2seq.corpus.links import LEARNED
from seq2seq.errors import TrainingError

__all__ = ["Progress", "check_data", "check_tensors"]

logger = logging.getLogger(__name__)

_DIGEST = "data.alignment digest"  # what learned links are, rather than what they are learned from
_LATER_FIELDS = {"window_alignment": 0.0, "window_guided": 0}  # which states of earlier versions do not have


@dataclass
class Progress:
    """How far training is, in plain numbers.

    Attributes:
        update: updates done.
        epoch: epochs done.
        pool: the pool of pairs within the epoch.
        batch: the next batch within the pool.
        tokens: target tokens trained on.
        seconds: time of training, validations left out.
        gradient_norm: norm of the last update's gradient, before clipping.
        window_loss: loss in nats, summed since the last line of the log.
        window_tokens: target tokens since then.
        window_alignment: the alignment's loss in nats, summed since then.
        window_guided: target tokens with a guide since then.
        window_seconds: time since then.
        validated: the update of the last validation; 0 before the first.
        best: the metric's best value, where larger is better; None before the first validation.
        best_update: the update that it was reached at.
        stale: validations since then.
        pending: the log's line of a validation whose files may not be written yet; None where they are.
        log_size: bytes of the log that belong to this state.
        log_checksum: CRC-32 of these bytes.
    """

    update: int = 0
    epoch: int = 0
    pool: int = 0
    batch: int = 0
    tokens: int = 0
    seconds: float = 0.0
    gradient_norm: float = 0.0
    window_loss: float = 0.0
    window_tokens: int = 0
    window_alignment: float = 0.0
    window_guided: int = 0
    window_seconds: float = 0.0
    validated: int = 0
    best: float | None = None
    best_update: int = 0
    stale: int = 0
    pending: dict[str, Any] | None = None
    log_size: int = 0
    log_checksum: int = 0

    def add(self, loss: float, tokens: int, seconds: float) -> None:
        """Count an update."""
        self.tokens += tokens
        self.seconds += seconds
        self.window_loss += loss
        self.window_tokens += tokens
        self.window_seconds += seconds

    def add_alignment(self, loss: float, guided: int) -> None:
        """Count what an update had of alignment."""
        self.window_alignment += loss
        self.window_guided += guided

    def close_window(self) -> tuple[dict[str, float], float]:
        """Return the mean losses per token, by name, and tokens a second since the last line of the log.

        ``alignment_loss`` is among them where tokens had a guide.
        """
        losses = {"loss": self.window_loss / self.window_tokens}
        if self.window_guided:
            losses["alignment_loss"] = self.window_alignment / self.window_guided
        speed = self.window_tokens / self.window_seconds
        self.window_loss, self.window_tokens, self.window_seconds = 0.0, 0, 0.0
        self.window_alignment, self.window_guided = 0.0, 0
        return losses, speed

    def state_dict(self) -> dict[str, Any]:
        """Return the fields as plain values."""
        return asdict(self)

    @classmethod
    def from_state_dict(cls, values: Mapping[str, Any]) -> "Progress":
        """Return the progress that `state_dict` wrote down.

        Raises:
            ValueError: they are no mapping; or a field is missing, unknown or of a wrong type; or a count is negative.
        """
        if not isinstance(values, Mapping):
            raise ValueError(f"progress: is a {type(values).__name__}")
        values = {**_LATER_FIELDS, **values}
        types = get_type_hints(cls)
        different = set(values) ^ {field.name for field in fields(cls)}
        if different:
            raise ValueError(f"progress: {', '.join(sorted(map(str, different)))}: missing or unknown")
        for name, value in values.items():
            if type(value) not in (_plain(kind) for kind in get_args(types[name]) or (types[name],)):
                raise ValueError(f"progress: {name} is a {type(value).__name__}")
            if type(value) is int and value < 0:
                raise ValueError(f"progress: {name} is negative")
        return cls(**values)


def _plain(kind: Any) -> Any:
    """Return the class that values of a type have: ``dict`` for ``dict[str, Any]``."""
    return getattr(kind, "__origin__", kind)


def check_tensors(found: Mapping[str, Tensor], expected: Mapping[str, Tensor]) -> None:
    """Check that tensors have the names, shapes and types of others.

    Raises:
        ValueError: they do not; the message names the first that differs.
    """
    for name in sorted(found.keys() ^ expected.keys()):
        raise ValueError(f"{name!r} is {'unknown' if name in found else 'missing'}")
    for name, tensor in expected.items():
        other = found[name]
        if not isinstance(other, Tensor) or other.shape != tensor.shape or other.dtype != tensor.dtype:
            raise ValueError(f"{name!r} is no {tensor.dtype} tensor of shape {tuple(tensor.shape)}")


def check_data(found: Mapping[str, str], expected: Mapping[str, str]) -> None:
    """Check that the data which a training state knows are those at hand, by their fingerprints.

    Learned links that have the right fingerprint, but another digest (``data.alignment digest``), are warned of.

    Raises:
        TrainingError: they are others; the message names the option of the first that differs.
        KeyError: the state does not know one of them.
    """
    # Earlier versions do not have these.
    found = {"data.alignment": "", _DIGEST: expected.get(_DIGEST, ""), **found}
    for path, fingerprint in expected.items():
        if found[path] == fingerprint:
            continue
        if path == _DIGEST:
            logger.warning(
                "data.alignment: hmm: some of the learned links are not those this run began with: the aligner's sums "
                "differ in the last digit from machine to machine; training goes on with the links learned here"
            )
            continue
        if path == "data.alignment" and LEARNED in found[path] and LEARNED in fingerprint:
            raise TrainingError(
                f"{path}: hmm: this version learns other links than the one this run began with; resume with that "
                "version, or train into another directory"
            )
        what = "links" if path == "data.alignment" else "sentences"
        raise TrainingError(
            f"{path}: not the {what} this run began with; give it those, or train into another directory"
        )
