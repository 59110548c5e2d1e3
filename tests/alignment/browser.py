"""A browser for tests of the page: Debian's chromium, without a window and without a network."""

import os
import shutil

import pytest

from seq2seq.alignment.page import write_page
from tests.alignment.pages import STYLE, sentences

playwright_api = pytest.importorskip("playwright.sync_api", reason="the browser tests need the package playwright")
expect = playwright_api.expect
CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium")
needs_chromium = pytest.mark.skipif(
    CHROMIUM is None, reason="the browser tests need chromium: apt-get install chromium"
)


@pytest.fixture(scope="module")
def browser():
    with playwright_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-background-networking"]
        )
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    path = tmp_path_factory.mktemp("page") / "a.html"
    write_page(path, sentences(), STYLE)
    return path


class Opened:
    """Opens the page, and notes what went wrong in it and what it asked of a network."""

    def __init__(self, browser, path):
        self.browser, self.path, self.contexts, self.wrong = browser, path, {}, []

    def __call__(self, where="", path=None, **options):
        key = repr(options)
        if key not in self.contexts:
            size = {"width": 1280, "height": 900}
            self.contexts[key] = self.browser.new_context(
                **{"viewport": size, "offline": True, "reduced_motion": "reduce", **options}
            )
        page = self.contexts[key].new_page()
        page.set_default_timeout(5000)
        page.on("console", lambda message: self.wrong.append(message.text))
        page.on("pageerror", lambda error: self.wrong.append(str(error)))
        page.on("request", lambda request: None if request.url.startswith("file:") else self.wrong.append(request.url))
        page.goto(f"{(path or self.path).as_uri()}{where}")
        expect(page.locator("#status")).not_to_be_empty()
        return page


@pytest.fixture(scope="module")
def opened(browser, path):
    return Opened(browser, path)


@pytest.fixture
def open_page(opened):
    """Opens a page; at the end of the test, nothing may have gone wrong, and nothing been asked of a network."""
    opened.wrong.clear()
    yield opened
    for context in opened.contexts.values():
        for page in context.pages:
            page.close()
    assert opened.wrong == []


def word(page, side, text, panel=0):
    return page.locator(".panel").nth(panel).locator(f".{side} .word").get_by_text(text, exact=True)


def tint(locator):
    """How strongly a word is coloured by the weight of the one that is pointed at, in per cent."""
    return locator.evaluate("word => parseInt(word.style.getPropertyValue('--tint'))")


def say(text):
    """A text as the page writes it: a number and its unit stay together."""
    return text.replace(" %", "\u00a0%")
