"""The page in a browser: many sentences, hostile text, narrow screens, light and dark."""

import html
import re
import time
from dataclasses import replace

import pytest

from seq2seq.alignment import canvas
from seq2seq.alignment.page import _ASSETS, PageSentence, write_page
from tests.alignment.browser import browser, expect, needs_chromium, open_page, opened, path, word
from tests.alignment.pages import HOSTILE, STYLE, sentences, target

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
        isdown = "one => one.classList.contains('down')"
        assert page.locator(".ribbons").first.evaluate(isdown) == (sentence > 1), "three words fit beside each other"


def test_a_narrower_window_has_columns_and_keeps_what_is_held(open_page):
    page = open_page("#head=1")
    word(page, "rows", "chien").click()
    page.set_viewport_size({"width": 180, "height": 800})
    expect(page.locator(".ribbons").first).to_have_class(re.compile("down"))
    expect(page.locator("#status")).to_contain_text("chien looks at dog")
    expect(page.locator(".ribbon.on")).to_have_count(4)
    page.set_viewport_size({"width": 1280, "height": 800})
    expect(page.locator(".ribbons.down")).to_have_count(0)
    expect(page.locator(".ribbon.on")).to_have_count(4)


def test_a_long_heading_leaves_room_on_a_phone(open_page, tmp_path):
    """What stands beside it was a column of single letters."""
    write_page(tmp_path / "a.html", sentences(), replace(STYLE, title="Alignments of the Transformer of May"))
    page = open_page(path=tmp_path / "a.html", viewport={"width": 375, "height": 700})
    assert page.locator("#about").bounding_box()["height"] < 60


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
    page.set_viewport_size({"width": 1280, "height": 700})
    assert matrix.evaluate("one => one.scrollWidth - one.clientWidth") <= 0, "all columns are in sight"
    page.set_viewport_size({"width": 1000, "height": 700})
    expect(page.locator(".matrix.tiny")).to_be_visible()
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


def test_matrices_that_do_not_fit_beside_each_other_stand_below(open_page, tmp_path):
    words = [f"word{i}" for i in range(60)]
    targets = [target(f"translation {i}", words, [f"{i}mot{j}" for j in range(60)]) for i in (1, 2)]
    write_page(tmp_path / "a.html", [PageSentence("", " ".join(words), targets)], STYLE)
    page = open_page("#view=matrix", path=tmp_path / "a.html")
    expect(page.locator("#view.stacked")).to_be_visible()
    first, second = (page.locator(".panel").nth(index).bounding_box() for index in (0, 1))
    assert first["y"] + first["height"] <= second["y"]
    page.keyboard.press("v")
    expect(page.locator("#view.stacked")).to_have_count(0)


NUMBERS = """scheme => {
  document.documentElement.style.colorScheme = scheme;
  const cell = document.querySelector(".cell"), number = document.querySelector(".number");
  const canvas = new OffscreenCanvas(1, 1).getContext("2d", {willReadFrequently: true});
  const light = colour => {
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    const [r, g, b] = [...canvas.getImageData(0, 0, 1, 1).data].map(
      byte => byte <= 10 ? byte / 255 / 12.92 : ((byte / 255 + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b + 0.05;
  };
  return [...Array(101).keys()].map(weight => {
    cell.style.setProperty("--weight", `${weight}%`);
    number.setAttribute("class", weight > 68.6 ? "number dark" : "number");
    const [one, two] = [light(getComputedStyle(cell).fill), light(getComputedStyle(number).fill)];
    return Math.max(one, two) / Math.min(one, two);
  });
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_numbers_have_enough_contrast_in_cells_of_any_weight(open_page, scheme):
    """WCAG 2.1, AA: 4.5."""
    page = open_page("#view=matrix")
    assert "LIGHT_ON_DARK = 0.686" in (_ASSETS / "views.js").read_text(encoding="utf-8")
    assert min(page.evaluate(NUMBERS, scheme)) > 4.45


def test_marks_and_doubt_have_their_own_colours_with_enough_contrast():
    """Gold was orange here and blue in pictures; here orange stood for doubt as well."""
    sheet = (_ASSETS / "page.css").read_text(encoding="utf-8")
    colours = dict(re.findall(r"--([a-z-]+): light-dark\((#[^)]*)\)", sheet))
    colours = {name: value.split(", ") for name, value in colours.items()}
    for mode in (0, 1):
        for name in ("link", "gold", "weight-ink", "muted", "ink"):
            assert contrast(colours[name][mode], colours["paper"][mode]) >= 4.5, (name, mode)
        assert contrast(colours["unsure"][mode], colours["ink"][mode]) >= 4.5
    assert (colours["link"][0], colours["gold"][0]) == (canvas._LINK, canvas._GOLD), "as in pictures"


def contrast(*colours):
    """The contrast of two colours such as #1b1e24; WCAG 2.1."""
    lights = []
    for colour in colours:
        parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        lights.append(0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2] + 0.05)
    return max(lights) / min(lights)


def test_a_page_inside_another_one_draws_all(open_page, tmp_path):
    """Notebooks show pages so. There is no address to write to, and an error left the small pictures away."""
    inside = html.escape(open_page.path.read_text(encoding="utf-8"))
    outside = f'<p id="status">x</p><iframe srcdoc="{inside}"></iframe>'
    (tmp_path / "a.html").write_text(outside, encoding="utf-8")
    page = open_page(path=tmp_path / "a.html")
    frame = page.frame_locator("iframe")
    expect(frame.locator("#heads button")).to_have_count(6)
    frame.locator("#head").select_option("2")
    expect(frame.locator("#heads [aria-pressed=true]")).to_have_attribute("title", "Layer 1, head 2")
    page.wait_for_timeout(200)


def test_orders_that_would_do_nothing_are_not_offered(open_page, tmp_path):
    offered = "all => all.map(one => one.textContent)"
    page = open_page()
    assert page.locator("#order option").evaluate_all(offered) == ["In order", "Least sure", "Most wrong"]
    without = [PageSentence(str(i), "a b", [target("translation", ("a", "b"), ("c",))]) for i in (1, 2)]
    write_page(tmp_path / "a.html", without, STYLE)
    page = open_page(path=tmp_path / "a.html")
    assert page.locator("#order option").evaluate_all(offered) == ["In order", "Least sure"]
    unknown = [replace(one, targets=[replace(one.targets[0], log_probs=[])]) for one in without]
    write_page(tmp_path / "b.html", unknown, STYLE)
    expect(open_page(path=tmp_path / "b.html").locator("#order")).to_be_hidden()


def test_the_list_is_one_stop_of_the_tab_key(open_page):
    """There were 216 stops before the first word of a page of 200 sentences."""
    page = open_page("#sentence=2")
    buttons = page.locator("#list button")
    expect(page.locator("#list button[tabindex='0']")).to_have_count(1)
    buttons.nth(1).focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    expect(buttons.nth(3)).to_be_focused()
    expect(page.locator("#name")).to_have_text("toy:2 2 of 5")
    page.keyboard.press("Enter")
    expect(page.locator("#name")).to_have_text("toy:4 4 of 5")
    page.locator("#search").fill("paris")
    expect(page.locator("#list button[tabindex='0']")).to_have_count(1)


def test_a_target_is_written_as_it_is(open_page, tmp_path):
    """So that it can be copied: its words stood apart."""
    whole = replace(target("given target", ("a",), ("l'", "eau", ".")), text="l'eau.")
    cut = replace(target("given target", ("a",), ("▁l", "eau")), text="l'eau.")
    write_page(tmp_path / "a.html", [PageSentence("", "a", [whole]), PageSentence("", "a", [cut])], STYLE)
    assert open_page(path=tmp_path / "a.html").locator("#targets .text").text_content() == "l'eau."
    assert open_page("#sentence=2", path=tmp_path / "a.html").locator("#targets .text").text_content() == "▁l eau "


def test_200_sentences_open_at_once(open_page, tmp_path, record_property):
    many = sentences()[0]
    write_page(tmp_path / "many.html", [many] * 200, STYLE)
    begin = time.perf_counter()
    page = open_page(path=tmp_path / "many.html")
    seconds = time.perf_counter() - begin
    expect(page.locator("#list li")).to_have_count(200)
    record_property("seconds to open 200 sentences", seconds)  # told by --junit-xml; no bound, since machines differ
