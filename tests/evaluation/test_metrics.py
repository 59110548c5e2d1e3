import copy
import logging
import pickle
import unicodedata

import pytest
import sacrebleu

from seq2seq.corpus.lines import read_text_lines
from seq2seq.errors import DataError
from seq2seq.evaluation import metrics
from seq2seq.evaluation.metrics import METRICS, MOST_WORDS, bleu, published_form, score

REFERENCES = ["Un homme joue de l'accordéon.", "Deux garçons courent dans l’herbe « verte ».", "Elle a été là."]
HYPOTHESES = ["Un homme joue de la guitare.", "Deux garçons courent dans l'herbe verte.", "Elle a ete là."]


def test_a_perfect_system():
    scores = score(REFERENCES, REFERENCES)
    for metric in METRICS:
        assert scores.values[metric.name] == pytest.approx(0 if metric.name == "ter" else 100)
    assert scores.sentences == 3


def test_scores_follow_the_registry(monkeypatch):
    """A new metric is one line of `METRICS`."""
    names = ["bleu", "bleu_published", "chrf", "ter", "rouge1", "rouge2", "rougeL"]
    assert list(score(HYPOTHESES, REFERENCES).as_dict()) == [*names, "signatures", "sentences"]
    lengths = metrics.Metric(
        "words", "Words of the output", lambda said, wanted, language: (sum(len(line.split()) for line in said), "v1")
    )
    monkeypatch.setattr(metrics, "METRICS", (*METRICS[:1], lengths))
    scores = score(HYPOTHESES, REFERENCES)
    assert (scores.words, scores.signatures["words"]) == (16, "v1")
    assert list(scores.as_dict()) == ["bleu", "words", "signatures", "sentences"]


def test_scores_are_values():
    scores = score(HYPOTHESES, REFERENCES)
    assert scores.bleu == scores.values["bleu"] == scores.as_dict()["bleu"]
    assert pickle.loads(pickle.dumps(scores)) == copy.deepcopy(scores) == scores
    with pytest.raises(AttributeError, match="no score 'blue'; there are: bleu, bleu_published, chrf"):
        scores.blue  # noqa: B018


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
    with pytest.raises(DataError, match="hypotheses: 2 lines, but references: 1 line: line i must answer line i"):
        score(["a", "b"], ["a"])
    with pytest.raises(DataError, match="nothing to score"):
        score([], [])
    for texts in (("ab", ["a", "b"]), (["a", "b"], "ab")):
        with pytest.raises(ValueError, match="lists of lines are expected, not single texts"):
            score(*texts)


@pytest.mark.parametrize("unit", ["a ", "a.", "! "])
def test_metrics_of_quadratic_cost_read_the_beginning_of_a_line(unit, caplog):
    """TER splits at spaces, ROUGE at all that is no letter and no digit: a line must not be too long for either."""
    whole, longer = unit * MOST_WORDS, unit * (MOST_WORDS + 1)
    before = score(["b", whole], ["c", whole])
    assert caplog.messages == []
    after = score(["b", longer], ["c", whole], names=("out.fr", "ref.fr"))
    (message,) = caplog.messages
    assert message == (
        "out.fr:2: TER and ROUGE-L read the first 1,024 words of this line, because their cost grows with the square "
        "of its length; put each sentence on a line of its own"
    )
    assert (after.ter, after.rougeL) == (before.ter, before.rougeL)
    assert after.chrf != before.chrf, "the other metrics read the whole line"
    assert after.signatures["ter"] == before.signatures["ter"] + "|words:1024"
    assert after.signatures["rougeL"] == before.signatures["rougeL"] + "|words:1024"
    assert after.signatures["chrf"] == before.signatures["chrf"]


def test_words_are_counted_in_the_form_that_rouge_reads(caplog):
    decomposed = unicodedata.normalize("NFD", "été ") * MOST_WORDS  # twice as many words, if marks were counted
    assert "words:" not in score([decomposed], [decomposed]).signatures["rougeL"]
    assert not caplog.messages
    dotted = "İ" * (MOST_WORDS + 1)  # lowercased, each has a mark that ends a word
    assert "words:" in score([dotted], [dotted]).signatures["rougeL"]


def test_lines_that_are_too_long_are_told_once_and_counted(caplog):
    longer = "a " * (MOST_WORDS + 1)
    score(["b", longer, "b"], ["c", longer, longer], names=("out.fr", "ref.fr"))
    (message,) = caplog.messages
    assert message.startswith("out.fr:2: TER and ROUGE-L read the first 1,024 words of this line (and of 2 lines more)")


def test_a_very_long_line_is_scored_soon_and_its_bleu_is_exact():
    line = "un chat noir dort . " * 4_000
    scores = score([line], [line])
    assert (round(scores.bleu), round(scores.chrf), scores.ter, round(scores.rouge2)) == (100, 100, 0, 100)


COLUMNS = ["un chat\t-0.5\t0-0", "\t0.0\t"]


@pytest.mark.parametrize(
    ("hypotheses", "message"),
    [
        (
            COLUMNS,
            "^out: every line holds a tab, as after --scores or --align, but not every line of ref; .*cut -f1 out`",
        ),
        (
            ["0 ||| un chat ||| -0.5", "1 |||  ||| 0.0"],
            "^out: every line holds '|||', as after --nbest, .* texts of out",
        ),
    ],
)
def test_columns_are_not_scored_as_text(hypotheses, message):
    with pytest.raises(DataError, match=message.replace("|", "[|]")):
        score(hypotheses, ["un chat", "a\tb"], names=("out", "ref"))


@pytest.mark.parametrize(
    ("hypotheses", "references"),
    [(["a\tb", "c"], ["a b", "c"]), (COLUMNS, COLUMNS), (["", ""], ["a", "b"]), (["a|b"], ["a|b"])],
)
def test_a_tab_here_and_there_is_white_space(hypotheses, references):
    assert score(hypotheses, references).sentences == len(hypotheses)


def test_a_language_without_rules_is_told(caplog):
    with caplog.at_level(logging.WARNING, logger="seq2seq"):
        known, unknown = score(HYPOTHESES, REFERENCES, "fr"), score(HYPOTHESES, REFERENCES, "french")
    (message,) = caplog.messages
    assert message.startswith("the published scale has no rules for the language 'french' and uses general ones; ")
    assert ", es, et, fi, fr, " in message
    assert unknown.bleu_published != known.bleu_published
    assert "|tok:moses-french-sacremoses-" in unknown.signatures["bleu_published"]


@pytest.mark.real_data
def test_token_counts_are_those_of_the_literature(multi30k):
    """13,988 tokens on the published scale against 13,505 of 13a: two scales, not to be compared."""
    lines = read_text_lines(multi30k / "test_2016_flickr.fr.gz")
    assert sum(len(line.split()) for line in published_form(lines, "fr")) == 13_988
    assert sacrebleu.corpus_bleu(lines, [lines]).ref_len == 13_505
