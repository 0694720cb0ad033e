"""A tiny embedding model, made where it is needed: words of two invented languages that mean the same share a vector.

Language A says `a3`, language B `b3` for thought 3. `write` makes the ONNX file and its tokenizer.
"""

import json
from importlib.util import find_spec

import numpy as np
import pytest

NEEDED = [name for name in ("onnx", "onnxruntime", "tokenizers", "voyager") if find_spec(name) is None]
needs_extra = pytest.mark.skipif(bool(NEEDED), reason=f"the extra vigie[translation] lacks {', '.join(NEEDED)}")
THOUGHTS = 60
DIMENSIONS = 16


def table(words, seed=1):
    """Return float32[words + 2, DIMENSIONS]: [PAD], [UNK], then the words; a word's last digits say its thought."""
    thoughts = np.random.default_rng(seed).normal(size=(10_000, DIMENSIONS)).astype(np.float32)
    rows = [thoughts[int("".join(c for c in word if c.isdigit()) or 0)] for word in words]
    return np.vstack([np.zeros((2, DIMENSIONS), np.float32), *rows]).astype(np.float32)


def words_of(thoughts=THOUGHTS):
    return [f"{language}{n}" for n in range(thoughts) for language in "ab"]


def graph(words, *, inputs=("input_ids", "attention_mask"), sentence=False, weights=None, output="last_hidden_state"):
    """Return a model: tokens to vectors (batch, tokens, d); with `sentence` their mean besides."""
    from onnx import TensorProto, helper, numpy_helper

    weights = table(words) if weights is None else weights
    nodes = [helper.make_node("Gather", ["table", "input_ids"], [output], axis=0)]
    outputs = [helper.make_tensor_value_info(output, TensorProto.FLOAT, ["batch", "tokens", None])]
    initial = [numpy_helper.from_array(weights, "table")]
    if sentence:
        nodes.append(helper.make_node("ReduceMean", [output, "axes"], ["sentence_embedding"], keepdims=0))
        outputs.append(helper.make_tensor_value_info("sentence_embedding", TensorProto.FLOAT, ["batch", None]))
        initial.append(numpy_helper.from_array(np.array([1], np.int64), "axes"))
    given = [helper.make_tensor_value_info(name, TensorProto.INT64, ["batch", "tokens"]) for name in inputs]
    made = helper.make_graph(nodes, "tiny", given, outputs, initial)
    return helper.make_model(made, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)


def tokenizer(words):
    vocabulary = {"[PAD]": 0, "[UNK]": 1} | {word: n for n, word in enumerate(words, 2)}
    return json.dumps(
        {
            "version": "1.0",
            "truncation": None,
            "padding": None,
            "added_tokens": [],
            "normalizer": {"type": "Lowercase"},
            "pre_tokenizer": {"type": "Whitespace"},
            "post_processor": None,
            "decoder": None,
            "model": {"type": "WordLevel", "vocab": vocabulary, "unk_token": "[UNK]"},
        }
    )


def write(folder, words=None, **options):
    """Write model.onnx and tokenizer.json; return the model's path."""
    import onnx

    words = words_of() if words is None else words
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "tokenizer.json").write_text(tokenizer(words), encoding="utf-8")
    onnx.save(graph(words, **options), str(folder / "model.onnx"))
    return folder / "model.onnx"
