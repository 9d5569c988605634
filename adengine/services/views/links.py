"""Public addresses of one shop."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Links:
    """Builds public addresses of one shop."""

    public_url: str
    shop: str

    def __call__(self, path: str = "") -> str:
        return f"{self.public_url.rstrip('/')}/shops/{self.shop}/{path}"

    def api(self, path: str) -> str:
        """An address of the JSON API that this shop answers, without a token too."""
        return f"{self.public_url.rstrip('/')}/api/v1/{path}?store={self.shop}"

    def film(self, ad_id: str, part: str, placement: str = "page") -> str:
        """A file of a film: its licence is asked for the place that the address was made for, each time it is read."""
        where = "" if placement == "page" else f"?in={placement}"
        return self(f"ads/{ad_id}/{part}{where}")

    def picture(self, file: str) -> str:
        return self(f"pictures/{file.rsplit('/', 1)[-1]}")
