"""Whatever a user gets wrong is one line that says what, exit status 2, and nothing half-written."""

import re

import pytest


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["translate", "nowhere"], r"nowhere: no such run; give a run's directory"),
        (
            ["translate", "run", "Hello"],
            r"'Hello': no such file; a sentence is given on standard input: echo \"…\" \| seq2seq translate run",
        ),
        (
            ["translate", "run", "Two dogs run."],
            r"'Two dogs run\.': no such file; a sentence is given on standard input: echo \"…\" \| seq2seq translate run",
        ),
        (["translate", "run", "Two dogs run. " * 100], r"no such file; a sentence is given on standard input"),
        (
            ["heatmap", "run", "valid.en"],
            r"valid\.en: is a file, but `heatmap` takes a sentence; give one of its lines",
        ),
        (
            ["heatmap", "run", "chat", "--reference", "valid.fr"],
            r"valid\.fr: is a file, but `heatmap` takes a sentence",
        ),
        (
            ["translate", "run", "--beam", "100000"],
            r"beam=100000: decoding\.beam: input should be less than or equal to",
        ),
        (
            ["translate", "run", "--nbest", "9", "valid.en"],
            r"^seq2seq: 9 translations of a line need a beam of 9 or more, but it is 5$",
        ),
        (["translate", "run", "--nbest", "2", "--scores", "valid.en"], r"--nbest has its own format"),
        (["translate", "run", "--beam", "0"], r"Invalid value for '--beam'"),
        (["translate", "run", "--set", "model.cell=lstm"], r"only decoding\.\* can be set on a trained model"),
        (
            ["translate", "run", "--set", "decoding.beem=2"],
            r"unknown option 'decoding\.beem'; did you mean 'decoding\.beam'\?",
        ),
        (
            ["translate", "run", "--set", "beam=3"],
            r"--set beam=3: only decoding\.\* can be set on a trained model; did you mean decoding\.beam=3\?",
        ),
        (
            [
                "train",
                "toy.yaml",
                "--set",
                "model.decoder_dim=60000",
                "--set",
                "model.encoder_dim=60000",
                "--out",
                "new",
            ],
            r"model: [\d,.]+M parameters need about [\d,.]+ GB to train .* but cpu has [\d,.]+ GB; choose a smaller model",
        ),
        (["translate", "run", "valid.en", "-o", "no/where"], r"no/where: cannot be written: No such file"),
        (["translate", "run", "--device", "tpu"], r"Invalid value for '--device'"),
        (
            ["evaluate", "run", "--source", "valid.en", "--reference", "train.fr"],
            r"train\.fr has 400 lines but valid\.en has 30",
        ),
        (["evaluate", "run", "--source", "valid.en"], r"Missing option '--reference'"),
        (["score", "valid.fr", "train.fr"], r"train\.fr has 400 lines but valid\.fr has 30"),
        (["score", "empty", "empty"], r"nothing to score"),
        (["align", "run", "--source", "valid.en", "--target", "train.fr"], r"train\.fr has 400 lines"),
        (
            ["heatmap", "run", "chat", "-o", "map.jpg"],
            r"map\.jpg: a picture is written as \.png, \.svg, \.pdf, and a page as \.html",
        ),
        (["heatmap", "run", " "], r"the sentence: there is nothing to draw, because no pair has words on both sides"),
        (["heatmap", "run", "chat", "--map", "encoder"], r"no attention map 'encoder'; it has: cross"),
        (
            ["heatmap", "run", "chat", "--layer", "2"],
            r"--layer 2: the map 'cross' has one layer; give 1, or all",
        ),
        (
            ["heatmap", "run", "chat", "--head", "0"],
            r"--head 0: the map 'cross' has one head; give 1, or mean or all",
        ),
        (
            ["heatmap", "run", "chat", "--head", "or"],
            r"--head or: the map 'cross' has one head; give 1, or mean",
        ),
        (["heatmap", "run", "chat", "--beam", "2", "--reference", "un chat"], r"--beam and --reference together"),
        (
            ["heatmap", "run", "chat", "--set", "decoding.alignment_layer=3"],
            r"--set decoding\.alignment_layer=3: decoding\.alignment_layer: 3, but the decoder's last layer is 1",
        ),
        (["train", "toy.yaml", "--set", "model.attention=aditive", "--out", "new"], r"did you mean 'additive'"),
        (
            ["train", "toy.yaml", "--set", "model.attention=dot", "--out", "new"],
            r"make model\.decoder_dim 32, or use general",
        ),
        (
            ["evaluate", "run", "--source", "valid.en", "--reference", "valid.fr", "--lengths", "3,2"],
            r"--lengths 3,2: rising",
        ),
        (
            ["evaluate", "run", "--source", "valid.en", "--reference", "valid.fr", "--lengths", ""],
            r"--lengths : rising",
        ),
        (["aer", "valid.en", "valid.en"], r"valid\.en:1: '\w+' is no link such as 0-0"),
        (["data", "export", "valid", "nothing/there"], r"nothing/there\.en: cannot be written: No such file"),
        (["data", "show", "valid", "--languages", "en"], r"--languages en: two different names are expected"),
        (["train", "missing.yaml"], r"missing\.yaml: no such file; `seq2seq config > missing\.yaml` writes one"),
        (["train", "toy.yaml", "--set", "data.train=nowhere", "--out", "new"], r"nowhere: no such corpus: looked for"),
        (["heatmap", "run", "caf\udce9"], r"'caf\\udce9': not valid UTF-8; check the terminal's encoding"),
        (["config", "cnn"], r"no architecture 'cnn'; choose one of: rnn, transformer"),
        (["publish", "run", "run"], r"run: exists already; choose a new directory"),
        (["translte"], r"No such command 'translte'"),
    ],
)
def test_a_users_mistake_is_one_line(cli, run, tmp_path, arguments, message):
    (tmp_path / "empty").write_bytes(b"")
    before = sorted(path.name for path in tmp_path.iterdir())
    result = cli(*arguments)
    assert result.code == 2
    assert re.search(message, result.err), result.err
    assert sorted(path.name for path in tmp_path.iterdir()) == before, "nothing half-written"


@pytest.mark.parametrize(
    ("command", "option"),
    [
        (["translate", "run", "a.en"], "FILE"),
        (["evaluate", "run", "--source", "a.en", "--reference", "a.fr"], "--source"),
        (["evaluate", "run", "--source", "a.fr", "--reference", "a.en"], "--reference"),
        (["evaluate", "run", "--source", "a.fr", "--reference", "a.fr", "--labels", "a.en"], "--labels"),
    ],
)
def test_what_is_read_is_not_replaced(cli, tmp_path, command, option):
    for name in ("a.en", "a.fr"):
        (tmp_path / name).write_text("A dog runs.\n", encoding="utf-8")
    mistake = cli(*command, "-o", "a.en")
    assert (mistake.code, mistake.out) == (2, "")
    assert mistake.err == f"seq2seq: -o a.en: is the file of {option}, which it would replace; choose another name\n"
    assert (tmp_path / "a.en").read_text(encoding="utf-8") == "A dog runs.\n"


@pytest.mark.parametrize(
    ("inputs", "output", "option"),
    [
        (["--source", "a.html"], ["-o", "a.html"], "--source"),
        (["--source", "a.en", "--target", "a.html"], ["-o", "a.html"], "--target"),
        (["a", "--reference", "b", "--gold", "a.html"], ["-o", "a.html"], "--gold"),
        (["--source", "a.html"], ["--data", "a.html"], "--source"),
    ],
)
def test_a_picture_does_not_replace_what_it_shows(cli, tmp_path, inputs, output, option):
    for name in ("a.en", "a.html"):
        (tmp_path / name).write_text("0-0\n", encoding="utf-8")
    mistake = cli("heatmap", "run", *inputs, *output)
    assert (mistake.code, mistake.out) == (2, "")
    line = f"{' '.join(output)}: is the file of {option}, which it would replace; choose another name"
    assert mistake.err == f"seq2seq: {line}\n"
    assert (tmp_path / "a.html").read_text(encoding="utf-8") == "0-0\n"
