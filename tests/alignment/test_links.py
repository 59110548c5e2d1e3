"""Formats of links, what is wrong with a file of them, and their scores."""

import pytest

from seq2seq.alignment import (
    Gold,
    LinkLines,
    check_links,
    check_range,
    format_links,
    parse_links,
    parse_weights,
    read_links,
    score_link_files,
    score_links,
)
from seq2seq.errors import ConfigError, DataError


def gold(sure, possible=()):
    return Gold(frozenset(sure), frozenset({*sure, *possible}))


def test_pharaoh_lines_are_read():
    assert parse_links(" 0-0  1?2 3p4 0-0", "x:1") == gold({(0, 0)}, {(1, 2), (3, 4)})
    assert parse_links("", "x:1") == gold([])
    for wrong in (
        "0",
        "0-",
        "-1-2",
        "1_2",
        "a-b",
        "1-2-3",
        "٣-1",
        "1-2:",
        "1-2:x",
        "1-2:0.1.2",
        "1-2:-1",
        "1-2:.",
        "1-2:e1",
    ):
        with pytest.raises(DataError, match=r"^x:7: .* is no link such as"):
            parse_links(f"0-0 {wrong}", "x:7")
    for vast in ("9" * 5000 + "-1", "1-" + "9" * 5000, "\0" * 1_000_000):
        with pytest.raises(DataError, match=r"^x:7: .{,200}…' is no link such as"):
            parse_links(vast, "x:7")
    assert parse_links("999999999-1", "x:7").sure == {(999999999, 1)}


def test_weights_are_written_and_read():
    weights = {(0, 0): 0.93, (2, 1): 1.0, (3, 1): 0.00004}
    line = format_links(weights, weights.get)
    assert line == "0-0:0.9300 2-1:1.0000 3-1:0.0000"
    assert parse_links(line, "x:1") == gold(weights)
    assert parse_links("0-0:1e-05 1?1:.5 2p2:1", "x:1") == gold({(0, 0)}, {(1, 1), (2, 2)})
    assert parse_weights("0-0:1e-05 1?1:.5 2p2:1. 3-0 4-0:0.25", "x:1") == {
        (0, 0): 1e-5, (1, 1): 0.5, (2, 2): 1, (3, 0): 1, (4, 0): 0.25,
    }  # fmt: skip
    assert parse_weights("", "x:1") == {}
    with pytest.raises(DataError, match=r"^x:7: '0_0' is no link such as"):
        parse_weights("0_0", "x:7")
    assert format_links([(0, 0), (1, 2)]) == "0-0 1-2"
    assert format_links([]) == ""


def test_words_counted_from_1():
    assert parse_links("1-1 2?3", "x:1", one_based=True) == gold({(0, 0)}, {(1, 2)})
    for line in ("0-1", "1-0"):
        with pytest.raises(DataError, match=rf"^x:4: '{line}' has the index 0, but --one-based says that words are"):
            parse_links(f"1-1 {line}", "x:4", one_based=True)


FROM_1 = [f"{i}-{i} {i + 1}-{i + 1}" for i in (1, 2, 1, 3, 1)]


def test_a_file_counted_from_1_is_not_read_as_if_from_0():
    with pytest.raises(
        DataError,
        match=r"^g: none of 10 links has the index 0, so words seem to be counted from 1; say so \(--one-based\), or "
        r"that they are not \(--zero-based\)$",
    ):
        read_links(LinkLines("g", FROM_1))
    assert read_links(LinkLines("g", FROM_1, one_based=True))[0] == gold({(0, 0), (1, 1)})
    assert read_links(LinkLines("g", FROM_1, one_based=False))[0] == gold({(1, 1), (2, 2)})
    assert read_links(LinkLines("g", [*FROM_1, "0-5"]))[0] == gold({(1, 1), (2, 2)}), "a 0 on either side tells"
    assert len(read_links(LinkLines("g", FROM_1[:4]))) == 4, "so few may be what they seem"


NAACL = ["0001 1 1", "0001 2 2 S", "", "0003 1 2 P", "0003 3 1 S 0.25", "3 0 4 S", "3 2 0 P"]


def test_naacl_lines_are_read():
    """Sentences without links are empty, and links of the empty word, number 0, are left out."""
    file = LinkLines("n", NAACL)
    assert file.naacl
    sentences = [gold({(0, 0), (1, 1)}), gold([]), gold({(2, 0)}, {(0, 1)})]
    assert read_links(file) == sentences
    assert read_links(file, 4) == [*sentences, gold([])]
    assert read_links(LinkLines("n", [line.lower() for line in NAACL])) == sentences
    assert not LinkLines("p", ["", "0-0 1-1"]).naacl
    assert not LinkLines("p", []).naacl


def test_naacl_links_count_from_1_and_nothing_else_can_be_said():
    for one_based, option in ((True, "--links-one-based"), (False, "--links-zero-based")):
        with pytest.raises(
            ConfigError, match=rf"^{option}: n is in NAACL format, which counts words from 1; leave it out$"
        ):
            read_links(LinkLines("n", NAACL, one_based, "--links-one-based"))


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("0-0", r"^n:2: '0-0' is no link such as '1 1 2 S': sentence, source, target, S or P$"),
        ("1 1", r"^n:2: '1 1' is no link such as"),
        ("1 1 1 X", r"^n:2: '1 1 1 X' is no link such as"),
        ("1 -1 1", r"^n:2: '1 -1 1' is no link such as"),
        ("9" * 99 + " 1 1", r"^n:2: '9{40}…' is no link such as"),
        ("0 1 1", r"^n:2: a link of sentence 0, but sentences are numbered from 1 to 3$"),
        ("4 1 1", r"^n:2: a link of sentence 4, but sentences are numbered from 1 to 3$"),
    ],
)
def test_what_is_no_naacl_line_is_told(line, message):
    with pytest.raises(DataError, match=message):
        read_links(LinkLines("n", ["1 1 1", line]), 3)


def test_a_wrong_sentence_number_does_not_make_a_thousand_million_sentences():
    vast = LinkLines("n", ["1 1 1", "999999999 1 1"])
    with pytest.raises(
        DataError, match=r"^n:2: a link of sentence 999999999, but sentences are numbered from 1 to 1,000"
    ):
        score_link_files(vast, vast)


def test_a_file_of_pharaoh_links_has_a_line_a_sentence():
    with pytest.raises(DataError, match=r"^g has 1 line for 2 sentences: line i must hold the links of sentence i$"):
        read_links(LinkLines("g", ["0-0"]), 2)


def test_links_beyond_the_sentence_are_refused():
    check_range([(2, 1)], (3, 2), "g:1", "hint")
    for link in ((3, 0), (0, 2)):
        with pytest.raises(
            DataError,
            match=rf"^g:1: link {link[0]}-{link[1]}: the {'source' if link[0] else 'target'} has {2 + (link[0] > 0)} words, "
            "counted from 0; hint$",
        ):
            check_range([(0, 0), link], (3, 2), "g:1", "hint")


@pytest.mark.parametrize(
    ("lines", "one_based", "message"),
    [
        (["0-0", "2-2 1-3"], None, r"^g:2: link 1-3: the target has 3 words, counted from 0; hint$"),
        (["1-1", "3-3 2-4"], True, r"^g:2: link 2-4: the target has 3 words, counted from 1; hint$"),
        (["2 3 3", "", "2 3 0", "1 1 1", "2 02 4 P"], None, r"^g:5: link 2-4: the target has 3 words, counted from 1; hint$"),
    ],
)  # fmt: skip
def test_a_link_beyond_its_sentence_is_told_as_the_file_has_it(lines, one_based, message):
    file = LinkLines("g", lines, one_based)
    check_links(file, read_links(file, 2), [(1, 1), (3, 4)], "hint")
    with pytest.raises(DataError, match=message):
        check_links(file, read_links(file, 2), [(1, 1), (3, 3)], "hint")


def test_scores_worked_by_hand():
    # A = 4 links, S = 3, P = 4; A∩S = 2, A∩P = 3: AER = 1 - (2 + 3) / (4 + 3) = 2/7, F1 = 2 · ¾ · ⅔ / (¾ + ⅔) = 12/17
    true = [parse_links("0-0 1-1 2?1", "g:1"), parse_links("0-1", "g:2")]
    found = [[(0, 0), (2, 1), (5, 5)], [(0, 1)]]
    scores = score_links(found, true)
    assert scores.aer == pytest.approx(100 * 2 / 7)
    assert (scores.precision, scores.recall) == (75.0, pytest.approx(100 * 2 / 3))
    assert scores.f1 == pytest.approx(100 * 12 / 17)
    assert scores.sentences == 2
    assert score_links([[(0, 1)]], [true[1]]).aer == 0
    wrong = score_links([[(0, 0)]], [true[1]])
    assert (wrong.aer, wrong.precision, wrong.recall, wrong.f1) == (100, 0, 0, 0)


def test_nothing_to_score_is_told():
    true = parse_links("0-1", "g:2")
    with pytest.raises(DataError, match=r"^out: holds no link such as 0-0: there is nothing to score$"):
        score_links([[]], [true], names=("out", "true"))
    with pytest.raises(DataError, match=r"^true: holds no sure link such as 0-0: there is nothing to score against$"):
        score_links([[(0, 1)]], [parse_links("0?1", "g:1")], names=("out", "true"))
    with pytest.raises(ValueError, match="zip"):
        score_links([[]], [true, true])


def test_files_of_either_format_are_compared():
    """The same three sentences as NAACL and as Pharaoh links, from 0 and from 1, score alike in any pairing."""
    found = ["0-0 1-1", "", "2-0 2-1"]
    pharaoh = ["0-0 1-1", "", "2-0 0?1"]
    from_1 = ["1-1 2-2", "", "3-1 1?2"]
    expected = score_links([parse_links(line, "").possible for line in found], read_links(LinkLines("g", pharaoh)))
    naacl = LinkLines("n", ["1 1 1", "1 2 2", "3 3 1", "3 3 2"])
    for own in (LinkLines("f", found), naacl):
        for true in (LinkLines("g", pharaoh), LinkLines("n", NAACL), LinkLines("g", from_1, one_based=True)):
            assert score_link_files(own, true) == expected
    assert expected.sentences == 3
    with pytest.raises(
        DataError,
        match=r"^f has 3 lines but g has 1: line i of one must link the sentence of line i of the other; nothing was",
    ):
        score_link_files(LinkLines("f", found), LinkLines("g", ["0-0"]))
    with pytest.raises(DataError, match=r"^n:3: a link of sentence 3, but sentences are numbered from 1 to 1"):
        score_link_files(LinkLines("f", ["0-0"]), naacl)
