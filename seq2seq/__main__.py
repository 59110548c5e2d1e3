"""``python -m seq2seq``, and the installed command."""

import sys

__all__ = ["run"]


def run() -> None:
    """Run the command line as a process: with its streams, signals and exit status.

    Nothing but the standard library is imported before this, so that an interrupt or a missing package is told in one
    line, whenever it comes.
    """
    try:
        from seq2seq.process import leave, open_standard_streams, stop_on_signals, was_interrupted

        stop_on_signals()
    except KeyboardInterrupt:
        sys.exit(130)
    status = 130
    try:
        open_standard_streams()
        from seq2seq.commands import main

        status = main()
    except KeyboardInterrupt:
        pass
    except ModuleNotFoundError as error:
        package = (error.name or "seq2seq").split(".")[0]
        if package == "seq2seq":
            raise
        sys.stderr.write(f"seq2seq: the package {package} is missing; `make install`, then `.venv/bin/seq2seq`\n")
        status = 2
    except Exception:
        if not was_interrupted():
            raise
    leave(130 if status and was_interrupted() else status)


if __name__ == "__main__":
    run()
