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

from common import COLOURS, ROOT, environment, read, run, save, side_by_side, summary, train, write

from seq2seq.models.attention import SCORERS

RATES = [2e-3, 5e-3, 1e-2]
TEST = "builtin/test"
# Attention is measured, no alignment head.
BY_ITSELF = ["data.alignment=''", "data.alignment_units=words", "model.alignment_dim=0"]
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
    train(ROOT / "configs" / "demo.yaml", folder, *BY_ITSELF, *model, f"training.lr={rate}", *settings, threads=threads)
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
    config, problems = load_config(ROOT / "configs" / "demo.yaml", BY_ITSELF), Problems()
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


DEFAULT = "additive, conditional"  # the form of a config that does not say

# The picture's questions, and what each form is called under its question.
QUESTIONS: dict[str, dict[str, str]] = {
    "How is it scored? (conditional decoder)": {
        f"{scorer}, conditional": scorer for scorer in ("additive", "dot", "general", "scaled_dot", "multi_head")
    },
    "When does the decoder attend?": {
        "additive, conditional": "conditional, additive",
        "general, conditional": "conditional, general",
        "additive, bahdanau": "bahdanau, additive",
        "general, bahdanau": "bahdanau, general",
        "additive, luong": "luong, additive",
        "general, luong": "luong, general",
    },
    "What begins the decoder? (pooling, beside additive attention)": {
        "additive, conditional": "backward",
        **{f"additive, pooling {pooling}": pooling for pooling in POOLINGS[1:]},
    },
    "And without attention? (pooling is all the decoder sees)": {
        "none, conditional": "backward",
        **{f"none, pooling {pooling}": pooling for pooling in POOLINGS[1:]},
        "none, pooling attention, 4 queries": "attention, 4 queries",
    },
}


def draw(results: dict[str, dict[str, Any]], path: Path) -> None:
    """Draw BLEU and AER of every form as points, by the question that it answers, and a line at the default's."""
    import matplotlib.pyplot as plt

    rows: list[
        tuple[str, str | None]
    ] = []  # from the top: what stands on the left, and the form or None for a question
    for question, forms in QUESTIONS.items():
        present = {name: label for name, label in forms.items() if name in results}
        rows += [(question, None), *((label, name) for name, label in present.items())] if present else []
    figure, (left, right) = plt.subplots(1, 2, figsize=(10, 1 + 0.24 * len(rows)), sharey=True)
    heights = {row: -place for place, row in enumerate(rows)}
    default = results.get(DEFAULT, {})
    for axes, key, title in ((left, "bleu", "BLEU (13a): more is better"), (right, "aer", "AER: less is better")):
        if default.get(key) is not None:
            axes.axvline(default[key], color="0.75", lw=1, zorder=0)
            axes.annotate(
                "default", (default[key], 0.7), xytext=(-3, -2), textcoords="offset points", ha="right", va="top",
                fontsize=8, color="0.45",
            )  # fmt: skip
        for row, height in heights.items():
            value = results[row[1]][key] if row[1] else None
            if value is not None:
                colour = COLOURS["orange" if FORMS[str(row[1])]["attention"] == "none" else "blue"]
                axes.plot(value, height, "o", ms=5, color=colour)
                axes.annotate(
                    f"{value:.1f}", (value, height), xytext=(7, 0), textcoords="offset points", va="center", fontsize=8
                )
        axes.set_title(f"{TEST}, {title}", fontsize=10, loc="left")
        axes.tick_params(labelsize=8.5, left=False)
        axes.set_xlim(0, 1.08 * max(found[key] or 0 for found in results.values()) or 1)
        axes.set_ylim(0.5 - len(rows), 0.7)
        axes.grid(color="0.92", axis="x")
        axes.set_axisbelow(True)
        axes.spines[["top", "right", "left"]].set_visible(False)
    left.set_yticks(list(heights.values()), [label if name else "" for label, name in rows])
    for (label, name), height in heights.items():
        if name is None:
            left.annotate(
                label, (0, height), xycoords=("axes fraction", "data"), fontsize=8.5, weight="bold", va="center",
                xytext=(-118, 0), textcoords="offset points",
            )  # fmt: skip
    figure.tight_layout(w_pad=2)
    save(figure, path)
    plt.close(figure)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=Path, help="where the runs are kept")
    parser.add_argument(
        "--out", type=Path, default=Path("attention-forms"), help="name of the two files, without an ending"
    )
    parser.add_argument("--jobs", type=int, default=1, help="runs at a time; each has one thread if several")
    parser.add_argument("--rounds", type=int, default=9, help="rounds of the speed measurement")
    parser.add_argument(
        "--set", action="append", default=[], metavar="KEY=VALUE", help="override an option in all runs"
    )
    parser.add_argument("--redraw", action="store_true", help="only draw the picture again, from the .json")
    arguments = parser.parse_args()
    if arguments.redraw:
        draw(read(arguments.out.with_suffix(".json")), arguments.out.with_suffix(".png"))
        return
    if arguments.runs is None:
        parser.error("--runs DIR: say where the runs are to be kept")
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
