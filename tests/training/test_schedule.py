import math

import pytest

from seq2seq.config import TrainingConfig
from seq2seq.training.schedule import learning_rate


def rate(schedule: str, update: int) -> float:
    return learning_rate(TrainingConfig(lr=2.0, warmup=10, max_updates=109, schedule=schedule), update)


@pytest.mark.parametrize("schedule", ["constant", "inverse_sqrt", "linear", "cosine"])
def test_the_warm_up_is_linear_and_meets_the_peak(schedule):
    assert [rate(schedule, update) for update in (1, 5, 10)] == pytest.approx([0.2, 1.0, 2.0])


def test_after_the_warm_up():
    assert rate("constant", 109) == 2.0
    assert rate("inverse_sqrt", 40) == pytest.approx(1.0)  # √(10 / 40) of the peak
    assert rate("linear", 60) == pytest.approx(1.0)  # half way from update 10 to 110
    assert rate("cosine", 60) == pytest.approx(1.0)
    assert rate("cosine", 35) == pytest.approx(2 * (1 + math.cos(math.pi / 4)) / 2)
    assert 0 < rate("linear", 109) < 0.05
    assert 0 < rate("cosine", 109) < rate("linear", 109)
    assert rate("cosine", 200) == rate("linear", 200) == 0.0  # a longer run than planned


def test_without_a_warm_up():
    options = TrainingConfig(warmup=0, lr=1.0, schedule="inverse_sqrt")
    assert learning_rate(options, 1) == 1.0
    assert learning_rate(options, 4) == 0.5
