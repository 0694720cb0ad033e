"""Models from outside: what fits is opened and gives unit vectors, what does not is refused in words."""

import json
import os
from importlib.util import find_spec

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.text.test_normalise import HOSTILE
from tests.tiny_model import DIMENSIONS, needs_extra, table, tokenizer, words_of, write
from vigie.errors import InputError
from vigie.text import embeddings
from vigie.text.embeddings import fingerprint, opened, trouble


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return write(tmp_path_factory.mktemp("model"))


def by_hand(text, words):
    """Return the mean of the words' vectors at length one: what the model must give."""
    at, rows = {word: n for n, word in enumerate(words, 2)}, table(words)
    vectors = [rows[at.get(word, 1)].astype(float) for word in text.split()]
    mean = np.mean(vectors, axis=0)
    return mean / (np.linalg.norm(mean) or 1)


@needs_extra
@pytest.mark.parametrize(
    "options",
    [
        {},
        {"inputs": ("input_ids",)},
        {"inputs": ("input_ids", "attention_mask", "token_type_ids")},
    ],
)
def test_the_mean_over_the_mask_whatever_stands_beside_it(tmp_path, options):
    words = words_of()
    texts = ["a1 a2 a3", "b1 b2 b3", "a7", " ".join(words * 3), "zzz", "zzz a4"] * 7
    made = opened(write(tmp_path, **options)).embed(texts)
    assert (made.shape, made.dtype) == ((42, DIMENSIONS), np.float32)
    np.testing.assert_allclose(made, [by_hand(text, words) for text in texts], atol=1e-5)
    assert made[0] @ made[1] == pytest.approx(1)
    assert abs(made[0] @ made[2]) < 0.9


@needs_extra
def test_a_sentence_embedding_is_taken_where_the_model_gives_one(tmp_path):
    made = opened(write(tmp_path, sentence=True)).embed(["a1 a2 a3"])
    np.testing.assert_allclose(made[0], by_hand("a1 a2 a3", words_of()), atol=1e-5)


@needs_extra
def test_the_same_texts_give_the_same_bytes_and_no_text_depends_on_others(model):
    texts = [f"a{n % 60} b{n % 7} a{n % 11}" for n in range(100)]
    done = []
    first = opened(model).embed(texts, progress=done.append)
    assert done == [32, 64, 96, 100]
    assert first.tobytes() == opened(model).embed(texts).tobytes()
    backwards = opened(model).embed(texts[::-1])[::-1]
    np.testing.assert_allclose(first, backwards, atol=1e-6)
    assert opened(model).embed([]).shape[0] == 0


@needs_extra
@settings(max_examples=30, deadline=None)
@given(texts=st.lists(HOSTILE | st.sampled_from(["", " ", "\ud83d", "\ud800\udc00", "\0", "a1\udfff a2"]), max_size=5))
def test_nothing_in_a_text_raises(model, texts):
    made = opened(model).embed(texts)
    lengths = np.linalg.norm(made, axis=1) if texts else np.zeros(0)
    assert all(length == pytest.approx(1, abs=1e-5) or length == 0 for length in lengths)


@needs_extra
def test_long_texts_are_cut_where_the_model_ends(tmp_path):
    model = write(tmp_path)
    (tmp_path / "sentence_bert_config.json").write_text(json.dumps({"max_seq_length": 2}), encoding="utf-8")
    long, short = opened(model).embed(["a1 a2 a3 " * 300_000, "a1 a2"])
    np.testing.assert_allclose(long, short, atol=1e-6)


@needs_extra
def test_another_file_is_another_model(tmp_path, model):
    known = fingerprint(model)
    assert known == fingerprint(write(tmp_path / "copy"))
    for name in ("tokenizer.json", "model.onnx_data", "tokenizer_config.json", "weights.data"):
        other = write(tmp_path / name)
        with (tmp_path / name / name).open("ab") as file:
            file.write(b" ")
        assert fingerprint(other) != known, name


def files(folder, **contents):
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in contents.items():
        (folder / name.replace("__", ".")).write_text(content, encoding="utf-8")
    return folder


ST = json.dumps([{"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.Transformer"}])


def test_what_is_no_model_is_said(tmp_path):
    assert trouble(tmp_path / "none.onnx")[0] == "is no file and no folder"
    files(tmp_path, model__onnx="x", model__pt="x")
    assert "no tokenizer.json beside it" in trouble(tmp_path / "model.onnx")[0]
    assert "no .onnx file" in trouble(tmp_path / "model.pt")[0]
    assert "no modules.json" in trouble(tmp_path)[0]
    for bad in ("{", "{}", "null", "[" * 100_000):
        assert "no modules.json" in trouble(files(tmp_path / "bad", modules__json=bad))[0]
    with pytest.raises(InputError, match=r"none.onnx: is no file"):
        opened(tmp_path / "none.onnx")


@pytest.mark.parametrize("name", ["pytorch_model.bin", "model.PT", "training_args.bin", "x.pkl", "tf_model.h5"])
def test_a_folder_with_a_pickle_is_refused(tmp_path, name):
    folder = files(tmp_path, modules__json=ST, model__safetensors="")
    (folder / "1_Dense").mkdir()
    (folder / "1_Dense" / name).write_bytes(b"")
    assert "can hold code" in trouble(folder)[0]
    with pytest.raises(InputError, match=r"can hold code\)?"):
        opened(folder)


def test_a_folder_with_code_of_its_own_is_refused(tmp_path):
    for kind in ("custom.Module", "sentence_transformersx.Evil", None, 3):
        folder = files(tmp_path, modules__json=json.dumps([{"type": kind}]))
        assert "code of its own" in trouble(folder)[0]


def test_what_is_not_installed_is_named_with_the_command(tmp_path, monkeypatch):
    folder = files(tmp_path, modules__json=ST, model__onnx="", tokenizer__json="")
    monkeypatch.setattr(embeddings, "find_spec", lambda _name: None)
    what, hint = trouble(folder / "model.onnx")
    assert what == "needs onnxruntime and tokenizers and voyager, which is not installed"
    assert hint == "pip install vigie[translation]"
    what, hint = trouble(folder)
    assert what.startswith("needs sentence-transformers and voyager")
    assert hint == "pip install vigie[translation] sentence-transformers"


@needs_extra
def test_hostile_models_are_refused_in_words(tmp_path):
    def refused(match, name, texts=("a1 a2", "b1"), **options):
        with pytest.raises(InputError, match=match):
            opened(write(tmp_path / name, **options)).embed(texts)

    refused("asks for 'pixel_values'", "pixels", inputs=("input_ids", "pixel_values"))
    nans = np.full((200, DIMENSIONS), np.nan, np.float32)
    refused("vectors that are not numbers", "nan", weights=nans)
    refused("vectors that are not numbers", "inf", weights=nans * 0 + np.inf)
    refused("cannot be run", "small", weights=table(words_of())[:3])
    refused("no vector for each text|vectors", "flat", weights=np.zeros(200, np.float32))
    junk = write(tmp_path / "junk")
    junk.write_bytes(b"\x00not onnx" * 100)
    with pytest.raises(InputError, match="is no ONNX model that can be read"):
        opened(junk)
    bad = write(tmp_path / "tokens")
    (bad.parent / "tokenizer.json").write_text("{}", encoding="utf-8")
    with pytest.raises(InputError, match=r"tokenizer.json cannot be read"):
        opened(bad)
    cls = write(tmp_path / "cls")
    (cls.parent / "1_Pooling").mkdir()
    (cls.parent / "1_Pooling" / "config.json").write_text('{"pooling_mode_mean_tokens": false}', encoding="utf-8")
    with pytest.raises(InputError, match="another vector than the mean"):
        opened(cls)


@needs_extra
def test_vectors_of_two_sizes_are_refused(tmp_path):
    """A model whose vectors are as long as the text: the second batch differs from the first."""
    import onnx
    from onnx import TensorProto, helper

    given = [helper.make_tensor_value_info("input_ids", TensorProto.INT64, ["b", "t"])]
    outputs = [helper.make_tensor_value_info("out", TensorProto.FLOAT, ["b", "t"])]
    nodes = [helper.make_node("Cast", ["input_ids"], ["out"], to=TensorProto.FLOAT)]
    made = helper.make_graph(nodes, "odd", given, outputs)
    onnx.save(
        helper.make_model(made, opset_imports=[helper.make_opsetid("", 18)], ir_version=9), str(tmp_path / "m.onnx")
    )
    (tmp_path / "tokenizer.json").write_text(tokenizer(words_of()), encoding="utf-8")
    with pytest.raises(InputError, match="vectors of 2 figures after some of 1"):
        opened(tmp_path / "m.onnx").embed(["a1"] * 32 + ["a1 a2"] * 32)


@pytest.mark.skipif(find_spec("sentence_transformers") is None, reason="sentence-transformers is not installed")
def test_a_folder_of_sentence_transformers_is_opened(tmp_path):
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.models import StaticEmbedding
    from tokenizers import Tokenizer

    static = StaticEmbedding(Tokenizer.from_str(tokenizer(words_of())), embedding_weights=table(words_of()))
    SentenceTransformer(modules=[static], device="cpu").save(str(tmp_path / "model"))
    made = opened(tmp_path / "model").embed(["a1 a2", "b1 b2", "a9", ""])
    assert made[0] @ made[1] == pytest.approx(1, abs=1e-5)
    assert os.environ["HF_HUB_OFFLINE"] == "1"


def test_a_folder_is_opened_offline_and_without_its_code(tmp_path, monkeypatch):
    asked = {}

    class Given:
        def __init__(self, path, **options):
            asked.update(options, path=path)

        def encode(self, texts, **_options):
            return np.array([[len(text), 1.0] for text in texts])

    library = type("library", (), {"SentenceTransformer": Given})
    monkeypatch.setattr(embeddings, "import_module", lambda _name: library)
    monkeypatch.setattr(embeddings, "find_spec", lambda _name: True)
    monkeypatch.setattr(embeddings.os, "environ", {})
    folder = files(tmp_path, modules__json=ST, model__safetensors="")
    made = opened(folder).embed(["", "abc", "\ud800"] * 200)
    assert np.allclose(np.linalg.norm(made, axis=1), 1)
    assert (asked["local_files_only"], asked["trust_remote_code"]) == (True, False)
    assert asked["model_kwargs"] == {"use_safetensors": True}
    assert embeddings.os.environ["HF_HUB_OFFLINE"] == embeddings.os.environ["TRANSFORMERS_OFFLINE"] == "1"
