"""What checkers of tool lists say of ours: the Inspector, the linter oh-my-mcp, and a tokenizer."""

from __future__ import annotations

import json
import subprocess
import tempfile
from dataclasses import dataclass

from tests.conformance.node import Tools

LEAST_SCORE = 95
ERAS = ("legacy", "modern")


@dataclass(frozen=True)
class Listed:
    """A server's list of tools as one client sees it, read once."""

    tools: Tools
    url: str
    token: str

    def problems(self, era: str) -> str:
        """What the Inspector's strict check of schemas finds for clients of an era; empty: nothing."""
        done = self._inspect(era, "--strict")
        return f"exit {done.returncode}: {done.stderr.strip()[-600:]}" if done.returncode else ""

    def lint(self) -> str:
        """What keeps the list below the linter's least mark of 100; empty: nothing."""
        with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
            json.dump({"tools": self.definitions()}, file)
            file.flush()
            program = self.tools.program("oh-my-mcp", "oh-my-mcp")
            done = self.tools.run(program, file.name, "--min-score", str(LEAST_SCORE))
        return (done.stdout + done.stderr).strip()[-1500:] if done.returncode else ""

    def tokens(self) -> dict[str, int]:
        """Tokens (o200k) of each definition as it is on the wire, by the tool's name."""
        counting = (
            "const {encode} = require('gpt-tokenizer/encoding/o200k_base');"
            "const tools = JSON.parse(require('fs').readFileSync(0, 'utf8'));"
            "const counted = tools.map(one => [one.name, encode(JSON.stringify(one)).length]);"
            "console.log(JSON.stringify(Object.fromEntries(counted)));"
        )
        done = self.tools.run("-e", counting, stdin=json.dumps(self.definitions()))
        return dict(json.loads(done.stdout))

    def definitions(self) -> list[dict[str, object]]:
        return list(json.loads(self._inspect("modern").stdout)["result"]["tools"])

    def _inspect(self, era: str, *more: str) -> subprocess.CompletedProcess[str]:
        program = self.tools.program("@modelcontextprotocol/inspector", "mcp-inspector")
        signed = ("--header", f"Authorization: Bearer {self.token}")
        asked = ("--transport", "http", "--format", "json", "--protocol-era", era, "--method", "tools/list")
        return self.tools.run(program, "--cli", "--server-url", self.url, *signed, *asked, *more)
