"""Every option once: its type, default, bounds and meaning. No torch here.

Design decisions:
- The classes below are the single place of every default; flags default to "as configured".
- Values are read strictly (``true`` is no 1, ``"3"`` is no 3) by a YAML loader that knows ``1e-3``.
- A run saves its resolved config, and is reproducible from that file.
- ``model`` is one of several classes, by its ``arch``; another architecture is one class more.
- Scorers are the one choice that is not listed here: ``model.attention`` is any that is there (`models.attention`).
"""

import difflib
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag, ValidationError, model_validator
from pydantic.fields import FieldInfo

from seq2seq.errors import ConfigError

__all__ = [
    "ARCHITECTURES",
    "Config",
    "DataConfig",
    "DecodingConfig",
    "ModelConfig",
    "RNNConfig",
    "TokenizerConfig",
    "TrainingConfig",
    "TransformerConfig",
    "differences",
    "load_config",
    "parse_override",
    "render_config",
    "with_overrides",
]


class Section(BaseModel):
    """A group of options: immutable, strict, closed to unknown keys."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


class DataConfig(Section):
    """Where sentence pairs come from."""

    train: str | list[str] = Field(
        description="a SOURCE or a list of them: a prefix (DIR/train, DIR/train.{en,fr}), two paths (A.en,B.fr), "
        "a TSV, a file of 'source ||| target' lines, .csv, .jsonl or .parquet (?source=COLUMN&target=COLUMN), or "
        "hub:OWNER/NAME?config=en-fr&split=train; .gz just works; names are also looked up under $SEQ2SEQ_DATA"
    )
    valid: str | list[str] = Field(description="the same for validation: choosing the best weights, early stopping")
    test: str | list[str] = Field(
        [], description="the same for test: only to warn where one of its sentences stands in train"
    )
    languages: Annotated[list[str], Field(min_length=2, max_length=2)] = Field(
        ["en", "fr"], description="source and target language: file suffixes, and rules of the published-scale BLEU"
    )
    max_length: int = Field(
        200, ge=2, description="training pairs with a longer side (in tokens) are left out, and counted"
    )


class TokenizerConfig(Section):
    """SentencePiece, trained inside `train` on the training pairs."""

    kind: Literal["unigram", "bpe"] = Field("bpe", description="unigram or bpe")
    vocabulary_size: int = Field(8000, ge=8, description="pieces, of each side or of both when shared")
    shared: bool = Field(True, description="one joint vocabulary for both languages")
    character_coverage: float = Field(
        0.9999,
        gt=0,
        le=1,
        description="share of the training text's characters that get a piece; 1 for small clean corpora",
    )
    sampling: float = Field(
        0.0,
        ge=0,
        le=1,
        description="subword regularisation in training: bpe: share of merges dropped (0.1); "
        "unigram: smoothing of the lattice (0.2; smaller is wilder); 0 is off",
    )


class RNNConfig(Section):
    """A recurrent encoder and a decoder with alignment attention (Bahdanau et al. 2014)."""

    arch: Literal["rnn"] = Field("rnn", description="rnn")
    cell: Literal["gru", "lstm"] = Field("gru", description="recurrent cell of encoder and decoder: gru or lstm")
    embedding_dim: int = Field(256, ge=1, description="width of the word vectors")
    encoder_dim: int = Field(256, ge=1, description="width of the encoder, each direction")
    encoder_layers: int = Field(2, ge=1, description="bidirectional layers of the encoder")
    decoder: Literal["bahdanau", "luong", "conditional"] = Field(
        "conditional",
        description="bahdanau: attends before the recurrence, with the state before the word (the paper); "
        "luong: attends after it, and feeds the readout back into the next step; "
        "conditional: reads the word first, then attends, then updates again",
    )
    decoder_dim: int = Field(512, ge=1, description="width of the decoder")
    attention: str = Field(
        "additive",
        description="how queries meet keys: additive, dot, general, scaled_dot, multi_head, or "
        "none (one fixed vector for the whole sentence)",
    )
    attention_dim: int = Field(256, ge=1, description="width of the attention: additive, scaled_dot, multi_head")
    heads: int = Field(4, ge=1, description="of multi_head")
    pooling: Literal["backward", "last", "mean", "max", "attention"] = Field(
        "backward",
        description="the encoder's states as one vector, for the decoder's first state (and all there is under "
        "attention: none): backward (the paper: its state at the first word), last (of both directions), mean, max, "
        "or attention (learned queries)",
    )
    pooling_queries: int = Field(1, ge=1, description="learned queries of pooling: attention, their vectors joined")
    readout: Literal["maxout", "tanh"] = Field(
        "maxout", description="last layer before the vocabulary: maxout (the paper) or tanh"
    )
    layer_norm: bool = Field(True, description="normalise the readout")
    tie: Literal["none", "decoder", "all"] = Field(
        "all",
        description="share word vectors: none; decoder (target in and out); all (source too; needs tokenizer.shared)",
    )
    dropout: float = Field(0.3, ge=0, lt=1, description="on word vectors, encoder layers and states, and the readout")

    @model_validator(mode="after")
    def _heads_divide_the_width(self) -> "RNNConfig":
        if self.attention == "multi_head" and self.attention_dim % self.heads:
            raise ValueError(f"model.attention_dim: {self.attention_dim} cannot be split into {self.heads} model.heads")
        return self


class TransformerConfig(Section):
    """A Transformer (Vaswani et al. 2017)."""

    arch: Literal["transformer"] = Field("transformer", description="transformer")
    dim: int = Field(256, ge=1, description="width of the model")
    heads: int = Field(4, ge=1, description="of every attention")
    ffn_dim: int = Field(1024, ge=1, description="width of the feed-forward layers")
    encoder_layers: int = Field(4, ge=1, description="layers of the encoder")
    decoder_layers: int = Field(4, ge=1, description="layers of the decoder")
    norm: Literal["pre", "post"] = Field(
        "pre", description="layer normalisation: pre (in front of each part) or post (the paper; needs a long warm-up)"
    )
    positions: Literal["sinusoidal", "learned", "rotary"] = Field(
        "sinusoidal", description="sinusoidal (the paper), learned, or rotary (in self-attention)"
    )
    max_positions: int = Field(1024, ge=1, description="of learned positions; tokens beyond share the last")
    activation: Literal["relu", "gelu", "swiglu"] = Field(
        "relu", description="of the feed-forward layers: relu (the paper), gelu, or swiglu (half as many weights again)"
    )
    tie: Literal["none", "decoder", "all"] = Field(
        "all",
        description="share word vectors: none; decoder (target in and out); all (source too; needs tokenizer.shared)",
    )
    dropout: float = Field(0.1, ge=0, lt=1, description="on word vectors and on what each part adds")
    attention_dropout: float = Field(0.0, ge=0, lt=1, description="on attention weights")
    activation_dropout: float = Field(0.0, ge=0, lt=1, description="inside the feed-forward layers")

    @model_validator(mode="after")
    def _heads_divide_the_width(self) -> "TransformerConfig":
        if self.dim % self.heads:
            raise ValueError(f"model.dim: {self.dim} cannot be split into {self.heads} model.heads")
        if self.dim // self.heads % 2 and self.positions == "rotary":
            raise ValueError(f"model.positions: rotary turns pairs, but a head is {self.dim // self.heads} wide")
        return self


ARCHITECTURES: dict[str, type[RNNConfig] | type[TransformerConfig]] = {
    "rnn": RNNConfig,
    "transformer": TransformerConfig,
}


def _architecture(model: Any) -> str:
    """The tag of a model section; one that does not say is an RNN."""
    return str(model.get("arch", "rnn") if isinstance(model, dict) else getattr(model, "arch", "rnn"))


ModelConfig = Annotated[
    Annotated[RNNConfig, Tag("rnn")] | Annotated[TransformerConfig, Tag("transformer")], Discriminator(_architecture)
]


class TrainingConfig(Section):
    """Objective, optimiser, schedule, validation."""

    batch_tokens: int = Field(2048, ge=1, description="tokens a batch, padding counted, on its longer side")
    max_updates: int = Field(10_000, ge=1, description="optimiser updates; the schedule ends here")
    lr: float = Field(1e-3, gt=0, description="peak learning rate of Adam")
    betas: Annotated[list[float], Field(min_length=2, max_length=2)] = Field(
        [0.9, 0.98], description="decay of Adam's two moments"
    )
    weight_decay: float = Field(0.0, ge=0, description="decoupled weight decay (AdamW); 0 is plain Adam")
    schedule: Literal["constant", "inverse_sqrt", "linear", "cosine"] = Field(
        "cosine", description="after the warm-up: constant, inverse_sqrt, or to zero at max_updates by linear or cosine"
    )
    warmup: int = Field(800, ge=0, description="updates of linear warm-up")
    clip: float = Field(1.0, ge=0, description="largest norm of the gradient; 0 is off")
    label_smoothing: float = Field(0.1, ge=0, lt=1, description="probability mass spread over the vocabulary")
    average: Literal["none", "exponential", "last"] = Field(
        "exponential",
        description="weights to validate, keep and translate with: none (as trained), exponential (moving average), "
        "last (mean of the last average_count validations' weights)",
    )
    average_decay: float = Field(0.999, gt=0, lt=1, description="decay per update of the exponential average")
    average_count: int = Field(5, ge=1, description="how many validations' weights 'last' averages")
    valid_every: int = Field(500, ge=1, description="updates between validations, each of which also saves the run")
    valid_beam: int = Field(1, ge=1, description="beam of the validation's translations")
    metric: Literal["bleu", "loss"] = Field("bleu", description="what 'best' and patience go by")
    patience: int = Field(0, ge=0, description="stop after so many validations without a better one; 0 is never")
    log_every: int = Field(100, ge=1, description="updates between lines of the log")
    tensorboard: bool = Field(False, description="write TensorBoard events too (pip install seq2seq-nmt[tensorboard])")


class DecodingConfig(Section):
    """Search."""

    beam: int = Field(5, ge=1, description="hypotheses kept a sentence; 1 is greedy")
    alpha: float = Field(1.0, ge=0, description="score = log-probability / length^alpha, end token counted")
    max_ratio: float = Field(2.0, gt=0, description="longest output, in tokens: max_ratio * source tokens + max_extra")
    max_extra: int = Field(10, ge=1, description="see max_ratio")
    max_input: int = Field(500, ge=1, description="input lines longer than so many tokens are cut, with a warning")
    alignment_layer: int = Field(
        0, ge=0, description="layer of the cross-attention that is the alignment, from 1; 0 is the last but one"
    )
    batch_sentences: int = Field(32, ge=1, description="sentences searched at once")


class Config(Section):
    """A run."""

    seed: int = Field(1, ge=0, description="of everything random: weights, data order, dropout, subword sampling")
    data: DataConfig
    tokenizer: TokenizerConfig = TokenizerConfig()
    model: ModelConfig = RNNConfig()
    training: TrainingConfig = TrainingConfig()
    decoding: DecodingConfig = DecodingConfig()

    @model_validator(mode="after")
    def _tie_needs_one_vocabulary(self) -> "Config":
        if self.model.tie == "all" and not self.tokenizer.shared:
            raise ValueError(
                "model.tie: all needs tokenizer.shared: true; use model.tie: decoder with two vocabularies"
            )
        return self


# -- YAML in ----------------------------------------------------------------------------------------------------------


class _Loader(yaml.SafeLoader):
    """SafeLoader that reads ``1e-3`` as the number it is (YAML 1.2) and refuses a key given twice."""


class _Dumper(yaml.SafeDumper):
    """SafeDumper that quotes the strings which `_Loader` would read as numbers."""


for _side in (_Loader, _Dumper):
    _side.add_implicit_resolver(
        "tag:yaml.org,2002:float",
        re.compile(r"^[-+]?(?:\d[\d_]*\.?\d*|\.\d+)[eE][-+]?\d+$"),
        list("-+0123456789."),
    )


def _unique_mapping(loader: _Loader, node: yaml.MappingNode) -> dict[Any, Any]:
    keys = [loader.construct_object(key) for key, _ in node.value]
    for i, key in enumerate(keys):
        if key in keys[:i]:
            line = node.value[i][0].start_mark.line + 1
            raise ConfigError(f"line {line}: {key!r} is given twice")
    return {key: loader.construct_object(value, deep=True) for key, (_, value) in zip(keys, node.value, strict=True)}


_Loader.add_constructor("tag:yaml.org,2002:map", _unique_mapping)


def _parse_yaml(text: str) -> Any:
    try:
        return yaml.load(text, _Loader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        where = f"line {mark.line + 1}: " if mark else ""
        raise ConfigError(f"{where}not YAML: {error.problem}") from None
    except (yaml.YAMLError, ValueError, TypeError) as error:  # such as a date with a 13th month, or a list as a key
        raise ConfigError(f"not YAML: {' '.join(str(error).split())}") from None


def load_config(path: Path, overrides: Sequence[str] = ()) -> Config:
    """Read a YAML file, apply ``KEY=VALUE`` overrides, validate.

    Raises:
        ConfigError: the file is missing or not YAML, or a key or value is wrong.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise ConfigError(f"{path}: no such file; `seq2seq config > {path}` writes one to edit") from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: cannot be read: {getattr(error, 'strerror', None) or 'not UTF-8'}") from None
    try:
        tree = _parse_yaml(text)
    except ConfigError as error:
        raise ConfigError(f"{path}: {error}") from None
    if not isinstance(tree, dict):
        raise ConfigError(
            f"{path}: expected sections such as 'data:' and 'model:'; `seq2seq config` prints one to edit"
        )
    return _validate(_apply(tree, overrides), where=str(path))


def with_overrides(config: Config, overrides: Sequence[str], section: str) -> Config:
    """`config` with overrides, all of which must lie in `section` (a trained model's shape is not negotiable).

    Raises:
        ConfigError: an override is malformed, outside `section`, or of a wrong value.
    """
    for override in overrides:
        if parse_override(override)[0][0] != section:
            raise ConfigError(f"--set {override}: only {section}.* can be set on a trained model")
    return _validate(_apply(config.model_dump(), overrides), where="--set") if overrides else config


def parse_override(text: str) -> tuple[list[str], Any]:
    """``training.lr=3e-4`` to ``(["training", "lr"], 0.0003)``; the value is read as YAML.

    Raises:
        ConfigError: there is no ``=``, an empty key, or the value is not YAML.
    """
    key, equals, value = text.partition("=")
    keys = key.strip().split(".")
    if not equals or not all(keys):
        raise ConfigError(f"--set {text}: expected KEY=VALUE, such as training.lr=3e-4")
    try:
        return keys, _parse_yaml(value)
    except ConfigError as error:
        raise ConfigError(f"--set {text}: {error}") from None


def _apply(tree: dict[str, Any], overrides: Sequence[str]) -> dict[str, Any]:
    for override in overrides:
        keys, value = parse_override(override)
        tree = _replaced(tree, keys, value, override)
    return tree


def _replaced(tree: Any, keys: Sequence[str], value: Any, override: str) -> dict[str, Any]:
    if tree is not None and not isinstance(tree, dict):
        raise ConfigError(f"--set {override}: {keys[0]!r} is not inside a section")
    branch = dict(tree or {})
    branch[keys[0]] = value if len(keys) == 1 else _replaced(branch.get(keys[0]), keys[1:], value, override)
    return branch


def _validate(tree: Mapping[str, Any], where: str) -> Config:
    present = {key: value for key, value in tree.items() if value is not None}  # `model:` with nothing under it
    try:
        return Config.model_validate(present)
    except ValidationError as error:
        raise ConfigError(f"{where}: {_explain(error)}") from None


def _explain(error: ValidationError) -> str:
    """The first problem in one line: path, what is wrong, what was found."""
    problem, arch = error.errors(include_url=False)[0], "rnn"
    path = [str(part) for part in problem["loc"] if part not in ("str", "list[str]")]
    if path[:1] == ["model"] and len(path) > 1:
        arch = path.pop(1)  # the union's tag
    name = ".".join(path)
    if problem["type"] == "union_tag_invalid":
        found = problem["ctx"]["tag"]
        return f"{name}.arch: input should be {' or '.join(map(repr, ARCHITECTURES))}, not {found!r}"
    if problem["type"] == "extra_forbidden":
        known = [known for known, _ in _options(arch)] + list(Config.model_fields)
        close = difflib.get_close_matches(name, known, n=1, cutoff=0.6)
        return f"unknown option {name!r}" + (
            f"; did you mean {close[0]!r}?" if close else "; `seq2seq config` prints them all"
        )
    if problem["type"] == "missing":
        return f"{name} is missing; `seq2seq config` prints every option"
    if problem["type"] == "value_error":
        return str(problem["ctx"]["error"])
    message = problem["msg"][0].lower() + problem["msg"][1:]
    return f"{name}: {message}, not {problem['input']!r}"


# -- YAML out ---------------------------------------------------------------------------------------------------------

_EXAMPLES = {"data.train": "multi30k/train", "data.valid": "multi30k/val"}


def _options(arch: str) -> Iterator[tuple[str, FieldInfo]]:
    """Dotted paths of all options of an architecture's config."""
    for name, info in Config.model_fields.items():
        section = ARCHITECTURES[arch] if name == "model" else info.annotation
        if isinstance(section, type) and issubclass(section, BaseModel):
            yield from ((f"{name}.{option}", inner) for option, inner in section.model_fields.items())
        else:
            yield name, info


def _scalar(value: Any) -> str:
    """One line of flow-style YAML that `_Loader` reads back as the same value."""
    if isinstance(value, float):
        return repr(value)
    text: str = yaml.dump(value, Dumper=_Dumper, default_flow_style=True, width=10**6, allow_unicode=True)
    return text.removesuffix("\n").removesuffix("\n...")


def render_config(config: Config | None = None, arch: str = "rnn") -> str:
    """YAML of every option; without a config an architecture's defaults, each with its meaning, to edit.

    Reading the result back gives an equal config.
    """
    lines: list[str] = []
    section = ""
    for path, info in _options(config.model.arch if config else arch):
        head, _, name = path.rpartition(".")
        if head != section:
            section = head
            lines += ["", f"{section}:"]
        indent = "  " if head else ""
        if config is None:
            lines.append(f"{indent}# {info.description}")
            value = _EXAMPLES.get(path, info.default)
        else:
            value = _at(config, path)
        lines.append(f"{indent}{name}: {_scalar(value)}")
    return "\n".join(lines).lstrip("\n") + "\n"


def _at(config: Config, path: str) -> Any:
    value: Any = config
    for key in path.split("."):
        value = getattr(value, key)
    return value


def differences(old: Config, new: Config) -> list[str]:
    """Dotted paths of the options in which two configs differ."""
    if old.model.arch != new.model.arch:
        return ["model.arch"]
    return [path for path, _ in _options(old.model.arch) if _at(old, path) != _at(new, path)]
