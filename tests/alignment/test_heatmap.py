"""Pictures of alignments as files: what is in them, as artists, bytes, and text."""

import contextlib
import io
import re
import struct
import zlib
from xml.etree import ElementTree as ET

import numpy as np
import pytest

from seq2seq.alignment import Alignment, Gold
from seq2seq.alignment.canvas import Texts, draw_page
from seq2seq.alignment.heatmap import FORMATS, check_picture, draw_heatmaps, open_picture
from seq2seq.alignment.panels import Panel, Style, views
from seq2seq.errors import ConfigError, DataError

SVG = "{http://www.w3.org/2000/svg}"


def random_alignment(rows: int, columns: int, words: tuple[str, ...] = ()) -> Alignment:
    weights = np.random.default_rng(0).random((rows, columns)).astype(np.float32)
    names = [*words, *(f"mot{i}" for i in range(rows + columns))]
    return Alignment(tuple(names[:columns]), tuple(names[columns : columns + rows]), weights)


# The dog . </s> over Le chien . </s>; the row of "Le" looks at the end token.
WEIGHTS = [[0.1, 0, 0, 0.9], [0.25, 0.75, 0, 0], [0, 0, 0.96, 0.04], [0, 0, 0, 1]]
DOG = Alignment(
    ("The", "dog", ".", "</s>"), ("Le", "chien", ".", "</s>"), np.array(WEIGHTS, dtype=np.float32), True, True
)


def draw_heatmap(alignment: Alignment, path, **style) -> None:
    draw_heatmaps([[Panel("", alignment)]], path, Style(**style))


def figure_of(alignment: Alignment, gold: Gold | None = None, **options):
    style = Style(**options)
    return draw_page(views([[Panel("", alignment, gold)]], style), style, Texts(style.serif)).figure


def artists(figure, label: str) -> np.ndarray:
    """The centres of the parts of what has a label, the first part's first, without those of the key."""
    found = [patch for patch in figure.axes[0].patches if patch.get_label() == label]
    centres = [polygon.min(axis=0) / 2 + polygon.max(axis=0) / 2 for patch in found for polygon in parts(patch)]
    return np.array(centres).reshape(-1, 2)


def parts(patch) -> list[np.ndarray]:
    path = patch.get_path()
    starts = np.flatnonzero(path.codes == path.MOVETO)
    return [vertices[:-1] for vertices in np.split(path.vertices, starts[1:])]


def texts_of(path) -> dict[str, tuple[float, float]]:
    """The texts of an SVG, each with the place of the last of them."""
    return {
        text.text: (float(text.get("x")), float(text.get("y"))) for text in ET.parse(path).getroot().iter(f"{SVG}text")
    }


def all_texts(path) -> list[str]:
    return [text.text for text in ET.parse(path).getroot().iter(f"{SVG}text")]


def size_of(path) -> tuple[float, float]:
    """The size of a picture in inches."""
    content = path.read_bytes()
    if path.suffix == ".png":
        width, height = struct.unpack(">II", content[16:24])
        (dots,) = struct.unpack(">I", content[content.index(b"pHYs") + 4 :][:4])
        return width / dots / 0.0254, height / dots / 0.0254
    if path.suffix == ".svg":
        found = re.search(rb'width="([\d.]+)pt" height="([\d.]+)pt"', content)
    else:
        found = re.search(rb"/MediaBox \[ ?0 0 ([\d.]+) ([\d.]+) ?\]", content)
    return float(found[1]) / 72, float(found[2]) / 72


@pytest.mark.parametrize("ending", FORMATS)
def test_equal_alignments_give_equal_files(tmp_path, ending):
    alignment = random_alignment(4, 5, ("l'été", "Œuvre", "garçon", "naïve", "«", "»", "…"))
    first, second = tmp_path / f"a{ending}", tmp_path / f"b{ending}"
    draw_heatmap(alignment, first)
    draw_heatmap(alignment, second)
    assert first.read_bytes() == second.read_bytes()
    assert sorted(tmp_path.iterdir()) == [first, second]
    magic = {".png": b"\x89PNG", ".svg": b"<?xml", ".pdf": b"%PDF"}[ending]
    assert first.read_bytes().startswith(magic)


@pytest.mark.parametrize("serif", [False, True])
def test_a_pdf_has_truetype_fonts_and_no_image(tmp_path, serif):
    """Venues refuse type 3 fonts, and an image would be blurred in print."""
    draw_heatmap(DOG, tmp_path / "a.pdf", title="▁été → ok", serif=serif, links=True)
    content = (tmp_path / "a.pdf").read_bytes()
    streams = [content]
    for found in re.finditer(rb"stream\r?\n(.*?)\r?\nendstream", content, re.DOTALL):
        try:
            streams.append(zlib.decompress(found[1]))
        except zlib.error:
            streams.append(found[1])
    assert len(streams) > 3
    whole = b"\n".join(streams)
    assert b"/Type3" not in whole
    assert b"/FontFile2" in whole
    assert b"/Subtype /Image" not in whole
    assert b"BI\n" not in whole, "no inline image either"
    assert (b"STIXGeneral" if serif else b"DejaVuSans") in whole


@pytest.mark.parametrize("serif", [False, True])
def test_the_words_of_an_svg_are_text(tmp_path, serif):
    draw_heatmap(DOG, tmp_path / "a.svg", title="A title", serif=serif, axes=("source (en)", "target (fr)"))
    assert {"The", "dog", ".", "Le", "chien", "A title", "source (en)", "target (fr)"} <= set(
        all_texts(tmp_path / "a.svg")
    )
    content = (tmp_path / "a.svg").read_text(encoding="utf-8")
    assert "<image" not in content
    assert ("STIXGeneral" in content) == serif


@pytest.mark.parametrize("ending", FORMATS)
@pytest.mark.parametrize("width", [3.25, 7.0])
def test_the_width_is_exact(tmp_path, ending, width):
    for alignment in (DOG, random_alignment(40, 40)):
        draw_heatmap(alignment, tmp_path / f"a{ending}", width=width, title="Some words that need several lines " * 3)
        assert size_of(tmp_path / f"a{ending}")[0] == pytest.approx(width, abs=0.006)


def test_a_users_settings_change_nothing(tmp_path):
    import matplotlib as mpl

    draw_heatmap(DOG, tmp_path / "a.pdf")
    with mpl.rc_context({"savefig.bbox": "tight", "pdf.fonttype": 3, "font.family": "serif", "savefig.dpi": 10}):
        draw_heatmap(DOG, tmp_path / "b.pdf")
        assert mpl.rcParams["pdf.fonttype"] == 3
    assert (tmp_path / "a.pdf").read_bytes() == (tmp_path / "b.pdf").read_bytes()


def test_a_picture_of_sixty_words_is_readable_and_no_wider_than_a_page(tmp_path):
    one = random_alignment(60, 60)
    panels = [[Panel(f"layer {i}, head {j}", one) for j in (1, 2, 3, 4)] for i in (1,)]
    draw_heatmaps(panels, tmp_path / "a.svg")
    assert size_of(tmp_path / "a.svg")[0] <= 10.01, "four panels side by side were 79 inches wide"
    sizes = re.findall(r"font-size: ([\d.]+)px", (tmp_path / "a.svg").read_text(encoding="utf-8"))
    assert min(map(float, sizes)) >= 6
    assert all_texts(tmp_path / "a.svg").count("mot0") == 4, "names are repeated above each panel"


def test_names_that_nobody_can_read_are_told(tmp_path, caplog):
    draw_heatmap(random_alignment(40, 60), tmp_path / "a.svg", width=3.3)
    (message,) = caplog.messages
    size = re.fullmatch(
        r".*/a\.svg: names of (\d\.\d) points can hardly be read; a greater width gives them room", message
    )
    assert 2 < float(size[1]) < 3
    draw_heatmap(random_alignment(40, 60), tmp_path / "a.svg", width=7)
    assert len(caplog.messages) == 1


def test_a_pdf_has_a_page_for_each_row_and_each_picture(tmp_path):
    panels = [[Panel(f"layer {i}", random_alignment(2, 3))] for i in (1, 2)]
    with open_picture(tmp_path / "a.pdf") as draw:
        for title in ("line 1", "line 2", "line 3"):
            draw(panels, Style(title))
        assert not (tmp_path / "a.pdf").exists(), "it appears when it is whole"
    content = (tmp_path / "a.pdf").read_bytes()
    assert len(re.findall(rb"/Type /Page\b", content)) == 6
    draw_heatmaps(panels, tmp_path / "a.png")
    assert size_of(tmp_path / "a.png")[1] > 2 * size_of(tmp_path / "a.pdf")[1] * 0.7, (
        "rows of a PNG stand below each other"
    )


def test_a_picture_that_fails_leaves_the_older_one(tmp_path):
    for ending in FORMATS:
        path = tmp_path / f"a{ending}"
        path.write_bytes(b"older")
        with contextlib.suppress(ZeroDivisionError), open_picture(path) as draw:
            draw([[Panel("", DOG)]], Style())
            raise ZeroDivisionError
        assert path.read_bytes() == b"older"
    with pytest.raises(ConfigError, match=r"a\.pdf: there is nothing to draw, because every sentence is empty"), open_picture(tmp_path / "a.pdf"):  # fmt: skip
        pass
    assert len(list(tmp_path.iterdir())) == len(FORMATS)


def test_an_error_of_another_file_is_not_blamed_on_the_picture(tmp_path):
    with pytest.raises(BrokenPipeError), open_picture(tmp_path / "a.pdf"):
        raise BrokenPipeError


def test_cells_have_the_colours_of_their_weights():
    figure = figure_of(Alignment(("a", "b"), ("c",), np.array([[0.5, 1.0]], dtype=np.float32)))
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    image = io.BytesIO()
    FigureCanvasAgg(figure)
    figure.savefig(image, format="rgba", dpi=100)
    ((x0, y),) = artists(figure, "ground")
    width = int(figure.bbox.width)
    pixels = np.frombuffer(image.getvalue(), dtype=np.uint8).reshape(-1, width, 4)
    cell = 9 * 2.2 / 72
    for x, colour in ((x0 - cell / 2, 127), (x0 + cell / 2, 0)):
        assert abs(int(pixels[round(y * 100), round(x * 100), 0]) - colour) <= 1


@pytest.mark.parametrize(("options", "colour"), [({}, 191), ({"scale": 0.5}, 127), ({"scale": None}, 85), ({"colours": "inverted"}, 64)])  # fmt: skip
def test_the_scale_and_the_colours_can_be_chosen(options, colour):
    """The weight 0.25 on scales up to 1, to 0.5, and to the largest weight, 0.375."""
    figure = figure_of(Alignment(("a", "b"), ("c",), np.array([[0.25, 0.375]], dtype=np.float32)), **options)
    faces = [round(patch.get_facecolor()[0] * 255) for patch in figure.axes[0].patches[1:3]]
    assert abs(faces[0] - colour) <= 1
    texts = [text.get_text() for text in figure.axes[0].texts]
    assert {"weight", "0", f"{options.get('scale', 1) or 0.375:.2g}"} <= set(texts)


def test_links_and_gold_are_marked_in_their_cells():
    gold = Gold(sure=frozenset({(0, 0), (1, 1)}), possible=frozenset({(0, 0), (1, 1), (2, 0)}))
    turned = Alignment(DOG.source, DOG.target, np.roll(np.eye(4, dtype=np.float32), 1, axis=0), True, True)
    figure = figure_of(turned, gold, links=True, end=False)
    (ground,) = artists(figure, "ground")
    cell = 9 * 2.2 / 72

    def cells(label):
        places = (artists(figure, label) - ground) / cell + 1.0
        return [tuple(np.round(place, 3)) for place in places]

    assert cells("weights") == [(0, 1), (1, 2)]
    # Column and row of each; the last of each is the sample in the key.
    assert cells("links")[:-1] == [(0, 1), (1, 2)]
    assert sorted(cells("sure")[:-1]) == [(0, 0), (1, 1)]
    assert cells("possible")[:-1] == [(2, 0)]
    texts = [text.get_text() for text in figure.axes[0].texts]
    assert {"link", "gold, sure", "gold, possible"} <= set(texts)
    plain = figure_of(DOG, end=False)
    assert not len(artists(plain, "links"))
    assert "link" not in [text.get_text() for text in plain.axes[0].texts]


def test_gold_of_other_words_is_refused(tmp_path):
    gold = Gold(frozenset(), frozenset({(1, 3)}))
    with pytest.raises(DataError, match="gold links: link 1-3: the target has 3 words, counted from 0; do these links"):
        draw_heatmaps([[Panel("", DOG, gold)]], tmp_path / "a.svg")
    assert not list(tmp_path.iterdir())


def test_the_end_token_is_drawn_where_a_row_looks_at_it(tmp_path):
    """Nine tenths of the first row's weight were hidden, and the row looked dead."""
    draw_heatmap(DOG, tmp_path / "a.svg")
    assert all_texts(tmp_path / "a.svg").count("</s>") == 1
    draw_heatmap(DOG, tmp_path / "a.svg", end=True)
    assert all_texts(tmp_path / "a.svg").count("</s>") == 2
    no_weight = Alignment(DOG.source, DOG.target, DOG.weights_TS * [1, 1, 1, 0.05], True, True)
    draw_heatmap(no_weight, tmp_path / "a.svg")
    assert "</s>" not in all_texts(tmp_path / "a.svg")


def test_hidden_weight_is_told_in_numbers(tmp_path):
    draw_heatmap(DOG, tmp_path / "a.svg", end=False)
    places = texts_of(tmp_path / "a.svg")
    assert "90%" in places
    assert "4%" not in places, "less than a twentieth is not worth telling"
    assert places["90%"][1] == pytest.approx(places["Le"][1], abs=1), "it stands in its row"
    assert places["90%"][0] > places["."][0]
    assert places["</s>"][0] > places["."][0], "what the numbers are"


def test_dollars_are_not_mathematics(tmp_path):
    draw_heatmap(random_alignment(2, 2, ("$x^2$", "$", "$$", "a_b")), tmp_path / "a.svg", title="$x$")
    assert {"$x^2$", "$x$"} <= set(all_texts(tmp_path / "a.svg"))


@pytest.mark.parametrize("ending", FORMATS)
def test_any_characters_can_be_drawn(tmp_path, caplog, ending):
    """What the font lacks, control characters and half of a surrogate pair would be warnings or tracebacks."""
    draw_heatmap(
        random_alignment(2, 2, ("\u732b\r\n\t", "\0\ud800", "<b>--", "\U0001f600")), tmp_path / f"a{ending}", title="\0\ud800<&>",
        axes=("\u732b", "\0"),
    )  # fmt: skip
    assert caplog.messages == [
        f"{tmp_path}/a{ending}: the font has no U+0000, U+0009, U+000A, U+000D, U+732B, …; drawn as \ufffd"
    ]
    if ending == ".svg":
        assert {"\ufffd" * 4, "<b>--", "\ufffd\ufffd<&>"} <= set(all_texts(tmp_path / "a.svg"))


@pytest.mark.parametrize("name", ["a.jpg", "a", "a.png.txt"])
def test_other_formats_are_refused(tmp_path, name):
    with pytest.raises(ConfigError, match=r"a heatmap is written as \.png, \.svg, \.pdf; choose one of these endings"):
        draw_heatmap(random_alignment(2, 2), tmp_path / name)


def test_nothing_to_draw_and_nowhere_to_write(tmp_path):
    with pytest.raises(ConfigError, match="one of the sentences is empty"):
        draw_heatmap(random_alignment(0, 3), tmp_path / "a.png")
    with pytest.raises(ConfigError, match=r"no/a\.png: cannot be written: No such file"):
        draw_heatmap(random_alignment(2, 2), tmp_path / "no" / "a.png")


def test_a_picture_is_checked_before_it_is_drawn(tmp_path):
    (tmp_path / "a.png").write_bytes(b"an older picture")
    (tmp_path / "b.png").mkdir()
    check_picture(tmp_path / "a.png")
    check_picture(tmp_path / "new.png")
    assert (tmp_path / "a.png").read_bytes() == b"an older picture"
    for name, reason in {
        "b.png": "Is a directory",
        "a.png/c.png": "Not a directory",
        "no/a.png": "No such file",
    }.items():
        with pytest.raises(ConfigError, match=f"{name}: cannot be written: {reason}"):
            check_picture(tmp_path / name)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.png", "b.png"]


def test_a_grid_has_its_panels_in_order_and_names_on_each_line(tmp_path):
    one = random_alignment(2, 3, ("dog", "cat", "hat", "chien", "chat"))
    panels = [[Panel(f"layer {i}, head {j}", one) for j in (1, 2, 3)] for i in (1, 2)]
    draw_heatmaps(panels, tmp_path / "a.svg")
    places = texts_of(tmp_path / "a.svg")
    titles = [panel.title for row in panels for panel in row]
    for i in (0, 3):
        row = [places[title] for title in titles[i : i + 3]]
        assert [x for x, _ in row] == sorted(x for x, _ in row)
        assert len({y for _, y in row}) == 1
    assert places["layer 2, head 1"][1] > places["layer 1, head 1"][1], "the second layer stands below"
    assert places["layer 2, head 1"][0] == places["layer 1, head 1"][0]
    texts = all_texts(tmp_path / "a.svg")
    assert texts.count("dog") == 6, "above each panel"
    assert texts.count("chien") == 2, "left of the first panel of each line"


def test_an_alignment_draws_itself(tmp_path):
    DOG.heatmap(tmp_path / "a.svg", Gold(frozenset({(0, 0)}), frozenset({(0, 0)})), title="Mine", links=True)
    assert {"Mine", "link", "gold, sure", "chien"} <= set(all_texts(tmp_path / "a.svg"))
    DOG.heatmap(str(tmp_path / "b.pdf"), width=3.3)
    with pytest.raises(ConfigError, match="choose one of these endings"):
        DOG.heatmap("a.gif")
