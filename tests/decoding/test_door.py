"""The translator as a program uses it: loading, streams, translations as values, threads, damaged models."""

import copy
import math
import pickle
import random
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch

from seq2seq import Translation, Translator
from seq2seq.alignment import links, mean
from seq2seq.decoding.forced import _MOST_WEIGHTS
from seq2seq.decoding.search import beam_search, length_normalised
from seq2seq.errors import CheckpointError, ConfigError, DataError
from seq2seq.symbols import EOS
from tests.conftest import WORDS

LINES = ["le chat", "", "un petit chien rouge voit", "   ", "une maison bleu", "garçon", "le le le la la une"]


@pytest.fixture(scope="module")
def translator(trained):
    return Translator.load(trained / "run", device="cpu")


def load(trained, **decoding):
    return Translator.load(trained / "run", device="cpu", **decoding)


# -- loading


def test_loading_takes_a_directory_or_a_shipped_name_and_any_search_option(trained, translator):
    changed = Translator.load(str(trained / "run"), device=torch.device("cpu"), beam=2, alpha=1)
    assert (translator.config.beam, changed.config.beam, changed.config.alpha) == (5, 2, 1.0)
    assert changed.config == translator.config.model_copy(update={"beam": 2, "alpha": 1.0})
    assert changed.languages == ("en", "fr")
    as_text = Translator.load(trained / "run", device="cpu", overrides=["decoding.beam=3", "decoding.alpha=0"], beam=2)
    assert (as_text.config.beam, as_text.config.alpha) == (2, 0.0)
    with pytest.raises(ConfigError, match=r"^--set beam=3: .*; did you mean decoding\.beam=3\?$"):
        Translator.load(trained / "run", device="cpu", overrides=["beam=3"])
    (translation,) = Translator.load("multi30k-rnn", device="cpu").translate(["Two dogs run."])
    assert (translation.text, links(translation.alignment)) == ("Deux chiens courent.", [(0, 0), (1, 1), (2, 2)])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"beem": 3}, r"^beem=3: unknown option 'beem'; did you mean 'beam'\?$"),
        ({"zzz": "x"}, r"^zzz='x': unknown option 'zzz'; the options of decoding are: beam, alpha, max_ratio, "),
        ({"beam": 0}, r"^beam=0: decoding.beam: input should be greater than or equal to 1, not 0$"),
        ({"alpha": 1.0, "beam": "3"}, r"^beam='3': decoding.beam: input should be a valid integer, not '3'$"),
        (
            {"alignment_layer": 3},
            r"^alignment_layer=3: decoding.alignment_layer: 3, but the decoder's last layer is 1$",
        ),
    ],
)
def test_a_wrong_option_is_named_as_a_program_wrote_it(trained, options, message):
    with pytest.raises(ConfigError, match=message):
        load(trained, **options)


def test_a_run_that_is_not_there_is_named():
    with pytest.raises(CheckpointError, match="nowhere: no such run; give a run's directory or one of: "):
        Translator.load("nowhere")


@pytest.mark.parametrize("units", ["word", "subwords", "", True, False, None])
def test_units_that_there_are_none_of_are_refused(translator, units):
    """They are not read as words; and what yields alignments tells so at once."""
    (translation,) = translator.translate(LINES[:1])
    for call in (
        lambda: translator.align(LINES[:1], LINES[:1], units),
        lambda: translator.align_translations([translation], units),
        lambda: translator.maps("cross", LINES[0], LINES[0], units),
        lambda: translator.inspect(LINES[0], LINES[0], units),
    ):
        with pytest.raises(ValueError, match=rf"^units={units!r}: choose one of words, split, pieces$"):
            call()


# -- streams and lists


def test_a_stream_gives_what_a_list_gives_and_reads_ahead_only_a_little(trained, translator, monkeypatch):
    monkeypatch.setattr("seq2seq.decoding.translator._LINES_AT_ONCE", 4)
    small = load(trained, batch_sentences=2)
    assert (small.lines_at_once, load(trained, batch_sentences=9).lines_at_once) == (4, 9)
    taken = []
    lines = (taken.append(line) or line for line in LINES * 3)
    found = small.stream(lines)
    assert taken == [], "nothing is read before the first translation is asked for"
    for number, translation in enumerate(found):
        assert len(taken) <= min(4 * (number // 4 + 1), 21)
        assert translation.source == (LINES * 3)[number]
    assert number + 1 == len(taken) == 21
    expected = translator.translate(LINES)
    assert [translation.text for translation in small.stream(LINES)] == [translation.text for translation in expected]
    assert translator.translate(line for line in LINES) == expected, "any iterable will do"
    assert translator.nbest(iter(LINES), 2) == translator.nbest(LINES, 2)
    assert list(small.stream([])) == translator.translate([]) == translator.nbest([], 2) == []


def test_a_line_that_is_cut_is_warned_of_by_its_number(trained, caplog, monkeypatch):
    monkeypatch.setattr("seq2seq.decoding.translator._LINES_AT_ONCE", 2)
    short = load(trained, max_input=9, batch_sentences=2)
    long = "chat " * 40
    cut = [translation.cut for translation in short.stream(["chat", long, "chat", long])]
    assert cut == [False, True, False, True]
    short.translate([long], place="page {}".format)
    list(short.align(["chat", long], [long, "chat"]))
    assert caplog.messages == [
        f"{place}: cut after decoding.max_input = 9 tokens"
        for place in ("line 2", "line 4", "page 1", "line 1 of the targets", "line 2 of the sources")
    ]


def test_n_best_texts_differ_and_the_best_segmentation_counts():
    """A shipped model spells one text in several ways: of the five best by tokens, several are the same text."""
    wide = Translator.load("multi30k-rnn", device="cpu")
    lines = ["People are fixing the roof of a house.", "A guy works on a building."]
    decode, duplicates = wide.tokenizer.target.decode, 0
    for line, found in zip(lines, wide.nbest(lines, 5), strict=True):
        assert len(found) == 5
        assert len({translation.text for translation in found}) == 5
        assert [t.score for t in found] == sorted((t.score for t in found), reverse=True)
        assert [decode(t.tokens) for t in found] == [t.text for t in found]
        ids = [*wide.tokenizer.source.encode([line])[0], EOS]
        source, limits = torch.tensor([ids]), [2 * len(ids) + 8]
        (by_tokens,) = beam_search(wide.model, source, limits, beam=5, alpha=1.0, nbest=5)
        first = {}
        for hypothesis in by_tokens:
            first.setdefault(decode(hypothesis.tokens), hypothesis)
        duplicates += 5 - len(first)
        for translation in found:
            if translation.text in first:
                assert translation.score >= first[translation.text].score - 1e-5
    assert duplicates >= 2
    assert [len(found) for found in wide.nbest(["", "  "], 5)] == [1, 1], "nothing has one translation"


def test_one_text_is_not_taken_for_a_list_of_its_letters(translator):
    for call in (
        translator.translate,
        lambda text: translator.nbest(text, 1),
        translator.stream,
        lambda text: translator.align(text, ["un"]),
        lambda text: translator.align(["un"], text),
    ):
        with pytest.raises(ValueError, match="a list of lines is expected, not a single text; put brackets around it"):
            call("le chat")
    with pytest.raises(ValueError, match="n is 0, but a line has at least one translation"):
        translator.nbest([], 0)


def test_characters_that_utf8_has_not_are_told_as_such(translator):
    for call in (translator.translate, lambda lines: list(translator.align(["un"], lines))):
        with pytest.raises(DataError, match=r"'caf\\udce9': not valid UTF-8"):
            call(["caf\udce9"])


def test_scores_of_a_step_are_bounded_whatever_the_beam(trained, monkeypatch):
    """Fewer sentences are searched at once where beam × vocabulary is large, with the same result."""
    wide = load(trained, beam=50, batch_sentences=1000)
    expected = wide.nbest(LINES, 2)
    monkeypatch.setattr("seq2seq.decoding.translator._MOST_SCORES", 2 * 50 * len(wide.tokenizer.target))
    sizes = []
    ordinary = wide._search
    monkeypatch.setattr(wide, "_search", lambda sources, n: sizes.append(len(sources)) or ordinary(sources, n))
    found = wide.nbest(LINES, 2)
    assert sizes == [2, 2, 1]
    assert [[t.text for t in row] for row in found] == [[t.text for t in row] for row in expected]


# -- translations as values


def test_a_translation_remembers_its_alignment(translator):
    first, second = translator.translate(LINES[2:3] * 2)
    assert first == second
    assert hash(first) == hash(second)
    assert first.alignment is first.alignment
    with pytest.raises(ValueError, match="a translation of 'un petit chien rouge voit' was given with the source 'x'"):
        translator.maps("cross", "x", first)
    (together,) = translator.align_translations([first])
    assert np.array_equal(first.alignment.weights_TS, together.weights_TS)
    assert "translator" not in repr(first)


def test_a_pickled_translation_leaves_the_model_behind(translator):
    aligned, bare = translator.translate(["un petit chat", "le chien"])
    links_before = links(aligned.alignment)
    for again in (lambda value: pickle.loads(pickle.dumps(value)), copy.deepcopy):
        assert again(aligned) == aligned
        assert links(again(aligned).alignment) == links_before
        with pytest.raises(ValueError, match=r"no translator to compute its alignment with; .*align_translations"):
            _ = again(bare).alignment
    assert len(pickle.dumps(bare)) < 1000
    (alignment,) = translator.align_translations([pickle.loads(pickle.dumps(bare))])
    assert np.array_equal(alignment.weights_TS, bare.alignment.weights_TS)


# -- threads


def test_threads_share_a_translator(trained):
    """Eight threads translate, list and align at once; each finds what it would have found alone."""
    translator = load(trained, beam=3)
    rng = random.Random(0)
    batches = [[" ".join(rng.choices(WORDS, k=rng.randint(1, 6))) for _ in range(6)] for _ in range(8)]

    def work(lines):
        torch.set_num_threads(1)  # each new thread has a setting of its own
        translations = translator.translate(lines)
        (again,) = translator.align([lines[0]], [translations[0].text])
        return (
            translations,
            [(t.text, t.tokens) for found in translator.nbest(lines, 2) for t in found],
            [links(translation.alignment) for translation in translations],
            links(again),
        )

    alone = [work(lines) for lines in batches]
    shared = translator.translate(batches[0])
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(work, batches)) == alone
        same = list(pool.map(lambda _: shared[0].alignment.weights_TS.tobytes(), range(16)))
    assert len(set(same)) == 1, "several threads may ask one translation for its alignment"


# -- damaged models and extreme options


@pytest.mark.parametrize("value", [math.nan, math.inf])
@pytest.mark.parametrize("beam", [1, 5])
def test_scores_that_are_not_finite_are_an_error_that_says_so(trained, value, beam):
    for name in ("readout", "embedding", "encoder"):
        broken = load(trained, beam=beam)
        chosen = [weight for key, weight in broken.model.named_parameters() if name in key]
        assert chosen, name
        with torch.no_grad():
            for weight in chosen:
                weight.fill_(value)
        for call in (
            broken.translate,
            lambda lines, t=broken: t.nbest(lines, 1),
            lambda lines, t=broken: list(t.stream(lines)),
        ):
            with pytest.raises(
                CheckpointError, match="the model's scores are not finite numbers: its weights are damaged"
            ):
                call(["le chat", "un chien"])
    with pytest.raises(CheckpointError, match="not finite numbers"):
        list(broken.align(["le chat"], ["un chien"]))
    with pytest.raises(CheckpointError, match="not finite numbers"):
        broken.maps("cross", "le chat", "un chien")


def test_no_length_normalisation_overflows():
    longest = 10 * 100_000 + 1_000  # the largest values of max_ratio, max_input and max_extra
    assert -1e-50 < length_normalised(-1e9, longest, 10.0) < 0


def test_extreme_options_still_translate(trained):
    assert load(trained, alpha=10.0, beam=1, max_extra=1, max_ratio=0.001).translate(["le chat"])[0].text == ""
    assert math.isfinite(load(trained, alpha=10.0, max_ratio=10.0, max_input=2).translate(["le chat"])[0].score)


# -- bounds


class Counted:
    """Counts the calls of a model, and the weights of all maps that it makes."""

    def __init__(self, model):
        self.model, self.maps, self.most, self.calls = model, model.maps, 0, 0
        self.parameters = model.parameters

    def __call__(self, *arguments, want=()):
        self.calls += 1
        features, maps = self.model(*arguments, want=want)
        self.most = max([self.most, *(weights.numel() for weights in maps.values())])
        return features, maps


HUGE = {
    "one word": "chat" * 25_000,
    "words": "le chat " * 12_500,
    "no pieces": "\u200b " * 5_000,
    "binary": bytes(random.Random(0).choices(range(256), k=100_000)).decode("utf-8", "replace"),
}


@pytest.mark.parametrize("kind", HUGE)
def test_a_pair_of_any_size_fits_the_bound(trained, kind, caplog):
    """With the default options a line of 100,000 characters makes maps and alignments of 501 × 501."""
    translator = load(trained)
    counted = Counted(translator.model)
    translator.model = counted
    (alignment,) = translator.align([HUGE[kind]], [HUGE[kind]])
    (layer,) = translator.maps("cross", HUGE[kind], "un chat")
    assert counted.most <= 501 * 501
    assert max(alignment.weights_TS.shape) <= 501
    assert max(layer[0].weights_TS.shape) <= 501
    assert len(links(alignment)) <= 500
    assert caplog.messages[0] == "line 1 of the sources: cut after decoding.max_input = 500 tokens"


def test_the_bound_counts_all_layers_and_heads(trained, monkeypatch, caplog):
    translator = load(trained, max_input=100_000)
    counted = Counted(translator.model)
    translator.model = counted
    assert (_MOST_WEIGHTS, translator._longest("cross")) == (2**25, 2047), "as `align` says"
    monkeypatch.setattr("seq2seq.decoding.forced._MOST_WEIGHTS", 900)
    list(translator.align(["chat " * 100, "chat"], ["un " * 100, "un"]))
    assert 800 < counted.most <= 900
    assert caplog.messages[0].startswith("line 1 of the sources: cut after 29 tokens, because the attention of more")
    translator = load(trained, max_input=100_000)
    four = Counted(translator.model)
    four.__class__ = type("Four", (Counted,), {"__call__": lambda self, *a, want=(): quadruple(self, *a, want=want)})
    translator.model = four
    list(translator.align(["chat " * 100], ["un " * 100]))
    assert 700 < four.most <= 900


def quadruple(counted, *arguments, want):
    """The same maps as if there were two layers of two heads."""
    features, maps = counted.model(*arguments, want=want)
    maps = {name: weights.repeat(1, 2, 2, 1, 1) for name, weights in maps.items()}
    counted.most = max([counted.most, *(weights.numel() for weights in maps.values())])
    return features, maps


def test_the_size_of_a_map_is_found_once(trained):
    """A forward pass over nothing tells it; it took a quarter of the time of each alignment of one pair."""
    translator = load(trained)
    translator.model = counted = Counted(translator.model)
    list(translator.align(["chat"], ["un"]))
    before = counted.calls
    list(translator.align(["chat"], ["un"]))
    translator.maps("cross", "chat", "un")
    assert counted.calls == before + 2


def test_words_that_are_kept_keep_their_numbers(trained):
    whole, short = load(trained), load(trained, max_input=9)
    source, target = "le petit chat voit une maison bleu et rouge", "un chien"
    (all_of_it,) = whole.align([source], [target])
    (beginning,) = short.align([source], [target])
    kept = beginning.source[:-1]
    assert 0 < len(kept) < len(all_of_it.source) - 1
    assert kept == all_of_it.source[: len(kept)]
    assert beginning.target == all_of_it.target


def test_what_aligns_is_what_the_maps_of_that_layer_say_on_average(translator):
    (layer,) = translator.maps("cross", "le chat", "un chien")
    (alignment,) = translator.align(["le chat"], ["un chien"])
    assert alignment.weights_TS == pytest.approx(mean(layer).weights_TS, abs=1e-6)
    assert isinstance(translator.translate(["le chat"])[0], Translation)
