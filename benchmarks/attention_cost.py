"""Measure each attention's time and peak memory against length, and draw them beside their expected growth.

    python benchmarks/attention_cost.py --out docs/attention-cost        # writes .json and .png, prints a table

There are as many queries as keys (`none` has one key, its fixed vector), one sentence, and one width for queries,
memory and attention. Each point runs in a process of its own, warmed up at its length, so that the library's set-up is
not counted and the peak (VmHWM, on Linux) is the point's own. Times are medians of a process that keeps freed memory
as training does. Additive attention of 4,096 tokens holds 13 GB; a point that fails is left out.
"""

import argparse
import ctypes
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from common import environment, write

SETTLED = 128  # from here on arithmetic is a good part of the time
LENGTHS = [16, 32, 64, 128, 256, 512, 1024, 2048, 4096]
WIDTH, HEADS = 64, 4
WANTED = "multi_head, weights wanted"  # the others always compute theirs


class Order(NamedTuple):
    """Count a forward pass's multiply–adds (and tanh) at length n, and the numbers it holds for the backward pass."""

    time: Callable[[int], int]
    memory: Callable[[int], int]


D = WIDTH
ORDERS = {
    "none": Order(lambda n: n * D, lambda n: n * D),
    "additive": Order(lambda n: 2 * n * D * D + 3 * n * n * D, lambda n: n * n * D),
    "dot": Order(lambda n: 2 * n * n * D, lambda n: n * n + n * D),
    "general": Order(lambda n: n * D * D + 2 * n * n * D, lambda n: n * n + n * D),
    "scaled_dot": Order(lambda n: 2 * n * D * D + 2 * n * n * D, lambda n: n * n + n * D),
    "multi_head": Order(lambda n: 4 * n * D * D + 2 * n * n * D, lambda n: n * D),
    WANTED: Order(lambda n: 4 * n * D * D + 3 * n * n * D, lambda n: HEADS * n * n + n * D),
}


def measure(name: str, length: int, repeats: int) -> dict[str, float]:
    """Return the median seconds of a forward and a backward pass, and the bytes that both add at their peak."""
    import torch

    from seq2seq.models.attention import Shape, find_scorer
    from seq2seq.process import keep_freed_memory

    torch.manual_seed(0)
    attention = find_scorer(name.split(",")[0])(Shape(WIDTH, WIDTH, WIDTH, HEADS))
    memory_BSM = torch.randn(1, 1 if name == "none" else length, WIDTH, requires_grad=True)
    query_BTQ = torch.randn(1, length, WIDTH, requires_grad=True)

    def once() -> tuple[float, float]:
        memory_BSM.grad = query_BTQ.grad = None
        started = time.perf_counter()
        context_BTM, _ = attention(query_BTQ, attention.project(memory_BSM), None, name == WANTED)
        middle = time.perf_counter()
        context_BTM.sum().backward()
        return middle - started, time.perf_counter() - middle

    def peak() -> int:
        before = reset_peak()
        once()
        return resident("VmHWM") - before

    keep_freed_memory()
    once()
    forward, backward = zip(*(once() for _ in range(repeats)), strict=True)
    return {
        "forward": statistics.median(forward),
        "backward": statistics.median(backward),
        "peak": statistics.median(peak() for _ in range(3)),
        "parameters": sum(weight.numel() for weight in attention.parameters()),
    }


def reset_peak() -> int:
    """Give free memory back to the kernel, reset the peak (proc(5)), and return the resident bytes."""
    ctypes.CDLL(None).malloc_trim(0)
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    return resident("VmRSS")


def resident(field: str) -> int:
    """Return a field of /proc/self/status, in bytes."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").split("\n")
    (line,) = (line for line in lines if line.startswith(field + ":"))
    return int(line.split()[1]) * 1024


def table(results: dict[str, dict[str, dict[str, float]]]) -> str:
    """Tabulate milliseconds (forward and backward) and MiB at every fourth length."""
    shown = [str(n) for n in LENGTHS[::4]]
    lines = [
        f"| attention | {' | '.join(f'ms, {n}' for n in shown)} | {' | '.join(f'MiB, {n}' for n in shown)} |",
        f"| {'--- | ' * (1 + 2 * len(shown))}"[:-1],
    ]
    for name, points in results.items():
        cells = [f"{1000 * (p['forward'] + p['backward']):,.2f}" if (p := points[n]) else "" for n in shown]
        cells += [f"{p['peak'] / 2**20:,.2f}" if (p := points[n]) else "" for n in shown]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def draw(results: dict[str, dict[str, dict[str, float]]], path: Path) -> None:
    import matplotlib.pyplot as plt

    figure, (left, right) = plt.subplots(1, 2, figsize=(11, 4.8))
    for number, (name, points) in enumerate(results.items()):
        lengths = [int(n) for n, point in points.items() if point]
        times = [1000 * (p["forward"] + p["backward"]) for p in points.values() if p]
        peaks = [p["peak"] / 2**20 for p in points.values() if p]
        for axes, values, power in ((left, times, "time"), (right, peaks, "memory")):
            colour = f"C{number}"
            axes.plot(lengths, values, "o-", ms=3, color=colour, label=name)
            if name in ORDERS:
                expected = [getattr(ORDERS[name], power)(n) for n in lengths]
                ratios = [v / e for v, e, n in zip(values, expected, lengths, strict=True) if n >= SETTLED]
                scale = statistics.median(ratios)
                axes.plot(lengths, [scale * e for e in expected], "--", lw=0.9, color=colour)
    for axes in (left, right):
        axes.set(xscale="log", yscale="log", xlabel="length, queries and keys")
        axes.set_xticks(LENGTHS, [str(n) for n in LENGTHS], fontsize=8)
        axes.minorticks_off()
        axes.grid(color="0.9")
    left.set_ylim(bottom=0.05)
    right.set_ylim(bottom=0.02)
    left.set_title("forward and backward, ms", fontsize=10)
    right.set_title("peak memory, MiB", fontsize=10)
    left.plot([], [], "--", lw=0.9, color="0.4", label=f"expected order, through the points from {SETTLED} on")
    left.legend(fontsize=8)
    figure.tight_layout()
    figure.savefig(path, dpi=130, metadata={"Software": None})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--out", type=Path, default=Path("attention-cost"), help="name of the two files, without an ending"
    )
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument(
        "--point", nargs=2, metavar=("ATTENTION", "LENGTH"), help="measure one point only, and print JSON"
    )
    arguments = parser.parse_args()
    if arguments.point:
        name, length = arguments.point
        print(json.dumps(measure(name, int(length), arguments.repeats)))
        return
    made_on = environment()
    results: dict[str, dict[str, dict[str, float]]] = {name: {} for name in ORDERS}
    for length in LENGTHS:  # all at a length one after the other: a busy minute hits them alike
        for name in ORDERS:
            command = [sys.executable, __file__, "--repeats", str(arguments.repeats), "--point", name, str(length)]
            done = subprocess.run(command, check=False, capture_output=True, text=True)
            results[name][str(length)] = {} if done.returncode else json.loads(done.stdout)
            print(name, length, results[name][str(length)] or done.stderr[-300:], file=sys.stderr)
        write(arguments.out.with_suffix(".json"), made_on, results, width=WIDTH, heads=HEADS, repeats=arguments.repeats)
    print(table(results), end="")
    draw(results, arguments.out.with_suffix(".png"))


if __name__ == "__main__":
    main()
