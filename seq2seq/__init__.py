"""English–French sequence-to-sequence translation that shows why it translated as it did.

The names below are the package's public ones. All but the errors are imported when they are first used, so that
importing this package costs neither torch nor numpy.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from seq2seq.errors import CheckpointError, ConfigError, DataError, Seq2SeqError, TrainingError

if TYPE_CHECKING:
    from seq2seq.alignment import Alignment, format_links, links, parse_links, score_links, symmetrize
    from seq2seq.alignment.heatmap import draw_heatmaps
    from seq2seq.alignment.panels import Panel, Style
    from seq2seq.checkpoint import publish
    from seq2seq.config import Config
    from seq2seq.config_file import load_config
    from seq2seq.corpus.export import export
    from seq2seq.decoding.translation import Translation
    from seq2seq.decoding.translator import Translator
    from seq2seq.evaluation.evaluation import Evaluation, evaluate
    from seq2seq.evaluation.metrics import Scores, score
    from seq2seq.training import train

__all__ = [
    "Alignment",
    "CheckpointError",
    "Config",
    "ConfigError",
    "DataError",
    "Evaluation",
    "Panel",
    "Scores",
    "Seq2SeqError",
    "Style",
    "TrainingError",
    "Translation",
    "Translator",
    "__version__",
    "draw_heatmaps",
    "evaluate",
    "export",
    "format_links",
    "links",
    "load_config",
    "parse_links",
    "publish",
    "score",
    "score_links",
    "symmetrize",
    "train",
]

__version__ = "0.1.0"

_MODULES = {
    "Alignment": "seq2seq.alignment",
    "Config": "seq2seq.config",
    "Evaluation": "seq2seq.evaluation.evaluation",
    "Panel": "seq2seq.alignment.panels",
    "Scores": "seq2seq.evaluation.metrics",
    "Style": "seq2seq.alignment.panels",
    "Translation": "seq2seq.decoding.translation",
    "Translator": "seq2seq.decoding.translator",
    "draw_heatmaps": "seq2seq.alignment.heatmap",
    "evaluate": "seq2seq.evaluation.evaluation",
    "export": "seq2seq.corpus.export",
    "format_links": "seq2seq.alignment",
    "links": "seq2seq.alignment",
    "load_config": "seq2seq.config_file",
    "parse_links": "seq2seq.alignment",
    "publish": "seq2seq.checkpoint",
    "score": "seq2seq.evaluation.metrics",
    "score_links": "seq2seq.alignment",
    "symmetrize": "seq2seq.alignment",
    "train": "seq2seq.training",
}


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used (PEP 562)."""
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(_MODULES[name]), name)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
