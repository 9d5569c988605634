"""What texts mean, as the mean of their words' vectors: a static embedding model in model2vec's files.

A folder holds `tokenizer.json` (Hugging Face tokenizers) and `model.safetensors` with one tensor `embeddings`, a row
for each token; an optional `weights` weighs the rows. Such a model is small and answers in microseconds without a GPU.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from adengine.core.errors import Invalid

FILES = ["tokenizer.json", "model.safetensors"]
MOST_TOKENS = 128
Vectors = NDArray[np.float32]


class StaticMeaning:
    """A loaded model; vectors are unit-length float32, written as bytes."""

    def __init__(self, rows: Vectors, tokenizer: object) -> None:
        self._rows, self._tokenizer = rows, tokenizer
        self._last: tuple[Sequence[bytes], Vectors] | None = None

    @property
    def size(self) -> int:
        return int(self._rows.shape[1])

    @staticmethod
    def load(name: str) -> StaticMeaning:
        """Load a folder, or a hub's model, which is fetched once; raises Invalid for what is no such model."""
        try:
            from safetensors.numpy import load_file
            from tokenizers import Tokenizer
        except ImportError as error:
            raise Invalid(f"search by meaning needs the package {error.name}: pip install 'adengine[search]'") from None
        folder = Path(name) if Path(name).is_dir() else _fetched(name)
        missing = [one for one in FILES if not (folder / one).is_file()]
        if missing:
            raise Invalid(f"{name} lacks {', '.join(missing)}; ADENGINE_SEARCH_MODEL names a model2vec folder")
        tensors = load_file(folder / FILES[1])
        if "embeddings" not in tensors or tensors["embeddings"].ndim != 2:
            raise Invalid(f"{name} holds no table 'embeddings'; ADENGINE_SEARCH_MODEL names a model2vec folder")
        rows = np.asarray(tensors["embeddings"], dtype=np.float32)
        if "weights" in tensors:
            rows = rows * np.asarray(tensors["weights"], dtype=np.float32)[:, None]
        return StaticMeaning(rows, Tokenizer.from_file(str(folder / FILES[0])))

    def vectors(self, texts: Sequence[str]) -> list[bytes]:
        return [self._vector(text).tobytes() for text in texts]

    def nearest(self, text: str, vectors: Sequence[bytes], most: int) -> list[tuple[int, float]]:
        if not vectors:
            return []
        cosines = self._table(vectors) @ self._vector(text)
        # Stable, so that equals stand in the order given.
        places = np.argsort(-cosines, kind="stable")[:most]
        return [(int(place), float(cosines[place])) for place in places]

    def _vector(self, text: str) -> Vectors:
        ids = self._tokenizer.encode(text, add_special_tokens=False).ids[:MOST_TOKENS]  # type: ignore[attr-defined]
        known = [one for one in ids if one < len(self._rows)]
        if not known:
            return np.zeros(self.size, dtype=np.float32)
        mean: Vectors = self._rows[known].mean(axis=0)
        length = float(np.linalg.norm(mean))
        return mean / np.float32(length) if length else mean

    def _table(self, vectors: Sequence[bytes]) -> Vectors:
        """The vectors as one table, kept for the same list."""
        if self._last is None or self._last[0] is not vectors:
            self._last = (vectors, np.frombuffer(b"".join(vectors), dtype=np.float32).reshape(len(vectors), self.size))
        return self._last[1]


def _fetched(name: str) -> Path:
    try:
        from huggingface_hub import snapshot_download
        from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError
    except ImportError:
        raise Invalid(f"there is no folder {name}; to fetch it from a hub: pip install 'adengine[search]'") from None
    try:
        return Path(snapshot_download(name, allow_patterns=FILES))
    except (HfHubHTTPError, HFValidationError, LocalEntryNotFoundError, OSError) as error:
        raise Invalid(f"{name} is no folder, and could not be fetched: {str(error).splitlines()[0][:160]}") from None
