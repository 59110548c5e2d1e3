"""Train every scorer and every pooling on the built-in corpus with one short schedule, and compare them.

    python benchmarks/attention_forms.py --runs DIR --jobs 2 --out docs/attention-forms      # .json, .png, and a table

The table gives BLEU on both scales on builtin/test, the AER of forced alignments against the gold links, and the number
of parameters. Each form is trained at several learning rates, and the run that is best on builtin/valid is taken.
Finished runs are not repeated, and an interrupted one is continued. Training speed is measured afterwards: all forms
take turns at forward pass, backward pass and optimiser's step, so that a busy minute slows all of them, and the ratio
to the first form is the median over the rounds.
"""

import argparse
import functools
import itertools
import json
import statistics
import sys
import time
from pathlib import Path
from typing import Any

from common import ROOT, environment, run, side_by_side, summary, train, write

from seq2seq.models.attention import SCORERS

RATES = [2e-3, 5e-3, 1e-2]
TEST = "builtin/test"
POOLINGS = ["backward", "last", "mean", "max", "attention"]
FORMS: dict[str, dict[str, object]] = {
    **{
        f"{scorer}, conditional": {"attention": scorer}  # demo.yaml's decoder is as wide as its memory: dot takes part
        for scorer in sorted(SCORERS, key=lambda name: name != "additive")
    },
    **{
        f"{scorer}, {decoder}": {"attention": scorer, "decoder": decoder}
        for decoder in ("bahdanau", "luong")
        for scorer in ("additive", "general")
    },
    **{
        f"{scorer}, pooling {pooling}": {"attention": scorer, "pooling": pooling}
        for scorer in ("additive", "none")
        for pooling in POOLINGS[1:]
    },
    "none, pooling attention, 4 queries": {"attention": "none", "pooling": "attention", "pooling_queries": 4},
}


def measure(name: str, rate: float, folder: Path, settings: list[str], threads: int | None) -> dict[str, Any]:
    model = (f"model.{key}={value}" for key, value in FORMS[name].items())
    train(ROOT / "configs" / "demo.yaml", folder, *model, f"training.lr={rate}", *settings, threads=threads)
    test = ("--source", f"{TEST}.en")
    scores = json.loads(run("evaluate", str(folder), *test, "--reference", f"{TEST}.fr", "--json", threads=threads))
    found = {"aer": None, **{key: scores[key] for key in ("bleu", "bleu_published", "signatures")}}
    if FORMS[name]["attention"] != "none":
        links = folder / "test.links"
        run("align", str(folder), *test, "--target", f"{TEST}.fr", "-o", str(links), threads=threads)
        found["aer"] = json.loads(run("aer", str(links), f"{TEST}.links", "--json", threads=threads))["aer"]
    print(name, rate, found["bleu"], found["aer"], file=sys.stderr)
    return found | summary(folder)


def speeds(rounds: int, updates: int) -> dict[str, dict[str, float]]:
    """Return target tokens a second of training steps, the ratio to the first form, and the pooled width (`vector`)."""
    import torch

    from seq2seq.config_file import load_config
    from seq2seq.corpus.batching import Corpus
    from seq2seq.corpus.lines import Problems
    from seq2seq.corpus.sources import load_pairs
    from seq2seq.corpus.tokenizer import Tokenizer
    from seq2seq.models import build_model
    from seq2seq.process import keep_freed_memory
    from seq2seq.symbols import PAD
    from seq2seq.training.objective import batch_loss

    keep_freed_memory()
    config, problems = load_config(ROOT / "configs" / "demo.yaml"), Problems()
    pairs = load_pairs(config.data.train, config.data.languages, problems)
    tokenizer = Tokenizer.train(pairs, config.tokenizer)
    corpus = Corpus(pairs, tokenizer, config.data.max_length, problems)
    drawn = corpus.batches(corpus.pools(1)[0], config.training.batch_tokens, seed=(1,))
    batches = list(itertools.islice(drawn, updates))
    learners = {}
    for name, form in FORMS.items():
        model = build_model(config.model.model_copy(update=form), len(tokenizer.source), len(tokenizer.target))
        learners[name] = (model, torch.optim.AdamW(model.parameters(), lr=1e-4))
    seconds: dict[str, list[float]] = {name: [] for name in FORMS}
    for _ in range(rounds + 1):  # the first is for warming up
        for name, (model, optimizer) in learners.items():
            started = time.perf_counter()
            for batch in batches:
                optimizer.zero_grad()
                loss = batch_loss(model, batch, config.training.label_smoothing)
                (loss.total / loss.tokens).backward()
                optimizer.step()
            seconds[name].append(time.perf_counter() - started)
    tokens = sum(int((batch.tgt_out_BT != PAD).sum()) for batch in batches)
    first = seconds[next(iter(FORMS))]
    return {
        name: {
            "tokens_per_second": tokens / statistics.median(taken[1:]),
            "speed_ratio": statistics.median(a / b for a, b in zip(first[1:], taken[1:], strict=True)),
            "vector": learners[name][0].pooling.dim,
        }
        for name, taken in seconds.items()
    }


def table(results: dict[str, dict[str, Any]]) -> str:
    lines = [
        "| attention | BLEU | BLEU, published scale | AER | parameters | vector | training tokens/s | ratio | rate |",
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for name, found in results.items():
        aer = "" if found["aer"] is None else f"{found['aer']:.1f}"
        scores = f"{found['bleu']:.2f} | {found['bleu_published']:.2f} | {aer}"
        size = f"{found['parameters'] / 1e6:.2f}M | {found['vector']}"
        speed = f"{found['tokens_per_second']:,.0f} | {found['speed_ratio']:.2f}"
        lines.append(f"| {name} | {scores} | {size} | {speed} | {found['rate']} |")
    return "\n".join(lines) + "\n"


def draw(results: dict[str, dict[str, Any]], path: Path) -> None:
    """Draw BLEU and AER of every form as bars."""
    import matplotlib.pyplot as plt

    names = list(results)[::-1]  # bars are drawn from below
    figure, (left, right) = plt.subplots(1, 2, figsize=(11, 0.6 + 0.28 * len(names)), sharey=True)
    for axes, key, title in ((left, "bleu", "BLEU (13a)"), (right, "aer", "AER (less is better)")):
        values = [results[name][key] for name in names]
        colours = ["C1" if FORMS[name]["attention"] == "none" else "C0" for name in names]
        bars = axes.barh(names, [value or 0 for value in values], color=colours)
        axes.bar_label(bars, ["" if value is None else f"{value:.1f}" for value in values], padding=2, fontsize=8)
        axes.set_title(f"{TEST}, {title}", fontsize=10)
        axes.tick_params(labelsize=8)
        axes.margins(x=0.1, y=0.02)
        axes.spines[["top", "right"]].set_visible(False)
    figure.tight_layout()
    figure.savefig(path, dpi=130, metadata={"Software": None})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=Path, required=True, help="where the runs are kept")
    parser.add_argument(
        "--out", type=Path, default=Path("attention-forms"), help="name of the two files, without an ending"
    )
    parser.add_argument("--jobs", type=int, default=1, help="runs at a time; each has one thread if several")
    parser.add_argument("--rounds", type=int, default=9, help="rounds of the speed measurement")
    parser.add_argument(
        "--set", action="append", default=[], metavar="KEY=VALUE", help="override an option in all runs"
    )
    arguments = parser.parse_args()
    arguments.runs.mkdir(parents=True, exist_ok=True)
    made_on = environment()
    tasks = {}
    for name, rate in itertools.product(FORMS, RATES):
        folder = arguments.runs / f"{name.replace(', ', '-').replace(' ', '-')}-{rate}"
        tasks[name, rate] = functools.partial(measure, name, rate, folder, arguments.set)
    tried = side_by_side(tasks, arguments.jobs)
    results = {
        name: max((tried[name, rate] for rate in RATES), key=lambda found: found["valid_bleu"]) for name in FORMS
    }
    for name, speed in speeds(arguments.rounds, updates=5).items():
        results[name] |= speed
    write(arguments.out.with_suffix(".json"), made_on, results, rates=RATES)
    print(table(results), end="")
    draw(results, arguments.out.with_suffix(".png"))


if __name__ == "__main__":
    main()
