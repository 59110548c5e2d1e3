"""The page in a browser: what it shows of a sentence, and the controls that choose it."""

import re

import pytest

from seq2seq.alignment import Gold, mean
from seq2seq.alignment.page import PageSentence, write_page
from tests.alignment.browser import browser, expect, needs_chromium, open_page, opened, path, say, tint, word
from tests.alignment.pages import STYLE, sentences, target

__all__ = ["browser", "open_page", "opened", "path"]  # fixtures
pytestmark = needs_chromium


# -- looking ----------------------------------------------------------------------------------------------------------


def test_a_word_that_is_pointed_at_shows_where_it_looks_and_what_looks_at_it(open_page):
    page = open_page("#head=1")
    word(page, "rows", "chien").hover()
    expect(page.locator("#status")).to_have_text(
        say("chien looks at dog 90 %, The 3 %, runs 3 %, </s> 3 %; gold: dog; probability 50 %")
    )
    assert [tint(word(page, "columns", text)) for text in ("The", "dog", "runs")] == [3, 90, 3]
    assert page.locator(".panel").nth(0).locator(".ribbon.on").count() == 4
    word(page, "columns", "runs").hover()
    expect(page.locator("#status")).to_have_text(
        say("runs looked at by court 90 %, Le 3 %, chien 3 %, </s> 3 %; gold, possible: court")
    )
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
    pressed = page.locator(".word[aria-pressed=true]")
    expect(pressed).to_have_text(["chien"])
    page.locator("#previous").focus()
    page.keyboard.press("Escape")
    expect(page.locator("#status")).to_contain_text("Point at a word")
    expect(pressed).to_have_count(0)
    stops = page.locator(".panel").nth(0).locator(".word[tabindex='0']")
    assert stops.count() == 2, "one stop of the Tab key for each side"


def test_screen_readers_are_told_each_word(open_page):
    page = open_page("#head=1")
    name = say("chien, looks at dog 90 %, The 3 %, runs 3 %, </s> 3 %; gold: dog; probability 50 %")
    expect(page.get_by_role("button", name=name)).to_be_visible()
    expect(word(page, "columns", "dog")).to_have_attribute("aria-label", re.compile("^dog, looked at by chien 90"))
    expect(word(page, "columns", "dog")).to_have_attribute("lang", "en")
    expect(word(page, "rows", "chien")).to_have_attribute("lang", "fr")
    for role, label in (
        ("navigation", "Sentences"),
        ("region", "Alignment"),
        ("region", "translation 1"),
        ("button", "Previous sentence"),
        ("button", "Next sentence"),
        ("searchbox", "Search sentences, by words of either side"),
    ):
        expect(page.get_by_role(role, name=label, exact=True)).to_be_visible()
    page.keyboard.press("j")
    expect(page.locator("#live[role=status]")).to_contain_text("toy:2, 2 of 5")
    unnamed = "() => [...document.querySelectorAll('button,input,select')].filter(e => !/\\w/.test(e.ariaLabel || e.textContent + [...e.labels ?? []].map(one => one.textContent))).length"
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
    cells.nth(10).hover()
    page.locator("#links").check()
    cells.nth(10).hover()
    expect(page.locator("#status")).to_have_text(say("court looks at runs 90 %; link; gold, possible"))
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


def wait_for_address(page, expected):
    page.wait_for_url(lambda url: url.endswith(expected))


def test_map_layer_and_head_are_switched(open_page):
    page = open_page()
    chien = word(page, "rows", "chien")
    seen = lambda: chien.get_attribute("aria-label").split(";")[0]  # noqa: E731
    assert seen().startswith(say("chien, looks at dog 47 %, runs 47 %")), "the mean of a layer's heads"
    page.locator("#head").select_option("2")
    expect(chien).to_have_attribute("aria-label", re.compile("^chien, looks at runs 90"))
    page.locator("#layer").select_option("2")
    expect(chien).to_have_attribute("aria-label", re.compile("^chien, looks at </s> 90"))
    wait_for_address(page, "#sentence=1&map=cross&layer=2&head=2&view=ribbons")
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


def test_the_address_names_all_that_was_chosen_and_is_heeded_when_it_changes(open_page):
    page = open_page()
    page.locator("#threshold").fill("20")
    page.locator("#links").check()
    page.locator("#gold").uncheck()
    page.locator("#ends").uncheck()
    page.locator("#stretch").check()
    page.get_by_role("checkbox", name="Show target 1").uncheck()
    chosen = "&threshold=20&links=1&gold=0&ends=0&stretch=1&targets=2"
    wait_for_address(page, f"#sentence=1&map=cross&layer=1&head=0&view=ribbons{chosen}")
    for again in (open_page(page.evaluate("location.hash")), page):
        assert again.locator("#threshold").input_value() == "20"
        boxes = [again.locator(f"#{name}").is_checked() for name in ("links", "gold", "ends", "stretch")]
        assert boxes == [True, False, False, True]
        expect(again.locator(".panel")).to_have_attribute("aria-label", "translation 2")
    page.evaluate("location.hash = '#sentence=3&map=encoder&view=matrix'")
    expect(page.locator("#name")).to_have_text("toy:3 3 of 5")
    expect(page.locator(".matrix")).to_be_visible()
    expect(page.locator("#map")).to_have_value("encoder")
    expect(page.locator("#ends")).to_be_checked()
    page.evaluate("location.hash = '#view'")
    expect(page.locator("#name")).to_have_text("toy:3 3 of 5")


def test_an_address_is_not_written_over_before_it_is_read(open_page):
    """The page writes its address a moment after it has drawn, which may be just when somebody changes it."""
    page = open_page()
    page.evaluate(
        """async () => {
          const ordinary = window.setTimeout;
          const write = await new Promise(found => {
            window.setTimeout = found;
            document.querySelector("#theme").click();
          });
          window.setTimeout = ordinary;
          location.hash = "#sentence=3";
          write();
        }"""
    )
    expect(page.locator("#name")).to_have_text("toy:3 3 of 5")


def test_links_are_those_of_the_layer_and_head_that_are_shown(open_page, path):
    """They were those of one head on all of them. They agree with Python's."""
    page = open_page("#view=matrix&links=1&targets=1")
    given = sentences()[0].targets[0]
    width, height = page.locator("rect.cell").first.evaluate(
        "one => [one.width, one.height].map(at => at.baseVal.value + 2)"
    )
    for layer in (1, 2):
        for head in (0, 1, 2):
            page.evaluate(f"location.hash = '#view=matrix&links=1&targets=1&layer={layer}&head={head}'")
            heads = given.maps["cross"][layer - 1]
            expected = (heads[head - 1] if head else mean(heads)).links()
            expect(page.locator("rect.link")).to_have_count(len(expected))
            places = page.locator("rect.link").evaluate_all(
                "all => all.map(one => [one.x.baseVal.value, one.y.baseVal.value])"
            )
            assert sorted((int(x // width), int(y // height)) for x, y in places) == expected
            for s, t in expected:
                label = page.locator(".rows .word").nth(t).get_attribute("aria-label")
                assert given.maps["cross"][0][0].source[s] in re.search("linked with ([^;]*)", label)[1].split(", ")
    page.locator("#links").uncheck()
    expect(page.locator(".word[aria-label*=linked]")).to_have_count(0)


def test_gold_links_are_in_their_cells(open_page, tmp_path):
    gold = Gold(frozenset({(0, 2)}), frozenset({(0, 2), (1, 0)}))
    words = ("The", "dog", "runs")
    shown = target("given target", words, ("Le", "chien", "court"), gold=gold)
    write_page(tmp_path / "a.html", [PageSentence("", "The dog runs", [shown])], STYLE)
    page = open_page("#view=matrix", path=tmp_path / "a.html")
    for kind, column, row in (("sure", 0, 2), ("possible", 1, 0)):
        mark, cell = page.locator(f"circle.{kind}").bounding_box(), page.locator(".cell").nth(0).bounding_box()
        assert int((mark["x"] - cell["x"]) // (cell["width"] + 2)) == column
        assert int((mark["y"] - cell["y"]) // (cell["height"] + 2)) == row
    label = page.locator(".rows .word").nth(2).get_attribute("aria-label")
    assert "gold: The" in label


@pytest.mark.parametrize("view", ["ribbons", "matrix"])
def test_weight_on_an_end_token_that_is_not_shown_is_told(open_page, view):
    """A row that looks at the end token seemed to look at little else, with no trace of the rest."""
    page = open_page(f"#layer=1&head=2&view={view}&targets=1")
    expect(page.locator("[data-hidden]")).to_have_count(0)
    page.locator("#ends").uncheck()
    court = word(page, "rows", "court")
    expect(court).to_have_attribute("data-hidden", say("90 %"))
    expect(page.locator("[data-hidden]")).to_have_count(1)
    assert court.evaluate("one => getComputedStyle(one, '::after').content") == '" " attr(data-hidden)' or say(
        "90 %"
    ) in court.evaluate("one => getComputedStyle(one, '::after').content")
    label = say(
        "court, looks at The 3 %, dog 3 %, runs 3 %; not shown: </s> 90 %; gold, possible: runs; probability 98 %"
    )
    expect(court).to_have_attribute("aria-label", label)
    expect(page.locator("#legend")).to_contain_text("beside a word: its weight on </s>, which is not shown")


def test_end_tokens_links_and_gold_come_and_go(open_page):
    page = open_page("#head=2")
    panel = page.locator(".panel").nth(0)
    expect(panel.locator(".sure")).to_have_count(2)
    expect(panel.locator(".possible")).to_have_count(1)
    expect(panel.locator(".link")).to_have_count(0)
    page.locator("#links").check()
    expect(panel.locator(".link")).to_have_count(2)
    page.locator("[name=view][value=matrix]").check(force=True)
    expect(panel.locator("rect.link")).to_have_count(2)
    expect(panel.locator("circle.sure")).to_have_count(2)
    expect(page.locator("#legend")).to_contain_text("gold, possible")
    box, cell = panel.locator("rect.link").nth(1).bounding_box(), panel.locator(".cell").nth(6).bounding_box()
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
