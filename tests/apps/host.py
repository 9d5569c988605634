"""A small host of MCP Apps: serves a page that embeds an app under its own policy, and talks to the server for it."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from flask import Flask, Response, request
from werkzeug.serving import make_server

PAGE = Path(__file__).with_name("host.html")
REVISION = "2026-07-28"
ABOUT = {
    "io.modelcontextprotocol/protocolVersion": REVISION,
    "io.modelcontextprotocol/clientInfo": {"name": "test host", "version": "1"},
    "io.modelcontextprotocol/clientCapabilities": {
        "extensions": {"io.modelcontextprotocol/ui": {"mimeTypes": ["text/html;profile=mcp-app"]}}
    },
}


@dataclass(frozen=True)
class Server:
    """An MCP server over HTTP, as the revision 2026-07-28 asks; `token` is the buyer's or merchant's, if any."""

    url: str
    token: str = ""

    def send(self, method: str, params: dict[str, Any]) -> dict[str, Any]:
        """The whole JSON-RPC answer, with its result or error."""
        name = params.get("name") or params.get("uri") or ""
        headers = {
            "Accept": "application/json, text/event-stream",
            "MCP-Protocol-Version": REVISION,
            "Mcp-Method": method,
            **({"Mcp-Name": name} if name else {}),
            **({"Mcp-Param-Store": store} if (store := params.get("arguments", {}).get("store")) else {}),
            **({"Authorization": f"Bearer {self.token}"} if self.token else {}),
        }
        body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": {**params, "_meta": ABOUT}}
        answer: dict[str, Any] = httpx.post(f"{self.url}/mcp", json=body, headers=headers, timeout=20).json()
        return answer

    def call(self, tool: str, **given: Any) -> dict[str, Any]:
        """The tool's result, refusals too."""
        result: dict[str, Any] = self.send("tools/call", {"name": tool, "arguments": given})["result"]
        return result

    def page(self, uri: str) -> tuple[str, str]:
        """An app's HTML, and the policy that a host must give it by its metadata (ext-apps, "Security")."""
        (content,) = self.send("resources/read", {"uri": uri})["result"]["contents"]
        assert content["mimeType"] == "text/html;profile=mcp-app"
        return content["text"], policy(content["_meta"]["ui"].get("csp", {}))


def policy(csp: dict[str, list[str]]) -> str:
    """The Content-Security-Policy that a host builds of a resource's `csp`: nothing that is not declared."""
    files = " ".join(csp.get("resourceDomains", ())) or "'none'"
    calls = " ".join(csp.get("connectDomains", ())) or "'none'"
    return "; ".join(
        (
            "default-src 'none'",
            "script-src 'unsafe-inline'",
            "style-src 'unsafe-inline'",
            f"img-src {files}",
            f"media-src {files}",
            f"font-src {files}",
            f"connect-src {calls}",
            "frame-src 'none'",
            "object-src 'none'",
            "base-uri 'none'",
            "form-action 'none'",
        )
    )


def host_app(server: Server) -> Flask:
    app = Flask("test_host")

    @app.get("/")
    def host() -> Response:
        return Response(PAGE.read_text(encoding="utf-8"), mimetype="text/html")

    @app.get("/app")
    def shown() -> Response:
        html, allowed = server.page(request.args["uri"])
        return Response(html, mimetype="text/html", headers={"Content-Security-Policy": allowed})

    @app.post("/rpc")
    def forwarded() -> dict[str, Any]:
        asked = json.loads(request.get_data())
        return server.send(asked["method"], asked["params"])

    return app


@contextmanager
def hosting(server: Server) -> Iterator[str]:
    """The host on a free loopback port; answers its address."""
    made = make_server("127.0.0.1", 0, host_app(server), threaded=True)
    thread = threading.Thread(target=made.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{made.server_port}"
    made.shutdown()
    thread.join()
    made.server_close()
