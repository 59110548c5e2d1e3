"""BLEU against source length: a fixed vector, alignment attention, a Transformer (Bahdanau et al. 2014, figure 2).

    SEQ2SEQ_DATA=DIR python benchmarks/attention_lengths.py --runs RUNS --out docs/attention-lengths

Two corpora: the built-in one (test and long splits), and Multi30k with sentences joined in twos and threes, in
training, too, so that no model meets a length it never saw. All three models get the same sentences, batches and
number of updates, one seed. Writes .json and .png. Runs that are there are not made again.
"""

import argparse
import gzip
import json
import os
import random
import sys
from pathlib import Path
from typing import Any

import yaml
from command_line import run

RNN = {"arch": "rnn", "pooling": "last"}
CORPORA: dict[str, dict[str, Any]] = {
    "builtin": {
        "bounds": "5,10,15,20,25,30,35",
        "tokenizer": {"vocabulary_size": 3000, "character_coverage": 1.0},
        "sizes": {
            "embedding_dim": 192, "encoder_dim": 192, "encoder_layers": 1, "decoder_dim": 384, "attention_dim": 192,
            "dropout": 0.2,
        },
        "transformer": {"dim": 128, "ffn_dim": 512, "encoder_layers": 3, "decoder_layers": 3, "dropout": 0.1},
        "training": {"batch_tokens": 2048, "max_updates": 2000, "valid_every": 500, "warmup": 400},
    },
    "multi30k": {
        "bounds": "10,15,20,25,30,35,40,45",
        "tokenizer": {"vocabulary_size": 6000, "character_coverage": 1.0},
        "sizes": {"dropout": 0.3},
        "transformer": {"dim": 128, "ffn_dim": 512, "dropout": 0.1},
        "training": {"batch_tokens": 2048, "max_updates": 3000, "valid_every": 1000, "warmup": 400},
    },
}  # fmt: skip
MODELS = {"none": 2e-3, "additive": 2e-3, "transformer": 3e-3}  # peak learning rates
NAMES = {"none": "fixed vector (none)", "additive": "alignment attention (additive)", "transformer": "Transformer"}


def lines(path: Path) -> list[str]:
    with gzip.open(path, "rt", encoding="utf-8", newline="\n") as stream:
        return stream.read().split("\n")[:-1]


def joined(pairs: list[tuple[str, str]], counts: tuple[int, ...], seed: int) -> list[tuple[str, str]]:
    """Every pair once in each way: alone, in a two, in a three; partners drawn at random."""
    rng, found = random.Random(seed), []
    for count in counts:
        order = rng.sample(pairs, len(pairs))
        groups = [order[i : i + count] for i in range(0, len(order) - count + 1, count)]
        found += [tuple(" ".join(side) for side in zip(*group, strict=True)) for group in groups]
    return found


def corpus(name: str, folder: Path) -> dict[str, str]:
    """SOURCEs of a corpus' splits."""
    if name == "builtin":
        run("data", "export", "builtin/test", str(folder / "a"))
        run("data", "export", "builtin/long", str(folder / "b"))
        for side in ("en", "fr"):
            text = "".join((folder / f"{part}.{side}").read_text(encoding="utf-8") for part in "ab")
            (folder / f"test.{side}").write_text(text, encoding="utf-8")
        return {"train": "builtin/train", "valid": "builtin/valid", "test": str(folder / "test")}
    raw = Path(os.environ["SEQ2SEQ_DATA"]) / "multi30k"
    for split, file in {"train": "train", "valid": "val", "test": "test_2016_flickr"}.items():
        pairs = list(zip(lines(raw / f"{file}.en.gz"), lines(raw / f"{file}.fr.gz"), strict=True))
        many = joined(pairs, (1, 2, 3), seed=1)
        many = random.Random(1).sample(many, 1000) if split == "valid" else many
        for side, language in enumerate(("en", "fr")):
            (folder / f"{split}.{language}").write_text("".join(p[side] + "\n" for p in many), encoding="utf-8")
    return {split: str(folder / split) for split in ("train", "valid", "test")}


def measure(name: str, model: str, splits: dict[str, str], folder: Path, updates: int | None) -> dict[str, Any]:
    settings = CORPORA[name]
    if model == "transformer":
        section = {"arch": "transformer", **settings["transformer"]}
    else:
        section = {**RNN, **settings["sizes"], "attention": model}
    training = {**settings["training"], "lr": MODELS[model]} | ({"max_updates": updates} if updates else {})
    config = {
        "data": {"train": splits["train"], "valid": splits["valid"]},
        "tokenizer": settings["tokenizer"], "model": section, "training": training,
    }  # fmt: skip
    path = folder.with_suffix(".yaml")
    path.write_text(yaml.safe_dump(config), encoding="utf-8")
    run("train", str(path), "--out", str(folder), "--resume")
    test = ("--source", f"{splits['test']}.en", "--reference", f"{splits['test']}.fr")
    scores = json.loads(run("evaluate", str(folder), *test, "--lengths", settings["bounds"], "--json"))
    print(name, model, scores["bleu"], file=sys.stderr)
    keys = ("bleu", "bleu_published", "lengths", "signatures")
    return {key: scores[key] for key in keys}


def draw(results: dict[str, dict[str, Any]], path: Path) -> None:
    import matplotlib.pyplot as plt

    figure, every = plt.subplots(1, len(results), figsize=(5.5 * len(results), 4.2))
    for axes, (name, models) in zip(every, results.items(), strict=True):
        for model, scores in models.items():
            groups = {part["label"]: part["bleu"] for part in scores["lengths"]}
            axes.plot(list(groups), list(groups.values()), "o-", ms=4, label=NAMES[model])
        axes.set(title=name, xlabel="source words", ylabel="BLEU", ylim=(0, 100))
        axes.grid(color="0.9")
        axes.tick_params(labelsize=8)
    every[0].legend(fontsize=8, loc="lower left")
    figure.tight_layout()
    figure.savefig(path, dpi=130, metadata={"Software": None})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=Path, required=True, help="where corpora and runs are kept")
    parser.add_argument("--out", type=Path, default=Path("attention-lengths"), help="of the two files, without ending")
    parser.add_argument("--updates", type=int, help="of every run; by default as in the tables above")
    arguments = parser.parse_args()
    results: dict[str, dict[str, Any]] = {}
    for name in CORPORA:
        folder = arguments.runs.resolve() / name
        folder.mkdir(parents=True, exist_ok=True)
        splits = corpus(name, folder)
        results[name] = {model: measure(name, model, splits, folder / model, arguments.updates) for model in MODELS}
    arguments.out.with_suffix(".json").write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    draw(results, arguments.out.with_suffix(".png"))


if __name__ == "__main__":
    main()
