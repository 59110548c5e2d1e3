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
from tests.conftest import MODELS


@pytest.fixture
def tokenizer(toy_files, tmp_path):
    toy_files("x", 200)
    pairs = load_pairs(str(tmp_path / "x"), ["en", "fr"], Problems())
    return Tokenizer.train(pairs, TokenizerConfig(vocabulary_size=40, character_coverage=1.0))


@pytest.fixture(params=list(MODELS))
def translator(request, tokenizer):
    torch.manual_seed(0)
    size = len(tokenizer.source)
    model = build_model(MODELS[request.param], size, size).eval()
    with torch.no_grad():
        for weight in model.parameters():
            if weight.dim() > 1:
                weight.mul_(2)
    return Translator(model, tokenizer, DecodingConfig(beam=3, max_input=12, max_extra=4, batch_sentences=4))


class Mirror(Seq2Seq):
    """Target place t looks at the source place counted from the end token: the last piece first, the end last."""

    maps = ("cross",)

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
    for line, (best,) in zip(LINES, results, strict=True):
        if line.strip():
            assert best.score < 0
        else:
            assert (best.text, best.score, best.tokens) == ("", 0.0, ())
        assert translator.translate([line])[0][0].tokens == best.tokens, "alone or in company, the same"


def test_nbest_is_ranked_and_bounded_by_the_beam(translator):
    for found in translator.translate(LINES, nbest=3):
        assert len(found) == 3
        assert [t.score for t in found] == sorted((t.score for t in found), reverse=True)
    with pytest.raises(ConfigError, match=r"--nbest 4 is more than a beam of 3 keeps; use --beam 4 or more"):
        translator.translate(LINES, nbest=4)


def test_an_overlong_line_is_cut_and_marked(translator):
    words = "chat " * 200
    short, long = translator.translate(["le chat", words])
    assert (short[0].cut, long[0].cut) == (False, True)
    pieces = translator.tokenizer.source.encode([words])[0][:12]
    beginning = translator.tokenizer.source.decode(pieces)
    assert translator.translate([beginning])[0][0].tokens == long[0].tokens
    (alignment,) = translator.align_translations([words], [long[0]])
    assert len(alignment.source) == 201, "all words keep their numbers"
    read = len(translator.tokenizer.source.segment(words).word_of_piece[:12])
    assert alignment.weights_TS[:, read:-1].sum() == 0, "what was cut off is not looked at"
    assert alignment.weights_TS[:, -1].sum() > 0, "the end token follows what was read"


def test_alignment_is_the_forced_decoding_of_a_pair_whatever_its_company(translator):
    pairs = [("le petit chat", "un chien voit la maison"), ("garçon", "une"), ("le le la", "arbre arbre été")]
    together = list(translator.align(*zip(*pairs, strict=True)))
    for (source, target), alignment in zip(pairs, together, strict=True):
        assert alignment.source == (*source.split(), END)
        assert alignment.target == (*target.split(), END)
        assert alignment.weights_TS.sum(axis=1) == pytest.approx(1, abs=1e-5)
        (alone,) = translator.align([source], [target])
        assert alone.weights_TS == pytest.approx(alignment.weights_TS, abs=1e-5)


def test_a_hypothesis_is_aligned_by_its_own_tokens(translator):
    lines = [line for line in LINES if line.strip()]
    translations = [found[0] for found in translator.translate(lines)]
    pieces = list(translator.align_translations(lines, translations, words=False))
    for line, translation, alignment in zip(lines, translations, pieces, strict=True):
        assert len(alignment.target) == len(translation.tokens) + 1
        assert alignment.source[:-1] == tuple(translator.tokenizer.source.segment(line).pieces[:12])
    words = translator.align_translations(lines, translations)
    for translation, alignment in zip(translations, words, strict=True):
        assert list(alignment.target[:-1]) == translation.text.split()


def test_known_attention_gives_known_links(tokenizer):
    """One piece a word or several, short beside long sentences: links must not shift."""
    translator = Translator(Mirror(), tokenizer, DecodingConfig(batch_sentences=3))
    sources = ["le chat voit une maison", "arbre", "un chien", "garçon petit garçon bleu grand"]
    targets = [" ".join(reversed(source.split())) for source in sources]
    for source, alignment in zip(sources, translator.align(sources, targets), strict=True):
        count = len(source.split())
        assert alignment.weights_TS[-1, -1] == 1, "the end looks at the end"
        mirrored = [alignment.source[i] for i in alignment.without_end().weights_TS.argmax(axis=1)]
        if all(len(tokenizer.source.encode([word])[0]) == 1 for word in source.split()):
            assert mirrored == list(reversed(source.split()))
            assert links(alignment) == [(i, count - 1 - i) for i in range(count)]


def test_a_long_pair_does_not_swell_the_batch_it_is_in(translator, monkeypatch):
    monkeypatch.setattr("seq2seq.decoding.translator._MOST_WEIGHTS", 400)
    sizes = []
    ordinary = translator._weights
    monkeypatch.setattr(translator, "_weights", lambda part: sizes.append(len(part)) or ordinary(part))
    sources = ["le chat", "un chien", "le chat " * 30, "une maison", "un", "un", "un", "un"]
    alignments = list(translator.align(sources, sources))
    assert [len(alignment.source) - 1 for alignment in alignments] == [len(source.split()) for source in sources]
    assert sizes[:2] == [2, 1]
    assert max(sizes) <= 4
    assert sum(sizes) == 8


def test_different_numbers_of_sides_are_refused(translator):
    with pytest.raises(ValueError, match="2 sources but 1 targets"):
        translator.align(["a", "b"], ["c"])


def test_empty_sides_align_to_nothing(translator):
    for source, target in (("", "le chat"), ("le chat", ""), ("", "")):
        (alignment,) = translator.align([source], [target])
        assert links(alignment) == []
