"""Search by meaning on a model of four words that the test makes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.normalizers import Lowercase
from tokenizers.pre_tokenizers import Whitespace

from adengine.core.catalog import Product, Variant
from adengine.core.errors import Invalid
from adengine.core.money import Money
from adengine.doctor import examine
from adengine.engine import AdEngine
from adengine.services import catalog, search
from adengine.services.search import SearchAsk
from adengine.settings import Settings
from integrations.meanings import StaticMeaning
from tests.conftest import Desk

WORDS = {"[UNK]": 0, "lantern": 1, "read": 2, "night": 3, "kettle": 4, "book": 5}
ROWS = np.array([[0, 0, 0], [1, 0.1, 0], [0.9, 0.3, 0], [1, 0, 0], [0, 0, 1], [0.6, 0.8, 0]], dtype=np.float32)


@pytest.fixture
def model(tmp_path: Path) -> Path:
    folder = tmp_path / "model"
    folder.mkdir()
    tokenizer = Tokenizer(WordLevel(WORDS, unk_token="[UNK]"))
    tokenizer.normalizer, tokenizer.pre_tokenizer = Lowercase(), Whitespace()
    tokenizer.save(str(folder / "tokenizer.json"))
    save_file({"embeddings": ROWS}, folder / "model.safetensors")
    return folder


def test_the_nearest_text_comes_first(model: Path) -> None:
    meaning = StaticMeaning.load(str(model))
    vectors = meaning.vectors(["Kettle", "Lantern", "Book", "???"])
    near = meaning.nearest("read night", vectors, 2)
    assert [place for place, _ in near] == [1, 2]
    assert near[0][1] == pytest.approx(0.998, abs=0.01)
    assert meaning.nearest("???", vectors, 1) == [(0, 0.0)]


def test_what_is_no_model_is_refused_in_words(tmp_path: Path) -> None:
    with pytest.raises(Invalid, match=r"lacks tokenizer\.json, model\.safetensors"):
        StaticMeaning.load(str(tmp_path))


def test_search_finds_by_meaning_what_no_word_names(engine: AdEngine, desk: Desk, model: Path) -> None:
    for name in ("Lantern", "Kettle"):
        given = Product(name.lower(), name, variants=(Variant(name, "", (), Money(900, "EUR")),))
        with engine.unit(desk.merchant) as unit:
            catalog.keep_product(unit, given, {})
    with engine.reading(desk.visitor) as unit:
        assert search.find(unit, SearchAsk("read night")).hits == ()
    meaning = StaticMeaning.load(str(model))
    engine.ports = replace(engine.ports, search=type(engine.ports.search)(), meaning=lambda: meaning)
    with engine.reading(desk.visitor) as unit:
        (hit,) = search.find(unit, SearchAsk("read night")).hits
        assert (hit.product.title, "similar in meaning" in hit.reasons) == ("Lantern", True)
        assert [one.product.title for one in search.find(unit, SearchAsk("kettle")).hits] == ["Kettle"]


def test_the_doctor_says_whether_it_is_on(tmp_path: Path, model: Path) -> None:
    off = Settings(home=str(tmp_path / "home"))
    for settings, state in ((off, "off"), (replace(off, search_model=str(model)), "ok")):
        (finding,) = (one for one in examine(settings) if one.part == "search by meaning")
        assert finding.state == state
