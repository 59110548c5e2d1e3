"""Measure each attention's time and peak memory against length, and draw them beside linear and quadratic growth.

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
from typing import Any

from common import COLOURS, environment, read, save, write

LENGTHS = [16, 32, 64, 128, 256, 512, 1024, 2048, 4096]
WIDTH, HEADS = 64, 4
WANTED = "multi_head, weights wanted"  # the others always compute theirs


NAMES = ["none", "additive", "dot", "general", "scaled_dot", "multi_head", WANTED]


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


# The curves of the picture: the dot products nearly coincide, and are one band from the least to the largest.
CURVES = {
    "additive": ("orange", ["additive"]),
    "multi-head, weights wanted": ("purple", [WANTED]),
    "dot, general, scaled dot": ("blue", ["dot", "general", "scaled_dot"]),
    "multi-head, fused": ("green", ["multi_head"]),
    "none": ("grey", ["none"]),
}


def draw(results: dict[str, dict[str, dict[str, float]]], path: Path) -> None:
    """Draw time and peak memory against length, beside the slopes of linear and quadratic growth."""
    import matplotlib.pyplot as plt

    figure, (left, right) = plt.subplots(1, 2, figsize=(11, 4.8))
    panels = (
        (left, "Time of a forward and a backward pass, ms", lambda p: 1000 * (p["forward"] + p["backward"])),
        (right, "Peak memory, MiB", lambda p: p["peak"] / 2**20),
    )
    for axes, title, value in panels:
        ends = [draw_curve(axes, results, value, label) for label in CURVES]
        for label, length, height in spread([end for end in ends if end]):
            axes.annotate(
                label, (length, height), xytext=(8, 0), textcoords="offset points", va="center", fontsize=8.5,
                color=COLOURS[CURVES[label][0]],
            )  # fmt: skip
        axes.set(xscale="log", yscale="log", xlabel="length: queries, and as many keys", xlim=(13, 4096))
        axes.set_xticks(LENGTHS, [str(n) for n in LENGTHS], fontsize=8.5)
        axes.minorticks_off()
        axes.grid(color="0.92")
        axes.spines[["top", "right"]].set_visible(False)
        axes.set_title(title, fontsize=10.5, loc="left")
    # Both slopes start at one point where there is room.
    for axes, start in ((left, (512, 0.5)), (right, (512, 0.02))):
        for power, text in ((1, "∝ n"), (2, "∝ n²")):
            lengths = [start[0], 4096]
            heights = [start[1], start[1] * (4096 / start[0]) ** power]
            axes.plot(lengths, heights, ":", lw=1.2, color="0.35")
            axes.annotate(
                text, (2048, start[1] * (2048 / start[0]) ** power), xytext=(4, -3), textcoords="offset points",
                va="top", fontsize=8.5, color="0.35",
            )  # fmt: skip
    figure.tight_layout(w_pad=3)
    save(figure, path)
    plt.close(figure)


def draw_curve(axes: Any, results: dict[str, Any], value: Callable[[Any], float], label: str) -> Any:
    """Draw one curve or band, and return its label with its last length and middle height, if it has a point."""
    colour, names = CURVES[label]
    kept = [results[name] for name in names if name in results]
    lengths = [n for n in LENGTHS if kept and all(points[str(n)] for points in kept)]
    if not lengths:
        return None
    heights = [[value(points[str(n)]) for points in kept] for n in lengths]
    middles = [statistics.median(row) for row in heights]
    axes.plot(lengths, middles, "o-", ms=3.5, color=COLOURS[colour], clip_on=False)
    axes.fill_between(
        lengths, [min(row) for row in heights], [max(row) for row in heights], color=COLOURS[colour], alpha=0.2
    )
    return label, lengths[-1], middles[-1]


def spread(ends: list[tuple[str, int, float]], apart: float = 2) -> list[tuple[str, int, float]]:
    """Return labels with heights at least a factor apart, from the highest down."""
    placed: list[tuple[str, int, float]] = []
    for label, length, height in sorted(ends, key=lambda end: -end[2]):
        below = placed[-1][2] / apart if placed and placed[-1][1] == length else height
        placed.append((label, length, min(height, below)))
    return placed


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--out", type=Path, default=Path("attention-cost"), help="name of the two files, without an ending"
    )
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument(
        "--point", nargs=2, metavar=("ATTENTION", "LENGTH"), help="measure one point only, and print JSON"
    )
    parser.add_argument("--redraw", action="store_true", help="only draw the picture again, from the .json")
    arguments = parser.parse_args()
    if arguments.point:
        name, length = arguments.point
        print(json.dumps(measure(name, int(length), arguments.repeats)))
        return
    if arguments.redraw:
        draw(read(arguments.out.with_suffix(".json")), arguments.out.with_suffix(".png"))
        return
    made_on = environment()
    results: dict[str, dict[str, dict[str, float]]] = {name: {} for name in NAMES}
    for length in LENGTHS:  # all at a length one after the other: a busy minute hits them alike
        for name in NAMES:
            command = [sys.executable, __file__, "--repeats", str(arguments.repeats), "--point", name, str(length)]
            done = subprocess.run(command, check=False, capture_output=True, text=True)
            results[name][str(length)] = {} if done.returncode else json.loads(done.stdout)
            print(name, length, results[name][str(length)] or done.stderr[-300:], file=sys.stderr)
        write(arguments.out.with_suffix(".json"), made_on, results, width=WIDTH, heads=HEADS, repeats=arguments.repeats)
    print(table(results), end="")
    draw(results, arguments.out.with_suffix(".png"))


if __name__ == "__main__":
    main()
