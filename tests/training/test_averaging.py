import torch

from seq2seq.config import TrainingConfig
from seq2seq.training.averaging import WeightAverage


def averaged(values: list[float], validate_each: bool = False, **options) -> float:
    weight = torch.nn.Parameter(torch.tensor([float(values[0])]))
    average = WeightAverage(TrainingConfig(**options), {"w": weight})
    for update, value in enumerate(values[1:], 1):
        with torch.no_grad():
            weight.fill_(value)
        average.update()
        if validate_each:
            average.at_validation(update)
            average.at_validation(update)  # a validation that was given up is begun again
    result = average.value()["w"].item()
    assert weight.item() == values[-1], "the average must not write the weights"
    return result


def test_exponential_worked_by_hand():
    # decays min(0.5, 2/11) and min(0.5, 3/12): 1 → 2·9/11 + 1·2/11 = 20/11 → 4·¾ + 20/11·¼
    expected = 4 * 0.75 + 20 / 11 * 0.25
    assert abs(averaged([1, 2, 4], average="exponential", average_decay=0.5) - expected) < 1e-6


def test_last_is_the_mean_of_the_last_validations():
    assert averaged([1, 2, 4, 9], validate_each=True, average="last", average_count=2) == 6.5


def test_last_before_any_validation_and_none_are_the_weights():
    assert averaged([1, 2, 4], average="last") == 4
    assert averaged([1, 2, 4], validate_each=True, average="none") == 4
