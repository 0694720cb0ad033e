"""Texts as vectors, by an embedding model that the user has on disk; `opened`. Vigie brings none and downloads none.

Two kinds of model are taken:

- an ONNX file with `tokenizer.json` beside it, or in the folder above it, run by onnxruntime: the output
  `sentence_embedding` where there is one, else the mean of the tokens' vectors over the attention mask;
- a folder of sentence-transformers, which has `modules.json`.

A model is a file from outside. Weights in Python's pickle format run whatever code they hold as they are read: a folder
with such a file is refused, and so is one whose modules are not sentence-transformers' own. Nothing asks the network:
the libraries are told that there is none, and read local files only.
"""

from __future__ import annotations

import hashlib
import json
import os
from importlib import import_module
from importlib.metadata import version
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Final, Protocol

import numpy as np

from vigie.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

MODULES: Final = "modules.json"
TOKENIZER: Final = "tokenizer.json"
EXTRA: Final = "pip install vigie[translation]"
TOKENS_MAX: Final = 512
# Texts in one call of a model: enough to keep the processor busy, little enough memory for 512 tokens each.
BATCH: Final = 32
# No tokenizer makes fewer tokens of so many characters than a model takes.
_CHARACTERS_MAX: Final = 20_000
_PICKLED: Final = frozenset({".bin", ".pt", ".pth", ".ckpt", ".pkl", ".pickle", ".joblib", ".h5", ".msgpack"})
_OFFLINE: Final = {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1", "HF_HUB_DISABLE_TELEMETRY": "1"}
_INTEGERS: Final = {"tensor(int64)": np.int64, "tensor(int32)": np.int32}
_RANK_OF_TOKENS: Final = 3
_BLOCK_BYTES: Final = 1 << 20


class Embedder(Protocol):
    """A model that gives texts a place by their meaning."""

    def embed(
        self, texts: Sequence[str], *, progress: Callable[[int], None] = ...
    ) -> NDArray[np.float32]:  # pragma: no cover
        """Return float32[texts, d]: vectors of length one; a text in which the model sees nothing gets zeros.

        `progress(done)` is called after each batch.

        Raises
        ------
        InputError
            if the model cannot be run, or what it gives are no vectors of one size.
        """
        ...


def trouble(path: Path) -> tuple[str, str] | None:
    """Return what keeps the model at `path` from being opened and a hint, as far as its files' names tell; or None."""
    if path.is_dir():
        return _folder_trouble(path)
    if not path.is_file():
        return "is no file and no folder", "it is looked for from the case's folder"
    if path.suffix != ".onnx":
        return "is no .onnx file and no folder of sentence-transformers", "docs/translations.md says which models fit"
    if _beside(path, TOKENIZER) is None:
        return f"has no {TOKENIZER} beside it", "it comes with the model; without it nothing says how texts are cut"
    return _missing("onnxruntime", "tokenizers")


def opened(path: Path) -> Embedder:
    """Return the model at `path`.

    Raises
    ------
    InputError
        if there is none, it cannot be read, or what it needs is not installed.
    """
    if found := trouble(path):
        raise InputError(found[0], where=str(path), hint=found[1])
    return _Folder(path) if path.is_dir() else _Onnx(path)


def fingerprint(path: Path) -> str:
    """Return 64 hexadecimal digits that change with the files of the model and the versions of what runs it.

    Raises
    ------
    InputError
        if a file cannot be read.
    """
    digest = hashlib.sha256()
    packages = ("sentence-transformers", "torch") if path.is_dir() else ("onnxruntime", "tokenizers")
    try:
        for package in packages:
            digest.update(f"{package} {version(package)}\n".encode())
        for file in _files(path):
            name = file.relative_to(path).as_posix() if path.is_dir() else file.name
            digest.update(f"{name} {file.stat().st_size}\n".encode("utf-8", "surrogateescape"))
            with file.open("rb") as stream:
                while block := stream.read(_BLOCK_BYTES):
                    digest.update(block)
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror or error}", where=str(path)) from error
    return digest.hexdigest()


def _files(path: Path) -> Iterator[Path]:
    """Yield the files that make the model: of an ONNX file those with its weights apart, and what cuts texts."""
    if path.is_dir():
        yield from sorted(file for file in path.rglob("*") if file.is_file())
        return
    yield from sorted(file for file in path.parent.iterdir() if file.is_file() and file.name.startswith(path.name))
    # Weights may stand in a file of any name beside the model.
    yield from sorted(file for file in path.parent.glob("*data") if not file.name.startswith(path.name))
    for name in (TOKENIZER, *_LIMITS):
        if file := _beside(path, name):
            yield file


def _beside(path: Path, name: str) -> Path | None:
    """Return the file of that name in the folder of the model, or in the one above, where exports put it."""
    return next((p for p in (path.parent / name, path.parent.parent / name) if p.is_file()), None)


def _missing(*packages: str, also: str = "") -> tuple[str, str] | None:
    packages = (*packages, "voyager")
    if lacking := [name for name in packages if find_spec(name) is None]:
        needs = " and ".join(name.replace("_", "-") for name in lacking)
        return f"needs {needs}, which is not installed", f"{EXTRA}{also}"
    return None


def _folder_trouble(path: Path) -> tuple[str, str] | None:
    modules = _json(path / MODULES)
    if not isinstance(modules, list):
        return f"has no {MODULES} that can be read", "a folder of sentence-transformers has it; or name an .onnx file"
    kinds = [str(module.get("type")) if isinstance(module, dict) else "" for module in modules]
    if foreign := [kind for kind in kinds if not kind.startswith("sentence_transformers.")]:
        return f"brings code of its own ({foreign[0]!r}), which is never run", "name a model without, or its .onnx file"
    if pickled := sorted(file.name for file in path.rglob("*") if file.suffix.lower() in _PICKLED):
        what = f"has {pickled[0]!r}, in a format that can hold code"
        return what, "keep the weights as .safetensors and take such files out of the folder"
    return _missing("sentence_transformers", also=" sentence-transformers")


def _json(path: Path | None) -> Any:
    """Return what a JSON file says, None where there is none or it is not JSON."""
    try:
        return json.loads(path.read_bytes()) if path else None
    except (OSError, ValueError, RecursionError):
        return None


def _readable(text: str) -> str:
    """Return the beginning of a text without halves of characters, which no tokenizer takes."""
    return text[:_CHARACTERS_MAX].encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _unit(vectors: NDArray[Any], path: Path) -> NDArray[np.float32]:
    """Return the vectors at length one, zeros as they are."""
    if not np.isfinite(vectors).all():
        raise InputError("gives vectors that are not numbers", where=str(path), hint="try the model unquantised")
    wide = vectors.astype(np.float64)
    length = np.linalg.norm(wide, axis=1, keepdims=True)
    unit: NDArray[np.float32] = np.divide(wide, length, out=np.zeros_like(wide), where=length > 0).astype(np.float32)
    return unit


# Where models say how many tokens they take.
_LIMITS: Final = {"sentence_bert_config.json": "max_seq_length", "tokenizer_config.json": "model_max_length"}


class _Onnx:
    """An ONNX file and its tokenizer."""

    def __init__(self, path: Path) -> None:
        runtime, tokenizers = import_module("onnxruntime"), import_module("tokenizers")
        self._path = path
        runtime.set_default_logger_severity(4)
        options = runtime.SessionOptions()
        options.log_severity_level = 4
        # Threads that wait in a loop take the processor from those that work.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        try:
            self._session: Any = runtime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        except Exception as error:
            raise self._failed("is no ONNX model that can be read", error) from error
        tokenizer = _beside(path, TOKENIZER)
        try:
            self._tokenizer: Any = tokenizers.Tokenizer.from_file(str(tokenizer))
        except Exception as error:
            raise self._failed(f"{TOKENIZER} cannot be read", error) from error
        padding, cut = self._tokenizer.padding or {}, self._tokenizer.truncation or {}
        self._pad = int(padding.get("pad_id", 0))
        said = [cut.get("max_length"), *((_json(_beside(path, n)) or {}).get(key) for n, key in _LIMITS.items())]
        limits = [int(n) for n in said if isinstance(n, int | float) and 0 < n < TOKENS_MAX]
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(min([TOKENS_MAX, *limits]))
        self._inputs = {given.name: given for given in self._session.get_inputs()}
        self._check_inputs()
        self._output, self._is_sentence = self._chosen_output()

    def embed(
        self, texts: Sequence[str], *, progress: Callable[[int], None] = lambda _done: None
    ) -> NDArray[np.float32]:
        """Return float32[texts, d] as `Embedder` says."""
        encoded = self._tokenizer.encode_batch_fast([_readable(text) for text in texts])
        ids = [(e.ids, e.attention_mask) for e in encoded]
        # Texts of like length together, so that little is padded.
        order = sorted(range(len(ids)), key=lambda n: (len(ids[n][0]), n))
        made: NDArray[np.float32] | None = None
        for start in range(0, len(order), BATCH):
            at = order[start : start + BATCH]
            vectors = self._batch([ids[n] for n in at])
            if made is None:
                made = np.zeros((len(ids), vectors.shape[1]), np.float32)
            if vectors.shape != (len(at), made.shape[1]):
                what = f"gives vectors of {vectors.shape[1]:,} figures after some of {made.shape[1]:,}"
                raise InputError(what, where=str(self._path))
            made[at] = vectors
            progress(start + len(at))
        return np.zeros((0, 0), np.float32) if made is None else made

    def _batch(self, ids: Sequence[tuple[Sequence[int], Sequence[int]]]) -> NDArray[np.float32]:
        width = max(1, *(len(own) for own, _ in ids))
        tokens, mask = np.full((len(ids), width), self._pad), np.zeros((len(ids), width), np.int64)
        for row, (own, attended) in enumerate(ids):
            tokens[row, : len(own)] = own
            mask[row, : len(own)] = attended
        given = {"input_ids": tokens, "attention_mask": mask, "token_type_ids": np.zeros_like(tokens)}
        feed = {name: given[name].astype(_INTEGERS[asked.type]) for name, asked in self._inputs.items()}
        try:
            (output,) = self._session.run([self._output], feed)
        except Exception as error:
            raise self._failed("cannot be run", error) from error
        wanted = (len(ids),) if self._is_sentence else (len(ids), width)
        if output.shape[:-1] != wanted or not output.shape[-1]:
            raise InputError(f"gives {list(output.shape)}, no vector for each text", where=str(self._path))
        if not self._is_sentence:
            output = (output * mask[:, :, None]).sum(axis=1) / np.maximum(mask.sum(axis=1), 1)[:, None]
        vectors = _unit(output, self._path)
        vectors[mask.sum(axis=1) == 0] = 0
        return vectors

    def _check_inputs(self) -> None:
        known = {"input_ids", "attention_mask", "token_type_ids"}
        if odd := sorted(n for n, asked in self._inputs.items() if n not in known or asked.type not in _INTEGERS):
            raise InputError(f"asks for {odd[0]!r}, which a text does not give", where=str(self._path))
        if "input_ids" not in self._inputs:
            raise InputError("asks for no 'input_ids': it is no model of texts", where=str(self._path))

    def _chosen_output(self) -> tuple[str, bool]:
        """Return which output is read, and whether it has one vector a text rather than one a token."""
        ranks: Mapping[str, int] = {output.name: len(output.shape or ()) for output in self._session.get_outputs()}
        if "sentence_embedding" in ranks:
            return "sentence_embedding", True
        pooling = _json(_beside(self._path, "1_Pooling/config.json")) or {}
        for name, rank in ranks.items():
            if rank == _RANK_OF_TOKENS:
                if pooling.get("pooling_mode_mean_tokens") is False:
                    what = "takes another vector than the mean of the tokens' and gives no 'sentence_embedding'"
                    raise InputError(what, where=str(self._path), hint="export it with its sentence embedding")
                return name, False
        for name, rank in ranks.items():
            if rank == _RANK_OF_TOKENS - 1:
                return name, True
        raise InputError("gives no vectors of texts or tokens", where=str(self._path))

    def _failed(self, what: str, error: Exception) -> InputError:
        lines = str(error).strip().splitlines() or [type(error).__name__]
        return InputError(f"{what} ({lines[0][:200]})", where=str(self._path))


class _Folder:
    """A folder of sentence-transformers."""

    def __init__(self, path: Path) -> None:
        os.environ.update(_OFFLINE)
        self._path = path
        try:
            self._model: Any = import_module("sentence_transformers").SentenceTransformer(
                str(path),
                device="cpu",
                local_files_only=True,
                trust_remote_code=False,
                model_kwargs={"use_safetensors": True},
            )
        except Exception as error:
            lines = str(error).strip().splitlines() or [type(error).__name__]
            raise InputError(f"cannot be read ({lines[0][:200]})", where=str(path)) from error

    def embed(
        self, texts: Sequence[str], *, progress: Callable[[int], None] = lambda _done: None
    ) -> NDArray[np.float32]:
        """Return float32[texts, d] as `Embedder` says."""
        if not texts:
            return np.zeros((0, 0), np.float32)
        parts = []
        for start in range(0, len(texts), 8 * BATCH):
            batch = [_readable(text) for text in texts[start : start + 8 * BATCH]]
            made = np.asarray(self._model.encode(batch, batch_size=BATCH, show_progress_bar=False))
            if made.ndim != _RANK_OF_TOKENS - 1 or made.shape[0] != len(batch):
                raise InputError(f"gives {list(made.shape)}, no vector for each text", where=str(self._path))
            parts.append(_unit(made, self._path))
            progress(start + len(batch))
        return np.concatenate(parts)
