"""Measure BLEU against source length for a fixed vector, alignment attention and Transformers.

The measurement follows Bahdanau et al. (2014, figure 2).

    SEQ2SEQ_DATA=DIR python benchmarks/attention_lengths.py --runs RUNS --out docs/attention-lengths

There are two corpora: the built-in one (its test split, then its long split, whose sentences are longer than all but a
few of its training pairs), and Multi30k with sentences joined in twos and threes, in training as well, so that no
model meets a length it has never seen. All models get the same sentences, batches, number of updates and seed. The
table gives their sizes and peak learning rates, which were not tuned. The script writes .json and .png and prints the
table. Finished runs are not repeated.
"""

import argparse
import functools
import gzip
import json
import os
import random
import sys
from pathlib import Path
from typing import Any, NamedTuple

import yaml
from common import COLOURS, environment, read, run, save, side_by_side, summary, train, write

CORPORA: dict[str, dict[str, Any]] = {
    "builtin": {
        "tests": {"test": "5,10,15,20", "long": "30,35"},
        "tokenizer": {"vocabulary_size": 3000, "character_coverage": 1.0},
        "rnn": {
            "embedding_dim": 192, "encoder_dim": 192, "encoder_layers": 1, "decoder_dim": 384, "attention_dim": 192,
            "dropout": 0.2,
        },
        "transformer": {"dim": 128, "ffn_dim": 512, "encoder_layers": 3, "decoder_layers": 3, "dropout": 0.1},
        "training": {"batch_tokens": 2048, "max_updates": 2000, "valid_every": 500, "warmup": 400},
    },
    "multi30k": {
        "tests": {"joined": "10,15,20,25,30,35,40,45"},
        "tokenizer": {"vocabulary_size": 6000, "character_coverage": 1.0},
        "rnn": {"dropout": 0.3},
        "transformer": {"dim": 128, "ffn_dim": 512, "dropout": 0.1},
        "training": {"batch_tokens": 2048, "max_updates": 3000, "valid_every": 1000, "warmup": 400},
    },
}  # fmt: skip


class Model(NamedTuple):
    """Hold a model's name in the plot, the options that make it, and its peak learning rate."""

    name: str
    options: dict[str, str]
    rate: float


MODELS = {
    "none": Model("fixed vector (none)", {"arch": "rnn", "pooling": "last", "attention": "none"}, 2e-3),
    "additive": Model(
        "alignment attention (additive)", {"arch": "rnn", "pooling": "last", "attention": "additive"}, 2e-3
    ),
    "transformer": Model("Transformer", {"arch": "transformer"}, 3e-3),
    "rotary": Model("Transformer, rotary positions", {"arch": "transformer", "positions": "rotary"}, 3e-3),
}


def lines(path: Path) -> list[str]:
    with gzip.open(path, "rt", encoding="utf-8", newline="\n") as stream:
        return stream.read().split("\n")[:-1]


def joined(pairs: list[tuple[str, str]], counts: tuple[int, ...], seed: int) -> list[tuple[int, str, str]]:
    """Return (count, source, target) for each pair alone and joined at random into groups of each count.

    Pairs left over from the last group are left out.
    """
    rng, found = random.Random(seed), []
    for count in counts:
        order = rng.sample(pairs, len(pairs))
        groups = [order[i : i + count] for i in range(0, len(order) - count + 1, count)]
        found += [(count, *(" ".join(side) for side in zip(*group, strict=True))) for group in groups]
    return found


def corpus(name: str, folder: Path) -> dict[str, str]:
    """Return the SOURCE of each split of a corpus, writing into a folder those that have to be made."""
    if name == "builtin":
        return {split: f"builtin/{split}" for split in ("train", "valid", "test", "long")}
    raw = Path(os.environ["SEQ2SEQ_DATA"]) / "multi30k"
    for split, file in {"train": "train", "valid": "val", "joined": "test_2016_flickr"}.items():
        pairs = list(zip(lines(raw / f"{file}.en.gz"), lines(raw / f"{file}.fr.gz"), strict=True))
        many = joined(pairs, (1, 2, 3), seed=1)
        many = random.Random(1).sample(many, min(len(many), 1000)) if split == "valid" else many
        labels = [{1: "single", 2: "twos", 3: "threes"}[count] for count, _, _ in many]
        for ending, column in zip(("labels", "en", "fr"), (labels, *list(zip(*many, strict=True))[1:]), strict=True):
            (folder / f"{split}.{ending}").write_text("".join(f"{line}\n" for line in column), encoding="utf-8")
    return {split: str(folder / split) for split in ("train", "valid", "joined")}


def measure(
    name: str, model: str, splits: dict[str, str], folder: Path, updates: int | None, threads: int | None
) -> dict[str, Any]:
    settings = CORPORA[name]
    section = {**settings[MODELS[model].options["arch"]], **MODELS[model].options}
    training = {**settings["training"], "lr": MODELS[model].rate} | ({"max_updates": updates} if updates else {})
    config = {
        "data": {"train": splits["train"], "valid": splits["valid"]},
        "tokenizer": settings["tokenizer"], "model": section, "training": training,
    }  # fmt: skip
    path = folder.with_suffix(".yaml")
    path.write_text(yaml.safe_dump(config), encoding="utf-8")
    train(path, folder, threads=threads)
    found: dict[str, Any] = {**summary(folder), "tests": {}}
    for test, bounds in settings["tests"].items():
        files = ("--source", f"{splits[test]}.en", "--reference", f"{splits[test]}.fr")
        labels = ("--labels", f"{splits[test]}.labels")
        parts = (*labels, "--lengths", bounds)
        scores = json.loads(run("evaluate", str(folder), *files, *parts, "--json", threads=threads))
        print(name, model, test, scores["bleu"], file=sys.stderr)
        found["tests"][test] = {
            key: scores[key] for key in ("bleu", "bleu_published", "labels", "lengths", "signatures")
        }
    return found


def table(results: dict[str, dict[str, Any]]) -> str:
    """Tabulate BLEU (13a), with a row for each test and range of lengths."""
    names = list(MODELS)
    lines = [f"| test | source words | sentences | {' | '.join(names)} |", f"| {'--- | ' * (3 + len(names))}"[:-1]]
    for corpus_name, models in results.items():
        sizes = (f"{models[name]['parameters'] / 1e6:.1f}M at {models[name]['rate']}" for name in names)
        lines.append(f"| {corpus_name} | parameters, rate | | {' | '.join(sizes)} |")
        for test in models[names[0]]["tests"]:
            parts = [models[name]["tests"][test]["lengths"] for name in names]
            for row in zip(*parts, strict=True):
                scores = " | ".join(f"{part['bleu']:.1f}" for part in row)
                lines.append(f"| {corpus_name}, {test} | {row[0]['label']} | {row[0]['sentences']} | {scores} |")
            whole = " | ".join(f"**{models[name]['tests'][test]['bleu']:.1f}**" for name in names)
            count = sum(part["sentences"] for part in parts[0])
            lines.append(f"| {corpus_name}, {test} | all | {count} | {whole} |")
    return "\n".join(lines) + "\n"


CURVES = {"none": "orange", "additive": "blue", "transformer": "grey", "rotary": "green"}


def draw(results: dict[str, dict[str, Any]], path: Path) -> None:
    """Draw BLEU against source length, a panel a corpus, with each curve's name at its end."""
    import matplotlib.pyplot as plt

    figure, panels = plt.subplots(1, len(results), figsize=(5.6 * len(results), 4.2), squeeze=False)
    for axes, (name, models) in zip(panels[0], results.items(), strict=True):
        tests = list(next(iter(models.values()))["tests"])
        ticks: list[str] = []
        starts = {}
        for test in tests:
            starts[test] = len(ticks)
            ticks += [
                f"{part['label'].replace('up to ', '≤ ').replace('over ', '> ')}\n{part['sentences']}"
                for part in next(iter(models.values()))["tests"][test]["lengths"]
            ]
        ends = []
        for model, found in models.items():
            colour = COLOURS[CURVES[model]]
            for test in tests:  # splits of different sentences are not joined by a line
                scores = [part["bleu"] for part in found["tests"][test]["lengths"]]
                axes.plot(range(starts[test], starts[test] + len(scores)), scores, "o-", ms=3.5, color=colour)
            ends.append((scores[-1], MODELS[model].name, colour))
        for height, label, colour in spread(ends, apart=0.055 * axes.get_ylim()[1]):
            axes.annotate(
                label, (len(ticks) - 1, height), xytext=(9, 0), textcoords="offset points", va="center", fontsize=8.5,
                color=colour,
            )  # fmt: skip
        axes.set_xticks(range(len(ticks)), ticks, fontsize=7.5)
        axes.set_xlabel("source words, and number of sentences", fontsize=9)
        axes.set_ylim(0)
        axes.grid(color="0.92")
        axes.spines[["top", "right"]].set_visible(False)
        axes.set_title(f"BLEU on {name}: {', then '.join(tests)}", fontsize=10.5, loc="left")
    figure.tight_layout(w_pad=2)
    save(figure, path)
    plt.close(figure)


def spread(ends: list[tuple[float, str, str]], apart: float) -> list[tuple[float, str, str]]:
    """Return labels with heights that are at least so far apart, from the highest down."""
    placed: list[tuple[float, str, str]] = []
    for height, label, colour in sorted(ends, reverse=True):
        placed.append((min(height, placed[-1][0] - apart) if placed else height, label, colour))
    return placed


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=Path, help="where corpora and runs are kept")
    parser.add_argument(
        "--out", type=Path, default=Path("attention-lengths"), help="name of the two files, without an ending"
    )
    parser.add_argument("--updates", type=int, help="updates of every run [default: 2,000 built-in, 3,000 Multi30k]")
    parser.add_argument("--jobs", type=int, default=1, help="runs at a time; each has one thread if several")
    parser.add_argument("--redraw", action="store_true", help="only draw the picture again, from the .json")
    arguments = parser.parse_args()
    if arguments.redraw:
        draw(read(arguments.out.with_suffix(".json")), arguments.out.with_suffix(".png"))
        return
    if arguments.runs is None:
        parser.error("--runs DIR: say where corpora and runs are to be kept")
    if not os.environ.get("SEQ2SEQ_DATA"):
        parser.error("set SEQ2SEQ_DATA to the directory that holds multi30k/")
    made_on = environment()
    tasks = {}
    for name in CORPORA:
        folder = arguments.runs.resolve() / name
        folder.mkdir(parents=True, exist_ok=True)
        splits = corpus(name, folder)
        for model in MODELS:
            tasks[name, model] = functools.partial(measure, name, model, splits, folder / model, arguments.updates)
    found = side_by_side(tasks, arguments.jobs)
    results = {name: {model: found[name, model] for model in MODELS} for name in CORPORA}
    write(arguments.out.with_suffix(".json"), made_on, results)
    print(table(results), end="")
    draw(results, arguments.out.with_suffix(".png"))


if __name__ == "__main__":
    main()
