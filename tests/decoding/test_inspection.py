"""Everything a model tells of a pair at once: its maps, and the probability of each word of the target."""

import math

import numpy as np
import pytest
import torch

from seq2seq.alignment import END, Gold
from seq2seq.corpus.batching import collate
from seq2seq.decoding.maps import numbered, unit_log_probs
from seq2seq.errors import CheckpointError, ConfigError, DataError
from tests.alignment.test_page import read_page
from tests.decoding.test_translator import PAIR, make_translator, tokenizer, translator

__all__ = ["tokenizer", "translator"]  # fixtures


def test_probabilities_are_those_that_the_search_summed(translator):
    """The score of a translation is the sum of its words' log-probabilities, over the number of its pieces^α."""
    for found in translator.nbest(["un petit chien rouge voit", "garçon"], 3):
        for best in found:
            for units in ("words", "split", "pieces"):
                log_probs = translator.inspect(best.source, best, units).log_probs
                length = len(best.tokens) + 1
                assert sum(log_probs) == pytest.approx(best.score * length**translator.config.alpha, abs=1e-4)


def test_a_given_targets_probabilities_are_those_of_teacher_forcing(translator):
    source, target = PAIR
    found = translator.inspect(source, target, "pieces")
    ids = [
        side.encode([text])[0]
        for side, text in ((translator.tokenizer.source, source), (translator.tokenizer.target, target))
    ]
    batch = collate([ids[0]], [ids[1]])
    with torch.inference_mode():
        features, _ = translator.model(batch.src_BS, batch.src_lengths_B, batch.tgt_in_BT)
        log_probs = torch.log_softmax(translator.model.logits(features), dim=-1)[0]
    expected = [float(log_probs[place, token]) for place, token in enumerate(batch.tgt_out_BT[0])]
    assert found.log_probs == pytest.approx(expected, abs=1e-5)
    assert found.target[-1] == END


@pytest.mark.parametrize("units", ["words", "split", "pieces"])
def test_the_maps_are_those_that_are_asked_for_one_by_one(translator, units):
    (best,) = translator.translate([PAIR[0]])
    for target in (PAIR[1], best):
        found = translator.inspect(PAIR[0], target, units)
        assert list(found.maps) == list(translator.model.maps)
        for name, layers in found.maps.items():
            expected = translator.maps(name, PAIR[0], target, units)
            for heads, others in zip(layers, expected, strict=True):
                for head, other in zip(heads, others, strict=True):
                    assert head.weights_TS == pytest.approx(other.weights_TS, abs=1e-6)
                    assert (head.source, head.target) == (other.source, other.target)
        if (name := translator.alignment_map) in found.maps:
            assert found.target == found.maps[name][0][0].target
            (aligned,) = (
                translator.align_translations([best], units)
                if target is best
                else translator.align([PAIR[0]], [target], units)
            )
            assert found.alignment.weights_TS == pytest.approx(aligned.weights_TS, abs=1e-6)
        else:
            assert found.alignment is None


def test_a_words_probability_is_the_product_of_its_pieces_worked_by_hand(tokenizer):
    text = tokenizer.target.segment("chat, \u200b\u200b arbre", split_punctuation=True)
    text = text._replace(
        words=["chat", ",", "\u200b", "arbre"], pieces=["▁ch", "at", ",", "▁arbre"], ids=[9, 9, 9, 9],
        word_of_piece=[0, 0, 1, 3],
    )  # fmt: skip
    log_probs = np.log(np.array([0.5, 0.25, 0.9, 0.1, 1.0], dtype=np.float32))
    words, found = unit_log_probs(log_probs, text, "split")
    assert words == ("chat", ",", "\u200b", "arbre", END)
    assert math.isnan(found[2]), "a word that normalisation removes has no probability"
    assert np.exp([*found[:2], *found[3:]]) == pytest.approx([0.125, 0.9, 0.1, 1.0])
    assert unit_log_probs(log_probs, text, "pieces") == ((*text.pieces, END), pytest.approx(log_probs.tolist()))


def test_an_empty_target_has_the_probability_of_its_end(translator):
    found = translator.inspect(PAIR[0], "")
    assert found.target == (END,)
    assert -math.inf < found.log_probs[0] < 0


def test_a_translation_of_another_source_and_a_damaged_model_are_refused(tokenizer):
    translator = make_translator("transformer-pre", tokenizer)
    (best,) = translator.translate([PAIR[0]])
    with pytest.raises(ValueError, match="a translation of 'le petit chat' was given with the source 'un'"):
        translator.inspect("un", best)
    with torch.no_grad():
        next(translator.model.parameters()).fill_(math.nan)
    with pytest.raises(CheckpointError, match="not finite"):
        translator.inspect(*PAIR)


def test_a_page_from_python(tokenizer, tmp_path):
    translator = make_translator("transformer-pre", tokenizer)
    sources, gold = (
        ["le petit chat", "un"],
        [Gold(frozenset({(0, 1)}), frozenset({(0, 1)})), Gold(frozenset(), frozenset())],
    )
    translator.write_page(
        tmp_path / "a.html", iter(sources), ["un chien", ""], gold, nbest=2, title="Mine", map="encoder", layer=1
    )
    page = read_page(tmp_path / "a.html")
    assert (page["about"]["title"], page["about"]["map"], page["about"]["layers"]["encoder"]) == ("Mine", "encoder", 1)
    assert [target["name"] for target in page["sentences"][0]["targets"]] == [
        "given target",
        "translation 1",
        "translation 2",
    ]
    assert page["sentences"][0]["targets"][0]["sure"] == [[0, 1]]
    assert page["about"]["units"] == "words", "gold links count words"
    translator.write_page(str(tmp_path / "b.html"), sources)
    page = read_page(tmp_path / "b.html")
    assert [len(sentence["targets"]) for sentence in page["sentences"]] == [1, 1]
    assert page["about"]["units"] == "split"
    for arguments, options, error, message in (
        (("le chat",), {}, ValueError, "not a single text"),
        ((sources, ["un"]), {}, ValueError, "shorter"),
        ((sources,), {"nonsense": 1}, TypeError, "nonsense"),
        ((sources,), {"layer": 3}, ConfigError, "layer 3: the map 'cross' has layers 1 to 2"),
        ((sources,), {"head": 3}, ConfigError, "head 3: the map 'cross' has heads 1 to 2"),
        ((sources,), {"map": "pooling"}, ConfigError, "no attention map 'pooling'"),
        ((sources,), {"nbest": 4}, ConfigError, "need a beam of 4"),
        ((sources, sources, [Gold(frozenset(), frozenset({(3, 0)}))] * 2), {}, DataError, "links 1: link 3-0: the source has 3 words"),
        ((sources, None, gold), {}, ValueError, "gold links are those of given targets; give the targets, too"),
    ):  # fmt: skip
        with pytest.raises(error, match=message):
            translator.write_page(tmp_path / "c.html", *arguments, **options)
        assert not (tmp_path / "c.html").exists()


def test_a_layer_that_the_alignment_does_not_have_is_looked_for_in_the_attention():
    assert numbered("alignment", "layer", 1) == (
        "the map 'alignment' has one layer ('cross' has those of the attention); give 1"
    )
    assert numbered("cross", "head", 4) == "the map 'cross' has heads 1 to 4; give one of them"
