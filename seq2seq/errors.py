"""Every error a user can cause; the command line catches the root and prints one line.

    Seq2SeqError
    ├── ConfigError       an option, a flag or the YAML file is wrong
    ├── DataError         a corpus or an input file is missing or malformed
    ├── CheckpointError   a run's directory is missing, incomplete or does not fit
    └── TrainingError     training cannot go on (a loss that is not finite, say)

Messages are one line, name the file, line or option, and say the way out. Misuse of a function
by a programmer is a plain ``ValueError``.
"""

__all__ = ["CheckpointError", "ConfigError", "DataError", "Seq2SeqError", "TrainingError"]


class Seq2SeqError(Exception):
    """Root of the errors a user can cause."""


class ConfigError(Seq2SeqError):
    """An option, a flag or the YAML file is wrong."""


class DataError(Seq2SeqError):
    """A corpus or an input file is missing or malformed."""


class CheckpointError(Seq2SeqError):
    """A run's directory is missing, incomplete or does not fit."""


class TrainingError(Seq2SeqError):
    """Training cannot go on."""
