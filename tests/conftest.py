"""What tests share: one stack for the whole run, and connections to it.

Nothing is started before a test asks for it. Asynchronous tests that use the stack run on one
event loop, because connections live on the loop that opened them; asynchronous fixtures that use
it need `@pytest_asyncio.fixture(loop_scope="session")` for the same reason.
"""

import inspect
import os
import signal
import uuid
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack
from typing import Any

import pytest
import pytest_asyncio
import redis.asyncio as redis
import structlog

from core.adapters import aws
from core.adapters.postgres import Database
from core.adapters.redis import connect as connect_redis
from core.adapters.s3 import Storage
from core.adapters.sqs import TaskQueue
from core.log import print_traceback
from embedded.stack import BACKING, Stack
from tests.contract.targets import EMBEDDED, TARGETS
from tests.support.app import Api, StartApi, running
from tests.support.settings import Settings, overridden, settings_of
from tests.support.tables import empty_tables

pytest_plugins = ["tests.support.lanes", "tests.support.order"]

# The shared API must not tidy up behind the tests that look at what is left lying about.
_QUIET: dict[str, Any] = {"sweep_s": 3600, "rate_limit_address": 1_000_000}


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let a run be about what is there already; here, because other places are read too late."""
    contract = parser.getgroup("contract", "the store and the queue that tests/contract is about")
    contract.addoption("--target", choices=TARGETS, default=EMBEDDED, help="what may be expected")
    contract.addoption("--endpoint-url", metavar="URL", help="use the services at this address")
    contract.addoption("--bucket", help="the bucket there; it must exist")
    e2e = parser.getgroup("e2e", "the deployment that tests/e2e is about")
    e2e.addoption("--base-url", metavar="URL", help="use the API there instead of starting a stack")
    e2e.addoption("--page-url", metavar="URL", help="where its page is, if elsewhere than the API")


def pytest_configure(config: pytest.Config) -> None:
    """Log as the product does, and let a Ctrl-C mean the same wherever the tests are started."""
    config.pluginmanager.import_plugin("tests.support.run_guard")
    # A shell starts what runs in its background with SIGINT ignored, and children inherit that.
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    # Stacks inherit it: fewer sizes are made sooner. Tests of others name theirs.
    os.environ.setdefault("LADDER", "mission")
    # structlog's own tracebacks take a second each.
    plain = structlog.dev.ConsoleRenderer(colors=False, exception_formatter=print_traceback)
    structlog.configure(
        processors=[structlog.contextvars.merge_contextvars, structlog.stdlib.add_log_level, plain]
    )


_FIGURES: dict[str, object] = {}


@pytest.fixture(scope="session")
def figure() -> Callable[[str, object], None]:
    """Notes a figure that is printed at the end of the run."""
    return _FIGURES.__setitem__


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Hand the figures of one of several processes to the one that prints them."""
    output: dict[str, object] | None = getattr(session.config, "workeroutput", None)
    if output is not None:
        output["figures"] = {name: str(value) for name, value in _FIGURES.items()}


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Take them."""
    _FIGURES.update(getattr(node, "workeroutput", {}).get("figures", {}))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the figures that tests have noted."""
    if _FIGURES:
        terminalreporter.section("figures")
        for name, value in _FIGURES.items():
            terminalreporter.write_line(f"{name}: {value}")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put every asynchronous test that uses the stack on the loop of the shared connections."""
    on_session_loop = pytest.mark.asyncio(loop_scope="session")
    for item in items:
        if (
            isinstance(item, pytest.Function)
            and {"stack", "endpoint", "browser"} & {*item.fixturenames}
            and inspect.iscoroutinefunction(item.obj)
        ):
            item.add_marker(on_session_loop, append=False)


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Postgres with its tables, Valkey, and the emulator with bucket and queues."""
    parts = BACKING | {"migrate"}
    with (
        Stack(tmp_path_factory.mktemp("stack"), parts) as started,
        pytest.MonkeyPatch.context() as patch,
    ):
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):  # the SDK reads them itself
            patch.setenv(name, started.environment[name])
        yield started


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def _aws(stack: Stack) -> AsyncIterator[aws.Aws]:
    async with aws.connect(settings_of(stack)) as found:
        yield found


@pytest.fixture(scope="session")
def s3(_aws: aws.Aws) -> Any:
    """The SDK's own S3 client, for what the product does not do."""
    return _aws.storage._s3


@pytest.fixture(scope="session")
def sqs(_aws: aws.Aws) -> Any:
    """The SDK's own SQS client."""
    return _aws.queue._sqs


@pytest.fixture(scope="session")
def storage(_aws: aws.Aws) -> Storage:
    """The bucket. Every test uses keys of its own."""
    return _aws.storage


@pytest_asyncio.fixture(loop_scope="session")
async def settings(stack: Stack, sqs: Any) -> Settings:
    """The stack's settings, with a new queue for this test; see `overridden` for others."""
    name = f"tasks-{uuid.uuid4().hex}"
    found = overridden(settings_of(stack), sqs_queue=name, sqs_dead_letter_queue=f"{name}-dead")
    for each in (found.sqs_queue, found.sqs_dead_letter_queue):
        await sqs.create_queue(QueueName=each)
    return found


@pytest.fixture
def queue(settings: Settings, sqs: Any) -> TaskQueue:
    """The empty queue of this test."""
    return TaskQueue(sqs, settings.sqs_queue, settings.visibility_s)


@pytest.fixture
def dead(settings: Settings, sqs: Any) -> TaskQueue:
    """The empty dead-letter queue of this test."""
    return TaskQueue(sqs, settings.sqs_dead_letter_queue, settings.visibility_s)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def db(stack: Stack) -> AsyncIterator[Database]:
    """The database; ask for `clean` too when other tests' rows would be in the way."""
    database = Database(settings_of(stack).database_url.get_secret_value(), 25)
    yield database
    await database.close()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def redis_client(stack: Stack) -> AsyncIterator[redis.Redis]:
    """Valkey; `clean` empties it."""
    client = connect_redis(settings_of(stack).redis_url.get_secret_value())
    yield client
    await client.aclose()


@pytest_asyncio.fixture(loop_scope="session")
async def clean(db: Database, redis_client: redis.Redis) -> None:
    """No rows and no keys are left of the tests before."""
    await empty_tables(db)
    await redis_client.flushdb()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def api(stack: Stack) -> AsyncIterator[Api]:
    """The API in this process, shared: it sends tasks when nudged, and never sweeps."""
    async with running(settings_of(stack, **_QUIET)) as started:
        yield started


@pytest_asyncio.fixture(loop_scope="session")
async def start_api(settings: Settings) -> AsyncIterator[StartApi]:
    """Starts an API with settings of its own: `await start_api(refresh_grace_s=0)`."""
    async with AsyncExitStack() as started:

        async def start(**values: Any) -> Api:
            return await started.enter_async_context(
                running(overridden(settings, **{**_QUIET, **values}))
            )

        yield start
