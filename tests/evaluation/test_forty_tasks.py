"""Forty scripted tasks of agents, within their ceilings of calls and tokens."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator

import pytest

from tests.evaluation.tasks import TASKS, Task
from tests.evaluation.world import World, connected, open_world, serving

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    made = open_world(tmp_path_factory.mktemp("evaluation"))
    yield made
    made.engine.close()


def test_there_are_forty() -> None:
    assert len(TASKS) == len({one.name for one in TASKS}) == 40


@pytest.mark.parametrize("task", TASKS, ids=lambda task: task.name)
def test_an_agent_gets_it_done_within_its_ceilings(
    world: World, task: Task, record_property: Callable[[str, object], None]
) -> None:
    async def session() -> tuple[int, int]:
        async with serving(world) as app, connected(world, app, task.who, says=task.says) as agent:
            await task.script(agent)
            return agent.calls, agent.tokens

    calls, tokens = asyncio.run(session())
    record_property("calls", calls)
    record_property("tokens", tokens)
    assert calls <= task.calls
    assert tokens <= task.tokens
