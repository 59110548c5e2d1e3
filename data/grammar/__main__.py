"""Write the built-in corpus: ``make corpus``."""

from pathlib import Path

from grammar.splits import generate, write_splits

if __name__ == "__main__":
    folder = Path(__file__).parent.parent / "builtin"
    folder.mkdir(exist_ok=True)
    changed = write_splits(generate(), folder)
    print("\n".join(f"{path}: written" for path in changed) or f"{folder}: holds what the grammar writes; left alone")
