"""Uploads over HTTP."""

from typing import Annotated
from uuid import UUID

import orjson
from fastapi import APIRouter, Depends, Header, Request, Response

from backend.deps import CurrentUser
from backend.http.errors import problems
from backend.http.raw_route import DirectRoute, authenticate, described, read_body
from backend.uploads import service
from backend.uploads.schemas import (
    Completion,
    HeldPart,
    NewUpload,
    PartsRequest,
    SignedParts,
    UploadItem,
    UploadWithParts,
)
from backend.videos.schemas import VideoItem
from core.errors import Conflict, NotFound
from core.uploads.upload_lifecycle import UploadRow

router = APIRouter(prefix="/v1/uploads", tags=["uploads"])
direct = APIRouter(
    prefix="/v1/uploads",
    tags=["uploads"],
    route_class=DirectRoute,
    dependencies=[Depends(authenticate)],
)
# S3 takes minutes over the largest files; what it makes after this the sweep finds.
_COMPLETE_S = 120.0
IdempotencyKey = Annotated[
    str | None,
    Header(
        max_length=200,
        description="A second request with the same key starts nothing. Its answer is the upload "
        "of the first request, in its present state.",
    ),
]


@router.post("", status_code=201, responses=problems(409, 429), summary="Start an upload")
async def create_upload(
    body: NewUpload, user: CurrentUser, idempotency_key: IdempotencyKey = None
) -> UploadItem:
    """Start a multipart upload. The video appears in the library at once."""

    async def begin() -> UploadItem:
        return _item(await service.create(user, body))

    async def as_it_is(begun: UploadItem) -> UploadItem:
        try:
            return _item(await service.find(user, begun.id))
        except NotFound:
            raise Conflict(
                "The upload of the first request with this Idempotency-Key has been deleted. "
                "Use another key to start again.",
                "idempotency_result_gone",
            ) from None

    return await user.services.idempotency.once(
        user.user_id, idempotency_key, body, UploadItem, begin, as_it_is
    )


@router.get("/{upload_id}", summary="One upload and its parts")
async def get_upload(upload_id: UUID, user: CurrentUser) -> UploadWithParts:
    """Return an upload with the parts that are in S3. A client needs them to resume."""
    upload = await service.find(user, upload_id)
    upload, found = await service.stored_parts(user.services, upload)
    parts = [HeldPart(part_number=part.number, size=part.size, etag=part.etag) for part in found]
    return UploadWithParts(**_item(upload).model_dump(), parts=parts)


@direct.post(
    "/{upload_id}/parts",
    response_model=SignedParts,
    responses=problems(409),
    summary="Sign part URLs",
    openapi_extra=described(PartsRequest),
)
async def sign_parts(upload_id: UUID, request: Request) -> Response:
    """Return a presigned URL for each part. Ask for it just before you send the part."""
    user = authenticate.claimed(request)
    asked = user.services.uploads.ask(upload_id)  # while the session is looked up
    await authenticate.confirm(user)
    body = await read_body(request, PartsRequest)
    upload = service.owned(user, await asked)
    signed = await service.sign(user.services, upload, body.part_numbers)
    parts = [
        {"part_number": number, "size": size, "url": url.url, "expires_at": url.expires_at}
        for number, (size, url) in signed.items()
    ]
    # In the shape of `SignedParts`, which a test compares: making models of it takes longer.
    answer = orjson.dumps({"parts": parts}, option=orjson.OPT_UTC_Z)
    return Response(answer, media_type="application/json")


@router.post(
    "/{upload_id}/complete", status_code=202, responses=problems(409), summary="Complete an upload"
)
async def complete_upload(
    upload_id: UUID, user: CurrentUser, request: Request, body: Completion | None = None
) -> VideoItem:
    """Make one object of the parts and queue the video. It is safe to repeat."""
    request.scope["exchange"].extend(_COMPLETE_S)
    upload = await service.find(user, upload_id)
    await service.complete(user.services, upload, body.parts if body else None)
    return await user.services.videos.get(upload.video_id, user.user_id)


@router.delete("/{upload_id}", status_code=204, responses=problems(409), summary="Abort an upload")
async def abort_upload(upload_id: UUID, user: CurrentUser) -> None:
    """Cancel an upload and delete its parts in S3."""
    await service.abort(user.services, await service.find(user, upload_id))


def _item(row: UploadRow) -> UploadItem:
    return UploadItem.model_validate(row, from_attributes=True)
