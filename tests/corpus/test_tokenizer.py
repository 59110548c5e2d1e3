import pytest

from seq2seq.config import TokenizerConfig
from seq2seq.corpus.lines import Problems
from seq2seq.corpus.sources import load_pairs
from seq2seq.corpus.tokenizer import Tokenizer
from seq2seq.errors import CheckpointError, ConfigError
from seq2seq.symbols import BOS, EOS, PAD, UNK

TEXT = "Un homme joue de l'accordéon.\tA man plays the accordion.\nLes deux hommes jouent.\tThe two men are playing…\n"


@pytest.fixture(params=["bpe", "unigram"])
def tokenizer(request, tmp_path):
    (tmp_path / "x.tsv").write_text(TEXT * 30, encoding="utf-8")
    pairs = load_pairs(str(tmp_path / "x.tsv"), ["fr", "en"], Problems())
    return Tokenizer.train(pairs, TokenizerConfig(kind=request.param, vocabulary_size=42, character_coverage=1.0))


def test_special_symbols_have_their_ids(tokenizer):
    assert (PAD, UNK, BOS, EOS) == (0, 1, 2, 3)
    processor = tokenizer.source._processor
    assert [processor.pad_id(), processor.unk_id(), processor.bos_id(), processor.eos_id()] == [0, 1, 2, 3]


def test_text_survives_encoding(tokenizer):
    lines = ["Un homme joue de l'accordéon.", "", "The two men are playing"]
    ids = tokenizer.source.encode(lines)
    assert [tokenizer.source.decode(row) for row in ids] == lines
    assert ids[1] == []


@pytest.mark.parametrize(
    "text",
    [
        "Un homme  joue\tde l'accordéon.",
        " deux  hommes ",
        "un\u00a0homme joue…",  # a no-break space joins: two pieces' words, one word of the text
        "漢字 homme ½",
        "\u200bhomme \u200b deux",  # zero-width spaces vanish in normalisation
    ],
)
def test_pieces_belong_to_the_words_of_the_given_text(tokenizer, text):
    segmented = tokenizer.source.segment(text)
    assert segmented.words == [word for word in text.replace("\t", " ").split(" ") if word]
    assert segmented.ids == tokenizer.source.encode([text])[0]
    assert segmented.word_of_piece == sorted(segmented.word_of_piece)
    spelled = [""] * len(segmented.words)
    for piece, word in zip(segmented.pieces, segmented.word_of_piece, strict=True):
        spelled[word] += piece.replace("▁", "")
    plain = [word for word in segmented.words if word.isascii()]
    assert [s for s, word in zip(spelled, segmented.words, strict=True) if word.isascii()] == plain


def test_marks_are_read_with_or_without_a_space_before_as_in_the_text_that_was_learned_from(tmp_path):
    for name, mark, expected in (("joined", ".", ["▁un", "▁homme", "."]), ("apart", " .", ["▁un", "▁homme", "▁."])):
        (tmp_path / name).write_text(f"un homme{mark} ||| une femme{mark}\n" * 40, encoding="utf-8")
        pairs = load_pairs(str(tmp_path / name), ["en", "fr"], Problems())
        vocabulary = Tokenizer.train(pairs, TokenizerConfig(vocabulary_size=30, character_coverage=1.0)).source
        segmented = vocabulary.segment("un homme .", join=True)
        assert (segmented.pieces, segmented.words) == (expected, ["un", "homme", "."])
        assert segmented.word_of_piece == [0, 1, 2]
        assert vocabulary.segment("un homme .").ids == vocabulary.encode(["un homme ."])[0], "as given, unless asked"


def test_pieces_of_own_tokens_are_kept_even_where_encoding_would_choose_others(tokenizer):
    vocabulary = tokenizer.target
    letters = [vocabulary._processor.piece_to_id(letter) for letter in "▁homme"]
    assert UNK not in letters
    segmented = vocabulary.segment_ids([*letters, *letters])
    assert segmented.text == "homme homme"
    assert segmented.ids == letters * 2 != vocabulary.encode(["homme homme"])[0]
    assert segmented.words == ["homme", "homme"]
    assert segmented.word_of_piece == [0] * 6 + [1] * 6
    assert vocabulary.segment_ids([]).words == []


@pytest.mark.parametrize("shared", [True, False])
@pytest.mark.parametrize("kind", ["bpe", "unigram"])
def test_a_vocabulary_larger_than_its_text_is_as_large_as_it_can_be(tmp_path, caplog, kind, shared):
    (tmp_path / "x.tsv").write_text(TEXT * 30 + "a\tb\n", encoding="utf-8")
    pairs = load_pairs(str(tmp_path / "x.tsv"), ["fr", "en"], Problems())
    config = TokenizerConfig(kind=kind, vocabulary_size=8000, character_coverage=1.0, shared=shared)
    tokenizer = Tokenizer.train(pairs, config)
    size = len(tokenizer.source)
    assert caplog.messages == [f"tokenizer.vocabulary_size: this text fills {size} pieces, not 8000; using {size}"]
    assert len(tokenizer.target) == size
    caplog.clear()
    assert Tokenizer.train(pairs, config.model_copy(update={"vocabulary_size": size})).files() == tokenizer.files()
    assert not caplog.messages


def test_a_text_too_small_for_any_vocabulary_is_refused(tmp_path):
    (tmp_path / "x.tsv").write_text("a\ta\n", encoding="utf-8")
    pairs = load_pairs(str(tmp_path / "x.tsv"), ["fr", "en"], Problems())
    with pytest.raises(
        ConfigError, match=r"^data\.train: this text fills a vocabulary of \d pieces, and 8 are the few"
    ):
        Tokenizer.train(pairs, TokenizerConfig())


def test_lines_too_long_to_learn_from_are_told(tmp_path):
    (tmp_path / "x.tsv").write_text(f"{'a b ' * 2000}\t{'b a ' * 2000}\n", encoding="utf-8")
    pairs = load_pairs(str(tmp_path / "x.tsv"), ["fr", "en"], Problems())
    with pytest.raises(ConfigError, match=r"^data\.train: a vocabulary is learned from lines of up to 4,192 bytes"):
        Tokenizer.train(pairs, TokenizerConfig())


def test_files_load_back_and_damage_is_named(tokenizer, tmp_path):
    for name, content in tokenizer.files().items():
        (tmp_path / name).write_bytes(content)
    config = TokenizerConfig(kind=tokenizer.source.kind)
    loaded = Tokenizer.load(tmp_path, config)
    assert loaded.shared
    assert loaded.fingerprint == tokenizer.fingerprint
    for damaged in (b"nonsense", b""):
        (tmp_path / "tokenizer.model").write_bytes(damaged)
        with pytest.raises(CheckpointError, match=r"tokenizer\.model: not a SentencePiece model"):
            Tokenizer.load(tmp_path, config)
    with pytest.raises(CheckpointError, match=r"source\.model: no such file; restore it from a copy of the run"):
        Tokenizer.load(tmp_path, TokenizerConfig(shared=False))
