"""Time and peak memory of each attention against length, forward and backward, with the order each should have.

    python benchmarks/attention_cost.py --out docs/attention-cost        # writes .json and .png

As many queries as keys; one sentence; one width for queries, memory and attention. Each point is a process of
its own, so that its peak is its own; what importing and building cost is taken off. Times are medians.
"""

import argparse
import json
import resource
import statistics
import subprocess
import sys
import time
from pathlib import Path

LENGTHS = [16, 32, 64, 128, 256, 512, 1024, 2048, 4096]
# What grows with length n, at width D and H heads, in the forms measured here: time, memory.
ORDERS = {
    "none": "n · D, n · D",
    "additive": "n² · D, n² · D",
    "dot": "n² · D, n²",
    "general": "n² · D, n²",
    "scaled_dot": "n² · D, n²",
    "multi_head": "n² · D, n · D",
}
WIDTH, HEADS = 64, 4


def measure(name: str, length: int, repeats: int) -> dict[str, float]:
    """Seconds of a forward and a backward pass, and the peak's bytes above what stood before."""
    import torch

    from seq2seq.models.attention import Shape, find_scorer

    torch.manual_seed(0)
    attention = find_scorer(name)(Shape(WIDTH, WIDTH, WIDTH, HEADS))
    memory_BSM = torch.randn(1, 1 if name == "none" else length, WIDTH, requires_grad=True)
    query_BTQ = torch.randn(1, length, WIDTH, requires_grad=True)
    small = torch.randn(1, 2, WIDTH, requires_grad=True)
    attention(small, attention.project(small), None, False)[0].sum().backward()  # what is set up once
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    forward, backward = [], []
    for _ in range(repeats):
        started = time.perf_counter()
        context_BTM, _ = attention(query_BTQ, attention.project(memory_BSM), None, False)
        middle = time.perf_counter()
        context_BTM.sum().backward()
        forward.append(middle - started)
        backward.append(time.perf_counter() - middle)
        del context_BTM
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    return {
        "forward": statistics.median(forward),
        "backward": statistics.median(backward),
        "peak": 1024.0 * peak,
        "parameters": sum(weight.numel() for weight in attention.parameters()),
    }


def draw(results: dict[str, dict[str, dict[str, float]]], path: Path) -> None:
    import matplotlib.pyplot as plt

    figure, (left, right) = plt.subplots(1, 2, figsize=(11, 4.6))
    for name, points in results.items():
        lengths = [int(length) for length in points]
        left.plot(lengths, [1000 * (p["forward"] + p["backward"]) for p in points.values()], "o-", ms=3, label=name)
        shown = [(n, p["peak"] / 2**20) for n, p in zip(lengths, points.values(), strict=True) if p["peak"] > 2**20]
        right.plot([n for n, _ in shown], [mib for _, mib in shown], "o-", ms=3, label=name)
    ends = [LENGTHS[4], LENGTHS[-1]]
    for axes, start in ((left, 0.4), (right, 2.0)):
        for power, style in ((1, ":"), (2, "--")):
            axes.plot(
                ends,
                [start * (n / ends[0]) ** power for n in ends],
                style,
                color="0.5",
                label="order n²" if power == 2 else "order n",
            )
        axes.set(xscale="log", yscale="log", xlabel="length, queries and keys")
        axes.set_xticks(LENGTHS, [str(n) for n in LENGTHS], fontsize=8)
        axes.minorticks_off()
        axes.grid(color="0.9")
    left.set_title("forward and backward, ms", fontsize=10)
    right.set_title("peak memory, MiB (above 1)", fontsize=10)
    right.legend(fontsize=8)
    figure.tight_layout()
    figure.savefig(path, dpi=130, metadata={"Software": None})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path("attention-cost"), help="of the two files, without ending")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--point", nargs=2, metavar=("SCORER", "LENGTH"), help="one point only, as JSON")
    arguments = parser.parse_args()
    if arguments.point:
        name, length = arguments.point
        print(json.dumps(measure(name, int(length), arguments.repeats)))
        return
    results: dict[str, dict[str, dict[str, float]]] = {name: {} for name in ORDERS}
    for length in LENGTHS:  # all scorers at a length one after the other: a busy minute hits them alike
        for name in ORDERS:
            command = [sys.executable, __file__, "--repeats", str(arguments.repeats), "--point", name, str(length)]
            results[name][str(length)] = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
            print(name, length, results[name][str(length)], file=sys.stderr)
    tree = {"width": WIDTH, "heads": HEADS, "orders": ORDERS, "results": results}
    arguments.out.with_suffix(".json").write_text(json.dumps(tree, indent=1) + "\n", encoding="utf-8")
    draw(results, arguments.out.with_suffix(".png"))


if __name__ == "__main__":
    main()
