import itertools
import logging
import math
import tracemalloc

import numpy as np
import pytest

from seq2seq.alignment import hmm, lexicon
from seq2seq.alignment.hmm import LONGEST, Settings, WordAligner, learn_links
from seq2seq.alignment.lexicon import Buckets, Lexicon, Prior, Vocabulary
from seq2seq.alignment.markov import JumpCounts, Transitions, forward_backward

NO_PRIOR = Prior(each=0, cognate=0, stem=0)


def pairs_of(*lines):
    """Pairs of word lists from "source | target" lines."""
    return [tuple(side.split() for side in line.split("|")) for line in lines]


@pytest.fixture(scope="module")
def corpus():
    """60 pairs of a language of 12 words, each of which has one translation; the word order is shuffled a little."""
    random = np.random.default_rng(1)
    pairs = []
    for _ in range(60):
        numbers = random.integers(12, size=random.integers(1, 7))
        order = np.argsort(np.arange(len(numbers)) + random.normal(0, 0.8, len(numbers)))
        pairs.append(([f"w{n}" for n in numbers], [f"{n}v" for n in numbers[order]]))
    return pairs


@pytest.fixture(scope="module")
def aligner(corpus):
    return WordAligner.fit(corpus)


def translations(pairs, counts, prior, given=0):
    """The estimated probability of each pair of words, from counts {(source, target): count}."""
    sides, buckets = (Vocabulary(), Vocabulary()), Buckets()
    for row, (source, target) in enumerate(pairs):
        buckets.add(row, sides[0].add(source), sides[1].add(target))
    table = Lexicon(sides, list(buckets.blocks(100)))
    words = list(itertools.product(*(side._numbers for side in sides)))
    block = Buckets()
    for row, (one, other) in enumerate(words):
        block.add(row, sides[0].find([one]), sides[1].find([other]))
    (block,) = block.blocks(10_000)
    cells_B11 = table.find(block)
    counts_P = np.zeros(len(table))
    for word_pair, cell in zip(words, cells_B11.ravel(), strict=True):
        if word_pair in counts:
            counts_P[cell] = counts[word_pair]
    given_B1 = (block.source_BS, block.target_BT)[given]
    found = table.estimate(counts_P, given, prior).look_up(cells_B11.transpose(1, 0, 2), given_B1)
    return dict(zip(words, found.ravel().tolist(), strict=True))


# The hidden Markov model


def enumerated(words_OG, nulls_O, transitions, null):
    """Posterior links, nulls, transitions and the likelihood of one sentence: the sums over all paths, one by one."""
    observed, given = words_OG.shape
    links_OG, nulls = np.zeros((observed, given)), np.zeros(observed)
    initial_G, jumps_GG, final_G = np.zeros(given), np.zeros((given, given)), np.zeros(given)
    total = 0.0
    for linked in itertools.product((True, False), repeat=observed):
        for path in itertools.product(range(given), repeat=observed):
            probability = transitions.initial_G[path[0]] * transitions.final_G[path[-1]]
            for o, (at, is_linked) in enumerate(zip(path, linked, strict=True)):
                probability *= (1 - null) * words_OG[o, at] if is_linked else null * nulls_O[o]
                if o and is_linked:
                    probability *= transitions.jumps_GG[path[o - 1], at]
                elif o:
                    probability *= path[o - 1] == at
            total += probability
            final_G[path[-1]] += probability
            initial_G[path[0]] += probability * linked[0]
            for o, at in enumerate(path):
                links_OG[o, at] += probability * linked[o]
                nulls[o] += probability * (not linked[o])
                if o and linked[o]:
                    jumps_GG[path[o - 1], at] += probability
    return links_OG / total, nulls / total, Transitions(initial_G / total, jumps_GG / total, final_G / total), total


@pytest.mark.parametrize(("observed", "given"), [(4, 3), (3, 4), (1, 3), (3, 1), (1, 1)])
@pytest.mark.parametrize("null", [0.2, 0.0])
def test_forward_backward_equals_the_sum_over_all_paths(observed, given, null):
    random = np.random.default_rng(observed * 10 + given)
    words_OBG, nulls_OB = random.random((observed, 2, given)), random.random((observed, 2))
    transitions = Transitions(*(random.dirichlet(np.ones(given), size) for size in (None, given, None)))
    found = forward_backward(words_OBG.copy(), nulls_OB.copy(), transitions, null)
    links, nulls, counts, totals = zip(
        *(enumerated(words_OBG[:, b], nulls_OB[:, b], transitions, null) for b in range(2)), strict=True
    )
    np.testing.assert_allclose(found.links_OBG, np.stack(links, axis=1), atol=1e-12)
    np.testing.assert_allclose(found.nulls_OB, np.stack(nulls, axis=1), atol=1e-12)
    for found_counts, *both in zip(found.transitions, *counts, strict=True):
        np.testing.assert_allclose(found_counts, sum(both), atol=1e-12)
    assert found.log_likelihood == pytest.approx(sum(map(math.log, totals)), abs=1e-12)


def test_long_sentences_do_not_underflow():
    given = 3
    uniform = JumpCounts.uniform(1).probabilities(given, 0)
    found = forward_backward(np.full((LONGEST, 1, given), 1e-12), np.full((LONGEST, 1), 1e-12), uniform, 0.5)
    assert found.log_likelihood == pytest.approx(LONGEST * math.log(1e-12) - math.log(given))
    np.testing.assert_allclose(found.links_OBG.sum(axis=2) + found.nulls_OB, 1)


def test_jumps_of_one_width_share_a_count_in_sentences_of_all_lengths():
    counts = JumpCounts.uniform(1)
    counts.add(Transitions(np.array([1.0, 0, 0, 0]), np.eye(4, k=1), np.array([0, 0, 0, 1.0])))
    counts.add(Transitions(np.array([0.0, 1]), np.array([[3.0, 0], [0, 0]]), np.array([1.0, 0])))
    initial_G, jumps_GG, final_G = counts.probabilities(3, uniform=0.3)
    np.testing.assert_allclose(initial_G, [0.38, 0.38, 0.24])  # counts 2, 2 and 1
    np.testing.assert_allclose(final_G, [0.2, 0.4, 0.4])  # counts 1, 2 and 2; stops are not smoothed
    by_hand = np.array([[4 / 9, 4 / 9, 1 / 9], [1 / 9, 4 / 9, 4 / 9], [1 / 6, 1 / 6, 4 / 6]])
    np.testing.assert_allclose(jumps_GG, 0.7 * by_hand + 0.1)
    far = JumpCounts.uniform(1)
    far.add(Transitions(np.ones(40), np.eye(40, k=30), np.ones(40)))  # 10 jumps of 30 words
    row_G = far.probabilities(40, 0).jumps_GG[0]
    np.testing.assert_allclose(row_G, np.array([1] * 12 + [11] * 28) / 320)  # jumps of 12 words and more are alike


# Expectation maximisation


def test_model_1_is_worked_by_hand():
    """The textbook's example (Koehn 2010, section 4.2); the probabilities after two iterations are fractions."""
    book = pairs_of("das Haus | the house", "das Buch | the book", "ein Buch | a book")
    two = next(WordAligner.fit(book, Settings(model1=2, hmm=0, agree=False, null=0, prior=NO_PRIOR)).align(book))
    the_das, house_das, the_haus, house_haus = 7 / 11, 2 / 11, 3 / 7, 4 / 7
    by_hand = [
        [the_das / (the_das + the_haus), the_haus / (the_das + the_haus)],
        [house_das / (house_das + house_haus), house_haus / (house_das + house_haus)],
    ]
    np.testing.assert_allclose(two.forward_TS, by_hand, rtol=1e-6)
    np.testing.assert_allclose(two.reverse_TS, np.transpose(by_hand), rtol=1e-6)  # the example is symmetric
    assert list(learn_links(book)) == [[(0, 0), (1, 1)]] * 3


@pytest.mark.parametrize("null", [0.0, 0.2])
def test_the_likelihood_never_falls_in_plain_em(corpus, null):
    """Model 1 alone: smoothing, a prior and agreement each optimise something else."""
    both = np.array(WordAligner.fit(corpus, Settings(10, 0, False, null, prior=NO_PRIOR)).log_likelihoods)
    assert both.shape == (10, 2)
    assert (np.diff(both, axis=0) > -1e-9).all()
    assert (both[-1] > both[0] + 100).all()


def test_jumps_make_the_text_more_probable(corpus):
    """Jumps are learned, and before them nothing changes: the first iterations are those of Model 1."""
    plain = Settings(4, 0, False, prior=NO_PRIOR)
    model1 = WordAligner.fit(corpus, plain).log_likelihoods
    both = np.array(WordAligner.fit(corpus, Settings(3, 6, False, prior=NO_PRIOR)).log_likelihoods)
    np.testing.assert_array_equal(both[:4], model1)
    assert (np.diff(both, axis=0) > 0).all()


def test_both_directions_learn_from_the_product_of_their_posteriors():
    """Word a stands with x and y, and then with x alone.

    Given a, each of x and y translates it for certain; given x and y, a translates each with probability 1/2.
    """
    pairs = pairs_of("a | x y", "a | x")
    alone, agreed = (
        WordAligner.fit(pairs, Settings(0, 2, agree, null=0, prior=NO_PRIOR)).log_likelihoods[1][0]
        for agree in (False, True)
    )
    assert alone == pytest.approx(math.log(2 / 3 * 1 / 3 * 2 / 3))  # x was counted 2 times and y 1 time
    assert agreed == pytest.approx(math.log(3 / 4 * 1 / 4 * 3 / 4))  # x was counted 1.5 times and y 0.5 times


# The prior


def test_the_prior_is_worked_by_hand():
    pairs = pairs_of("jumping château | sautait chateau", "jumped | sauta", "jumped | sautait")
    counts = {("jumping", "sautait"): 1.0, ("jumped", "sauta"): 1.0, ("château", "chateau"): 1.0}
    plain = translations(pairs, counts, NO_PRIOR)
    assert plain["jumping", "sautait"] == 1
    assert plain["jumping", "chateau"] == 1e-12  # never 0: no sentence may be impossible
    each = translations(pairs, counts, Prior(each=0.5, cognate=0, stem=0))
    assert each["jumping", "sautait"] == pytest.approx(1.5 / 2.5)
    assert each["jumping", "chateau"] == pytest.approx(0.5 / 2.5)
    assert each["jumping", "sauta"] == pytest.approx(0.5 / 2.5)  # which are never together
    cognate = translations(pairs, counts, Prior(each=0, cognate=3, stem=0))
    assert cognate["château", "chateau"] == 1
    assert cognate["jumping", "sautait"] == 1
    stem = translations(pairs, counts, Prior(each=0, cognate=0, stem=3))
    # jump- is translated by saut- alone, which is sautait 2 times of 3: of 1 + 3 counts, jumping has 1 + 2 there.
    # Only pairs of words that occur together have a share: sauta has none.
    assert stem["jumping", "sautait"] == pytest.approx(1)
    assert stem["jumped", "sauta"] == pytest.approx((1 + 1) / 4)
    assert stem["jumped", "sautait"] == pytest.approx(2 / 4)
    for given in (0, 1):
        sums = {}
        for pair, probability in translations(pairs, counts, Prior(0.1, 0.7, 3), given).items():
            sums[pair[given]] = sums.get(pair[given], 0) + probability
        assert list(sums.values()) == pytest.approx([1] * 3)


def test_words_that_look_alike_are_linked():
    """Each word occurs once, and their order is unusual."""
    pair = pairs_of("Visitors love Éclairs in Bordeaux | À Bordeaux eclairs séduisent visiteurs")
    assert {(4, 1), (2, 2), (0, 4)} <= set(next(learn_links(pair)))


@pytest.mark.parametrize(("stem", "links"), [(0, [(0, 1), (1, 0)]), (3, [(0, 0), (1, 1)])])
def test_rare_words_learn_from_their_stems(stem, links):
    """The words of the last pair are new: without their stems, they are linked in the usual, reversed order."""
    known = pairs_of(
        "walked home | marcha maison",
        "home walks | marche maison",
        "cat walked | marcha chat",
        "home cat | chat maison",
        "cats sleep | dormir chats",
        "sleep walked | dormir marcha",
    )
    last = pairs_of("catty walking | chatte marchant")
    aligner = WordAligner.fit([*known * 3, *last], Settings(prior=Prior(each=0.0005, cognate=0.5, stem=stem)))
    assert next(aligner.align(last)).links() == links


# Use


def test_the_links_of_a_toy_language_are_found(corpus):
    right = total = found = 0
    for (source, target), links in zip(corpus, learn_links(corpus), strict=True):
        if len(set(source)) == len(source):
            gold = {(source.index(f"w{word[:-1]}"), t) for t, word in enumerate(target)}
            right, total, found = right + len(gold & set(links)), total + len(gold), found + len(links)
    assert right / total > 0.97
    assert right / found > 0.97


def test_links_weights_and_alignments_are_those_of_the_posteriors(corpus, aligner):
    for pair, found in zip(corpus, aligner.align(corpus), strict=True):
        assert (list(found.source), list(found.target)) == pair
        assert found.forward_TS.dtype == found.reverse_TS.dtype == np.float32
        mean_TS = (found.forward_TS + found.reverse_TS) / 2
        for threshold in (0.2, 0.5):
            places = itertools.product(range(len(pair[0])), range(len(pair[1])))
            assert found.links(threshold) == [(s, t) for s, t in places if mean_TS[t, s] > threshold]
        assert found.links() == found.links(0.5)
        assert all(found.weight((s, t)) == mean_TS[t, s] for s, t in found.links())
        for alignment, weights_TS in (
            (found.forward(), found.forward_TS),
            (found.reverse(), found.reverse_TS.T),
            (found.agreed(), mean_TS / np.maximum(mean_TS.sum(axis=1, keepdims=True), 1)),
        ):
            np.testing.assert_allclose(alignment.weights_TS[:, :-1], weights_TS, atol=1e-6)
            np.testing.assert_allclose(alignment.weights_TS.sum(axis=1), 1, atol=1e-5)
            assert alignment.source_end
        assert found.reverse().target == found.source


def test_case_makes_no_difference(corpus):
    shouted = [([word.upper() for word in source], target) for source, target in corpus]
    mixed = [pair if row % 2 else other for row, (pair, other) in enumerate(zip(corpus, shouted, strict=True))]
    assert list(learn_links(mixed)) == list(learn_links(corpus))


def test_words_that_were_never_seen_are_linked_by_their_positions(aligner):
    new, known = aligner.align(pairs_of("one two three | un deux trois", "one w3 | 3v un"))
    assert new.links() == [(0, 0), (1, 1), (2, 2)]
    assert {(1, 0)} <= set(known.links())
    for found in (new, known):
        assert np.isfinite(found.mean_TS).all()
        assert (found.forward_TS.sum(axis=1) < 1 + 1e-6).all()
        assert (found.reverse_TS.sum(axis=0) < 1 + 1e-6).all()


def test_empty_sides_have_no_links_and_teach_nothing(corpus):
    """A word that occurs only beside an empty side made a division by zero: `c` and `z` here."""
    found = list(WordAligner.fit(pairs_of("a | x", "b | y", " | z", "c |", "|")).align(pairs_of(" | z", "c |", "|")))
    assert [one.links() for one in found] == [[], [], []]
    assert [one.mean_TS.shape for one in found] == [(1, 0), (0, 1), (0, 0)]
    assert found[0].forward().weights_TS.tolist() == [[1]]
    assert found[1].agreed().weights_TS.shape == (0, 2)
    hollow = [pair for one in corpus for pair in (one, (one[0], []), ([], one[1]))]
    assert list(learn_links(hollow))[::3] == list(learn_links(corpus))


@pytest.mark.parametrize("pairs", [[], pairs_of("|"), pairs_of("a |", "| x")])
def test_a_corpus_without_any_pair_of_words_is_learned_from(pairs):
    assert list(learn_links(pairs)) == [[] for _ in pairs]
    found = next(WordAligner.fit(pairs).align(pairs_of("a b | x y")))
    assert found.links() == []  # all positions are equally probable
    np.testing.assert_allclose(found.mean_TS, 0.5, atol=0.05)


def test_one_pair_is_enough():
    assert list(learn_links(pairs_of("a | x"))) == [[(0, 0)]]


@pytest.mark.parametrize("swapped", [False, True])
def test_one_word_beside_two_hundred(swapped, caplog):
    pair = (["a"], [f"x{n}" for n in range(LONGEST)])
    found = next(WordAligner.fit([pair[::-1] if swapped else pair]).align([pair[::-1] if swapped else pair]))
    forward_TS, reverse_TS = (
        (found.reverse_TS.T, found.forward_TS.T) if swapped else (found.forward_TS, found.reverse_TS)
    )
    assert np.isfinite(found.mean_TS).all()
    assert (forward_TS > 0.5).all()  # each of the many has one word to translate
    assert reverse_TS.sum() == pytest.approx(1, abs=0.06)
    assert not caplog.records


def test_of_over_long_sentences_the_first_words_are_aligned(corpus, caplog):
    long = [[f"{letter}{n}" for n in range(LONGEST + extra)] for letter, extra in (("a", 3), ("x", 1), ("b", 0))]
    pairs = [*corpus, (long[0], ["x0"]), (["a0"], long[1]), (long[2], ["x0"])]
    with caplog.at_level(logging.WARNING):
        *_, wide, high, _ = WordAligner.fit(pairs).align(pairs)
    assert caplog.messages == [
        "2 pairs of more than 200 words a side, the first of them pair 61: only the first 200 words are aligned"
    ]
    assert (wide.mean_TS.shape, high.mean_TS.shape) == ((1, LONGEST), (LONGEST, 1))
    assert wide.mean_TS.all()
    assert high.mean_TS.all()
    assert (wide.source, high.target) == (tuple(long[0][:LONGEST]), tuple(long[1][:LONGEST]))
    assert wide.forward().weights_TS.shape == (1, LONGEST + 1)
    assert wide.weight((LONGEST - 1, 0)) > 0
    assert wide.weight((LONGEST, 0)) == high.weight((0, LONGEST)) == 0, "words that were cut off, in links of others"


def test_vast_lines_take_no_memory_of_their_own_product():
    """Cells of all their words would take terabytes."""
    vast = (["a"] * 1_000_000, ["x"] * 1_000_000)
    (found,) = WordAligner.fit([vast]).align([vast])
    assert found.mean_TS.shape == (LONGEST, LONGEST)


def test_equal_text_gets_equal_probabilities(corpus, aligner):
    """To the last bit, from a list or from an iterator."""
    again = WordAligner.fit(iter(corpus))
    assert again.log_likelihoods == aligner.log_likelihoods
    for one, other in zip(again.align(iter(corpus)), aligner.align(corpus), strict=True):
        assert one.forward_TS.tobytes() == other.forward_TS.tobytes()
        assert one.reverse_TS.tobytes() == other.reverse_TS.tobytes()


def test_pairs_come_in_order_whatever_the_sizes_of_blocks_and_chunks(corpus, aligner, monkeypatch):
    pairs = [*corpus, ([], ["1v"]), *corpus[::-1]]
    whole = list(aligner.align(pairs))
    for block, chunk in ((1, 1), (7, 50), (10_000, 3)):
        monkeypatch.setattr(hmm, "_BLOCK", block)
        monkeypatch.setattr(hmm, "_CHUNK", chunk)
        for pair, one, other in zip(pairs, whole, aligner.align(pairs), strict=True):
            assert (list(other.source), list(other.target)) == pair
            np.testing.assert_allclose(other.forward_TS, one.forward_TS, atol=1e-6)
            np.testing.assert_allclose(other.reverse_TS, one.reverse_TS, atol=1e-6)


def test_the_sizes_of_blocks_do_not_matter_for_what_is_learned(corpus, aligner, monkeypatch):
    monkeypatch.setattr(hmm, "_BLOCK", 20)
    np.testing.assert_allclose(WordAligner.fit(corpus).log_likelihoods, aligner.log_likelihoods, rtol=1e-9)


def test_memory_does_not_grow_with_the_pairs_that_are_aligned(corpus, aligner, monkeypatch):
    monkeypatch.setattr(hmm, "_CHUNK", 500)

    def peak(repeats, pairs):
        tracemalloc.start()
        try:
            for _ in aligner.align(itertools.chain.from_iterable(itertools.repeat(pairs, repeats))):
                pass
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    assert peak(30, corpus) < 1.2 * peak(3, corpus)
    assert peak(50, [([], ["1v"])] * 500) < 1.2 * peak(3, [([], ["1v"])] * 500)  # which have no cells to count


def test_word_pairs_are_collected_a_part_at_a_time(monkeypatch):
    parts = [np.random.default_rng(seed).integers(50, size=(3, 4, 5)) for seed in range(6)]
    whole = lexicon._distinct(parts)
    assert whole.tolist() == sorted({int(number) for part in parts for number in part.ravel()})
    monkeypatch.setattr(lexicon, "_MERGED", 10)
    assert lexicon._distinct(parts).tolist() == whole.tolist()
    assert lexicon._distinct([]).tolist() == []
