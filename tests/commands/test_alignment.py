"""`align` and `aer`: what they print, in which units and direction, and what they refuse."""

import io
import json
import re
import shutil
import sys

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


def test_weights_of_a_file_of_links_count_as_those_of_a_model(cli, both):
    cli("align", "back", "--source", "a.fr", "--target", "a.en", "--probabilities", "-o", "back.links")
    for method in ("union", "grow-diag"):
        options = ("align", "run", *FILES, "--symmetrize", method, "--probabilities", "--reverse")
        of_run, of_file = (cli(*options, *other).out.split() for other in (["back"], ["back.links", "--swapped"]))
        of_run, of_file = (dict(link.split(":") for link in links) for links in (of_run, of_file))
        assert of_run.keys() == of_file.keys()
    write(both, some_links=["0-0:0.2 1?1", "", "", "1-0:.5"])
    (one, *_, last) = Translator.load("run", device="cpu").align(SOURCES, TARGETS)
    union = ("--symmetrize", "union", "--reverse", "some.links", "--probabilities")
    first, _, _, fourth, _ = cli("align", "run", *FILES, *union).out.split("\n")
    for line, alignment, given in ((first, one, {(0, 0): 0.2, (1, 1): 1}), (fourth, last, {(1, 0): 0.5})):
        weights = {(int(s), int(t)): float(weight) for s, t, weight in re.findall(r"(\d)-(\d):([\d.]+)", line)}
        assert weights.keys() >= given.keys()
        for link, weight in weights.items():
            assert weight == pytest.approx((alignment.weight(link) + given.get(link, 0)) / 2, abs=1e-4)


def test_each_direction_heeds_the_threshold(cli, both):
    """Neither model looks at one word alone, so that at a threshold of 0 either direction has all links."""
    grid = " ".join(f"{s}-{t}" for s in range(6) for t in range(6))
    reverse = ("--symmetrize", "intersect", "--reverse", "back", "--threshold")
    assert cli("align", "run", *FILES, *reverse, "0").out.split("\n")[0] == grid
    assert len(cli("align", "run", *FILES, *reverse, "2").out.split("\n")[0].split()) <= 6


def test_what_is_wrong_with_lines_is_told_once_the_work_is_done(cli, both):
    (both / "a.en").write_bytes("".join(f"{line}\r\n" for line in SOURCES).encode())
    (both / "a.fr").write_bytes("".join(f"{line}\n" for line in TARGETS).encode().replace("ç".encode(), b"\xe7"))
    (both / "x.links").write_bytes(b"0-0\r\n\r\n\r\n\r\n")
    told = [
        "warning: 4 lines ending in CRLF (CR removed), first at a.en:1",
        "warning: 1 line with invalid UTF-8 (U+FFFD stands for what is invalid), first at a.fr:4",
    ]
    assert cli("align", "run", *FILES).err.split("\n") == [*told, ""]
    reverse = "warning: 4 lines ending in CRLF (CR removed), first at x.links:1"
    assert cli("align", "run", *FILES, "--symmetrize", "union", "--reverse", "x.links").err.split("\n") == [
        reverse, *told, "",
    ]  # fmt: skip


@pytest.mark.parametrize("option", ["--source", "--target", "--gold", "--reverse"])
def test_an_input_is_not_replaced(cli, both, option):
    write(both, gold=["0-0", "", "", ""], r_links=["0-0", "", "", ""])
    files = {"--source": "a.en", "--target": "a.fr", "--gold": "gold", "--reverse": "r.links", "--symmetrize": "union"}
    (both / "other").symlink_to(files[option])
    options = [word for pair in files.items() for word in pair]
    before = (both / files[option]).read_bytes()
    for output in (files[option], "other", f"../{both.name}/{files[option]}"):
        assert cli("align", "run", *options, "-o", output).err == (
            f"seq2seq: -o {output}: is the file of {option}, which it would replace; choose another name\n"
        )
    assert (both / files[option]).read_bytes() == before
    assert cli("align", "run", *options, "-o", "new").code == cli("align", "run", *options, "-o", "new").code == 0


def test_gold_of_a_part_of_the_sentences_is_told(cli, both):
    write(both, part=["1 1 1", "4 1 1"], own=["0-0"] * 4, begin=["1 1 1", "2 1 1", "3 1 1"])
    told = "warning: part: has links of 2 of 4 sentences: the others count as having none\n"
    assert cli("align", "run", *FILES, "--gold", "part").err == told
    assert cli("aer", "own", "part").err == told
    assert cli("aer", "begin", "part").err == told.replace("part: has links of 2", "begin: has links of 3") + told
    write(both, whole=["1 1 1", "2 0 1", "3 1 0", "4 1 1 p"])
    assert cli("aer", "own", "whole").err == "", "links of the empty word are links of their sentences"


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
    "--reverse back": r"--reverse back: say how to combine both directions, with --symmetrize grow-diag, say$",
    "--symmetrize union --reverse run": r"--reverse run: translates en to fr, but the opposite of run, which translates en "
    r"to fr, is needed$",
    "--symmetrize union --reverse back --swapped": r"--swapped: is about links that --reverse FILE names; leave it out$",
    "--symmetrize union --reverse short": r"short has 1 line for 4 pairs: line i must hold the links of pair i$",
    "--symmetrize union --reverse words": r"words:1: 'le' is no link such as",
    "--symmetrize union --reverse wide": r"wide:4: link 5-0: the source has 2 words, counted from 0; "
    r"is this file target-source: add --swapped, or are its links counted from 1, or of words with punctuation apart "
    r"\(--split-punctuation\)\?$",
    "--symmetrize union --reverse wide --swapped": r"wide:4: link 0-5: .* is this file source-target: leave out --swapped, ",
    "--gold short": r"short has 1 line for 4 sentences: line i must hold the links of sentence i$",
    "--gold wide": r"wide:4: link 5-0: the source has 2 words, counted from 0; are these links "
    r"counted from 1 \(--one-based\), or of words with punctuation apart \(--split-punctuation\)\?$",
    "--gold wide --zero-based": r"counted from 0; are these links of words with punctuation apart \(--split-punctuation\)\?$",
    "--gold wide --split-punctuation": r"; are these links counted from 1 \(--one-based\), or of words as they are given "
    r"\(without --split-punctuation\)\?$",
    "--gold far": r"far:5: link 6-1: the source has 2 words, counted from 1; "
    r"are these links of words with punctuation apart \(--split-punctuation\)\?$",
    "--gold far --one-based": r"--one-based: far is in NAACL format, which counts words from 1; leave it out$",
    "--gold far --zero-based": r"--zero-based: far is in NAACL format, which counts words from 1; leave it out$",
    "--gold none": r"none: holds no sure link such as 0-0: there is nothing to score against$",
    "--gold one": r"one: none of 11 links has the index 0, so words seem to be counted from 1; say so \(--one-based\), or",
    "--gold wide --one-based": r"wide:1: '0-0' has the index 0, but --one-based says that words are counted from 1$",
    "--json": r"--json: is about the scores that --gold asks for; leave it out, or add that$",
    "--one-based": r"--one-based: is about the scores that --gold asks for",
    "--zero-based": r"--zero-based: is about the scores that --gold asks for",
    "--gold wide --text": r"--text and --probabilities: with --gold, links go to a file only; leave them out, or add -o$",
    "--gold wide --probabilities": r"--text and --probabilities: with --gold",
    "--symmetrize union --reverse one": r"one: none of 11 links has the index 0, so words seem to be counted from 1; "
    r"rewrite it so that they are counted from 0$",
    "--symmetrize union --reverse nothing": r"--reverse nothing: no such run or file; give a model from target to source, or "
    r"a file of links$",
    "--symmetrize union --reverse hmm": r"--reverse hmm: is no model of one direction; `seq2seq align hmm --symmetrize "
    r"union` combines both directions that it learns \(a run of that name is \./hmm\)$",
    "--symmetrize union --reverse back --set decoding.alignment_layer=9": r"^seq2seq: run: --set decoding\.alignment_layer=9: ",
    "--threshold -1": r"--threshold",
    "--symmetrize grow": r"--symmetrize",
}  # fmt: skip


@pytest.mark.parametrize("options", MISTAKES)
def test_a_mistake_is_told_before_anything_is_printed(cli, both, options):
    write(
        both, short=["0-0"], words=["le chat", "", "", ""], wide=["0-0", "", "", "5-0"], far=["1 1 1", "2 0 1", "3 1 0", "4 1 1 S", "4 6 1 s"], none=["", "", "", ""],
        one=["1-1 2-2 3-3 4-4 5-5 1-2 1-3 1-4 1-5 2-1", "", "", "1-1 1-1"],
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


def test_each_line_is_there_as_soon_as_it_is_made(cli, both, monkeypatch):
    seen = []

    class Output(io.StringIO):
        def flush(self):
            seen.append(self.getvalue())

    monkeypatch.setattr(Alignment, "links", lambda *_: [(0, 0)])
    monkeypatch.setattr(sys, "stdout", Output())
    cli("align", "run", *FILES)
    assert seen[:4] == ["0-0\n" * count for count in range(1, 5)]


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


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ("--set decoding.beam=2", "--set decoding.beam=2: hmm is no model and has no options; leave it out"),
        ("--device cuda", "--device cuda: hmm computes on the CPU alone; leave it out"),
        ("--threshold 1", "--threshold 1: hmm links words whose probability is above it; give one below 1"),
        ("--threshold 2.5", "--threshold 2.5: hmm links words whose probability is above it; give one below 1"),
    ],
)
def test_options_that_the_statistical_aligner_does_not_have_are_refused(cli, tmp_path, options, message):
    write(tmp_path, a_en=["a"], a_fr=["b"])
    assert cli("align", "hmm", *FILES, *options.split()).err == f"seq2seq: {message}\n"


def test_the_statistical_aligner_heeds_the_threshold(cli, tmp_path):
    write(tmp_path, a_en=["a b", "b c", "a c"], a_fr=["x y", "y z", "x z"])
    grid = "0-0 0-1 1-0 1-1"
    assert cli("align", "hmm", *FILES, "--threshold", "0").out.split("\n")[0] == grid
    few = ("--symmetrize", "union", "--threshold")
    assert cli("align", "hmm", *FILES, *few, "0").out.split("\n")[0] == grid
    assert cli("align", "hmm", *FILES, *few, "2").out.split("\n")[0] == "0-0 1-1"
    assert cli("align", "hmm", *FILES, "--symmetrize", "intersect", "--threshold", "0").out.split("\n")[0] == grid


def test_few_pairs_to_learn_from_are_told(cli, tmp_path):
    warning = (
        "warning: hmm has {} to learn from and needs thousands: expect wrong links, or put more text of the kind before "
        "these pairs (docs/guide.md)\n"
    )
    for count, told in ((1, warning.format("1 pair")), (999, warning.format("999 pairs")), (1000, "")):
        write(tmp_path, a_en=["a b"] * count, a_fr=["x y"] * count)
        assert cli("align", "hmm", *FILES).err == told


def test_the_statistical_aligner_cuts_long_lines_and_names_the_first(cli, tmp_path):
    vast = " ".join(f"a{n}" for n in range(100_000))
    write(tmp_path, a_en=["b", vast, vast], a_fr=["y", vast.replace("a", "x"), "x"])
    for options in ((), ("--symmetrize", "union", "--probabilities")):  # which asks for weights of the other direction
        result = cli("align", "hmm", *FILES, "--threshold", "0", *options)
        assert result.err.split("\n")[1] == (
            "warning: 2 pairs of more than 200 words a side, the first of them a.en:2: only the first 200 words are aligned"
        )
        lines = result.out.split("\n")[:-1]
        assert len(lines) == 3
        assert max(max(link) for link in parse_links(lines[1], "").sure) == 199
