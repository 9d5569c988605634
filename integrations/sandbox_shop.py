"""A shop's own system that packs nothing: it keeps the orders written into it as files, for demo and tests."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from pathlib import Path
from tempfile import NamedTemporaryFile

from adengine.core.money import Money
from adengine.ports import PlacedOrder


class SandboxShop:
    """Orders lie in `folder` as JSON, one file an order; writing one twice leaves one."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def place(self, order: PlacedOrder) -> str:
        ref = "S-" + hashlib.sha256(order.id.encode()).hexdigest()[:12].upper()
        self._keep(ref, asdict(order))
        return ref

    def refunded(self, ref: str, amount: Money, *, key: str) -> None:
        self._keep(f"{ref}-{key}", {"order": ref, "refunded": asdict(amount)})

    def refund_failed(self, ref: str, amount: Money, *, key: str) -> None:
        self._keep(f"{ref}-{key}", {"order": ref, "refund_failed": asdict(amount)})

    def _keep(self, name: str, content: object) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        # A name of its own: of two that write the same order at once, neither takes the other's half away.
        with NamedTemporaryFile("w", dir=self.folder, suffix=".part", delete=False, encoding="utf-8") as part:
            json.dump(content, part, ensure_ascii=False, indent=1)
        Path(part.name).replace(self.folder / f"{name}.json")
