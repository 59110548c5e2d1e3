"""Every scorer and every pooling, trained on the built-in corpus by one short, equal schedule, and measured.

    python benchmarks/attention_forms.py --runs DIR --out docs/attention-forms        # writes .json and .md

Of each: BLEU on both scales on builtin/test, AER of its forced alignments against the gold links, parameters, and
training tokens a second. Runs that are there already are not made again; an interrupted one is continued. With
``--jobs 2`` two run side by side, each on one thread, which is the fairest comparison of speed on two cores.
"""

import argparse
import json
import statistics
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from command_line import ROOT, run

SCORERS = ["additive", "dot", "general", "scaled_dot", "multi_head", "none"]
POOLINGS = ["backward", "last", "mean", "max", "attention"]
SAME = {"decoder_dim": 256}  # twice encoder_dim, so that dot can take part
FORMS: dict[str, dict[str, object]] = {
    **{f"{scorer}, conditional": {**SAME, "attention": scorer} for scorer in SCORERS},
    **{
        f"{scorer}, {decoder}": {**SAME, "attention": scorer, "decoder": decoder}
        for decoder in ("bahdanau", "luong")
        for scorer in ("additive", "general")
    },
    **{
        f"{scorer}, pooling {pooling}": {**SAME, "attention": scorer, "pooling": pooling}
        for scorer in ("additive", "none")
        for pooling in POOLINGS[1:]
    },
    "none, pooling attention, 4 queries": {**SAME, "attention": "none", "pooling": "attention", "pooling_queries": 4},
}


def measure(name: str, folder: Path, settings: list[str], threads: int) -> dict[str, object]:
    model = [f"--set=model.{key}={value}" for key, value in FORMS[name].items()]
    extra = [f"--set={setting}" for setting in settings]
    run("train", str(ROOT / "configs" / "demo.yaml"), *model, *extra, "--out", str(folder), "--resume", threads=threads)
    test = ("--source", "builtin/test.en")
    scores = json.loads(
        run("evaluate", str(folder), *test, "--reference", "builtin/test.fr", "--json", threads=threads)
    )
    found: dict[str, object] = {"bleu": scores["bleu"], "bleu_published": scores["bleu_published"], "aer": None}
    if FORMS[name]["attention"] != "none":
        links = folder / "test.links"
        run("align", str(folder), *test, "--target", "builtin/test.fr", "-o", str(links), threads=threads)
        found["aer"] = json.loads(run("aer", str(links), "builtin/test.links", "--json", threads=threads))["aer"]
    events = [json.loads(line) for line in (folder / "log.jsonl").read_text(encoding="utf-8").split("\n")[:-1]]
    speeds = [event["tokens_per_second"] for event in events if event["event"] == "train"]
    print(name, found, file=sys.stderr)
    return {**found, "parameters": parameters(folder), "tokens_per_second": statistics.median(speeds)}


def parameters(folder: Path) -> int:
    from safetensors import safe_open

    with safe_open(folder / "best.safetensors", "pt") as weights:
        return sum(weights.get_tensor(key).numel() for key in weights.keys())  # noqa: SIM118


def table(results: dict[str, dict[str, float]]) -> str:
    lines = [
        "| attention | BLEU | BLEU, published scale | AER | parameters | training tokens/s |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for name, found in results.items():
        aer = "" if found["aer"] is None else f"{found['aer']:.1f}"
        size, speed = f"{found['parameters'] / 1e6:.2f}M", f"{found['tokens_per_second']:,.0f}"
        lines.append(f"| {name} | {found['bleu']:.2f} | {found['bleu_published']:.2f} | {aer} | {size} | {speed} |")
    return "\n".join(lines) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=Path, required=True, help="where the runs are kept")
    parser.add_argument("--out", type=Path, default=Path("attention-forms"), help="of the two files, without ending")
    parser.add_argument("--jobs", type=int, default=1, help="runs side by side")
    parser.add_argument("--threads", type=int, default=1, help="of each run")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="for all runs alike")
    arguments = parser.parse_args()
    arguments.runs.mkdir(parents=True, exist_ok=True)
    folders = {name: arguments.runs / name.replace(", ", "-").replace(" ", "-") for name in FORMS}
    with ThreadPoolExecutor(arguments.jobs) as pool:
        jobs = {name: pool.submit(measure, name, folders[name], arguments.set, arguments.threads) for name in FORMS}
        results = {name: job.result() for name, job in jobs.items()}
    arguments.out.with_suffix(".json").write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    arguments.out.with_suffix(".md").write_text(table(results), encoding="utf-8")


if __name__ == "__main__":
    main()
