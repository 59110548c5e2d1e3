import pytest
import sacrebleu

from seq2seq.corpus.lines import read_text_lines
from seq2seq.errors import DataError
from seq2seq.evaluation.metrics import bleu, published_form, score

REFERENCES = ["Un homme joue de l'accordéon.", "Deux garçons courent dans l’herbe « verte ».", "Elle a été là."]
HYPOTHESES = ["Un homme joue de la guitare.", "Deux garçons courent dans l'herbe verte.", "Elle a ete là."]


def test_a_perfect_system():
    scores = score(REFERENCES, REFERENCES)
    for name in ("bleu", "bleu_published", "chrf", "rouge1", "rouge2", "rougeL"):
        assert getattr(scores, name) == pytest.approx(100)
    assert scores.ter == 0
    assert scores.sentences == 3


def test_values_and_signatures_are_sacrebleus():
    scores = score(HYPOTHESES, REFERENCES)
    assert scores.bleu == sacrebleu.corpus_bleu(HYPOTHESES, [REFERENCES]).score == bleu(HYPOTHESES, REFERENCES)
    assert scores.chrf == sacrebleu.corpus_chrf(HYPOTHESES, [REFERENCES]).score
    assert scores.ter == sacrebleu.corpus_ter(HYPOTHESES, [REFERENCES]).score
    version = sacrebleu.__version__
    assert scores.signatures["bleu"] == f"nrefs:1|case:mixed|eff:no|tok:13a|smooth:exp|version:{version}"
    assert scores.signatures["chrf"] == f"nrefs:1|case:mixed|eff:yes|nc:6|nw:0|space:no|version:{version}"
    assert scores.signatures["ter"].startswith("nrefs:1|case:lc|tok:tercom|")


def test_the_published_scale_worked_by_hand():
    assert published_form(REFERENCES, "fr") == [
        "un homme joue de l' accordéon .",
        'deux garçons courent dans l\' herbe " verte " .',
        "elle a été là .",
    ]
    forms = published_form(HYPOTHESES, "fr"), published_form(REFERENCES, "fr")
    expected = sacrebleu.corpus_bleu(forms[0], [forms[1]], tokenize="none", force=True).score
    scores = score(HYPOTHESES, REFERENCES)
    assert scores.bleu_published == expected != scores.bleu
    signature = scores.signatures["bleu_published"]
    assert signature.startswith("nrefs:1|case:lc|norm:moses-fr|tok:moses-fr-sacremoses-")
    assert signature != scores.signatures["bleu"]


def test_rouge_keeps_accented_letters():
    """With rouge-score's own tokenizer 'été' would be 't', and 'ete' a different word from it by luck only."""
    scores = score(["Été Noël"], ["été noel"])
    assert scores.rouge1 == pytest.approx(50)
    assert "tok:unicode-words" in scores.signatures["rouge1"]
    decomposed = "e\u0301te\u0301"
    assert score([decomposed], ["été"]).rouge1 == pytest.approx(100)


def test_rouge_worked_by_hand():
    # 4 of 5 and 4 of 4 words; bigrams 2 of 4 and 2 of 3; longest common subsequence 4
    scores = score(["un petit chat noir dort"], ["un petit chat dort"])
    assert scores.rouge1 == scores.rougeL == pytest.approx(100 * 2 * 0.8 / 1.8)
    assert scores.rouge2 == pytest.approx(100 * 2 * (2 / 4) * (2 / 3) / (2 / 4 + 2 / 3))


def test_empty_lines_score_and_do_not_shift():
    assert score(["", "b c d e"], ["a", "b c d e"]).sentences == 2


def test_what_cannot_be_scored_is_refused():
    with pytest.raises(DataError, match="2 hypotheses but 1 references"):
        score(["a", "b"], ["a"])
    with pytest.raises(DataError, match="nothing to score"):
        score([], [])


@pytest.mark.real_data
def test_token_counts_are_those_of_the_literature(multi30k):
    """13,988 tokens on the published scale against 13,505 of 13a: two scales, not to be compared."""
    lines = read_text_lines(multi30k / "test_2016_flickr.fr.gz")
    assert sum(len(line.split()) for line in published_form(lines, "fr")) == 13_988
    assert sacrebleu.corpus_bleu(lines, [lines]).ref_len == 13_505
