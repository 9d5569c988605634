"""Runs the public MCP conformance suite, the Inspector and a linter of tool lists against our own servers.

`python -m tests.conformance.runner` prints a table and exits with 1 when anything failed.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from adengine.serving import command, environment
from adengine.settings import Settings
from tests.conformance.listing import ERAS, LEAST_SCORE, Listed
from tests.conformance.node import Tools, install, node_environment
from tests.servers import await_server, free_port
from tests.shops import write_shop

ROOT = Path(__file__).parents[2]
REVISIONS = ("2025-11-25", "2026-07-28")
FIXTURES = "tests.conformance.fixtures"
PATIENCE_S = 300
MOST_TOKENS = 12_000

BOTH = ("tools-list", "resources-list", "prompts-list", "dns-rebinding-protection", "server-sse-multiple-streams")
# What means something without the suite's own tools. Left out: what passes on the words "unknown tool".
PRODUCT: Mapping[str, tuple[str, ...]] = {
    "2025-11-25": (*BOTH, "server-initialize", "server-session-lifecycle", "ping"),
    "2026-07-28": (
        *BOTH,
        "server-stateless",
        "sep-2164-resource-not-found",
        "caching",
        "http-header-validation",
        "http-custom-header-server-validation",
        "input-required-result-unsupported-methods",
    ),
}
# Not scored by the suite, and asked of us all the same.
MORE: Mapping[str, tuple[str, ...]] = {
    "2025-11-25": ("server-session-lifecycle", "json-schema-2020-12"),
    "2026-07-28": (
        "tasks-lifecycle",
        "tasks-capability-negotiation",
        "tasks-wire-fields",
        "tasks-request-state-removal",
        "tasks-mrtr-input",
        "tasks-request-headers",
        "tasks-dispatch-and-envelope",
        "tasks-status-notifications",
        "tasks-required-task-error",
        "tasks-mrtr-composition",
        "http-header-validation",
        "http-custom-header-server-validation",
        "json-schema-2020-12",
    ),
}
# Alpha.12 checks nothing in this one; its only check says that it is skipped.
EMPTY = "tasks-status-notifications"
# Said of every answer, a refusal to connect included: alone it shows nothing.
WIRE = "wire-schema-valid"
# Checks of server-stateless that call the suite's own tools; on the fixtures' server they have to pass.
NEEDS_FIXTURES = frozenset(
    {
        "sep-2575-server-rejects-undeclared-capability",
        "sep-2575-missing-capability-http-400",
        "sep-2575-server-sends-prompts-list-changed-on-subscription",
        "sep-2575-server-sends-tools-list-changed-on-subscription",
    }
)


@dataclass(frozen=True)
class Outcome:
    """One scenario against one server: what its checks said, and why it does not count as passed."""

    server: str
    revision: str
    scenario: str
    passed: int
    problems: tuple[str, ...]

    @property
    def is_clean(self) -> bool:
        return not self.problems


@dataclass(frozen=True)
class Served:
    """A server under test, and a token of its shop's merchant, who is shown every tool."""

    url: str
    token: str


@contextmanager
def serving(home: Path, agent_tools: str = "") -> Iterator[Served]:
    """`adengine serve` as shipped, with a small shop in it."""
    port = free_port()
    # The suite sends hundreds of requests from one address.
    settings = Settings(
        home=str(home),
        public_url=f"http://127.0.0.1:{port}",
        agent_tools=agent_tools,
        anonymous_requests_per_minute="0",
        log_level="ERROR",
    )
    env = {**environment(settings), "PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "ignore"}
    csv = write_shop(home / "shop")
    _adengine(env, "import", str(csv))
    token = json.loads(_adengine(env, "token", "create", "--merchant", "demo", "--kind", "merchant", "--json"))["token"]
    with (home / "log").open("wb") as log:
        server = subprocess.Popen(command("serve", "--port", str(port)), env=env, cwd=ROOT, stdout=log, stderr=log)
    try:
        await_server(settings.public_url, server)
        yield Served(f"{settings.public_url}/mcp", token)
    finally:
        server.terminate()
        server.wait(timeout=20)


def _adengine(env: Mapping[str, str], *words: str) -> str:
    done = subprocess.run(command(*words), env=env, check=True, capture_output=True, text=True, cwd=ROOT)
    return done.stdout


def start_suite(tools: Tools, url: str, revision: str, out: Path) -> subprocess.Popen[bytes]:
    suite = tools.of("@modelcontextprotocol/conformance", "dist/index.js")
    words = [str(tools.node), suite, "server", "--url", url, "--requirements", revision, "-o", str(out)]
    quiet = subprocess.DEVNULL
    return subprocess.Popen(words, stdout=quiet, stderr=quiet, cwd=tools.folder, env=node_environment(tools.node))


def scored(tools: Tools, revision: str) -> tuple[str, ...]:
    """The scenarios that the suite scores servers of a revision by, from its own list."""
    import yaml

    listed = Path(tools.of("@modelcontextprotocol/conformance", f"requirements/{revision}.yaml"))
    return tuple(yaml.safe_load(listed.read_text(encoding="utf-8"))["server"])


def judge(server: str, revision: str, scenario: str, out: Path) -> Outcome:
    """Read what the checks of a scenario said; one without a check that succeeded is not passed."""
    found = sorted(out.glob(f"server-{scenario}-20*/checks.json"))
    if not found:
        return Outcome(server, revision, scenario, 0, ("it did not run",))
    checks = json.loads(found[-1].read_text(encoding="utf-8"))
    passed = [one for one in checks if one["status"] == "SUCCESS"]
    excused = NEEDS_FIXTURES if server == "product" else frozenset[str]()
    failed = [one for one in checks if one["status"] in {"FAILURE", "WARNING"} and one["id"] not in excused]
    problems = [f"{one['id']}: {one.get('errorMessage', one['status'])}" for one in failed]
    if scenario != EMPTY and not [one for one in passed if one["id"] != WIRE]:
        problems.append("no check succeeded")
    return Outcome(server, revision, scenario, len(passed), tuple(problems))


def run_suite(tools: Tools, served: Mapping[str, Served], folder: Path) -> list[Outcome]:
    """Every scenario asked of the product server and of the fixtures, both revisions at once."""
    runs = {(server, revision): folder / f"{server}-{revision}" for server in served for revision in REVISIONS}
    started = [start_suite(tools, served[server].url, revision, out) for (server, revision), out in runs.items()]
    try:
        for one in started:
            one.wait(timeout=PATIENCE_S)
    finally:
        for one in started:
            one.kill()
    outcomes = []
    for (server, revision), out in runs.items():
        asked = PRODUCT[revision] if server == "product" else (*scored(tools, revision), *MORE[revision])
        outcomes += [judge(server, revision, scenario, out) for scenario in asked]
    return outcomes


def table(outcomes: Sequence[Outcome]) -> str:
    """What ran, one line each, and the problems under each that has some."""
    lines = []
    for one in outcomes:
        mark = "ok  " if one.is_clean else "FAIL"
        lines.append(f"{mark} {one.server:8} {one.revision:10} {one.scenario:46} {one.passed:3} checks")
        lines += [f"       {words}" for words in one.problems]
    for server, revision in dict.fromkeys((one.server, one.revision) for one in outcomes):
        group = [one for one in outcomes if (one.server, one.revision) == (server, revision)]
        clean = sum(one.is_clean for one in group)
        checks = sum(one.passed for one in group)
        lines.append(f"{server} {revision}: {clean} of {len(group)} clean, {checks} checks passed")
    return "\n".join(lines)


@contextmanager
def servers(*kinds: str) -> Iterator[dict[str, Served]]:
    """The product server and the one with the suite's fixtures, each with a home of its own."""
    with ExitStack() as stack:
        served = {}
        for kind in kinds:
            home = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix=f"conformance-{kind}-")))
            served[kind] = stack.enter_context(serving(home, FIXTURES if kind == "fixtures" else ""))
        yield served


def check_list(listed: Listed) -> list[Outcome]:
    """What the Inspector and the linter say of the product's list of tools."""
    found = {f"inspector tools/list --strict, {era}": listed.problems(era) for era in ERAS}
    found[f"oh-my-mcp >= {LEAST_SCORE}"] = listed.lint()
    return [Outcome("product", "list", name, int(not said), (said,) if said else ()) for name, said in found.items()]


def main() -> int:
    tools = install()
    if isinstance(tools, str):
        sys.stderr.write(tools + "\n")
        return 2
    with servers("product", "fixtures") as served, tempfile.TemporaryDirectory() as folder:
        listed = Listed(tools, served["product"].url, served["product"].token)
        outcomes = [*run_suite(tools, served, Path(folder)), *check_list(listed)]
        tokens = listed.tokens()
    sizes = "\n".join(f"{count:6} {name}" for name, count in sorted(tokens.items(), key=lambda one: -one[1]))
    total = sum(tokens.values())
    sys.stdout.write(f"{table(outcomes)}\n{sizes}\n{total:6} tokens (o200k) of {MOST_TOKENS} for {len(tokens)} tools\n")
    return int(any(not one.is_clean for one in outcomes) or total > MOST_TOKENS)


if __name__ == "__main__":
    sys.exit(main())
