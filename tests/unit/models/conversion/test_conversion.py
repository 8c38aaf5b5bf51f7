"""Rules of models.conversion: a Whisper of random weights goes through them."""

from __future__ import annotations

import json
from pathlib import Path

import ctranslate2
import numpy as np
import pytest

from models.base import SAMPLE_RATE, Kind, ModelError
from models.conversion.conversion import convert
from models.conversion.safetensors import read_weights
from models.conversion.tokens import load_tokenizer, vocabulary
from models.settings import AsrSettings
from models.store.manifest import read
from models.whisper.model import WhisperModel
from models.whisper.sound import Sound
from tests.unit.models.tiny_transformers import CONFIG, make, weights
from tests.unit.models.tiny_whisper import MELS, VOCABULARY


def encoded(folder: Path) -> np.ndarray:
    model = ctranslate2.models.Whisper(str(folder), device="cpu", compute_type="float32")
    mel = np.random.default_rng(0).normal(size=(1, MELS, 200)).astype(np.float32)
    return np.array(model.encode(ctranslate2.StorageView.from_array(mel)))


@pytest.mark.parametrize("language", ["fr", "en"])
def test_a_converted_model_is_loaded_and_hears_silence(tmp_path: Path, language: str) -> None:
    folder = convert(make(tmp_path / "source"), tmp_path / "done", quantization="float32")
    model = WhisperModel.load(folder, AsrSettings(device="cpu", threads=1))
    silence = np.zeros(SAMPLE_RATE, dtype=np.float32)
    for kind in Kind:
        sound = Sound.whole(silence)
        item = model.prepare(sound, window_sec=2, kind=kind, language=language)
        (heard,) = model.transcribe([item])
        assert heard.language == language


def test_what_generation_must_know_is_taken_over(tmp_path: Path) -> None:
    folder = convert(make(tmp_path / "source"), tmp_path / "done", quantization="float32")
    config = json.loads((folder / "config.json").read_text())
    tokenizer = load_tokenizer(folder)
    ids = sorted(tokenizer.token_to_id(f"<|{code}|>") for code in ("en", "fr"))
    assert config["lang_ids"] == ids
    assert config["suppress_ids"] == [1, 2]
    assert config["suppress_ids_begin"] == [3]
    assert config["alignment_heads"] == [[0, 1], [1, 0]]
    words = json.loads((folder / "vocabulary.json").read_text())
    assert len(words) == VOCABULARY
    assert words[ids[0]] == "<|en|>"


def test_without_a_generation_config_there_are_fallbacks(tmp_path: Path) -> None:
    """Languages from the tokenizer, attention of the later half, no text that begins empty."""
    source = make(tmp_path / "source")
    (source / "generation_config.json").unlink()
    folder = convert(source, tmp_path / "done", quantization="float32")
    config = json.loads((folder / "config.json").read_text())
    assert len(config["lang_ids"]) == 99
    assert config["alignment_heads"] == [[1, 0], [1, 1]]
    assert config["suppress_ids"] == []
    tokenizer = load_tokenizer(source)
    begin = [tokenizer.token_to_id("Ġ"), tokenizer.token_to_id("<|endoftext|>")]
    assert config["suppress_ids_begin"] == begin
    features = json.loads((folder / "preprocessor_config.json").read_text())
    assert features == {"feature_size": MELS}


def test_shards_and_one_file_are_the_same_model(tmp_path: Path) -> None:
    one, many = make(tmp_path / "one"), make(tmp_path / "many", shards=3)
    results = [
        convert(source, tmp_path / f"{source.name}-done", quantization="float32")
        for source in (one, many)
    ]
    first, second = ((folder / "model.bin").read_bytes() for folder in results)
    assert first == second


def test_a_tokenizer_in_parts_is_the_same_as_a_whole_one(tmp_path: Path) -> None:
    whole, parts = make(tmp_path / "whole"), make(tmp_path / "parts", tokenizer_json=False)
    ours, theirs = load_tokenizer(parts), load_tokenizer(whole)
    assert vocabulary(ours, VOCABULARY) == vocabulary(theirs, VOCABULARY)
    text = "Élan vital, 12 h"
    assert ours.encode(text).ids == theirs.encode(text).ids
    assert ours.decode(ours.encode(text).ids) == text


def test_missing_time_stamps_are_added(tmp_path: Path) -> None:
    """Early tokenizers end before them."""
    tokenizer = load_tokenizer(make(tmp_path / "source"))
    words = vocabulary(tokenizer, VOCABULARY + 2)
    assert words[-2:] == ["<|0.00|>", "<|0.02|>"]
    assert len(words) == VOCABULARY + 2


@pytest.mark.parametrize(("dtype", "far"), [("F16", 1e-3), ("BF16", 1e-2)])
def test_short_numbers_are_read_as_what_they_mean(tmp_path: Path, dtype: str, far: float) -> None:
    read_back = read_weights(make(tmp_path / "source", dtype=dtype))
    for name, tensor in weights().items():
        np.testing.assert_allclose(read_back[name], tensor, rtol=far, atol=far)


@pytest.mark.parametrize("quantization", ["float16", "int8", "int16"])
@pytest.mark.parametrize("dtype", ["F32", "F16", "BF16"])
def test_each_quantization_of_each_kind_says_nearly_the_same(
    tmp_path: Path, quantization: str, dtype: str
) -> None:
    exact = convert(make(tmp_path / "exact"), tmp_path / "a", quantization="float32")
    source = make(tmp_path / "source", dtype=dtype)
    other = convert(source, tmp_path / "b", quantization=quantization)
    assert np.abs(encoded(exact) - encoded(other)).mean() < 0.05
    assert read_weights(source).keys() == weights().keys()


def test_the_source_is_not_written_to(tmp_path: Path) -> None:
    """int8 scales the weights in place; the pages of the file must be copies."""
    source = make(tmp_path / "source")
    before = (source / "model.safetensors").read_bytes()
    convert(source, tmp_path / "done", quantization="int8")
    assert (source / "model.safetensors").read_bytes() == before


def test_the_result_has_a_manifest(tmp_path: Path) -> None:
    folder = convert(make(tmp_path / "source"), tmp_path / "done", quantization="int8")
    manifest = read(folder)
    assert manifest is not None
    assert manifest.quantization == "int8"
    assert {file.name for file in manifest.files} >= {"model.bin", "tokenizer.json"}


def test_a_converted_model_that_was_cut_is_refused_at_load(tmp_path: Path) -> None:
    folder = convert(make(tmp_path / "source"), tmp_path / "done", quantization="float32")
    (folder / "vocabulary.json").chmod(0o644)
    (folder / "vocabulary.json").write_text("[]")
    with pytest.raises(ModelError, match=r"vocabulary\.json has 2 bytes"):
        WhisperModel.load(folder, AsrSettings(device="cpu"))


def test_marks_are_found_in_the_tokenizers_settings_too(tmp_path: Path) -> None:
    """Newer models have no added_tokens.json."""
    source = make(tmp_path / "source", tokenizer_json=False)
    added = json.loads((source / "added_tokens.json").read_text())
    (source / "added_tokens.json").unlink()
    decoder = {str(at): {"content": token} for token, at in added.items()}
    (source / "tokenizer_config.json").write_text(json.dumps({"added_tokens_decoder": decoder}))
    assert load_tokenizer(source).token_to_id("<|fr|>") == added["<|fr|>"]


def test_a_tokenizer_that_cant_be_read_is_refused(tmp_path: Path) -> None:
    source = make(tmp_path / "source", tokenizer_json=False)
    (source / "added_tokens.json").write_text('{"<|endoftext|>": 7}')
    assert "can't have the id 7" in refused(source, tmp_path / "done")
    (source / "tokenizer.json").write_text("{")
    assert "tokenizer" in refused(source, tmp_path / "done")


def test_an_index_that_leads_out_of_the_folder_is_refused(tmp_path: Path) -> None:
    source = make(tmp_path / "source", shards=2)
    index = source / "model.safetensors.index.json"
    index.write_text('{"weight_map": {"a": "../x.safetensors"}}')
    assert "outside its folder" in refused(source, tmp_path / "done")
    index.write_text("{}")
    assert "damaged" in refused(source, tmp_path / "done")
    index.unlink()
    assert "has no model.safetensors" in refused(source, tmp_path / "done")


def test_numbers_of_an_unknown_type_are_refused(tmp_path: Path) -> None:
    source = make(tmp_path / "source")
    data = (source / "model.safetensors").read_bytes()
    (source / "model.safetensors").write_bytes(data.replace(b'"F32"', b'"I32"'))
    assert "type I32" in refused(source, tmp_path / "done")


def refused(source: Path, to: Path, quantization: str = "float32") -> str:
    with pytest.raises(ModelError) as caught:
        convert(source, to, quantization=quantization)
    assert not to.exists()
    assert [path for path in to.parent.iterdir() if path.name.startswith(".")] == []
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_a_folder_that_is_no_whisper_is_refused(tmp_path: Path) -> None:
    source = make(tmp_path / "source")
    to = tmp_path / "done"
    (source / "config.json").write_text(json.dumps({**CONFIG, "model_type": "bert"}))
    assert "no Whisper" in refused(source, to)
    (source / "config.json").write_text(json.dumps({**CONFIG, "decoder_layers": 3}))
    assert "decoder.layers.2" in refused(source, to)
    (source / "config.json").write_text("{")
    assert "config.json is damaged" in refused(source, to)
    (source / "config.json").unlink()
    assert "no config.json" in refused(source, to)


@pytest.mark.parametrize("keep", [0, 4, 100, -10])
def test_damaged_weights_are_refused(tmp_path: Path, keep: int) -> None:
    source = make(tmp_path / "source")
    data = (source / "model.safetensors").read_bytes()
    (source / "model.safetensors").write_bytes(data[:keep])
    assert "model.safetensors" in refused(source, tmp_path / "done")


def test_an_unknown_quantization_lists_the_known_ones(tmp_path: Path) -> None:
    assert "int8" in refused(make(tmp_path / "source"), tmp_path / "done", "int4")


def test_a_folder_that_is_there_is_left_alone(tmp_path: Path) -> None:
    to = tmp_path / "done"
    to.mkdir()
    with pytest.raises(ModelError, match="is there already"):
        convert(make(tmp_path / "source"), to, quantization="float32")
