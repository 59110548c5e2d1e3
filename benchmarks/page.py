"""Take the guide's picture of a page of alignments, and measure how long pages take to open.

    python benchmarks/page.py --run multi30k-transformer --out docs/page.png

It needs chromium, and the package playwright. It prints, for pages of more and more sentences, their size and the time
from the click to the first drawing, the shortest of three.
"""

import argparse
import shutil
import tempfile
from pathlib import Path
from typing import Any

from playwright.sync_api import sync_playwright

from seq2seq import Translator

SENTENCES = """\
A black dog and a white dog run through the tall grass.
Two children in red jackets are building a snowman.
An old man reads a newspaper on a green bench in the park.
A woman with a yellow umbrella crosses the street.
Three musicians are playing on a small stage at night.
A boy jumps into the swimming pool while his friends watch.
The girl in the blue dress is eating an ice cream cone.
Several people are waiting for the train at the station.
A brown horse is standing next to a wooden fence.
A man wearing a helmet rides his bicycle down a hill.
""".splitlines()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--run", default="multi30k-transformer")
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    translator = Translator.load(options.run, device="cpu")
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as folder:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        path = Path(folder) / "page.html"
        translator.write_page(path, SENTENCES, model=Path(options.run).name, nbest=2)
        picture(browser, path, options.out)
        for count in (1, 200, 2000):
            translator.write_page(path, (SENTENCES * (count // 10 + 1))[:count])
            seconds = min(opening(browser, path) for _ in range(3))
            print(f"{count:5} sentences: {path.stat().st_size / 1e6:5.1f} MB, opened in {seconds:.2f} s")
        browser.close()


def picture(browser: Any, path: Path, out: Path) -> None:
    """Take a picture of a sentence with two translations, while the pointer is at one of its words."""
    page = browser.new_page(viewport={"width": 1280, "height": 760}, color_scheme="light", reduced_motion="reduce")
    page.goto(f"{path.as_uri()}#sentence=4")
    page.locator(".columns .word").nth(4).hover()
    page.screenshot(path=out)
    page.close()


def opening(browser: Any, path: Path) -> float:
    """Return the seconds until a page has drawn its first sentence."""
    page = browser.new_page()
    page.goto(path.as_uri())
    page.wait_for_selector(".ribbon")
    milliseconds = page.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime")
    loaded = page.evaluate("performance.getEntriesByType('navigation')[0].loadEventEnd")
    page.close()
    return max(milliseconds, loaded) / 1000


if __name__ == "__main__":
    main()
