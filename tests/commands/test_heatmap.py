"""`heatmap` draws every attention map of every model, and says which."""

import itertools

import numpy as np

from seq2seq.alignment import heatmap
from seq2seq.config import TransformerConfig
from seq2seq.config_file import render_config
from seq2seq.decoding.translator import Translator


def test_what_attention_pools_is_drawn(cli, toy_config, tmp_path):
    model = toy_config.model.model_copy(update={"attention": "none", "pooling": "attention", "pooling_queries": 3})
    (tmp_path / "p.yaml").write_text(render_config(toy_config.model_copy(update={"model": model})))
    assert cli("train", "p.yaml", "--out", "p", "--set", "training.max_updates=4").code == 0
    assert (
        cli("heatmap", "p", "le petit chat", "--map", "pooling", "-o", "map.svg").err
        == "map.svg: written: pooling attention\n"
    )
    text = (tmp_path / "map.svg").read_text(encoding="utf-8")
    assert [text.count(f"<!-- {unit} -->") for unit in ("query 1", "query 3", "petit", "&lt;/s&gt;")] == [1, 1, 1, 0]
    assert cli("heatmap", "p", "le petit chat", "--map", "pooling", "--end", "-o", "end.svg").code == 0
    assert (tmp_path / "end.svg").stat().st_size > len(text.encode())
    for arguments in (
        ("heatmap", "p", "le chat"),
        ("translate", "p", "valid.en", "--align"),
    ):
        assert cli(*arguments).err == "seq2seq: this model has no attention map 'cross'; it has: pooling\n"
    assert cli("translate", "p", "valid.en").code == 0


# Options of `heatmap`, what it says it drew, and its panels, row by row: layer, and head or (0) the mean of both.
DRAWN = {
    "cross": ((), "cross attention, layer 1 of 2, mean of 2 heads", [[(1, 0)]]),
    "cross, 2": (("--layer", "2", "--head", "1"), "cross attention, layer 2 of 2, head 1 of 2", [[(2, 1)]]),
    "cross, heads": (("--head", "all"), "cross attention, layer 1 of 2, all of 2 heads", [[(1, 1), (1, 2)]]),
    "cross, all": (("--layer", "all", "--head", "all"), "cross attention, all of 2 layers, all of 2 heads",
                   [[(1, 1), (1, 2)], [(2, 1), (2, 2)]]),
    "cross, layers": (("--layer", "all"), "cross attention, all of 2 layers, mean of 2 heads", [[(1, 0)], [(2, 0)]]),
    "encoder": (("--map", "encoder", "--head", "2"), "encoder attention, layer 3 of 3, head 2 of 2", [[(3, 2)]]),
    "decoder": (("--map", "decoder", "--layer", "1"), "decoder attention, layer 1 of 2, mean of 2 heads", [[(1, 0)]]),
}  # fmt: skip


def test_every_map_is_drawn_by_one_command(cli, toy_config, tmp_path, monkeypatch):
    model = {"arch": "transformer", "dim": 8, "heads": 2, "ffn_dim": 8, "encoder_layers": 3, "decoder_layers": 2}
    (tmp_path / "t.yaml").write_text(render_config(toy_config.model_copy(update={"model": TransformerConfig(**model)})))
    assert cli("train", "t.yaml", "--out", "t", "--set", "training.max_updates=4").code == 0
    drawn = []
    ordinary = heatmap.draw_heatmaps
    monkeypatch.setattr(heatmap, "draw_heatmaps", lambda panels, path: drawn.append(panels) or ordinary(panels, path))
    translator = Translator.load("t", device="cpu")
    for name, (options, said, expected) in DRAWN.items():
        found = cli("heatmap", "t", "le petit chat", "--reference", "chat le", *options, "--end", "-o", "map.svg")
        assert (found.out, found.err) == ("chat le\n", f"map.svg: written: {said}\n")
        maps = translator.maps(name.split(",")[0], "le petit chat", "chat le")
        panels = drawn.pop()
        assert [len(row) for row in panels] == [len(row) for row in expected]
        for panel, (layer, head) in zip(itertools.chain(*panels), itertools.chain(*expected), strict=True):
            heads = [one.weights_TS for one in maps[layer - 1]]
            assert np.allclose(panel.alignment.weights_TS, heads[head - 1] if head else np.mean(heads, axis=0))
            assert panel.title == f"layer {layer}, " + (f"head {head}" if head else "mean")
            assert f"<!-- {panel.title} -->" in (tmp_path / "map.svg").read_text(encoding="utf-8")
