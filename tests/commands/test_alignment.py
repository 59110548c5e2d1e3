"""`align` and `aer`: what they print, in which units and direction, and what they refuse."""

import json
import re
import shutil

import numpy as np
import pytest

from seq2seq.alignment import Alignment, parse_links, symmetrize
from seq2seq.config_file import load_config
from seq2seq.decoding.translator import Translator
from seq2seq.training import train

SOURCES = ["le petit chat voit la maison", "", "un chien rouge mange", "garçon bleu"]
TARGETS = ["la maison voit le chat petit", "un chat", "", "bleu garçon"]
FILES = ("--source", "a.en", "--target", "a.fr")


def write(folder, **files):
    for name, lines in files.items():
        text = "".join(f"{line}\n" for line in lines)
        (folder / name.replace("_", ".")).write_text(text, encoding="utf-8")


@pytest.fixture(scope="module")
def back(trained, tmp_path_factory):
    """A run that translates from target to source."""
    config = load_config(str(trained / "toy.yaml"), ["data.languages=[fr, en]", "training.max_updates=4"])
    folder = tmp_path_factory.mktemp("back") / "back"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SEQ2SEQ_CACHE", str(tmp_path_factory.mktemp("cache")))
        train(config, folder, resume=False, device="cpu")
    return folder


@pytest.fixture
def both(run, back, tmp_path):
    """A run in each direction, named `run` and `back`, and a file for each side of four pairs, two of them half empty."""
    shutil.copytree(back, tmp_path / "back")
    write(tmp_path, a_en=SOURCES, a_fr=TARGETS)
    return tmp_path


def test_each_direction_and_both_made_one(cli, both):
    """What the command prints is what the library gives, whatever the direction's file or run."""
    there, back = (Translator.load(name, device="cpu") for name in ("run", "back"))
    forward = [alignment.links() for alignment in there.align(SOURCES, TARGETS)]
    reverse = [alignment.links() for alignment in back.align(TARGETS, SOURCES)]
    assert cli("align", "run", *FILES, "-o", "run.links").out == ""
    assert cli("align", "back", "--source", "a.fr", "--target", "a.en", "-o", "back.links").out == ""
    turned = [" ".join(f"{s}-{t}" for t, s in links) for links in reverse]
    write(both, turned_links=turned)
    lines = (both / "run.links").read_text().split("\n")[:-1]
    assert [sorted(parse_links(line, "").sure) for line in lines] == forward
    for method in ("intersect", "union", "grow-diag", "grow-diag-final", "grow-diag-final-and"):
        expected = [
            symmetrize(one, [(s, t) for t, s in other], method) for one, other in zip(forward, reverse, strict=True)
        ]
        for other in (["back"], ["back.links", "--swapped"], ["turned.links"]):
            printed = cli("align", "run", *FILES, "--symmetrize", method, "--reverse", *other).out
            found = [sorted(parse_links(line, "").sure) for line in printed.split("\n")[:-1]]
            assert found == expected, (method, other)
    assert forward[1] == forward[2] == [], "an empty side keeps its place"


def test_weights_follow_the_links(cli, both):
    there, back = (Translator.load(name, device="cpu") for name in ("run", "back"))
    (one,), (other,) = there.align(SOURCES[:1], TARGETS[:1]), back.align(TARGETS[:1], SOURCES[:1])
    printed = cli("align", "run", *FILES, "--probabilities", "--threshold", "0").out.split("\n")[0]
    words = one.without_end(renormalise=False).weights_TS
    assert printed == " ".join(f"{s}-{t}:{words[t, s]:.4f}" for s in range(6) for t in range(6))
    union = ("--symmetrize", "union", "--reverse", "back", "--probabilities", "--threshold", "2")
    for link in cli("align", "run", *FILES, *union).out.split("\n")[0].split():
        s, t, weight = re.fullmatch(r"(\d)-(\d):([\d.]+)", link).groups()
        mean = (one.weights_TS[int(t), int(s)] + other.weights_TS[int(s), int(t)]) / 2
        assert float(weight) == pytest.approx(mean, abs=1e-4)
    assert cli("aer", "a", "a").code == 2
    (both / "a").write_text(printed + "\n")
    assert cli("aer", "a", "a").out.startswith("AER         0.00\n"), "`aer` reads links with weights"


def test_a_run_has_a_threshold_of_its_own(cli, both):
    own = ("--set", "decoding.alignment_threshold=0.1")
    by_default, many = (cli("align", "run", *FILES, *options).out for options in ((), own))
    assert many == cli("align", "run", *FILES, "--threshold", "0.1").out
    assert len(many.split()) > len(by_default.split())
    assert cli("align", "run", *FILES, *own, "--threshold", "0.4").out == by_default
    translated = ("translate", "run", "a.en", "--align")
    assert len(cli(*translated, *own).out) > len(cli(*translated).out)


def test_raw_text_is_aligned_with_punctuation_apart(cli, run, tmp_path):
    write(
        tmp_path, raw_en=["le chat, l'arbre"], raw_fr=["un chat."], cut_en=["le chat , l' arbre"], cut_fr=["un chat ."]
    )
    raw = ("--source", "raw.en", "--target", "raw.fr")
    printed = cli("align", run, *raw, "--split-punctuation", "--text").out
    source, target, links = printed.rstrip("\n").split("\t")
    assert (source, target) == ("le chat , l' arbre", "un chat .")
    assert max(max(link) for link in parse_links(links, "").sure) <= 4
    assert cli("align", run, "--source", "cut.en", "--target", "cut.fr", "--text").out == printed, (
        "text that comes tokenised is read as it is written, and its words keep their numbers"
    )
    plain = cli("align", run, *raw, "--text").out
    assert plain.startswith("le chat, l'arbre\tun chat.\t")


def test_gold_prints_scores_and_the_links_go_to_a_file(cli, both):
    links = cli("align", "run", *FILES).out
    (both / "gold").write_text(links)
    result = cli("align", "run", *FILES, "--gold", "gold", "-o", "out")
    assert result.out == "AER         0.00\nprecision 100.00\nrecall    100.00\nF1        100.00\nsentences      4\n"
    assert (both / "out").read_text() == links
    scores = cli("align", "run", *FILES, "--gold", "gold", "--json").out
    assert json.loads(scores) == {"aer": 0, "precision": 100, "recall": 100, "f1": 100, "sentences": 4}
    naacl = [
        f"{n} {s + 1} {t + 1}" for n, line in enumerate(links.split("\n"), 1) for s, t in parse_links(line, "").sure
    ]
    from_1 = [" ".join(f"{s + 1}-{t + 1}" for s, t in parse_links(line, "").sure) for line in links.split("\n")[:-1]]
    write(both, gold_naacl=naacl, gold_one=from_1)
    assert cli("align", "run", *FILES, "--gold", "gold.naacl").out == result.out
    assert cli("align", "run", *FILES, "--gold", "gold.one", "--one-based").out == result.out
    assert cli("aer", "out", "gold.naacl").out == cli("aer", "out", "gold.one", "--one-based").out == result.out
    assert cli("aer", "gold.one", "gold.naacl", "--links-one-based").out == result.out


MISTAKES = {
    "--symmetrize union": r"--symmetrize union: needs the other direction: --reverse RUN, a model from target to source, "
    r"or --reverse FILE, a file of links$",
    "--reverse back": r"--reverse back: say how to make one of both directions, with --symmetrize grow-diag, say$",
    "--symmetrize union --reverse run": r"--reverse run: translates en to fr, but the opposite of run, which translates en "
    r"to fr, is needed$",
    "--symmetrize union --reverse back --swapped": r"--swapped: is about links that --reverse FILE names; leave it out$",
    "--symmetrize union --reverse short": r"short has 1 line but there are 4 pairs: line i must hold the links of pair i$",
    "--symmetrize union --reverse words": r"words:1: 'le' is no link such as",
    "--symmetrize union --reverse wide": r"wide:4: link 5-0: the source has 2 words, counted from 0; "
    r"is this file target-source: add --swapped, or of other words \(--split-punctuation\)\?$",
    "--symmetrize union --reverse wide --swapped": r"wide:4: link 0-5: .* is this file source-target: leave out --swapped, ",
    "--gold short": r"short has 1 line but there are 4 sentences: line i must hold the links of sentence i$",
    "--gold wide": r"wide:4: link 5-0: the source has 2 words, counted from 0; are these links "
    r"counted from 1 \(--one-based\), or of words with punctuation apart \(--split-punctuation\)\?$",
    "--gold far": r"far, sentence 4: link 5-0: the source has 2 words",
    "--gold none": r"none: holds no sure link such as 0-0: there is nothing to score against$",
    "--gold one": r"one: none of 12 links has the index 0, so words seem to be counted from 1; say so \(--one-based\), or",
    "--gold wide --one-based": r"wide:1: '0-0' has the index 0, but --one-based says that words are counted from 1$",
    "--json": r"--json and --one-based are about the scores that --gold asks for; leave them out, or add it$",
    "--one-based": r"--json and --one-based are about",
    "--threshold -1": r"--threshold",
    "--symmetrize grow": r"--symmetrize",
}  # fmt: skip


@pytest.mark.parametrize("options", MISTAKES)
def test_a_mistake_is_told_before_anything_is_printed(cli, both, options):
    write(
        both, short=["0-0"], words=["le chat", "", "", ""], wide=["0-0", "", "", "5-0"], far=["1 1 1", "4 6 1"],
        none=["", "", "", ""], one=["1-1 2-2 3-3 4-4 5-5 1-2 1-3 1-4 1-5 2-1", "", "", "1-1 1-2"],
    )  # fmt: skip
    result = cli("align", "run", *FILES, *options.split())
    assert result.code == 2
    assert re.search(MISTAKES[options], result.err), result.err


def test_files_of_different_lengths_are_refused_with_both_counts(cli, both):
    write(both, b_fr=TARGETS[:3])
    result = cli("align", "run", "--source", "a.en", "--target", "b.fr")
    assert result.err.startswith("seq2seq: a.en has 4 lines but b.fr has 3: line i of one must translate line i of the")


def test_a_gold_standard_counted_from_1_scores_nothing_unless_told(cli, tmp_path):
    """The words of ten sentences in order: read at the wrong base, all of the links were wrong, and the score was 44.8."""
    write(tmp_path, own=["0-0 1-1"] * 10, gold=["1-1 2-2"] * 10)
    refused = "none of 20 links has the index 0, so words seem to be counted from 1; say so"
    assert (
        cli("aer", "own", "gold").err
        == f"seq2seq: gold: {refused} (--one-based), or that they are not (--zero-based)\n"
    )
    assert cli("aer", "gold", "own").err == (
        f"seq2seq: gold: {refused} (--links-one-based), or that they are not (--links-zero-based)\n"
    )
    assert cli("aer", "own", "gold", "--one-based").out.startswith("AER         0.00\n")
    assert cli("aer", "own", "gold", "--zero-based").out.startswith("AER        50.00\n")


def test_a_long_corpus_streams(cli, both, monkeypatch):
    """Pairs are read a batch ahead of what is printed, also where two models and the words are read at once."""
    count, ahead, live = 3_000, [], []
    write(both, long_en=["le chat"] * count, long_fr=["un chat"] * count)
    ordinary = Translator._given

    def given(self, *arguments):
        live.append(1)
        return ordinary(self, *arguments)

    def links(self, *_):
        ahead.append(len(live) - len(ahead))
        return [(0, 0)]

    monkeypatch.setattr(Translator, "_given", given)
    monkeypatch.setattr(Alignment, "links", links)
    long = ("--source", "long.en", "--target", "long.fr", "--symmetrize", "union", "--reverse", "back")
    assert cli("align", "run", *long).out == "0-0\n" * count
    assert len(ahead) == 2 * count
    assert np.max(ahead) <= 2 * 32 + 1


def test_the_statistical_aligner_learns_from_the_pairs_themselves(cli, tmp_path):
    """No run is there. The words are in reversed order, so nothing but their company can tell which are linked."""
    sources = [["dog", "eats"], ["eats", "fish"], ["fish", "sees", "dog"], ["dog", "sees"], ["eats"], ["sees"]] * 3
    targets = [[f"{word}x" for word in reversed(words)] for words in sources]
    write(tmp_path, a_en=[*map(" ".join, sources), ""], a_fr=[*map(" ".join, targets), "dogx"])
    gold = [" ".join(f"{i}-{len(words) - 1 - i}" for i in range(len(words))) for words in sources]
    assert cli("align", "hmm", *FILES).out == "".join(f"{line}\n" for line in [*gold, ""])
    write(tmp_path, gold=[*gold, ""])
    for method in ("intersect", "union", "grow-diag-final-and"):
        assert cli("align", "hmm", *FILES, "--symmetrize", method, "--gold", "gold").out.startswith(
            "AER         0.00\n"
        )
    weighted = cli("align", "hmm", *FILES, "--symmetrize", "union", "--probabilities").out.split("\n")[0]
    assert all(0.5 < float(link.split(":")[1]) <= 1 for link in weighted.split())
    assert cli("align", "hmm", *FILES, "--symmetrize", "union", "--reverse", "gold").err == (
        "seq2seq: --reverse gold: hmm learns both directions by itself; leave it out\n"
    )
