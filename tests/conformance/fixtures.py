"""What the public MCP conformance suite expects a server under test to offer, over our own stack.

Loaded by the setting ADENGINE_AGENT_TOOLS; names, arguments and answers are those of the suite's scenario descriptions.
"""

from __future__ import annotations

import asyncio
import base64
import io
import json
import secrets
import wave
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Annotated, Any, TypeVar

import anyio
from mcp.server import MCPServer
from mcp.server.context import HandlerResult, ServerRequestContext
from mcp.server.mcpserver import Context
from mcp.server.mcpserver.exceptions import ToolError
from mcp.server.mcpserver.prompts.base import UserMessage
from mcp.server.mcpserver.tools import Tool
from mcp.shared.exceptions import MCPError
from mcp.types import (
    CallToolRequestParams,
    CallToolResult,
    ClientCapabilities,
    Completion,
    EmbeddedResource,
    ErrorData,
    ImageContent,
    InputRequiredResult,
    RequestParams,
    SamplingMessage,
    TextContent,
    TextResourceContents,
)
from mcp_types import (
    INTERNAL_ERROR,
    MISSING_REQUIRED_CLIENT_CAPABILITY,
    AudioContent,
    CreateMessageRequest,
    CreateMessageRequestParams,
    CreateMessageResult,
    ElicitRequest,
    ElicitRequestFormParams,
    ElicitResult,
    InputRequest,
    ListRootsRequest,
    ListRootsResult,
    MissingRequiredClientCapabilityErrorData,
    SamplingCapability,
)
from PIL import Image
from pydantic import Field

from adengine.agents.tasks import Call, Task
from adengine.core.errors import NotFound
from adengine.engine import AdEngine

Server = MCPServer[Any]
Answer = CallToolResult | InputRequiredResult
T = TypeVar("T")
BREATH_S = 0.05
JOB_S = 0.3
KEPT_MS = 3_600_000
DIALECT = "https://json-schema.org/draft/2020-12/schema"
SCHEMA = {
    "$schema": DIALECT,
    "type": "object",
    "$defs": {
        "address": {
            "$anchor": "addressDef",
            "type": "object",
            "properties": {"street": {"type": "string"}, "city": {"type": "string"}},
        }
    },
    "properties": {
        "name": {"type": "string"},
        "address": {"$ref": "#/$defs/address"},
        "contactMethod": {"type": "string", "enum": ["phone", "email"]},
        "phone": {"type": "string"},
        "email": {"type": "string"},
    },
    "allOf": [{"anyOf": [{"required": ["phone"]}, {"required": ["email"]}]}],
    "if": {"properties": {"contactMethod": {"const": "phone"}}, "required": ["contactMethod"]},
    "then": {"required": ["phone"]},
    "else": {"required": ["email"]},
    "additionalProperties": False,
}


def register(server: Server, engine: AdEngine) -> None:
    """Add the suite's tools, resources and prompts to the server; the engine is not asked anything."""
    for add in (add_contents, add_talk, add_rounds, add_probes, add_jobs, add_resources, add_prompts, add_old_methods):
        add(server)


def text(words: str) -> CallToolResult:
    return CallToolResult(content=[TextContent(type="text", text=words)])


def red_dot() -> bytes:
    """A PNG of one red pixel."""
    made = io.BytesIO()
    Image.new("RGB", (1, 1), "red").save(made, "PNG")
    return made.getvalue()


def silence() -> bytes:
    """A WAV of eight silent samples."""
    made = io.BytesIO()
    with wave.open(made, "wb") as file:
        file.setparams((1, 2, 8000, 8, "NONE", ""))
        file.writeframes(bytes(16))
    return made.getvalue()


def picture() -> ImageContent:
    return ImageContent(type="image", data=base64.b64encode(red_dot()).decode(), mime_type="image/png")


def embedded(uri: str, words: str, mime: str) -> EmbeddedResource:
    return EmbeddedResource(type="resource", resource=TextResourceContents(uri=uri, mime_type=mime, text=words))


def add_contents(server: Server) -> None:
    """Tools that answer with each kind of content."""

    @server.tool()
    def test_simple_text() -> CallToolResult:
        """Answer with one text."""
        return text("This is a simple text response for testing.")

    @server.tool()
    def test_image_content() -> CallToolResult:
        """Answer with a picture."""
        return CallToolResult(content=[picture()])

    @server.tool()
    def test_audio_content() -> CallToolResult:
        """Answer with a sound."""
        sound = base64.b64encode(silence()).decode()
        return CallToolResult(content=[AudioContent(type="audio", data=sound, mime_type="audio/wav")])

    @server.tool()
    def test_embedded_resource() -> CallToolResult:
        """Answer with a resource."""
        words = "This is an embedded resource content."
        return CallToolResult(content=[embedded("test://embedded-resource", words, "text/plain")])

    @server.tool()
    def test_multiple_content_types() -> CallToolResult:
        """Answer with a text, a picture and a resource."""
        data = json.dumps({"test": "data", "value": 123})
        mixed = embedded("test://mixed-content-resource", data, "application/json")
        return CallToolResult(content=[*text("Multiple content types test:").content, picture(), mixed])

    @server.tool()
    def test_error_handling() -> CallToolResult:
        """Fail on purpose."""
        raise ToolError("This tool intentionally returns an error for testing")

    named = Tool.from_function(_anything, "json_schema_2020_12_tool", description="Take an address, or none.")
    server._tool_manager._tools[named.name] = named.model_copy(update={"parameters": SCHEMA})


def _anything(name: str = "", contactMethod: str = "", phone: str = "", email: str = "") -> str:  # noqa: N803
    return f"{name} {contactMethod or phone or email}".strip()


def add_talk(server: Server) -> None:
    """Tools that say something to the client, or ask it, while they work."""

    @server.tool()
    async def test_tool_with_logging(ctx: Context) -> CallToolResult:
        """Log three lines."""
        for words in ("Tool execution started", "Tool processing data", "Tool execution completed"):
            await ctx.log("info", words)
            await anyio.sleep(BREATH_S)
        return text("logged")

    @server.tool()
    async def test_logging_tool(ctx: Context) -> CallToolResult:
        """Log a line, for whoever asked for log lines."""
        await ctx.log("info", "one line")
        return text("logged")

    @server.tool()
    async def test_tool_with_progress(ctx: Context) -> CallToolResult:
        """Report progress three times."""
        for done in (0, 50, 100):
            await ctx.report_progress(done, 100)
            await anyio.sleep(BREATH_S)
        return text("done")

    @server.tool()
    async def test_sampling(prompt: str, ctx: Context) -> CallToolResult:
        """Let the client's model answer a prompt."""
        asked = SamplingMessage(role="user", content=TextContent(type="text", text=prompt))
        session = ctx.request_context.session
        said = await session.create_message([asked], max_tokens=100, related_request_id=ctx.request_id)
        return text(f"LLM response: {getattr(said.content, 'text', said.content)}")

    @server.tool()
    async def test_elicitation(message: str, ctx: Context) -> CallToolResult:
        """Ask the person for a name and an address."""
        properties = {
            "username": {"type": "string", "description": "User's response"},
            "email": {"type": "string", "description": "User's email address"},
        }
        answer = await _elicited(ctx, message, properties, ["username", "email"])
        return text(f"User response: action: {answer.action}, content: {json.dumps(answer.content)}")

    @server.tool()
    async def test_elicitation_sep1034_defaults(ctx: Context) -> CallToolResult:
        """Ask with a default for every kind of field."""
        properties = {
            "name": {"type": "string", "default": "John Doe"},
            "age": {"type": "integer", "default": 30},
            "score": {"type": "number", "default": 95.5},
            "status": {"type": "string", "enum": ["active", "inactive", "pending"], "default": "active"},
            "verified": {"type": "boolean", "default": True},
        }
        return _completed(await _elicited(ctx, "Check these", properties))

    @server.tool()
    async def test_elicitation_sep1330_enums(ctx: Context) -> CallToolResult:
        """Ask with every kind of choice."""
        options = [f"option{one}" for one in (1, 2, 3)]
        titled = [{"const": f"value{one}", "title": f"{words} Option"} for one, words in enumerate(ORDINALS, 1)]
        choices = [{"const": f"value{one}", "title": f"{words} Choice"} for one, words in enumerate(ORDINALS, 1)]
        legacy = {"enum": ["opt1", "opt2", "opt3"], "enumNames": ["Option One", "Option Two", "Option Three"]}
        properties = {
            "untitledSingle": {"type": "string", "enum": options},
            "titledSingle": {"type": "string", "oneOf": titled},
            "legacyEnum": {"type": "string", **legacy},
            "untitledMulti": {"type": "array", "items": {"type": "string", "enum": options}},
            "titledMulti": {"type": "array", "items": {"anyOf": choices}},
        }
        return _completed(await _elicited(ctx, "Choose", properties))


ORDINALS = ("First", "Second", "Third")


async def _elicited(
    ctx: Context, message: str, properties: Mapping[str, object], required: list[str] | None = None
) -> ElicitResult:
    asked = form(message, properties, required).params
    session = ctx.request_context.session
    return await session.elicit_form(asked.message, asked.requested_schema, related_request_id=ctx.request_id)


def _completed(answer: ElicitResult) -> CallToolResult:
    return text(f"Elicitation completed: action={answer.action}, content={json.dumps(answer.content)}")


def form(message: str, properties: Mapping[str, object], required: list[str] | None = None) -> ElicitRequest:
    schema = {"type": "object", "properties": dict(properties)} | ({"required": required} if required else {})
    return ElicitRequest(params=ElicitRequestFormParams(message=message, requested_schema=schema))


def asking(name: str, message: str, kind: str = "string") -> ElicitRequest:
    return form(message, {name: {"type": kind}}, [name])


def sampling(words: str, max_tokens: int) -> CreateMessageRequest:
    asked = SamplingMessage(role="user", content=TextContent(type="text", text=words))
    return CreateMessageRequest(params=CreateMessageRequestParams(messages=[asked], max_tokens=max_tokens))


def add_rounds(server: Server) -> None:
    """Tools that need a second round with answers of the client."""

    @server.tool()
    def test_input_required_result_elicitation(ctx: Context) -> Answer:
        """Greet the person by a name asked for."""
        return _greeting(ctx)

    @server.tool()
    def test_streaming_elicitation(ctx: Context) -> Answer:
        """Greet the person by a name asked for."""
        return _greeting(ctx)

    @server.tool()
    def test_tool_with_task(ctx: Context) -> Answer:
        """Greet the person by a name asked for first, as a task."""
        return _greeting(ctx)

    @server.tool()
    def test_input_required_result_sampling(ctx: Context) -> Answer:
        """Let the client's model name a capital."""
        said = _answer(ctx, "capital_question", CreateMessageResult)
        if said is None:
            question = sampling("What is the capital of France?", 100)
            return InputRequiredResult(input_requests={"capital_question": question})
        return text(str(getattr(said.content, "text", said.content)))

    @server.tool()
    def test_input_required_result_list_roots(ctx: Context) -> Answer:
        """Name the client's roots."""
        found = _answer(ctx, "client_roots", ListRootsResult)
        if found is None:
            return InputRequiredResult(input_requests={"client_roots": ListRootsRequest()})
        return text(", ".join(str(one.uri) for one in found.roots))

    @server.tool()
    def test_input_required_result_request_state(ctx: Context) -> Answer:
        """Ask to confirm, with a state that has to come back."""
        return _confirmation(ctx)

    @server.tool()
    def test_input_required_result_tampered_state(ctx: Context) -> Answer:
        """Ask to confirm, with a state that nobody may change."""
        return _confirmation(ctx)

    @server.tool()
    def test_input_required_result_multiple_inputs(ctx: Context) -> Answer:
        """Ask for a name, a greeting and the roots at once."""
        asked: dict[str, InputRequest] = {
            "user_name": asking("name", "What is your name?"),
            "greeting": sampling("Generate a greeting", 50),
            "client_roots": ListRootsRequest(),
        }
        if not asked.keys() <= (ctx.input_responses or {}).keys():
            return InputRequiredResult(input_requests=asked, request_state="all three")
        return text("all three came")

    @server.tool()
    def test_input_required_result_multi_round(ctx: Context) -> Answer:
        """Ask twice, one after the other."""
        if ctx.request_state is None:
            return InputRequiredResult(
                input_requests={"step1": asking("name", "Step 1: What is your name?")}, request_state="one"
            )
        if ctx.request_state == "one":
            return InputRequiredResult(
                input_requests={"step2": asking("color", "Step 2: What is your favorite color?")}, request_state="two"
            )
        return text("both came")

    @server.tool()
    def test_input_required_result_capabilities(ctx: Context) -> Answer:
        """Ask only what the client says it can answer."""
        can = ctx.client_capabilities or ClientCapabilities()
        asked: dict[str, InputRequest] = {}
        if can.elicitation is not None:
            asked["user_name"] = asking("name", "What is your name?")
        if can.sampling is not None:
            asked["greeting"] = sampling("Generate a greeting", 50)
        return InputRequiredResult(input_requests=asked, request_state="asked")


def _answer(ctx: Context, key: str, kind: type[T]) -> T | None:
    found = (ctx.input_responses or {}).get(key)
    return found if isinstance(found, kind) else None


def _greeting(ctx: Context) -> Answer:
    said = _answer(ctx, "user_name", ElicitResult)
    if said is None or not said.content:
        return InputRequiredResult(input_requests={"user_name": asking("name", "What is your name?")})
    return text(f"Hello, {said.content['name']}!")


def _confirmation(ctx: Context) -> Answer:
    said = _answer(ctx, "confirm", ElicitResult)
    if said is None or ctx.request_state != "to confirm":
        confirm = asking("ok", "Please confirm", "boolean")
        return InputRequiredResult(input_requests={"confirm": confirm}, request_state="to confirm")
    return text("state-ok")


def add_probes(server: Server) -> None:
    """Tools that show how the server treats capabilities and lists that change."""

    @server.tool()
    def test_missing_capability() -> CallToolResult:
        """Refuse: this needs sampling, which the suite never declares here."""
        needed = MissingRequiredClientCapabilityErrorData(
            required_capabilities=ClientCapabilities(sampling=SamplingCapability())
        )
        data = needed.model_dump(by_alias=True, exclude_none=True)
        raise MCPError(MISSING_REQUIRED_CLIENT_CAPABILITY, "this tool needs sampling", data)

    @server.tool()
    async def test_trigger_tool_change(ctx: Context) -> CallToolResult:
        """Tell listeners that the list of tools changed."""
        await ctx.notify_tools_changed()
        return text("told")

    @server.tool()
    async def test_trigger_prompt_change(ctx: Context) -> CallToolResult:
        """Tell listeners that the list of prompts changed."""
        await ctx.notify_prompts_changed()
        return text("told")


def add_jobs(server: Server) -> None:
    """The tools that FixtureTasks takes as tasks, and one that it does not."""

    @server.tool()
    def greet(name: str) -> CallToolResult:
        """Greet, at once."""
        return text(f"Hello, {name}!")

    @server.tool()
    async def slow_compute(seconds: Annotated[float, Field(ge=0, le=60)], label: str = "") -> CallToolResult:
        """Answer after some seconds."""
        await anyio.sleep(seconds)
        return text(f"{label} took {seconds} s")

    @server.tool()
    async def failing_job() -> CallToolResult:
        """Work for a moment, then fail as a tool does."""
        await anyio.sleep(JOB_S)
        raise ToolError("this job fails on purpose")

    @server.tool()
    async def protocol_error_job() -> CallToolResult:
        """Work for a moment, then fail as the protocol does."""
        await anyio.sleep(JOB_S)
        raise MCPError(INTERNAL_ERROR, "this job breaks on purpose")

    @server.tool()
    def confirm_delete(filename: str) -> CallToolResult:
        """Delete nothing, once confirmed."""
        return text(f"{filename} would be gone")

    @server.tool()
    def multi_input() -> CallToolResult:
        """Answer once two questions were answered."""
        return text("both came")


def add_resources(server: Server) -> None:
    @server.resource("test://static-text", name="static text", description="A text.", mime_type="text/plain")
    def static_text() -> str:
        return "This is the content of the static text resource."

    @server.resource("test://static-binary", name="static picture", description="A picture.", mime_type="image/png")
    def static_binary() -> bytes:
        return red_dot()

    @server.resource("test://watched-resource", name="watched", description="To subscribe to.", mime_type="text/plain")
    def watched() -> str:
        return "watched"

    @server.resource(
        "test://template/{id}/data", name="by id", description="Data of an id.", mime_type="application/json"
    )
    def by_id(id: str) -> str:
        return json.dumps({"id": id, "templateTest": True, "data": f"Data for ID: {id}"})


def add_prompts(server: Server) -> None:
    @server.prompt(description="A prompt.")
    def test_simple_prompt() -> str:
        return "This is a simple prompt for testing."

    @server.prompt(description="A prompt of two arguments.")
    def test_prompt_with_arguments(
        arg1: Annotated[str, Field(description="First test argument")],
        arg2: Annotated[str, Field(description="Second test argument")],
    ) -> str:
        return f"Prompt with arguments: arg1='{arg1}', arg2='{arg2}'"

    @server.prompt(description="A prompt about a resource.")
    def test_prompt_with_embedded_resource(
        resourceUri: Annotated[str, Field(description="URI of the resource to embed")],  # noqa: N803
    ) -> list[UserMessage]:
        return [
            UserMessage(embedded(resourceUri, "Embedded resource content for testing.", "text/plain")),
            UserMessage("Please process the embedded resource above."),
        ]

    @server.prompt(description="A prompt about a picture.")
    def test_prompt_with_image() -> list[UserMessage]:
        return [UserMessage(picture()), UserMessage("Please analyze the image above.")]

    @server.prompt(description="A prompt that asks for its context.")
    def test_input_required_result_prompt(ctx: Context) -> str | InputRequiredResult:
        said = _answer(ctx, "user_context", ElicitResult)
        if said is None or not said.content:
            question = asking("context", "What context should the prompt use?")
            return InputRequiredResult(input_requests={"user_context": question})
        return f"Use this context: {said.content['context']}"


class AnyParams(RequestParams):
    """Parameters of a method that the suite only wants acknowledged."""


def add_old_methods(server: Server) -> None:
    """Methods of 2025-11-25 that the product has no use for, and completion where the product has none."""

    async def taken(_ctx: ServerRequestContext[Any, Any], _params: AnyParams) -> HandlerResult:
        return {}

    low = server._lowlevel_server
    for method in ("logging/setLevel", "resources/subscribe", "resources/unsubscribe"):
        low.add_request_handler(method, AnyParams, taken)
    if low.get_request_handler("completion/complete") is None:

        @server.completion()
        async def complete(_ref: object, _argument: object, _context: object) -> Completion:
            return Completion(values=["paris", "park", "party"], total=3, has_more=False)


@dataclass
class Job:
    """A task in this process's memory, and what works on it."""

    task: Task
    came: asyncio.Event = field(default_factory=asyncio.Event)
    work: asyncio.Task[None] | None = None


class FixtureTasks:
    """Tasks that live as long as the process."""

    tools: Mapping[str, bool] = {
        "slow_compute": False,
        "failing_job": True,
        "protocol_error_job": False,
        "confirm_delete": False,
        "multi_input": False,
        "test_tool_with_task": True,
    }

    def __init__(self) -> None:
        self._jobs: dict[str, Job] = {}

    def owns(self, task_id: str) -> bool:
        return task_id.startswith("job_")

    async def start(self, _ctx: Context, params: CallToolRequestParams, call: Call) -> Task | HandlerResult:
        if params.name == "test_tool_with_task":  # its questions come before there is a task
            answer = await call()
            if not isinstance(answer, CallToolResult):
                return answer
            return self._opened(status="completed", result=answer).task
        asks = QUESTIONS.get(params.name, {})
        job = self._opened(status="input_required" if asks else "working", asks=asks)
        if not asks:
            job.came.set()
        job.work = asyncio.create_task(self._run(job, call))
        return job.task

    async def get(self, _ctx: Context, task_id: str) -> Task:
        return self._job(task_id).task

    async def update(self, _ctx: Context, task_id: str, answers: Mapping[str, object]) -> None:
        job = self._job(task_id)
        if job.task.status != "input_required":
            return
        left = {key: one for key, one in job.task.asks.items() if key not in answers}
        job.task = replace(job.task, asks=left, status="input_required" if left else "working")
        if not left:
            job.came.set()

    async def cancel(self, _ctx: Context, task_id: str) -> None:
        job = self._job(task_id)
        if job.task.status in {"working", "input_required"}:
            self._turn(job, status="cancelled", words="cancelled by the client", asks={})
            if job.work is not None:
                job.work.cancel()

    async def _run(self, job: Job, call: Call) -> None:
        await job.came.wait()
        try:
            answer = await call()
        except MCPError as error:
            self._turn(job, status="failed", error=ErrorData(code=error.code, message=error.message))
            return
        assert isinstance(answer, CallToolResult)
        self._turn(job, status="completed", result=answer)

    def _opened(self, **values: Any) -> Job:
        now = datetime.now(UTC)
        made = Task(id=f"job_{secrets.token_urlsafe(16)}", created_at=now, changed_at=now, ttl_ms=KEPT_MS, **values)
        self._jobs[made.id] = Job(made)
        return self._jobs[made.id]

    def _turn(self, job: Job, **values: Any) -> None:
        job.task = replace(job.task, changed_at=datetime.now(UTC), **values)

    def _job(self, task_id: str) -> Job:
        if task_id not in self._jobs:
            raise NotFound(f"there is no task '{task_id}' here")
        return self._jobs[task_id]


QUESTIONS: Mapping[str, Mapping[str, InputRequest]] = {
    "confirm_delete": {"confirm": asking("confirm", "Delete this file?", "boolean")},
    "multi_input": {"first": asking("name", "First name?"), "second": asking("name", "Second name?")},
}
tasks = FixtureTasks()
