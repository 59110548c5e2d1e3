import itertools
import os
import re
from pathlib import Path

import pytest
import yaml

from seq2seq.config import Config, RNNConfig
from seq2seq.config_file import differences, find_config, load_config, parse_override, render_config, with_overrides
from seq2seq.errors import ConfigError
from tests.conftest import ROOT

MINIMAL = "data: {train: a, valid: b}\n"


def load(tmp_path, text: str, *overrides: str) -> Config:
    path = tmp_path / "c.yaml"
    path.write_text(text, encoding="utf-8")
    return load_config(path, overrides)


def test_the_printed_defaults_are_the_defaults(tmp_path):
    config = load(tmp_path, render_config())
    assert config == Config.model_validate({"data": {"train": "multi30k/train", "valid": "multi30k/val"}})
    lines = render_config().split("\n")
    for line, following in itertools.pairwise(lines):
        if ": " in line and not line.lstrip().startswith("#"):
            assert lines[lines.index(line) - 1].lstrip().startswith("# "), f"{line} has no meaning"
        assert not (line.lstrip().startswith("#") and following == ""), f"{line} explains nothing"


def test_yaml_and_back_is_the_identity(tmp_path):
    config = load(
        tmp_path, MINIMAL, "data.train=[x, 'y: z', '1e-3']", "training.lr=1e-7", "training.weight_decay=0.1", "seed=9",
        "model.tie=none", "data.valid='null'", "training.tensorboard=true", "data.languages=['no', 'on']",
    )  # fmt: skip
    assert config.data.languages == ["no", "on"]
    assert config.data.valid == "null"
    assert load(tmp_path, render_config(config)) == config


def test_choices_that_types_do_not_have_are_told_with_the_meaning():
    plain, told = (
        render_config(choices=choices).split("\n") for choices in (None, {"model.attention": ["dot", "none"]})
    )
    ((before, after),) = [pair for pair in zip(plain, told, strict=True) if pair[0] != pair[1]]
    assert after == f"{before}; one of: dot, none"
    assert told[told.index(after) + 1] == "  attention: additive"


def test_a_model_that_names_no_architecture_is_an_rnn(tmp_path):
    assert load(tmp_path, MINIMAL + "model: {dropout: 0.5}").model == RNNConfig(dropout=0.5)
    assert Config.model_validate({"data": {"train": "a", "valid": "b"}, "model": RNNConfig(heads=2)}).model.heads == 2


def test_numbers_with_exponents_are_numbers(tmp_path):
    for text in ("1e-3", "1E-3", ".1e-2", "0.001", "1.0e-3"):
        assert load(tmp_path, MINIMAL + f"training: {{lr: {text}}}").training.lr == 0.001


@pytest.mark.parametrize(
    ("alignment", "files"),
    [
        ("{train: a, valid: c}", []),
        ("{train: a, valid: c, alignment: x, alignment_units: split}", ["x"]),
        ("{train: [a], valid: c, alignment: x}", ["x"]),
        ("{train: a, valid: c, alignment: [x]}", ["x"]),
        ("{train: [a, b], valid: c, alignment: [x, '']}", ["x", ""]),
        ("{train: [a, b], valid: c, alignment: hmm}", []),
    ],
)
def test_a_file_of_links_for_each_source(tmp_path, alignment, files):
    width = 6 if "alignment" in alignment else 0
    config = load(tmp_path, f"data: {alignment}\nmodel: {{alignment_dim: {width}}}")
    assert (config.data.links_files, config.data.has_links) == (files, bool(width))


def test_overrides_apply_in_order(tmp_path):
    config = load(tmp_path, MINIMAL + "training: {lr: 1.0}", "training.lr=2.0", "training.lr=3e-4", "data.valid=c")
    assert (config.training.lr, config.data.valid) == (3e-4, "c")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (MINIMAL + "trainning: {}", r"c.yaml: unknown option 'trainning'; did you mean 'training'\?"),
        (MINIMAL + "training: {warm_up: 3}", r"unknown option 'training.warm_up'; did you mean 'training.warmup'\?"),
        (
            MINIMAL + "model: {decoder_dimension: 3}",
            r"unknown option 'model.decoder_dimension'; did you mean 'model.decoder_dim'\?",
        ),
        (
            MINIMAL + "tokenizer: {sampling: -0.05}",
            r"c.yaml: tokenizer.sampling is an option of an earlier version; write tokenizer.bpe_dropout with the same num",
        ),
        (
            MINIMAL + "tokenizer: {kind: unigram, bpe_dropout: 0.1}",
            r"c.yaml: tokenizer.bpe_dropout: needs tokenizer.kind: bpe; for unigram use unigram_temperature",
        ),
        (
            MINIMAL + "tokenizer: {unigram_temperature: 5}",
            r"c.yaml: tokenizer.unigram_temperature: needs tokenizer.kind: unigram; for bpe use bpe_dropout",
        ),
        (MINIMAL + "zzz: 1", r"unknown option 'zzz'; `seq2seq config` prints them all"),
        (MINIMAL + "seed: true", r"seed: input should be a valid integer, not True"),
        (MINIMAL + "seed: '1'", r"seed: input should be a valid integer, not '1'"),
        (MINIMAL + "training: {lr: 0}", r"training.lr: input should be greater than 0, not 0"),
        (MINIMAL + "training: {lr: .nan}", r"training.lr: input should be "),
        (MINIMAL + "model: {dropout: 1.0}", r"model.dropout: input should be less than 1, not 1.0"),
        (MINIMAL + "model: {cell: gruu}", r"model.cell: input should be 'gru' or 'lstm', not 'gruu'"),
        (MINIMAL + "model: {arch: cnn}", r"model.arch: input should be 'rnn' or 'transformer', not 'cnn'"),
        (MINIMAL + "model: {arch: 3}", r"model.arch: input should be 'rnn' or 'transformer', not '3'"),
        (
            MINIMAL + "model: {arch: transformer, cell: gru}",
            r"c.yaml: model.cell is an option of model.arch: rnn, but .* is transformer",
        ),
        (MINIMAL + "model: {arch: transformer, ffn: 3}", r"unknown option 'model.ffn'; did you mean 'model.ffn_dim'\?"),
        (
            MINIMAL + "model: {arch: transformer, norm: both}",
            r"model.norm: input should be 'pre' or 'post', not 'both'",
        ),
        (
            MINIMAL + "model: {arch: transformer, dim: 12, positions: rotary}",
            r"model.positions: rotary .* 4 heads: model.dim must be a multiple of 8, not 12",
        ),
        (MINIMAL + "decoding: {alignment_layer: 2}", r"decoding.alignment_layer: 2, but the decoder's last layer is 1"),
        (
            MINIMAL + "model: {arch: transformer}\ndecoding: {alignment_layer: 5}",
            r"alignment_layer: 5, but the decoder's last layer is 4",
        ),
        (
            "data: {train: a, valid: b, alignment: hmm}\nmodel: {alignment_dim: 8}\ntraining: {guided_attention: 0.5}",
            r"training.guided_attention: 0.5 and model.alignment_dim: 8: links teach either attention or an alignment",
        ),
        (
            MINIMAL + "training: {guided_attention: 0.5}",
            r"training.guided_attention: 0.5, but there are no links to teach attention; name them in data.alignment",
        ),
        (MINIMAL + "model: 3", r"model: input should be .*, not 3"),
        (MINIMAL + "training:\n", r"c.yaml: training: has nothing under it; indent its options below it, or leave"),
        (MINIMAL + "training: {}", r"c.yaml: training: has nothing under it"),
        (MINIMAL + "beam: 3", r"unknown option 'beam'; did you mean 'decoding.beam'\?"),
        (MINIMAL + "training: {lr: 1e6}", r"training.lr: input should be less than or equal to 10, not 1000000.0"),
        (MINIMAL + "decoding: {alpha: 300}", r"decoding.alpha: input should be less than or equal to 10, not 300"),
        (MINIMAL + "decoding: {beam: 100000}", r"decoding.beam: input should be less than or equal to 1000, not"),
        (MINIMAL + "model: {encoder_layers: 1000000000}", r"model.encoder_layers: input should be less than or equal"),
        (MINIMAL + "tokenizer: {vocabulary_size: 1000000000}", r"vocabulary_size: input should be less than or equal"),
        (MINIMAL + "tokenizer: {shared: false}", r"model.tie: all needs tokenizer.shared: true"),
        (
            "data: {train: a}",
            r"c.yaml: data.valid is missing: name sentence pairs to validate on that are not trained on",
        ),
        ("seed: 1", r"c.yaml: data is missing; `seq2seq config` prints every option"),
        (
            MINIMAL + f"seed: 0x{'9' * 5000}",
            r"seed: input should be less than \d+, not a number of thousands of digits$",
        ),
        (MINIMAL + f"seed: {'9' * 5000}", r"c.yaml: not YAML: a number has thousands of digits$"),
        (MINIMAL + f"training: {{lr: {'9' * 400}}}", r"c.yaml: training.lr: input should be"),
        (MINIMAL + f"model: {{cell: {'x' * 5000}}}", r"model.cell: input should be 'gru' or 'lstm', not 'x+\.\.\.x+'$"),
        ("[" * 1500, r"c.yaml: not YAML that can be read: its brackets are nested too deeply"),
        (
            "a: &a [x, x, x, x, x, x]\n"
            + "".join(f"{b}: &{b} [{', '.join([f'*{a}'] * 6)}]\n" for a, b in itertools.pairwise("abcdefghijkl"))
            + MINIMAL
            + "seed: *l\n",
            r"c.yaml: ",
        ),
        ("data: {train: 3, valid: b}", r"data.train: input should be a valid string, not 3"),
        (
            "data: {train: [a, b], valid: c, alignment: x}",
            r"c.yaml: data.alignment: 1 file for 2 SOURCEs of data.train; name as many, in the same order \('' where a SO",
        ),
        (
            "data: {train: [a], valid: c, alignment: [x, y]}",
            r"c.yaml: data.alignment: 2 files for 1 SOURCE of data.train; name as many",
        ),
        ("data: {train: a, valid: c, alignment: []}", r"c.yaml: data.alignment: 0 files for 1 SOURCE of data.train;"),
        (
            "data: {train: [a, b], valid: c, alignment: [hmm, x]}",
            r"c.yaml: data.alignment: hmm learns from all of data.train at once; write data.alignment: hmm",
        ),
        (
            "data: {train: a, valid: c, alignment_units: split}",
            r"c.yaml: data.alignment_units: split says what the links of a file count, and data.alignment names no file;",
        ),
        (
            "data: {train: a, valid: c, alignment: hmm, alignment_units: split}",
            r"c.yaml: data.alignment_units: split says .* names no file; leave it out",
        ),
        (
            "data: {train: a, valid: c, alignment: x, alignment_units: pieces}",
            r"c.yaml: data.alignment_units: input should be 'words' or 'split', not 'pieces'",
        ),
        (
            MINIMAL + "model: {alignment_dim: 8}",
            r"c.yaml: model.alignment_dim: 8 is the width of a head that nothing would teach; name links in data.align",
        ),
        (
            "data: {train: a, valid: c, alignment: hmm}",
            r"c.yaml: data.alignment: its links teach an alignment head, and the model has none; add model.alignment_dim:",
        ),
        (
            "data: {train: [a, b], valid: c, alignment: ['', '']}\nmodel: {arch: transformer, alignment_dim: 8}",
            r"c.yaml: model.alignment_dim: 8 is the width",
        ),
        ("data: {train: a, valid: c, alignment: 3}", r"c.yaml: data.alignment: input should be a valid string, not 3"),
        ("data: {train: a, valid: b, languages: [en]}", r"data.languages: list should have at least 2 items"),
        ("seed: 1\nseed: 2\n", r"c.yaml: line 2: 'seed' is given twice"),
        ("a: [1\n", r"c.yaml: line 2: not YAML: "),
        ("a: 'b\x07'", r"c.yaml: not YAML: "),
        ("a: 2024-13-45", r"c.yaml: not YAML: month must be in 1..12"),
        ("? [a]\n: b", r"c.yaml: not YAML: "),
        ("just text", r"c.yaml: expected sections such as 'data:'"),
        ("", r"c.yaml: expected sections such as 'data:'"),
    ],
)
def test_every_mistake_is_one_line_that_names_it(tmp_path, text, message):
    with pytest.raises(ConfigError, match=message) as caught:
        load(tmp_path, text)
    assert "\n" not in str(caught.value)
    assert str(caught.value).startswith(str(tmp_path / "c.yaml"))


@pytest.mark.parametrize(
    ("section", "expected"),
    [
        ("sampling: 0.0", {}),
        ("kind: unigram, sampling: 0", {}),
        ("sampling: 0.1, shared: true", {"bpe_dropout": 0.1}),
        ("kind: bpe, sampling: 1", {"bpe_dropout": 1}),
        ("kind: unigram, sampling: 0.2", {"unigram_temperature": 5.0}),
    ],
)
def test_a_file_of_an_earlier_version_is_read(tmp_path, section, expected):
    """The resolved config of every run had ``sampling``; for unigram it was the inverse of the temperature."""
    tokenizer = load(tmp_path, MINIMAL + f"tokenizer: {{{section}}}").tokenizer
    assert {name: getattr(tokenizer, name) for name in expected} == expected
    assert tokenizer.sampling == sum(expected.values())
    changed = load(tmp_path, MINIMAL + f"tokenizer: {{{section}}}", "tokenizer.kind=bpe", "tokenizer.bpe_dropout=0.3",
                   "tokenizer.unigram_temperature=0")  # fmt: skip
    assert changed.tokenizer.sampling == 0.3


@pytest.mark.parametrize("sampling", ["yes", "''", "-1", "[]", "0.1, bpe_dropout: 0.2"])
def test_what_cannot_be_translated_names_the_options_of_today(tmp_path, sampling):
    with pytest.raises(ConfigError, match=r"c.yaml: tokenizer.sampling is an option of an earlier version; write tok"):
        load(tmp_path, MINIMAL + f"tokenizer: {{sampling: {sampling}}}")


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("seed=null", r"^--set seed=null: seed: input should be a valid integer, not None$"),
        ("seed=", r"^--set seed=: seed: input should be a valid integer, not None$"),
        ("training=", r"^--set training=: training: has nothing under it; "),
        ("training={}", r"^--set training={}: training: has nothing under it; "),
        ("tokenizer.sampling=0.1", r"^--set tokenizer.sampling=0.1: tokenizer.sampling is an option of an earlier ver"),
        ("training.lr", r"--set training.lr: expected KEY=VALUE"),
        ("=3", r"--set =3: expected KEY=VALUE"),
        ("a..b=3", r"expected KEY=VALUE"),
        ("seed.x=3", r"--set seed.x=3: 'x' is not inside a section"),
        ("training.lr=[", r"--set training.lr=\[: line 1: not YAML"),
        ("training.Lr=3", r"^--set training.Lr=3: unknown option 'training.Lr'; did you mean 'training.lr'\?"),
        ("training.lr=-1", r"^--set training.lr=-1: training.lr: input should be greater than 0, not -1"),
        (
            "model.ffn_dim=8",
            r"^--set model.ffn_dim=8: model.ffn_dim is an option of model.arch: transformer, but .* is rnn",
        ),
        ("training={lr: -1}", r"^--set training={lr: -1}: training.lr: input should be"),
        ("data.test=3", r"^--set data.test=3: data.test: "),
        ("seed=9223372036854775808", r"seed: input should be less than 9223372036854775808, not 9223372036854775808"),
        ("training.betas=[0.9, 1]", r"training.betas.1: input should be less than 1, not 1"),
        ("decoding.max_ratio=1e9", r"decoding.max_ratio: input should be less than or equal to 10, not "),
        ("decoding.max_extra=1001", r"decoding.max_extra: input should be less than or equal to 1000, not 1001$"),
        (
            "tokenizer.character_coverage=0.97",
            r"tokenizer.character_coverage: input should be greater than or equal to 0.98, not 0.97$",
        ),
    ],
)
def test_wrong_overrides(tmp_path, override, message):
    with pytest.raises(ConfigError, match=message):
        load(tmp_path, MINIMAL + "seed: 1", override)


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("decoding.alignment_layer=3", "decoding.alignment_layer: 3, but the decoder's last layer is 2"),
        ("model.decoder_layers=1", "decoding.alignment_layer: 2, but the decoder's last layer is 1"),
        ("model.positions=rotary", "model.positions: rotary turns pairs of columns"),
        ("tokenizer.shared=false", "model.tie: all needs tokenizer.shared"),
    ],
)
def test_an_override_that_does_not_go_with_the_file_is_named(tmp_path, override, message):
    text = MINIMAL + "model: {arch: transformer, dim: 12, decoder_layers: 2}\ndecoding: {alignment_layer: 2}"
    overrides = ["training.lr=1", "data.test=x", override, "seed=2"]
    with pytest.raises(ConfigError) as caught:
        load(tmp_path, text, *overrides)
    assert str(caught.value).startswith(f"--set {override}: {message}")
    with pytest.raises(ConfigError, match=r"c.yaml: data.valid is missing"):
        load(tmp_path, "data: {train: a}", *overrides[:2])


def test_the_file_is_named_where_the_override_is_right(tmp_path):
    with pytest.raises(ConfigError, match=r"c.yaml: training.lr: input should be greater than 0, not -1"):
        load(tmp_path, MINIMAL + "training: {lr: -1}", "training.warmup=3")


def test_missing_and_unreadable_files(tmp_path):
    with pytest.raises(ConfigError, match=r"no.yaml: no such file; `seq2seq config > .*no.yaml` writes one"):
        load_config(tmp_path / "no.yaml")
    with pytest.raises(ConfigError, match="cannot be read: Is a directory"):
        load_config(tmp_path)
    (tmp_path / "latin.yaml").write_bytes(b"a: \xe9")
    with pytest.raises(ConfigError, match="cannot be read: not UTF-8"):
        load_config(tmp_path / "latin.yaml")


def test_what_is_no_file_is_told_and_never_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe.yaml")
    (tmp_path / "circle.yaml").symlink_to("circle.yaml")
    (tmp_path / "large.yaml").write_bytes(b"#" * (2 << 20))
    for name, message in {
        "pipe.yaml": "pipe.yaml: is a pipe, not a file",
        "circle.yaml": "circle.yaml: cannot be read: Too many levels of symbolic links",
        "x" * 300: "x: cannot be read: File name too long",
        "a\0b.yaml": "cannot be read: a name cannot have a NUL character in it",
        "": "cannot be read: Is a directory",
        "large.yaml": "large.yaml: has more than 1 MiB; is it a config",
    }.items():
        with pytest.raises(ConfigError, match=message):
            load_config(find_config(tmp_path / name))
    with pytest.raises(ConfigError, match=r"^x+: neither a file nor a recipe"):
        find_config(Path("x" * 300))
    with pytest.raises(ConfigError, match=r"^/dev/zero: is a device"):
        load_config(Path("/dev/zero"))


def test_an_option_without_a_value_is_no_section(tmp_path):
    with pytest.raises(ConfigError, match=r"c.yaml: seed: input should be a valid integer, not None$"):
        load(tmp_path, MINIMAL + "seed:\n")
    with pytest.raises(ConfigError, match=r"c.yaml: training: has nothing under it"):  # the first, whatever the hashes
        load(tmp_path, MINIMAL + "decoding:\ntraining:\n")


def test_only_one_section_of_a_trained_model_can_be_set(tmp_path):
    config = load(tmp_path, MINIMAL)
    assert with_overrides(config, ["decoding.beam=2"], "decoding").decoding.beam == 2
    assert with_overrides(config, [], "decoding") == config
    with pytest.raises(ConfigError, match=r"--set model.cell=lstm: only decoding.\* can be set on a trained model"):
        with_overrides(config, ["model.cell=lstm"], "decoding")


def test_differences_and_parse_override(tmp_path):
    config = load(tmp_path, MINIMAL)
    assert differences(config, config) == []
    other = load(tmp_path, MINIMAL, "seed=5", "model.cell=lstm")
    assert differences(config, other) == ["seed", "model.cell"]
    assert parse_override("a.b=c=d") == (["a", "b"], "c=d")


def test_shipped_recipes_are_valid():
    recipes = sorted((ROOT / "configs").glob("*.yaml"))
    assert recipes
    for recipe in recipes:
        assert load_config(recipe).data.train
        assert yaml.safe_load(recipe.read_text(encoding="utf-8"))
        assert re.search(r"^#", recipe.read_text(encoding="utf-8")), "a recipe says what it is"
