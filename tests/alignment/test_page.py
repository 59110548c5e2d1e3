"""The page as a file: what it holds, that nothing in it can be taken for markup, and how large it is."""

import base64
import hashlib
import json
import re
import zlib
from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pytest

from seq2seq.alignment import Alignment, Gold, mean, score_links
from seq2seq.alignment.page import _ASSETS, PageSentence, PageStyle, Target, check_page, open_page, write_page
from seq2seq.errors import ConfigError
from tests.alignment.pages import HOSTILE, STYLE, over, sentences


class Elements(HTMLParser):
    """The elements of a page, with their attributes and text, as a parser finds them."""

    def __init__(self, text):
        super().__init__()
        self.found = []
        self.inside = False
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.found.append([tag, dict(attrs), ""])
        self.inside = True

    def handle_endtag(self, tag):
        self.inside = False

    def handle_data(self, data):
        if self.inside:
            self.found[-1][2] += data

    def all(self, tag):
        return [(attributes, text) for name, attributes, text in self.found if name == tag]


@pytest.fixture(scope="module")
def text(tmp_path_factory):
    path = tmp_path_factory.mktemp("page") / "a.html"
    write_page(path, sentences(), STYLE)
    return path.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def data(text):
    ((attributes, inside),) = [pair for pair in Elements(text).all("script") if pair[0].get("id") == "data"]
    assert attributes["type"] == "application/json"
    return json.loads(inside)


def read_page(path):
    """The data of a page."""
    return json.loads(re.search(r'id="data">(.*?)</script>', path.read_text(encoding="utf-8"), re.DOTALL)[1])


def bytes_of(sentence, array):
    return np.frombuffer(zlib.decompress(base64.b64decode(sentence["arrays"][array])), np.uint8)


def size_of(sentence, found):
    return [len(sentence["axes"][found[side]]["words"]) for side in ("rows", "columns")]


def unpacked(sentence, found):
    """The weights of a map, layers × heads × rows × columns, as the page unpacks them."""
    weights = bytes_of(sentence, found["weights"])
    return (weights.reshape(found["layers"], found["heads"], *size_of(sentence, found)) / 255) ** 2


def links_of(sentence, found, layer, head):
    """The links of a layer (from 1) and a head (from 1, 0 for the mean) of a map, as the page unpacks them."""
    shape = (found["layers"], 1 + found["heads"], *size_of(sentence, found))
    bits = np.unpackbits(bytes_of(sentence, found["links"]))[: np.prod(shape)].reshape(shape)
    return sorted((int(s), int(t)) for t, s in np.argwhere(bits[layer - 1, head]))


def test_every_map_layer_and_head_is_there(data):
    for given, sentence in zip(sentences(), data["sentences"], strict=True):
        assert (sentence["name"], sentence["source"]) == (given.name, given.source)
        for target, found in zip(given.targets, sentence["targets"], strict=True):
            assert sentence["axes"][found["words"]] == {"words": list(target.words), "end": True}
            assert list(found["maps"]) == list(target.maps)
            for name, layers in target.maps.items():
                own = found["maps"][name]
                expected = np.array([[head.weights_TS for head in heads] for heads in layers])
                assert unpacked(sentence, own) == pytest.approx(expected, abs=1 / 250)
                units = layers[0][0]
                assert sentence["axes"][own["rows"]] == {"words": list(units.target), "end": units.target_end}
                assert sentence["axes"][own["columns"]] == {"words": list(units.source), "end": units.source_end}
                assert (own["links"] is not None) == (name == "cross")


def test_small_weights_keep_two_digits_and_0_and_1_are_exact(tmp_path):
    weights = np.array([[0, 1, 0.005, 0.0105, 0.034, 0.107, 0.5]], dtype=np.float32)
    head = Alignment(tuple("abcdefg"), ("x",), weights)
    write_page(tmp_path / "a.html", [PageSentence("", "", [Target("", "", ("x",), [], {"cross": [[head]]})])], STYLE)
    (sentence,) = read_page(tmp_path / "a.html")["sentences"]
    found = unpacked(sentence, sentence["targets"][0]["maps"]["cross"])[0, 0]
    assert list(found[0, :2]) == [0, 1]
    assert found == pytest.approx(weights, rel=0.05)
    assert sentence["targets"][0]["log_probs"] is None
    assert sentence["targets"][0]["score"] is None


def test_the_links_of_every_layer_and_head_are_those_of_its_alignment(tmp_path):
    """The page showed the links of one head on all of them. Rounded weights would have other links at the threshold."""
    rng = np.random.default_rng(0)
    words, other = tuple(f"w{i}" for i in range(13)), tuple(f"m{i}" for i in range(11))

    def head():
        weights = rng.dirichlet(np.full(13, 0.1), 11).astype(np.float32)
        weights[0, :2] = (0.3999, 0.6001)  # rounded to a byte, the first would be a link as well
        weights[0, 2:] = 0
        return Alignment(words, other, weights, True, True)

    layers = [[head() for _ in range(3)] for _ in range(2)]
    page = [
        PageSentence("", "", [Target("", "", other, [], {"cross": layers, "alignment": layers, "encoder": layers})])
    ]
    write_page(tmp_path / "a.html", page, STYLE)
    (sentence,) = read_page(tmp_path / "a.html")["sentences"]
    maps = sentence["targets"][0]["maps"]
    assert maps["encoder"]["links"] is None, "a map of one side has no links"
    for name in ("cross", "alignment"):
        for layer, heads in enumerate(layers, 1):
            for number, alignment in enumerate([mean(heads), *heads]):
                found = links_of(sentence, maps[name], layer, number)
                assert found == alignment.links()
                assert (0, 0) not in found


def test_gold_scores_and_probabilities(data):
    first, second = data["sentences"][0]["targets"]
    assert (first["sure"], first["possible"]) == ([[0, 0], [1, 1]], [[0, 0], [1, 1], [2, 2]])
    gold = Gold(frozenset({(0, 0), (1, 1)}), frozenset({(0, 0), (1, 1), (2, 2)}))
    assert first["aer"] == pytest.approx(score_links([[(0, 0), (1, 1), (2, 1)]], [gold]).aer, abs=0.01) == 20
    assert (second["aer"], second["possible"]) == (None, [])
    assert first["log_probs"] == [-0.01, -0.6931, -0.02, -0.01]
    assert first["score"] == -0.1
    assert data["sentences"][-1]["targets"][0]["log_probs"][0] is None, "a word without pieces has no probability"


def test_what_targets_share_is_there_once(data):
    first, second = data["sentences"][0]["targets"]
    assert first["maps"]["encoder"] == second["maps"]["encoder"]
    assert first["maps"]["cross"]["columns"] == second["maps"]["cross"]["columns"]


def test_no_word_is_markup_and_all_are_text(text, data):
    elements = Elements(text)
    assert [attributes.get("type") for attributes, _ in elements.all("script")] == ["application/json", "module"]
    assert not elements.all("b")
    assert not elements.all("img")
    assert elements.all("title")[0][1] == elements.all("h1")[0][1] == STYLE.title
    inside = text[text.index('id="data">') + 10 : text.index("</script>")]
    assert not re.search(r"[<>&\u0080-\U0010ffff]", inside)
    assert data["sentences"][1]["axes"][0]["words"][:-1] == list(HOSTILE)


@pytest.mark.parametrize("title", ["{data}", "{style}", "{script}{name}", "\\1 \\g<0>", ""])
def test_a_title_stays_what_it_is(tmp_path, text, title):
    """It was put into the template before the rest, whose places it could name."""
    write_page(tmp_path / "a.html", sentences(), replace(STYLE, title=title))
    elements = Elements((tmp_path / "a.html").read_text(encoding="utf-8"))
    assert elements.all("h1")[0][1] == title
    assert elements.all("title")[0][1] == (title or STYLE.model), "a window has a name"
    assert [elements.all(tag)[-1][1] for tag in ("style", "script")] == [
        Elements(text).all(tag)[-1][1] for tag in ("style", "script")
    ]


def test_half_of_a_surrogate_pair_is_written(tmp_path):
    """A file's name may have one, and so may what Python programs pass on."""
    write_page(tmp_path / "a.html", [PageSentence("\ud800", "", [])], replace(STYLE, title="a\ud800"))
    text = (tmp_path / "a.html").read_text(encoding="utf-8")
    assert '"\\ud800"' in text
    assert "<title>a?</title>" in text


def test_the_policy_allows_its_own_style_and_script_alone(text):
    elements = Elements(text)
    (policy,) = [
        found["content"] for found, _ in elements.all("meta") if found.get("http-equiv") == "Content-Security-Policy"
    ]
    ((_, sheet),) = elements.all("style")
    script = elements.all("script")[1][1]
    hashes = [base64.b64encode(hashlib.sha256(part.encode()).digest()).decode() for part in (sheet, script)]
    assert policy == (
        f"default-src 'none'; style-src 'sha256-{hashes[0]}'; script-src 'sha256-{hashes[1]}'; base-uri 'none'; "
        "form-action 'none'; require-trusted-types-for 'script'"
    )
    assert not any({"style", "onclick", "onload", "src"} & set(found) for _, found, _ in elements.found)
    assert not re.search(r"https?:", text.replace("http://www.w3.org/2000/svg", ""))


def test_scripts_never_make_markup_of_text():
    for path in _ASSETS.glob("*.js"):
        script = path.read_text(encoding="utf-8")
        assert not re.search(
            r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|Function\(|</script", script
        )
        assert len(script.split("\n")) <= 400, f"{path}: split it"
        assert max(map(len, script.split("\n"))) <= 120, path
    assert {path.name for path in _ASSETS.iterdir()} == {
        "page.html",
        "page.css",
        "page.js",
        "views.js",
        "sentences.js",
        "address.js",
        "data.js",
    }


def test_equal_sentences_give_equal_files(tmp_path, text):
    write_page(tmp_path / "b.html", iter(sentences()), STYLE)
    assert (tmp_path / "b.html").read_text(encoding="utf-8") == text


def test_200_captions_with_all_that_a_transformer_tells_take_megabytes(tmp_path):
    """Random attention is sharp and noisy, as a model's is; what is shipped to a reader must stay small."""
    rng = np.random.default_rng(0)
    ends = {"source_end": True, "target_end": True}

    def head(rows, columns):
        weights = rng.dirichlet(np.full(len(columns), 0.1), len(rows)).astype(np.float32)
        return Alignment(columns, rows, weights, **ends)

    def some():
        for number in range(200):
            rows, columns = (tuple(f"{word}{i}" for i in range(16)) for word in ("mot", "word"))
            sides = {"cross": (rows, columns), "encoder": (columns, columns), "decoder": (rows, rows)}
            maps = {name: [[head(*pair) for _ in range(4)] for _ in range(3)] for name, pair in sides.items()}
            yield PageSentence(str(number), " ".join(columns), [Target("", " ".join(rows), rows, [-0.1] * 16, maps)])

    write_page(tmp_path / "a.html", some(), STYLE)
    assert (tmp_path / "a.html").stat().st_size < 2_500_000


def test_sentences_are_not_held_together(tmp_path):
    with open_page(tmp_path / "a.html", STYLE) as add:
        for sentence in sentences():
            add(sentence)
        (temporary,) = tmp_path.iterdir()
        assert temporary.name != "a.html", "the page appears when it is whole"
    assert [path.name for path in tmp_path.iterdir()] == ["a.html"]


def test_nothing_is_left_of_a_page_that_fails(tmp_path):
    with pytest.raises(ZeroDivisionError), open_page(tmp_path / "a.html", STYLE):
        raise ZeroDivisionError
    assert list(tmp_path.iterdir()) == []


def test_a_page_that_cannot_be_written_is_refused(tmp_path):
    with pytest.raises(ConfigError, match=r"a\.htm: a page is written as \.html; choose one of these endings"):
        check_page(tmp_path / "a.htm")
    with pytest.raises(ConfigError, match=r"no/a\.html: cannot be written: No such file"):
        write_page(tmp_path / "no" / "a.html", [], STYLE)


def test_a_page_without_sentences_is_a_page(tmp_path):
    write_page(tmp_path / "a.html", [], PageStyle("x", "m", ("en", "fr"), "words", "cross", {}))
    assert '"sentences": [\n]}' in (tmp_path / "a.html").read_text(encoding="utf-8")


def test_known_attention_is_as_it_says():
    assert over("ab", "xyz", 1).weights_TS == pytest.approx(np.array([[0.05, 0.9, 0.05], [0.05, 0.05, 0.9]]))
