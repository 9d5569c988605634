"""Experiments: which film does better, with the evidence."""

from __future__ import annotations

from typing import Annotated, Any

from mcp.server import MCPServer
from mcp.server.mcpserver import Context
from mcp.types import CallToolResult
from pydantic import Field, with_config
from typing_extensions import TypedDict

from adengine.agents.answers import OUTLINE, answer
from adengine.agents.desk import READ, Desk, Store, spoken
from adengine.agents.ui import EXPERIMENT, shown_in
from adengine.services import experiments
from adengine.services.views import evidence_view


@with_config(OUTLINE)
class Evidence(TypedDict, total=False):
    experiment_id: str
    state: str
    exposures: int
    arms: Annotated[list[object], Field(description="film, exposures, revenue; A is the control")]
    metrics: Annotated[
        list[object], Field(description="conversions, probability best, lift against A with interval, p, in words")
    ]
    traffic: Annotated[dict[str, object], Field(description="sample-ratio check")]
    may_stop: bool
    advice: str


def register(server: MCPServer[Any], desk: Desk) -> None:
    @server.tool(title="Read an experiment", annotations=READ, meta=shown_in(EXPERIMENT))
    @spoken
    def get_experiment(
        experiment: Annotated[str, Field(description="Id of an experiment (exp_...) or a film in it.", max_length=60)],
        ctx: Context,
        store: Store = "",
    ) -> Annotated[CallToolResult, Evidence]:
        """For merchants: what a test between films shows so far, and whether to stop it. Right however often it is
        looked at: intervals and p hold at all looks together."""
        with desk.reading(ctx, store) as (unit, _):
            return answer(evidence_view(experiments.evidence(unit, experiment)))
