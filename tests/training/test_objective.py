import math

import pytest
import torch
import torch.nn.functional as F

from seq2seq.config import Config, DataConfig, DecodingConfig, TrainingConfig
from seq2seq.corpus.batching import collate
from seq2seq.models import build_model
from seq2seq.process import LARGEST_KEPT_BYTES
from seq2seq.training.objective import (
    AttentionGuide,
    alignment_loss,
    batch_loss,
    clip_gradients,
    mean_loss,
    smoothed_cross_entropy,
)
from tests.conftest import MODELS, VOCABULARY, tiny_model


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_value_and_gradient_equal_pytorchs(smoothing):
    torch.manual_seed(0)
    logits, targets = torch.randn(30, 11) * 5, torch.randint(11, (30,))
    ours, theirs = logits.clone().requires_grad_(), logits.clone().requires_grad_()
    loss = smoothed_cross_entropy(ours, targets, smoothing)
    expected = F.cross_entropy(theirs, targets, reduction="sum", label_smoothing=smoothing)
    torch.testing.assert_close(loss, expected)
    (3 * loss).backward()
    (3 * expected).backward()
    torch.testing.assert_close(ours.grad, theirs.grad)


def test_worked_by_hand():
    # p = (½, ¼, ¼), ε = 0.3: -(0.7 + 0.1)·ln ½ - 0.1·ln ¼ - 0.1·ln ¼ = 1.2 ln 2
    loss = smoothed_cross_entropy(torch.tensor([[2.0, 1.0, 1.0]]).log(), torch.tensor([0]), 0.3)
    assert float(loss) == pytest.approx(1.2 * 0.6931472)


def test_far_apart_logits_stay_finite():
    logits = torch.tensor([[1000.0, 0.0, -1000.0]], requires_grad=True)
    loss = smoothed_cross_entropy(logits, torch.tensor([1]), 0.0)
    loss.backward()
    assert loss.item() == 1000
    assert logits.grad is not None
    assert logits.grad.tolist() == [[1.0, -1.0, 0.0]]


def test_only_real_tokens_count(model):
    pairs = ([[4, 5], [6]], [[7], [8, 9, 10, 11]])
    together = batch_loss(model, collate(*pairs))
    alone = [batch_loss(model, collate([source], [target])) for source, target in zip(*pairs, strict=True)]
    assert together.tokens == 2 + 5
    torch.testing.assert_close(together.total, alone[0].total + alone[1].total)
    mean = mean_loss(model, [collate(*pairs)], torch.device("cpu"))
    assert mean == pytest.approx(together.total.item() / 7)


def test_the_alignments_loss_worked_by_hand():
    # Row 1: all mass on ¼; row 2: half on ½, half on ¼; row 3 is taught nothing; a weight of 0 is no infinite loss.
    weights = torch.tensor([[[0.75, 0.25, 0.0], [0.5, 0.25, 0.25], [1.0, 0.0, 0.0]]])
    guide = torch.tensor([[[0.0, 1.0, 0.0], [0.5, 0.0, 0.5], [0.0, 0.0, 0.0]]])
    assert float(alignment_loss(weights, guide)) == pytest.approx((2 + 0.5 + 1) * 0.6931472)
    guide[0, 2, 2] = 1
    assert 80 < float(alignment_loss(weights, guide)) < 100


def test_a_guide_is_a_loss_of_its_own_that_leaves_the_translations_alone():
    model = tiny_model(MODELS["rnn-aligned"])
    batch = collate([[4, 5], [6]], [[7], [8, 9]])
    guide_BTS = torch.zeros(2, 3, 3)
    guide_BTS[0, 0, 1] = guide_BTS[0, 1, 2] = 1  # the second pair has none
    guided = batch._replace(guide_BTS=guide_BTS)
    plain, both = batch_loss(model, batch, 0.1), batch_loss(model, guided, 0.1)
    assert (plain.alignment, plain.guided, both.guided) == (None, 0, 2)
    assert torch.equal(plain.total, both.total)
    assert torch.equal(plain.objective, plain.total / 5)
    assert both.alignment is not None
    _, maps = model(batch.src_BS, batch.src_lengths_B, batch.tgt_in_BT, want=("alignment",))
    expected = -maps["alignment"][0, 0, 0, [0, 1], [1, 2]].log().sum()
    torch.testing.assert_close(both.alignment, expected)
    torch.testing.assert_close(both.objective, both.total / 5 + expected / 2)

    gradients = []
    for loss in (plain, both):
        model.zero_grad()
        loss.objective.backward()
        gradients.append({name: weight.grad for name, weight in model.named_parameters()})
    for name, gradient in gradients[1].items():
        assert gradient is not None
        if not name.startswith("aligner."):
            assert torch.equal(gradient, gradients[0][name])


@pytest.mark.parametrize(
    ("name", "layer", "head"),
    [
        ("rnn-gru-bahdanau", 0, 0),
        ("rnn-luong-multi_head", 0, 3),
        ("transformer-pre", 0, 2),
        ("transformer-pre", 2, 0),
    ],
)
def test_links_teach_the_attention_that_is_read_as_the_alignment(name, layer, head):
    model = tiny_model(MODELS[name])
    batch = collate([[4, 5], [6]], [[7], [8, 9]])
    guide_BTS = torch.zeros(2, 3, 3)
    guide_BTS[0, 0, 1] = guide_BTS[0, 1, 2] = guide_BTS[1, 1, 0] = 1
    _, maps = model(batch.src_BS, batch.src_lengths_B, batch.tgt_in_BT, want=("cross",))
    config = Config(
        data=DataConfig(train="t", valid="v", alignment="hmm"),
        model=MODELS[name],
        training=TrainingConfig(guided_attention=0.25),
        decoding=DecodingConfig(alignment_layer=layer, alignment_head=head),
    )
    loss = batch_loss(model, batch._replace(guide_BTS=guide_BTS), 0.1, AttentionGuide.of(config, model.cross_heads))
    assert loss.guided == 3
    assert torch.equal(loss.total, batch_loss(model, batch, 0.1).total)
    weights_BHTS = maps["cross"][:, max(layer, 1) - 1]  # of two layers the last but one is the first
    weights_BTS = weights_BHTS[:, head - 1] if head else weights_BHTS.mean(1)
    expected = -(weights_BTS[0, 0, 1].log() + weights_BTS[0, 1, 2].log() + weights_BTS[1, 1, 0].log())
    torch.testing.assert_close(loss.alignment, expected)
    torch.testing.assert_close(loss.objective, loss.total / 5 + 0.25 * expected / 3)
    assert loss.alignment is not None
    loss.alignment.backward()
    assert any(weight.grad is not None and weight.grad.any() for weight in model.parameters())


def test_attention_is_guided_only_where_that_is_asked_for():
    config = Config(data=DataConfig(train="t", valid="v", alignment="hmm"), model=MODELS["rnn-aligned"])
    assert AttentionGuide.of(config, 1) is None


def test_a_batch_without_links_has_a_finite_objective():
    model = tiny_model(MODELS["transformer-aligned"])
    loss = batch_loss(model, collate([[4]], [[5]])._replace(guide_BTS=torch.zeros(1, 2, 2)))
    assert loss.guided == 0
    torch.testing.assert_close(loss.objective, loss.total / 2)


def test_the_heads_gradient_is_clipped_apart_from_the_rest():
    model = tiny_model(MODELS["transformer-aligned"])
    for name, weight in model.named_parameters():
        weight.grad = torch.full_like(weight, 2.0 if name.startswith("aligner.") else 1.0)
    count = sum(weight.numel() for name, weight in model.named_parameters() if not name.startswith("aligner."))
    assert clip_gradients(model, 0.5) == pytest.approx(count**0.5)
    for head in (True, False):
        part = [weight.grad for name, weight in model.named_parameters() if name.startswith("aligner.") == head]
        assert sum(float(gradient.square().sum()) for gradient in part) == pytest.approx(0.25, rel=1e-4)
    next(iter(model.aligner.parameters())).grad.fill_(torch.nan)
    assert math.isnan(clip_gradients(model, 0.5))


def test_tokens_in_parts_or_all_at_once_are_one_loss(model, monkeypatch):
    batch = collate([[4, 5], [6]], [[7], [8, 9, 10, 11]])
    found = []
    one_token = VOCABULARY * torch.float32.itemsize
    for size in (1 << 20, 3 * one_token + 1):
        monkeypatch.setattr("seq2seq.training.objective.LARGEST_KEPT_BYTES", size)
        model.zero_grad()
        loss = batch_loss(model, batch, 0.1)
        loss.objective.backward()
        found.append((loss.total.detach(), {name: weight.grad for name, weight in model.named_parameters()}))
    torch.testing.assert_close(found[0], found[1])


@pytest.mark.parametrize(
    ("vocabulary", "width"),
    [(50, torch.float32), (8192, torch.float32), (50_000, torch.float32), (8192, torch.float64)],
)
def test_no_buffer_of_logits_is_larger_than_what_is_kept_whatever_the_vocabulary(vocabulary, width, monkeypatch):
    """And none is much smaller than it might be, if there are tokens enough."""
    model = build_model(MODELS["rnn-gru-bahdanau"], 8, 8).to(width)
    model.target_size = vocabulary
    sizes = []

    def logits(features):
        sizes.append(len(features) * vocabulary * width.itemsize)
        return torch.zeros(len(features), 8, dtype=width)

    monkeypatch.setattr(model, "logits", logits)
    batch_loss(model, collate([[4]] * 1100, [[5]] * 1100))
    assert len(sizes) == 1 or sum(sizes) > LARGEST_KEPT_BYTES
    assert max(sizes) <= LARGEST_KEPT_BYTES
    assert len(sizes) == 1 or max(sizes) > LARGEST_KEPT_BYTES - vocabulary * width.itemsize
