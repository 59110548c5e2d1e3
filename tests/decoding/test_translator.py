"""Text in, text and alignments out, with a model whose attention is known."""

import pytest
import torch

from seq2seq.alignment import END, links
from seq2seq.config import DecodingConfig, TokenizerConfig
from seq2seq.corpus.lines import Problems
from seq2seq.corpus.sources import load_pairs
from seq2seq.corpus.tokenizer import Tokenizer
from seq2seq.decoding.translator import Translator
from seq2seq.errors import ConfigError
from seq2seq.models import Seq2Seq, build_model, length_mask
from seq2seq.symbols import BOS, EOS
from tests.conftest import MODELS


@pytest.fixture
def tokenizer(toy_files, tmp_path):
    toy_files("x", 200)
    pairs = load_pairs(str(tmp_path / "x"), ["en", "fr"], Problems())
    return Tokenizer.train(pairs, TokenizerConfig(vocabulary_size=40, character_coverage=1.0))


def make_translator(name, tokenizer):
    torch.manual_seed(0)
    size = len(tokenizer.source)
    model = build_model(MODELS[name], size, size).eval()
    with torch.no_grad():
        for weight in model.parameters():
            if weight.dim() > 1:
                weight.mul_(2)
    return Translator(
        model, tokenizer, DecodingConfig(beam=3, max_input=12, max_extra=4, batch_sentences=4), ["en", "fr"]
    )


@pytest.fixture(params=list(MODELS))
def translator(request, tokenizer):
    return make_translator(request.param, tokenizer)


def can_align(config):
    return config.alignment_dim or getattr(config, "attention", "") != "none"


@pytest.fixture(params=[name for name, config in MODELS.items() if can_align(config)])
def aligner(request, tokenizer):
    return make_translator(request.param, tokenizer)


class Mirror(Seq2Seq):
    """Target place t looks at the source place counted from the end token: the last piece first, the end last."""

    maps = ("cross",)
    cross_heads = 1

    def __init__(self):
        super().__init__()
        self.anchor = torch.nn.Parameter(torch.zeros(1))

    def forward(self, src_BS, lengths_B, tgt_in_BT, want=()):
        places_BT = (lengths_B[:, None] - 2 - torch.arange(tgt_in_BT.shape[1])) % lengths_B[:, None]
        weights = torch.nn.functional.one_hot(places_BT, src_BS.shape[1]).float()
        assert (weights.sum(1)[~length_mask(lengths_B, src_BS.shape[1])] == 0).all()
        return torch.zeros(*tgt_in_BT.shape, 1), dict.fromkeys(want, weights[:, None, None])

    encode = step = logits = None  # type: ignore[assignment]


LINES = ["le chat", "", "un petit chien rouge voit", "   ", "une maison bleu", "garçon", "le le le la la une"]


def test_one_translation_a_line_in_order_and_nothing_for_nothing(translator):
    results = translator.translate(LINES)
    assert len(results) == len(LINES)
    for line, best in zip(LINES, results, strict=True):
        assert (best.source, best.cut) == (line, len(translator.tokenizer.source.encode([line])[0]) > 12)
        if line.strip():
            assert best.score < 0
        else:
            assert (best.text, best.score, best.tokens) == ("", 0.0, ())
        assert translator.translate([line])[0].tokens == best.tokens, "alone or in company, the same"


def test_nbest_is_ranked_distinct_and_bounded_by_the_beam(translator):
    best = translator.translate(LINES)
    for line, first, found in zip(LINES, best, translator.nbest(LINES, 3), strict=True):
        assert len(found) == (3 if line.strip() else 1)
        assert found[0].score >= first.score
        assert [t.score for t in found] == sorted((t.score for t in found), reverse=True)
        assert len({t.text for t in found}) == len(found)
    with pytest.raises(ConfigError, match="4 translations of a line need a beam of 4 or more, but it is 3"):
        translator.nbest(LINES, 4)
    with pytest.raises(ValueError, match="n is 0"):
        translator.nbest(LINES, 0)


def test_an_overlong_line_is_cut_and_marked(aligner):
    words = "chat " * 200
    short, long = aligner.translate(["le chat", words])
    assert (short.cut, long.cut) == (False, True)
    pieces = aligner.tokenizer.source.encode([words])[0][:12]
    beginning = aligner.tokenizer.source.decode(pieces)
    assert aligner.translate([beginning])[0].tokens == long.tokens
    (alignment,) = aligner.align_translations([long])
    read = aligner.tokenizer.source.segment(words).word_of_piece[11] + 1
    assert alignment.source == ("chat",) * read + (END,), "what was cut off is not there"
    assert alignment.weights_TS[:, -1].sum() > 0, "the end token follows what was read"


def test_alignment_is_the_forced_decoding_of_a_pair_whatever_its_company(aligner):
    pairs = [("le petit chat", "un chien voit la maison"), ("garçon", "une"), ("le le la", "arbre arbre été")]
    together = list(aligner.align(*zip(*pairs, strict=True)))
    for (source, target), alignment in zip(pairs, together, strict=True):
        assert alignment.source == (*source.split(), END)
        assert alignment.target == (*target.split(), END)
        assert alignment.weights_TS.sum(axis=1) == pytest.approx(1, abs=1e-5)
        (alone,) = aligner.align([source], [target])
        assert alone.weights_TS == pytest.approx(alignment.weights_TS, abs=1e-5)


def test_a_hypothesis_is_aligned_by_its_own_tokens(aligner):
    lines = [line for line in LINES if line.strip()]
    translations = aligner.translate(lines)
    pieces = list(aligner.align_translations(translations, units="pieces"))
    for line, translation, alignment in zip(lines, translations, pieces, strict=True):
        assert len(alignment.target) == len(translation.tokens) + 1
        assert alignment.source[:-1] == tuple(aligner.tokenizer.source.segment(line).pieces[:12])
    words = aligner.align_translations(translations)
    for translation, alignment in zip(translations, words, strict=True):
        assert list(alignment.target[:-1]) == translation.text.split()


def test_known_attention_gives_known_links(tokenizer):
    """One piece a word or several, short beside long sentences: links must not shift.

    A word's pieces mirrored are those of the same word in the reversed sentence.
    """
    translator = Translator(Mirror(), tokenizer, DecodingConfig(batch_sentences=3), ["en", "fr"])
    sources = ["le chat voit une maison", "arbre", "un chien", "garçon petit garçon bleu grand"]
    targets = [" ".join(reversed(source.split())) for source in sources]
    for source, alignment in zip(sources, translator.align(sources, targets), strict=True):
        count = len(source.split())
        assert alignment.weights_TS[-1, -1] == 1, "the end looks at the end"
        mirrored = [alignment.source[i] for i in alignment.without_end().weights_TS.argmax(axis=1)]
        assert mirrored == list(reversed(source.split()))
        assert links(alignment) == [(i, count - 1 - i) for i in range(count)]
    sizes = {len(tokenizer.source.encode([word])[0]) for source in sources for word in source.split()}
    assert 1 in sizes, "a word of one piece"
    assert max(sizes) > 1, "a word of several"


def test_a_long_pair_does_not_swell_the_batch_it_is_in(aligner, monkeypatch):
    layers = aligner.maps(aligner.alignment_map, "un", "un")
    heads = len(layers[0]) * len(layers)
    monkeypatch.setattr("seq2seq.decoding.forced._MOST_WEIGHTS", 400 * heads)
    aligner.config = DecodingConfig(batch_sentences=4)
    sources = ["le chat", "un chien", "le chat " * 4, "une maison", "un", "un", "un", "un"]
    sizes = []
    ordinary = aligner._forward
    monkeypatch.setattr(aligner, "_forward", lambda part, name: sizes.append(len(part)) or ordinary(part, name))
    alignments = list(aligner.align(sources, sources))
    assert [len(alignment.source) - 1 for alignment in alignments] == [len(source.split()) for source in sources]
    assert sizes[:2] == [2, 1]
    assert max(sizes) <= 4
    assert sum(sizes) == 8


def test_different_numbers_of_sides_are_refused(aligner):
    with pytest.raises(ValueError, match=r"2 sources but 1 target$"):
        aligner.align(["a", "b"], ["c"])


def test_empty_sides_align_to_nothing(aligner):
    for source, target in (("", "le chat"), ("le chat", ""), ("", "")):
        (alignment,) = aligner.align([source], [target])
        assert links(alignment) == []


def test_a_model_without_attention_says_so(tokenizer):
    for name, message in {
        "rnn-luong-none": "no attention map 'cross'; it has none at all",
        "rnn-bahdanau-none": "no attention map 'cross'; it has: pooling",
    }.items():
        with pytest.raises(ConfigError, match=message):
            make_translator(name, tokenizer).align(["le chat"], ["un"])


PAIR = ("le petit chat", "un chien voit")


@pytest.mark.parametrize("arch", ["rnn-bahdanau-multi_head", "transformer-pre", "rnn-bahdanau-none"])
@pytest.mark.parametrize("units", ["words", "split", "pieces"])
def test_every_map_has_its_units(tokenizer, arch, units):
    translator = make_translator(arch, tokenizer)
    spoken = "le petit chat.", "un chien, voit"
    sides = zip((tokenizer.source, tokenizer.target), spoken, strict=True)
    texts = [part.segment(text, units == "split") for part, text in sides]
    one, two = ([*(text.pieces if units == "pieces" else text.words), END] for text in texts)
    begun = ["<s>", *two[:-1]]
    expected = {
        "cross": (two, one),
        "encoder": (one, one),
        "decoder": (begun, begun),
        "pooling": (["query 1", "query 2"], one),
        "alignment": (two, one),
    }
    for name in translator.model.maps:
        layers = translator.maps(name, *spoken, units)
        if arch == "transformer-pre":
            assert [len(heads) for heads in layers] == [2, 2]
        for alignment in (head for heads in layers for head in heads):
            assert ([*alignment.target], [*alignment.source]) == expected[name]
            assert alignment.weights_TS.sum(axis=1) == pytest.approx(1, abs=1e-5)


def test_the_alignment_is_the_mean_over_the_heads_of_the_chosen_layer(tokenizer):
    translator = make_translator("transformer-pre", tokenizer)
    maps = translator.maps("cross", *PAIR)
    for chosen, layer in ((0, 1), (1, 1), (2, 2)):  # of two layers the last but one is the first
        translator.config = DecodingConfig(alignment_layer=chosen)
        (alignment,) = translator.align([PAIR[0]], [PAIR[1]])
        expected = sum(head.weights_TS for head in maps[layer - 1]) / 2
        assert alignment.weights_TS == pytest.approx(expected, abs=1e-6)


def test_the_alignment_is_one_head_where_that_is_chosen(tokenizer):
    translator = make_translator("transformer-pre", tokenizer)
    maps = translator.maps("cross", *PAIR)
    translator.config = DecodingConfig(alignment_head=2)
    (alignment,) = translator.align([PAIR[0]], [PAIR[1]])
    assert alignment.weights_TS == pytest.approx(maps[0][1].weights_TS, abs=1e-6)
    assert translator.inspect(*PAIR).alignment == alignment
    assert [translator.first_shown(name, 2) for name in ("cross", "encoder")] == [(1, 2), (2, 0)]
    translator.config = DecodingConfig(alignment_head=3)
    with pytest.raises(ConfigError, match=r"^decoding\.alignment_head: 3, but this attention has 2 heads$"):
        list(translator.align([PAIR[0]], [PAIR[1]]))


def test_a_translations_maps_are_those_of_its_own_tokens(tokenizer):
    translator = make_translator("transformer-pre", tokenizer)
    (best,) = translator.translate([PAIR[0]])
    (alignment,) = translator.align_translations([best])
    maps = translator.maps("cross", PAIR[0], best)
    assert alignment.weights_TS == pytest.approx(sum(head.weights_TS for head in maps[0]) / 2, abs=1e-6)


def test_every_hypothesis_of_a_beam_has_the_attention_of_its_own_tokens(aligner):
    """Whatever the beam's rows were when it was found: the model is asked directly, for this hypothesis alone."""
    for line, found in zip(LINES, aligner.nbest(LINES, 3), strict=True):
        for hypothesis in found:
            tokens = list(hypothesis.tokens)
            source = torch.tensor([[*aligner.tokenizer.source.encode([line])[0][:12], EOS]])
            with torch.inference_mode():
                _, maps = aligner.model(
                    source, torch.tensor([source.shape[1]]), torch.tensor([[BOS, *tokens]]), (aligner.alignment_map,)
                )
            layers = maps[aligner.alignment_map][0]
            expected = layers[max(len(layers) - 2, 0)].mean(0).numpy()
            (alignment,) = aligner.align_translations([hypothesis], "pieces")
            assert alignment.weights_TS == pytest.approx(expected, abs=1e-5)


class Guided(Mirror):
    """A model that was trained to align: its `cross` attention is no alignment, its `alignment` is the mirror."""

    maps = ("cross", "alignment")

    def forward(self, src_BS, lengths_B, tgt_in_BT, want=()):
        features, maps = super().forward(src_BS, lengths_B, tgt_in_BT, want)
        if "cross" in maps:
            maps["cross"] = torch.ones_like(maps["cross"]) / src_BS.shape[1]
        return features, maps


def test_a_model_that_was_trained_to_align_is_asked_for_that(tokenizer):
    translator = Translator(Guided(), tokenizer, DecodingConfig(), ["en", "fr"])
    (alignment,) = translator.align(["le chat voit"], ["voit chat le"])
    assert links(alignment) == [(0, 2), (1, 1), (2, 0)]
    ((shown,),) = translator.maps("alignment", "le chat voit", "voit chat le")
    assert shown == alignment
    assert translator.alignment_map == "alignment"
    translator.config = DecodingConfig(alignment_layer=1)
    (attention,) = translator.align(["le chat voit"], ["voit chat le"])
    (uniform,) = translator.maps("cross", "le chat voit", "voit chat le")[0]
    assert attention == uniform != alignment, "a layer that is asked for by number is one of cross-attention"
    translator.config = DecodingConfig(alignment_head=1)
    assert list(translator.align(["le chat voit"], ["voit chat le"])) == [attention], "and so is a head"


def test_pairs_are_read_as_alignments_are_asked_for(aligner):
    read = []

    def lines():
        for number in range(100):
            read.append(number)
            yield "le chat"

    alignments = aligner.align(lines(), ["un chat"] * 100)
    assert read == []
    next(alignments)
    assert len(read) <= aligner.config.batch_sentences + 1
    with pytest.raises(ValueError, match="zip"):
        list(aligner.align(lines(), ["un chat"] * 99))


def test_punctuation_that_comes_apart_is_read_as_it_is_written(tokenizer):
    """So the weights are those of the text as written, and the links count the words that were given."""
    translator = make_translator("rnn-gru-bahdanau", tokenizer)
    (apart,) = translator.align(["le chat , l' arbre"], ["un chat ."])
    (written,) = translator.align(["le chat, l'arbre"], ["un chat."], "split")
    assert apart == written
    assert apart.source == ("le", "chat", ",", "l'", "arbre", END)
    (best,) = translator.translate(["le chat , l' arbre"])
    (own,) = translator.align_translations([best])
    tokens = [*translator.tokenizer.source.encode([best.source])[0][:12], EOS]
    assert own.source == apart.source, "a translation's source is what was translated"
    assert len(translator.maps("cross", best.source, best, "pieces")[0][0].source) == len(tokens)
