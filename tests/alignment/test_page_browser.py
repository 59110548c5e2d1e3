"""The page in a browser: Debian's chromium, without a window and without a network."""

import os
import re
import shutil
import time

import pytest

from seq2seq.alignment.page import write_page
from tests.alignment.pages import HOSTILE, STYLE, sentences

playwright_api = pytest.importorskip("playwright.sync_api", reason="the browser tests need the package playwright")
expect = playwright_api.expect
CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="the browser tests need chromium: apt-get install chromium")


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
    return locator.evaluate("word => parseInt(word.style.getPropertyValue('--tint'))")


def say(text):
    return text.replace(" %", "\u00a0%")


# -- looking ----------------------------------------------------------------------------------------------------------


def test_a_word_that_is_pointed_at_shows_where_it_looks_and_what_looks_at_it(open_page):
    page = open_page("#head=1")
    word(page, "rows", "chien").hover()
    expect(page.locator("#status")).to_have_text(
        say("chien looks at dog 90 %, The 3 %, runs 3 %, </s> 3 %; probability 50 %")
    )
    assert [tint(word(page, "columns", text)) for text in ("The", "dog", "runs")] == [3, 90, 3]
    assert page.locator(".panel").nth(0).locator(".ribbon.on").count() == 4
    word(page, "columns", "runs").hover()
    expect(page.locator("#status")).to_have_text(say("runs looked at by court 90 %, Le 3 %, chien 3 %, </s> 3 %"))
    assert [tint(word(page, "rows", text)) for text in ("Le", "chien", "court")] == [3, 3, 90]
    assert tint(word(page, "rows", "court", panel=1)) == 90, "the same source word, in the other translation too"
    page.mouse.move(5, 5)
    expect(page.locator("#status")).to_have_text("Point at a word, or move to it with the keyboard.")
    expect(page.locator(".ribbon.on")).to_have_count(0)


@pytest.mark.parametrize("view", ["ribbons", "matrix"])
def test_the_keyboard_moves_among_words_and_holds_one(open_page, view):
    page = open_page(f"#head=1&view={view}")
    word(page, "rows", "Le").focus()
    expect(page.locator("#status")).to_contain_text("Le looks at The")
    page.keyboard.press("ArrowRight")
    expect(word(page, "rows", "chien")).to_be_focused()
    expect(page.locator("#status")).to_contain_text("chien looks at dog")
    page.keyboard.press("End")
    page.keyboard.press("ArrowRight")
    expect(page.locator("#status")).to_contain_text("</s> looks at </s>")
    page.keyboard.press("Home")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.mouse.move(5, 5)
    page.locator("#search").focus()
    expect(page.locator("#status")).to_contain_text("chien looks at dog")
    page.locator("#previous").focus()
    page.keyboard.press("Escape")
    expect(page.locator("#status")).to_contain_text("Point at a word")
    stops = page.locator(".panel").nth(0).locator(".word[tabindex='0']")
    assert stops.count() == 2, "one stop of the Tab key for each side"


def test_screen_readers_are_told_each_word(open_page):
    page = open_page("#head=1")
    name = say("chien, looks at dog 90 %, The 3 %, runs 3 %, </s> 3 %; probability 50 %")
    expect(page.get_by_role("button", name=name)).to_be_visible()
    expect(word(page, "columns", "dog")).to_have_attribute("aria-label", re.compile("^dog, looked at by chien 90"))
    expect(word(page, "columns", "dog")).to_have_attribute("lang", "en")
    expect(word(page, "rows", "chien")).to_have_attribute("lang", "fr")
    for role, label in (
        ("navigation", "Sentences"),
        ("region", "Alignment"),
        ("searchbox", "Search sentences, by words of either side"),
    ):
        expect(page.get_by_role(role, name=label, exact=True)).to_be_visible()
    page.keyboard.press("j")
    expect(page.locator("#live[role=status]")).to_contain_text("toy:2, 2 of 5")
    unnamed = "() => [...document.querySelectorAll('button,input,select')].filter(e => !(e.ariaLabel || e.textContent.trim() || e.labels?.length)).length"
    assert page.evaluate(unnamed) == 0


def test_the_width_of_a_ribbon_is_the_weight(open_page):
    page = open_page("#head=1")
    widths = (
        page.locator(".panel")
        .nth(0)
        .locator(".ribbon")
        .evaluate_all("all => all.map(one => +one.getAttribute('stroke-width'))")
    )
    assert len(widths) == 16
    assert max(widths) == pytest.approx(16 * 0.9, rel=0.02)
    assert min(widths) == pytest.approx(16 * 0.1 / 3, rel=0.05)


def test_the_threshold_hides_what_is_below_it(open_page):
    page = open_page("#head=1")
    ribbons = page.locator(".panel").nth(0).locator(".ribbon")
    for percent, count in ((0, 16), (4, 4), (90, 4), (91, 0)):
        page.locator("#threshold").fill(str(percent))
        expect(ribbons).to_have_count(count)
        expect(page.locator("#least output")).to_have_text(say(f"{percent} %"))


def test_the_matrix_has_a_cell_for_each_pair_and_tells_it(open_page):
    page = open_page("#head=1&view=matrix")
    cells = page.locator(".panel").nth(0).locator(".cell")
    expect(cells).to_have_count(16)
    weights = cells.evaluate_all("all => all.map(one => parseFloat(one.style.getPropertyValue('--weight')))")
    assert weights[5] == pytest.approx(90, abs=0.5), "row by row: chien, dog"
    cells.nth(6).hover()
    expect(page.locator("#status")).to_have_text(say("chien looks at runs 3 %"))
    expect(word(page, "rows", "chien")).to_have_class(re.compile("here"))
    expect(word(page, "columns", "runs")).to_have_class(re.compile("here"))
    cells.nth(6).click()
    page.mouse.move(5, 5)
    expect(page.locator("#status")).to_have_text(say("chien looks at runs 3 %"))
    numbers = page.locator(".panel").nth(0).locator(".number").all_text_contents()
    assert sorted(numbers) == ["3"] * 12 + ["90"] * 4
    colours = cells.evaluate_all("all => all.map(one => getComputedStyle(one).fill)")
    assert colours[5] != colours[6]


# -- choosing ---------------------------------------------------------------------------------------------------------


def test_map_layer_and_head_are_switched(open_page):
    page = open_page()
    chien = word(page, "rows", "chien")
    seen = lambda: chien.get_attribute("aria-label").split(";")[0]  # noqa: E731
    assert seen().startswith(say("chien, looks at dog 47 %, runs 47 %")), "the mean of a layer's heads"
    page.locator("#head").select_option("2")
    expect(chien).to_have_attribute("aria-label", re.compile("^chien, looks at runs 90"))
    page.locator("#layer").select_option("2")
    expect(chien).to_have_attribute("aria-label", re.compile("^chien, looks at </s> 90"))
    assert page.evaluate("location.hash") == "#sentence=1&map=cross&layer=2&head=2&view=ribbons"
    page.get_by_role("button", name="Layer 1, head 1", exact=True).click()
    expect(chien).to_have_attribute("aria-label", re.compile("^chien, looks at dog 90"))
    expect(page.locator("#heads [aria-pressed=true]")).to_have_attribute("title", "Layer 1, head 1")
    expect(page.get_by_role("button", name="Layer 1, head 1", exact=True)).to_be_focused()
    page.locator("#map").select_option("encoder")
    expect(word(page, "rows", "dog")).to_have_attribute("aria-label", re.compile("^dog, looks at dog"))
    expect(page.locator(".panel")).to_have_count(1), "both translations have the same source"
    page.locator("#map").select_option("decoder")
    expect(word(page, "rows", "<s>")).to_be_visible()
    expect(page.locator("#overview")).to_be_hidden()
    page.locator("#map").select_option("pooling")
    expect(page.locator("#stretch")).to_be_checked()
    expect(page.locator("#legend")).to_contain_text(say("0 to 25 %"))


def test_what_was_shown_is_shown_again(open_page):
    page = open_page("#sentence=3&map=encoder&layer=1&head=2&view=matrix")
    expect(page.locator("#name")).to_have_text("toy:3 3 of 5")
    expect(page.locator(".matrix")).to_be_visible()
    assert page.locator("#map").input_value() == "encoder"
    assert page.locator("#head").input_value() == "2"
    page = open_page("#sentence=99&map=nothing&layer=9&head=x&view=y")
    expect(page.locator("#name")).to_have_text("toy:1 1 of 5")
    expect(page.locator(".ribbons").first).to_be_visible()


def test_end_tokens_links_and_gold_come_and_go(open_page):
    page = open_page()
    panel = page.locator(".panel").nth(0)
    expect(panel.locator(".sure")).to_have_count(2)
    expect(panel.locator(".possible")).to_have_count(1)
    expect(panel.locator(".link")).to_have_count(0)
    page.locator("#links").check()
    expect(panel.locator(".link")).to_have_count(3)
    page.locator("[name=view][value=matrix]").check(force=True)
    expect(panel.locator("rect.link")).to_have_count(3)
    expect(panel.locator("circle.sure")).to_have_count(2)
    expect(page.locator("#legend")).to_contain_text("gold, possible")
    box, cell = panel.locator("rect.link").nth(2).bounding_box(), panel.locator(".cell").nth(6).bounding_box()
    assert cell["x"] < box["x"] + box["width"] / 2 < cell["x"] + cell["width"], "source 2, target 1"
    assert cell["y"] < box["y"] + box["height"] / 2 < cell["y"] + cell["height"]
    page.locator("#gold").uncheck()
    expect(panel.locator("circle")).to_have_count(0)
    expect(panel.locator(".word.end")).to_have_count(2)
    page.locator("#ends").uncheck()
    expect(panel.locator(".word.end")).to_have_count(0)
    expect(panel.locator(".cell")).to_have_count(9)
    page.locator("#map").select_option("encoder")
    expect(page.locator("#links")).to_be_hidden()


def test_translations_stand_side_by_side_with_what_differs(open_page):
    page = open_page()
    expect(page.locator(".panel")).to_have_count(2)
    first, second = (page.locator(".panel").nth(index).bounding_box() for index in (0, 1))
    assert first["y"] == second["y"]
    assert first["x"] + first["width"] <= second["x"]
    assert page.locator("#targets .changed").all_text_contents() == ["Un"]
    expect(page.locator("#targets li").nth(0)).to_contain_text("score -0.100 · AER 20.0")
    page.get_by_role("checkbox", name="Show target 2").uncheck()
    expect(page.locator(".panel")).to_have_count(1)
    page.keyboard.press("k")
    page.keyboard.press("j")
    expect(page.locator("#name")).to_have_text("toy:2 2 of 5")


def test_words_are_coloured_by_their_probability(open_page):
    page = open_page()
    doubt = "all => all.map(one => one.style.getPropertyValue('--doubt'))"
    assert page.locator("#targets li").nth(0).locator("bdi").evaluate_all(doubt) == ["0%", "44%", "0%"]
    expect(page.locator("#targets bdi").nth(1)).to_have_attribute("title", say("probability 50 %"))
    backgrounds = (
        page.locator(".panel")
        .nth(0)
        .locator(".rows .word")
        .evaluate_all("all => all.map(one => getComputedStyle(one).backgroundColor)")
    )
    assert backgrounds[1] != backgrounds[0]
    page = open_page("#sentence=5")
    assert page.locator("#targets bdi").nth(0).get_attribute("class") == "", "without pieces, without a probability"


# -- many sentences ---------------------------------------------------------------------------------------------------


def test_the_search_finds_words_of_either_side_whatever_their_case_and_accents(open_page):
    page = open_page()
    listed = page.locator("#list .text")
    page.keyboard.press("/")
    expect(page.locator("#search")).to_be_focused()
    for text, expected in (
        ("etE paris", ["Un été à Paris"]), ("SUMMER", ["Un été à Paris"]), ("dog un", ["The dog runs"]), ("nothing", []), (".*(", []),
    ):  # fmt: skip
        page.keyboard.press("Control+a")
        page.keyboard.type(text)
        expect(listed).to_have_text(expected)
        expect(page.locator("#count")).to_contain_text(f"{len(expected)} of 5 sentences")
        expect(page.locator("#live[role=status]")).to_have_text(f"{len(expected)} of 5 sentences")
    page.locator("#search").fill("paris")
    expect(page.locator("#list mark")).to_have_text(["Paris"])
    page.keyboard.press("Enter")
    expect(page.locator("#name")).to_have_text("toy:3 3 of 5")
    page.keyboard.press("Escape")
    expect(listed).to_have_count(5)
    expect(page.locator("#search")).not_to_be_focused()


def test_sentences_are_gone_through_and_ordered(open_page):
    page = open_page()
    numbers = page.locator("#list .number")
    for key, name in (("k", "1"), ("j", "2"), ("n", "3"), ("p", "2"), ("p", "1")):
        page.keyboard.press(key)
        expect(page.locator("#name")).to_have_text(f"toy:{name} {name} of 5")
    page.locator("#list button").nth(2).click()
    expect(page.locator("#name")).to_have_text("toy:3 3 of 5")
    expect(page.locator("#list [aria-current]")).to_have_count(1)
    page.locator("#order").select_option("doubt")
    assert numbers.all_text_contents()[:2] == ["5", "1"]
    page.locator("#next").click()
    expect(page.locator("#name")).not_to_have_text("toy:3 3 of 5")
    page.locator("#order").select_option("aer")
    assert numbers.all_text_contents()[0] == "1"


def test_nothing_to_show_is_said(open_page, tmp_path):
    page = open_page("#sentence=4")
    page.locator("#ends").uncheck()
    expect(page.locator(".panel")).to_have_text("There is nothing to show: a side has no words.")
    write_page(tmp_path / "none.html", [], STYLE)
    expect(open_page(path=tmp_path / "none.html").locator("#status")).to_have_text("There are no sentences.")


# -- anywhere ---------------------------------------------------------------------------------------------------------


def test_hostile_text_stays_text(open_page):
    page = open_page("#sentence=2")
    words = page.locator(".rows .word")
    assert words.all_text_contents()[:-1] == list(HOSTILE)
    assert page.locator("#targets bdi").all_text_contents() == list(HOSTILE)
    page.locator("#search").fill("<script> ETE")
    expect(page.locator("#list mark")).to_have_text(["<script>", "e\u0301te\u0301"])
    page.locator("[name=view][value=matrix]").check(force=True)
    assert words.all_text_contents()[:-1] == list(HOSTILE)
    for element in ("#targets", "#list", "#view"):
        assert page.locator(f"{element} script, {element} img").count() == 0
    assert page.evaluate("window.broken") is None
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    hebrew = page.locator(".rows .word").nth(5)
    assert hebrew.evaluate("word => getComputedStyle(word).direction") == "rtl"
    hebrew.focus()
    expect(page.locator("#status")).to_contain_text("שלום looks at")


def test_the_pages_policy_stops_what_is_not_its_own(open_page):
    page = open_page()
    stopped = page.evaluate(
        """() => new Promise(found => {
          document.addEventListener("securitypolicyviolation", event => found(event.effectiveDirective));
          const script = document.createElement("script");
          try { script.textContent = "window.broken = 1"; } catch { found("trusted types"); }
          document.body.append(script);
        })"""
    )
    assert stopped in ("trusted types", "script-src-elem", "require-trusted-types-for")
    assert page.evaluate("window.broken") is None
    assert len(open_page.wrong) == 1
    open_page.wrong.clear()


@pytest.mark.parametrize("view", ["ribbons", "matrix"])
@pytest.mark.parametrize("sentence", [1, 2, 5])
def test_a_phones_width_is_enough(open_page, view, sentence):
    page = open_page(f"#sentence={sentence}&view={view}", viewport={"width": 375, "height": 700})
    assert page.evaluate("document.documentElement.scrollWidth") == 375
    inside = page.locator("#view .word").evaluate_all("all => all.filter(one => one.offsetWidth > 300).length")
    assert inside == 0
    if view == "ribbons":
        expect(page.locator(".ribbons").first).to_have_class(re.compile("down" if sentence > 1 else "ribbons"))


def test_60_words_stay_legible_and_their_names_in_sight(open_page):
    page = open_page("#sentence=5&view=matrix", viewport={"width": 1000, "height": 700})
    matrix = page.locator(".matrix")
    assert word(page, "rows", "longtemps").first.evaluate("one => parseFloat(getComputedStyle(one).fontSize)") >= 12
    before = page.locator(".columns .word").nth(59).bounding_box()["y"]
    matrix.evaluate("one => one.scrollTo(400, 400)")
    assert page.locator(".columns .word").nth(59).bounding_box()["y"] == pytest.approx(before, abs=4)
    box = matrix.bounding_box()
    assert page.locator(".rows .word").nth(40).bounding_box()["x"] == pytest.approx(box["x"], abs=6)


def test_light_and_dark(open_page):
    colours = {}
    for scheme in ("light", "dark"):
        page = open_page(color_scheme=scheme)
        colours[scheme] = page.evaluate(
            "[getComputedStyle(document.body).backgroundColor, getComputedStyle(document.body).color]"
        )
    assert colours["light"] == ["rgb(255, 255, 255)", "rgb(27, 30, 36)"]
    assert colours["dark"] == ["rgb(20, 22, 26)", "rgb(232, 234, 238)"]
    for name in ("light", "dark", "auto"):
        page.locator("#theme").click()
        expect(page.locator("#theme")).to_have_text(f"Theme: {name}")
        now = page.evaluate("[getComputedStyle(document.body).backgroundColor, getComputedStyle(document.body).color]")
        assert now == colours[name if name != "auto" else "dark"]


def test_200_sentences_open_at_once(open_page, tmp_path, record_property):
    many = sentences()[0]
    write_page(tmp_path / "many.html", [many] * 200, STYLE)
    begin = time.perf_counter()
    page = open_page(path=tmp_path / "many.html")
    seconds = time.perf_counter() - begin
    expect(page.locator("#list li")).to_have_count(200)
    record_property("seconds to open 200 sentences", seconds)  # told by --junit-xml; no bound, since machines differ
