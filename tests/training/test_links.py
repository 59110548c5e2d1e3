"""A run knows the links that it is taught, and refuses others."""

import json

import pytest

from seq2seq.checkpoint import Run
from seq2seq.errors import DataError, TrainingError
from tests.training.runs import changed, fit, quick


def test_resume_refuses_other_links(tmp_path):
    config = quick(tmp_path)
    lines = (tmp_path / "train.en").read_text(encoding="utf-8").split("\n")[:-1]
    links = [" ".join(f"{n}-{len(words) - 1 - n}" for n in range(len(words))) for words in map(str.split, lines)]
    (tmp_path / "a.links").write_text("".join(f"{line}\n" for line in links))
    (tmp_path / "b.links").write_text("".join(f"{line}\n" for line in ["0?0", *links[1:]]))
    guided, other = (changed(config, data={"alignment": str(tmp_path / f"{name}.links")}) for name in "ab")

    fit(config, tmp_path / "plain")
    with pytest.raises(TrainingError) as error:
        fit(guided, tmp_path / "plain", resume=True)
    assert (
        str(error.value) == "data.alignment: this run began without any; leave it out, or train into another directory"
    )
    fit(guided, tmp_path / "run")
    for wrong in (other, config):
        with pytest.raises(TrainingError) as error:
            fit(wrong, tmp_path / "run", resume=True)
        assert str(error.value) == (
            "data.alignment: not the links this run began with; give it those, or train into another directory"
        )
    (tmp_path / "a.links").rename(tmp_path / "moved.links")
    moved = changed(guided, data={"alignment": str(tmp_path / "moved.links")}, training={"max_updates": 4})
    assert fit(moved, tmp_path / "run", resume=True)
    told = json.loads((tmp_path / "run" / "run.json").read_text(encoding="utf-8"))["sessions"]
    assert (
        told[0]["data"]["train"]["links"]
        == told[1]["data"]["train"]["links"]
        == Run(tmp_path / "run").load_training()["data"]["data.alignment"]
    )


def test_a_run_of_a_version_without_links_is_resumed(tmp_path):
    config = quick(tmp_path)
    fit(config, tmp_path / "run")
    state = Run(tmp_path / "run").load_training()
    assert state["data"].pop("data.alignment") == ""
    for name in ("alignment", "alignment_units"):
        del state["config"]["data"][name], state["asked"]["data"][name]
    Run(tmp_path / "run").save_training(state)
    assert fit(changed(config, training={"max_updates": 4}), tmp_path / "run", resume=True)


def test_wrong_links_are_told_before_anything_is_written(tmp_path):
    config = changed(quick(tmp_path), data={"alignment": str(tmp_path / "a.links")})
    with pytest.raises(DataError, match=r"^data\.alignment: .*a\.links: no such file"):
        fit(config, tmp_path / "run")
    (tmp_path / "a.links").write_text("0-0\n")
    with pytest.raises(DataError, match=r"^data\.alignment: .*a\.links has 1 line but .*train\.en holds 60 pairs"):
        fit(config, tmp_path / "run")
    assert not (tmp_path / "run" / "config.yaml").exists()
