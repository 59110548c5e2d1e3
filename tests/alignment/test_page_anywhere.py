"""The page in a browser: many sentences, hostile text, narrow screens, light and dark."""

import re
import time

import pytest

from seq2seq.alignment.page import write_page
from tests.alignment.browser import browser, expect, needs_chromium, open_page, opened, path, word
from tests.alignment.pages import HOSTILE, STYLE, sentences

__all__ = ["browser", "open_page", "opened", "path"]  # fixtures
pytestmark = needs_chromium


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
    expect(page.locator("#list [aria-current=true]")).to_have_count(1)
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


def test_a_narrower_window_has_columns_and_keeps_what_is_held(open_page):
    page = open_page("#head=1")
    word(page, "rows", "chien").click()
    page.set_viewport_size({"width": 220, "height": 800})
    expect(page.locator(".ribbons").first).to_have_class(re.compile("down"))
    expect(page.locator("#status")).to_contain_text("chien looks at dog")
    expect(page.locator(".ribbon.on")).to_have_count(4)
    page.set_viewport_size({"width": 1280, "height": 800})
    expect(page.locator(".ribbons.down")).to_have_count(0)
    expect(page.locator(".ribbon.on")).to_have_count(4)


def test_paper_has_the_picture_alone(open_page):
    page = open_page("#sentence=5&view=matrix")
    page.emulate_media(media="print", color_scheme="dark")
    for hidden in ("#sentences", "#controls", "#status"):
        expect(page.locator(hidden)).to_be_hidden()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert page.locator(".matrix").evaluate("one => one.scrollHeight - one.clientHeight") == 0


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
