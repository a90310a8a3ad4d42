"""The composition root of the API: opens the adapters and puts the routes together."""

import asyncio
import gc
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import redis.asyncio as redis
from fastapi import FastAPI
from starlette.routing import Route

from backend.auth.account import router as account_router
from backend.auth.login import router as login_router
from backend.auth.registration import router as registration_router
from backend.cloudfront import CloudFront, media_signer
from backend.deps import Services
from backend.events.routes import router as events_router
from backend.health.service_app import readiness_of
from backend.health.service_app import router as health_router
from backend.http import errors
from backend.http.cors import Cors
from backend.http.middleware import RequestLayer
from backend.http.openapi import DESCRIPTION, complete_document
from backend.http.reference import reference_route
from backend.invites.routes import router as invites_router
from backend.jobs.routes import router as jobs_router
from backend.page.routes import Page
from backend.playback.routes import opened as opened_playback
from backend.playback.routes import router as playback_router
from backend.quota.routes import router as limits_router
from backend.settings import Settings
from backend.shares.opened import opened as opened_shares
from backend.shares.routes import router as shares_router
from backend.tracks.routes import router as tracks_router
from backend.uploads.routes import direct as part_urls
from backend.uploads.routes import router as uploads_router
from backend.videos.routes import direct as one_video
from backend.videos.routes import router as videos_router
from core.adapters import aws
from core.adapters.database_login import database_secret
from core.adapters.postgres import Database
from core.adapters.redis import connect as connect_redis

# A request makes some hundred objects that die with it and no cycles to speak of; the default of
# 700 would have the collector look for some after every few requests.
_GC_THRESHOLD = 50_000


def create_app(settings: Settings) -> FastAPI:
    """Return the API; nothing is opened before its lifespan begins.

    Raises:
        ConfigError: the key of CloudFront cannot be used.
        ValueError: there is no page where one is to be served from.
    """
    media = media_signer(settings)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with _open(settings, media) as services:
            app.state.services = services
            app.state.readiness = readiness = readiness_of(services)
            # What was imported lives as long as the process; there is no garbage to be found in it.
            gc.collect()
            gc.freeze()
            gc.set_threshold(_GC_THRESHOLD, 20, 20)
            try:
                yield
            finally:
                await readiness.close()

    app = FastAPI(
        title="Framemill",
        version="1",
        description=DESCRIPTION,
        lifespan=lifespan,
        docs_url=None,  # scripts of somebody else's; see reference.py
        redoc_url=None,
        # We have figures of our own; asking for a tracer that is not there is not free.
        telemetry={"tracing": False, "metrics": False, "logs": False},
    )
    errors.install(app)
    app.add_middleware(
        RequestLayer,
        most=settings.max_requests,
        answer_s=settings.answer_s,
        trusted_proxies=tuple(settings.trusted_proxies),
    )
    if settings.allowed_origins:
        app.add_middleware(
            Cors,
            allow_origins=list(settings.allowed_origins),
            allow_credentials=True,
            allow_methods=["GET", "HEAD", "POST", "PATCH", "DELETE"],
            allow_headers=["Authorization", "Content-Type", "Idempotency-Key", "Last-Event-ID"],
            expose_headers=["Retry-After", "X-Request-ID"],
            max_age=600,
        )
    for router in (
        # The busiest first: they are tried in this order.
        part_urls, one_video, uploads_router, videos_router, opened_playback, jobs_router,
        events_router, playback_router, shares_router, opened_shares, tracks_router,
        registration_router, login_router, account_router, limits_router, invites_router,
        health_router,
    ):  # fmt: skip
        # As if they were the app's own: an included router is matched twice for each request.
        app.router.routes.extend(router.routes)
    complete_document(app)
    app.router.routes.append(reference_route(app))
    if settings.page_dir is not None:
        taken = {route.path.split("/")[1] for route in app.routes if isinstance(route, Route)}
        taken |= {"readyz", "metrics"}  # elsewhere; who asks here must not be shown a page
        app.router.default = Page(settings.page_dir, settings, taken)
    return app


@asynccontextmanager
async def _open(settings: Settings, media: CloudFront | None) -> AsyncIterator[Services]:
    async with AsyncExitStack() as stack:
        db = Database(
            settings.database_url.get_secret_value(),
            settings.database_pool_size,
            database_secret(settings),
        )
        stack.push_async_callback(db.close)
        client: redis.Redis = connect_redis(
            settings.redis_url.get_secret_value(), settings.max_requests, settings.redis_password
        )
        stack.push_async_callback(client.aclose)
        found = await stack.enter_async_context(aws.connect(settings, hurried=True, media=media))
        services = Services(settings, db, client, found)
        stack.callback(services.passwords.close)
        stack.push_async_callback(services.subscriber.close)
        stack.push_async_callback(_end, asyncio.create_task(services.subscriber.run()))
        stack.push_async_callback(services.videos.close)
        yield services


async def _end(task: "asyncio.Task[None]") -> None:
    # Asked again: a library may take a cancellation for an error of its own, and the task go on.
    while not task.done():
        task.cancel()
        await asyncio.wait({task}, timeout=1)
