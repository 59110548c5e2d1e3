"""The front door of a checkout: ``python cli.py …`` is the installed command ``seq2seq …``."""

from seq2seq.__main__ import run

if __name__ == "__main__":
    run()
