"""Every option is defined here once: its type, default, bounds and meaning. No torch here.

Design decisions:
- The classes below are the single place of every default; flags default to "as configured".
- Values are read strictly (``true`` is no 1, ``"3"`` is no 3); `config_file` reads and writes them as YAML.
- ``model`` is one of several classes, by its ``arch``; another architecture is one class more.
- Scorers are the one choice that is not checked here: ``model.attention`` is any name that `models.attention` knows.
"""

from typing import Annotated, Any, ClassVar, Literal, get_args

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from seq2seq.words import counted

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
]


class Section(BaseModel):
    """A group of options: immutable, strict, closed to unknown keys."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


class DataConfig(Section):
    """Where sentence pairs come from."""

    train: str | list[str] = Field(
        description="a SOURCE or a list of them: a prefix (DIR/train, DIR/train.{en,fr}), two paths (A.en,B.fr), "
        "a TSV, a file of 'source ||| target' lines, .csv, .jsonl or .parquet (?source=COLUMN&target=COLUMN), or "
        "hub:OWNER/NAME?config=en-fr&split=train; files may be compressed (.gz); names are also looked up under "
        "$SEQ2SEQ_DATA"
    )
    valid: str | list[str] = Field(
        description="the same for validation, which chooses the best weights and stops early; not to be trained on"
    )
    test: str | list[str] = Field(
        [], description="the same for test, which is only read to warn if one of its sentences stands in train"
    )
    languages: Annotated[list[str], Field(min_length=2, max_length=2)] = Field(
        ["en", "fr"],
        description="source and target language: suffixes of files, and whose rules published-scale BLEU has",
    )
    max_length: int = Field(
        200, ge=2, le=100_000, description="training pairs with a longer side (in tokens) are left out, and counted"
    )
    alignment: str | list[str] = Field(
        "",
        description="word links of the training pairs, for model.alignment_dim or training.guided_attention: a file in "
        "Pharaoh format (0-0 2-1: source-target, from 0) whose line i belongs to pair i of data.train, such as "
        "builtin/train.links; a list of as many files where data.train is a list ('' where one has none); hmm learns "
        "them when training starts; '' is none",
    )
    alignment_units: Literal["words", "split"] = Field(
        "words",
        description="what the links of a file count: words (what spaces separate) or split (punctuation and "
        "apostrophes are words of their own)",
    )

    @property
    def links_files(self) -> list[str]:
        """The file of links of each SOURCE of ``train``, or ``""``; no files where links are learned."""
        if isinstance(self.alignment, list):
            return self.alignment
        return [] if self.alignment in ("", "hmm") else [self.alignment]

    @property
    def has_links(self) -> bool:
        """Whether training pairs have word links, from a file or learned."""
        return self.alignment == "hmm" or any(self.links_files)

    @model_validator(mode="after")
    def _alignment_goes_with_train(self) -> "DataConfig":
        files, sources = self.links_files, [self.train] if isinstance(self.train, str) else self.train
        if "hmm" in files:
            raise ValueError("data.alignment: hmm learns from all of data.train at once; write data.alignment: hmm")
        if (files or self.alignment == []) and len(files) != len(sources):
            raise ValueError(
                f"data.alignment: {counted(len(files), 'file')} for {counted(len(sources), 'SOURCE')} of data.train; "
                "name as many, in the same order ('' where a SOURCE has no links)"
            )
        if self.alignment_units == "split" and not any(files):
            raise ValueError(
                "data.alignment_units: split says what the links of a file count, and data.alignment names no file; "
                "leave it out"
            )
        return self


class TokenizerConfig(Section):
    """SentencePiece, trained inside `train` on the training pairs."""

    kind: Literal["unigram", "bpe"] = Field("bpe", description="how words are cut into pieces: bpe or unigram")
    vocabulary_size: int = Field(
        8000,
        ge=8,
        le=1_000_000,
        description="pieces of each language, or of both together when shared; fewer where the text cannot fill them",
    )
    shared: bool = Field(True, description="one joint vocabulary for both languages")
    character_coverage: float = Field(
        0.9999,
        ge=0.98,  # SentencePiece takes no less
        le=1,
        description="share of the training text's characters that get a piece; 1 for small clean corpora",
    )
    bpe_dropout: float = Field(
        0.0,
        ge=0,
        le=1,
        description="subword regularisation of bpe in training: the probability that a merge is left out "
        "(0.1 in Provilkov et al. 2020); larger is wilder, 0 is off",
    )
    unigram_temperature: float = Field(
        0.0,
        ge=0,
        le=1_000,
        description="subword regularisation of unigram in training: segmentations are drawn in proportion to "
        "probability^(1/temperature), where Kudo (2018) calls 1/temperature alpha; try 5; larger is wilder, 0 is off",
    )

    @property
    def sampling(self) -> float:
        """Strength of the subword regularisation that goes with the kind of tokenizer; 0 is off."""
        return self.bpe_dropout if self.kind == "bpe" else self.unigram_temperature

    @model_validator(mode="after")
    def _sampling_goes_with_the_kind(self) -> "TokenizerConfig":
        if self.kind == "bpe" and self.unigram_temperature:
            raise ValueError("tokenizer.unigram_temperature: needs tokenizer.kind: unigram; for bpe use bpe_dropout")
        if self.kind == "unigram" and self.bpe_dropout:
            raise ValueError("tokenizer.bpe_dropout: needs tokenizer.kind: bpe; for unigram use unigram_temperature")
        return self


Tie = Annotated[
    Literal["none", "decoder", "all"],
    Field(
        description="share word vectors: none; decoder (target in and out); all (source too; needs tokenizer.shared)"
    ),
]


AlignmentDim = Annotated[
    int,
    Field(
        ge=0,
        le=65_536,
        description="width of the alignment head, which data.alignment teaches and which leaves translations as they "
        "are without it; 0 is none, 256 is a good one",
    ),
]


class RNNConfig(Section):
    """A recurrent encoder and decoder, with alignment attention (Bahdanau et al. 2014) or another, or none."""

    arch: Literal["rnn"] = Field("rnn", description="the kind of network")
    cell: Literal["gru", "lstm"] = Field("gru", description="recurrent cell of encoder and decoder: gru or lstm")
    embedding_dim: int = Field(256, ge=1, le=65_536, description="width of the word vectors")
    encoder_dim: int = Field(256, ge=1, le=65_536, description="width of the encoder, each direction")
    encoder_layers: int = Field(2, ge=1, le=100, description="bidirectional layers of the encoder")
    decoder: Literal["bahdanau", "luong", "conditional"] = Field(
        "conditional",
        description="bahdanau: attends before the recurrence, with the state before the word (the paper); "
        "luong: attends after it, and feeds the readout back into the next step (the paper's has readout: tanh, "
        "layer_norm: false); "
        "conditional: reads the word first, then attends, then updates again",
    )
    decoder_layers: ClassVar[int] = 1  # no option, but what a Transformer's is called
    decoder_dim: int = Field(512, ge=1, le=65_536, description="width of the decoder")
    attention: str = Field(
        "additive",
        description="how queries meet keys: the name of a scorer (models/attention.py); none is one fixed vector for "
        "the whole sentence",
    )
    attention_dim: int = Field(
        256, ge=1, le=65_536, description="width of the attention, where the scorer has one of its own"
    )
    heads: int = Field(4, ge=1, le=1_024, description="heads of the attention, where the scorer has several")
    pooling: Literal["backward", "last", "mean", "max", "attention"] = Field(
        "backward",
        description="the encoder's states as one vector, for the decoder's first state (and all there is under "
        "attention: none): backward (the paper: its state at the first word), last (of both directions), mean, max, "
        "or attention (learned queries)",
    )
    pooling_queries: int = Field(
        1, ge=1, le=1_024, description="learned queries of pooling: attention, their vectors joined"
    )
    readout: Literal["maxout", "tanh"] = Field(
        "maxout", description="last layer before the vocabulary: maxout (the paper) or tanh"
    )
    layer_norm: bool = Field(True, description="normalise the readout")
    tie: Tie = "all"
    alignment_dim: AlignmentDim = 0
    dropout: float = Field(
        0.3, ge=0, lt=1, description="dropout on word vectors, encoder layers and states, and readout"
    )


class TransformerConfig(Section):
    """A Transformer (Vaswani et al. 2017)."""

    arch: Literal["transformer"] = Field("transformer", description="the kind of network")
    dim: int = Field(256, ge=1, le=65_536, description="width of the model")
    heads: int = Field(4, ge=1, le=1_024, description="heads of every attention")
    ffn_dim: int = Field(1024, ge=1, le=262_144, description="width of the feed-forward layers")
    encoder_layers: int = Field(4, ge=1, le=100, description="layers of the encoder")
    decoder_layers: int = Field(4, ge=1, le=100, description="layers of the decoder")
    norm: Literal["pre", "post"] = Field(
        "pre", description="layer normalisation: pre (in front of each part) or post (the paper; needs a long warm-up)"
    )
    positions: Literal["sinusoidal", "learned", "rotary"] = Field(
        "sinusoidal",
        description="how positions are told: sinusoidal (the paper), learned, or rotary (in self-attention)",
    )
    max_positions: int = Field(
        1024, ge=1, le=1_000_000, description="how many positions are learned; tokens beyond them share the last"
    )
    activation: Literal["relu", "gelu", "swiglu"] = Field(
        "relu",
        description="of the feed-forward layers: relu (the paper), gelu, or swiglu (half as many weights again)",
    )
    tie: Tie = "all"
    alignment_dim: AlignmentDim = 0
    dropout: float = Field(0.1, ge=0, lt=1, description="dropout on word vectors and on what each part adds")
    attention_dropout: float = Field(
        0.0, ge=0, lt=1, description="dropout on attention weights; on a CPU attention is then no longer fused"
    )
    activation_dropout: float = Field(0.0, ge=0, lt=1, description="dropout inside the feed-forward layers")

    @model_validator(mode="after")
    def _rotary_turns_pairs(self) -> "TransformerConfig":
        if self.positions == "rotary" and self.dim % (2 * self.heads):
            raise ValueError(
                f"model.positions: rotary turns pairs of columns in each of {self.heads} heads: "
                f"model.dim must be a multiple of {2 * self.heads}, not {self.dim}"
            )
        return self


def _with_arch(model: Any) -> Any:
    """Add the architecture to a model section that does not name one: it is an RNN."""
    return {"arch": "rnn", **model} if isinstance(model, dict) else model


# The one list of architectures: everything else derives from it.
ModelConfig = Annotated[RNNConfig | TransformerConfig, Field(discriminator="arch"), BeforeValidator(_with_arch)]
ARCHITECTURES = {kind.model_fields["arch"].default: kind for kind in get_args(get_args(ModelConfig)[0])}


class TrainingConfig(Section):
    """How a model is trained: objective, optimiser, schedule and validation."""

    batch_tokens: int = Field(
        2048, ge=1, le=10_000_000, description="the most tokens of a batch, padding counted, on its longer side"
    )
    max_updates: int = Field(10_000, ge=1, le=1_000_000_000, description="optimiser updates; the schedule ends here")
    lr: float = Field(1e-3, gt=0, le=10, description="peak learning rate of Adam")
    betas: Annotated[list[Annotated[float, Field(ge=0, lt=1)]], Field(min_length=2, max_length=2)] = Field(
        [0.9, 0.98], description="decay of Adam's two moments"
    )
    weight_decay: float = Field(0.0, ge=0, description="decoupled weight decay (AdamW); 0 is plain Adam")
    schedule: Literal["constant", "inverse_sqrt", "linear", "cosine"] = Field(
        "cosine", description="after the warm-up: constant, inverse_sqrt, or to zero at max_updates by linear or cosine"
    )
    warmup: int = Field(800, ge=0, le=1_000_000_000, description="updates of linear warm-up")
    clip: float = Field(1.0, ge=0, description="largest norm of the gradient; 0 is off")
    label_smoothing: float = Field(0.1, ge=0, lt=1, description="probability mass spread over the vocabulary")
    guided_attention: float = Field(
        0.0, ge=0, le=1_000, description="weight of the loss by which data.alignment's links teach cross-attention "
        "(decoding.alignment_layer and alignment_head say which), in place of an alignment head; 0 is off",
    )  # fmt: skip
    average: Literal["none", "exponential", "last"] = Field(
        "exponential",
        description="weights to validate, keep and translate with: none (as trained), exponential (moving average), "
        "last (mean of the last average_count validations' weights)",
    )
    average_decay: float = Field(0.999, gt=0, lt=1, description="decay per update of the exponential average")
    average_count: int = Field(5, ge=1, le=100, description="how many validations' weights 'last' averages")
    valid_every: int = Field(
        500, ge=1, le=1_000_000_000, description="updates between validations, each of which also saves the run"
    )
    valid_beam: int = Field(1, ge=1, le=1_000, description="beam of the validation's translations")
    metric: Literal["bleu", "loss"] = Field("bleu", description="what 'best' and patience go by")
    patience: int = Field(
        0, ge=0, le=1_000_000_000, description="stop after so many validations without a better one; 0 is never"
    )
    log_every: int = Field(100, ge=1, le=1_000_000_000, description="updates between lines of the log")
    tensorboard: bool = Field(False, description="write TensorBoard events too (pip install seq2seq-nmt[tensorboard])")


class DecodingConfig(Section):
    """How translations are searched for."""

    beam: int = Field(5, ge=1, le=1_000, description="hypotheses kept a sentence; 1 is greedy")
    alpha: float = Field(1.0, ge=0, le=10, description="score = log-probability / length^alpha, end token counted")
    # A model that never ends a sentence always reaches the longest output. The upper bounds of max_ratio and max_extra
    # keep that to seconds for a line of ordinary length.
    max_ratio: float = Field(
        2.0, gt=0, le=10, description="longest output, in tokens: max_ratio * source tokens + max_extra"
    )
    max_extra: int = Field(10, ge=1, le=1_000, description="what is added to the longest output (see max_ratio)")
    max_input: int = Field(
        500, ge=1, le=100_000, description="lines to translate that have more tokens are cut, with a warning"
    )
    alignment_layer: int = Field(
        0,
        ge=0,
        description="layer of the cross-attention that is the alignment, from 1; 0 is the last but one or, where "
        "alignment_head is 0 as well, the alignment head of a model that has one",
    )
    alignment_head: int = Field(
        0, ge=0, description="head of that layer which is the alignment, from 1; 0 is the mean of its heads"
    )
    alignment_threshold: float = Field(
        0.4,
        ge=0,
        description="share of a target word's weight from which a source word is linked beside the first one; smaller "
        "where words often translate several, above 1 for none",
    )
    batch_sentences: int = Field(32, ge=1, le=10_000, description="sentences searched at once")


class Config(Section):
    """All options of a run."""

    seed: int = Field(
        1, ge=0, lt=2**63, description="seed of all that is random: weights, data order, dropout, subword sampling"
    )
    data: DataConfig
    tokenizer: TokenizerConfig = TokenizerConfig()
    model: ModelConfig = RNNConfig()
    training: TrainingConfig = TrainingConfig()
    decoding: DecodingConfig = DecodingConfig()

    @model_validator(mode="after")
    def _alignment_layer_is_there(self) -> "Config":
        layer, last = self.decoding.alignment_layer, self.model.decoder_layers
        if layer > last:
            raise ValueError(f"decoding.alignment_layer: {layer}, but the decoder's last layer is {last}")
        return self

    @model_validator(mode="after")
    def _links_teach_something(self) -> "Config":
        guided = self.training.guided_attention
        if guided and self.model.alignment_dim:
            raise ValueError(
                f"training.guided_attention: {guided} and model.alignment_dim: {self.model.alignment_dim}: links teach "
                "either attention or an alignment head; set the other to 0"
            )
        if self.data.has_links and not (self.model.alignment_dim or guided):
            raise ValueError(
                "data.alignment: its links teach an alignment head, and the model has none; add model.alignment_dim: "
                "256 (or teach attention: training.guided_attention), or leave data.alignment empty"
            )
        if guided and not self.data.has_links:
            raise ValueError(
                f"training.guided_attention: {guided}, but there are no links to teach attention; name them in "
                "data.alignment (hmm learns them), or set it to 0"
            )
        if self.model.alignment_dim and not self.data.has_links:
            raise ValueError(
                f"model.alignment_dim: {self.model.alignment_dim} is the width of a head that nothing would teach; "
                "name links in data.alignment (hmm learns them), or set it to 0"
            )
        return self

    @model_validator(mode="after")
    def _tie_needs_one_vocabulary(self) -> "Config":
        if self.model.tie == "all" and not self.tokenizer.shared:
            raise ValueError(
                "model.tie: all needs tokenizer.shared: true; use model.tie: decoder with two vocabularies"
            )
        return self
