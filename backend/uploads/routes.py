"""Uploads over HTTP."""

from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

import orjson
from fastapi import APIRouter, Depends, Header, Request, Response

from backend.deps import CurrentUser, Principal
from backend.http.errors import problems
from backend.http.raw_route import DirectRoute, authenticate, described, read_body
from backend.uploads.begin import create
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
from core.errors import Conflict, Invalid, NotFound
from core.model.states import UploadState
from core.uploads import upload_lifecycle
from core.uploads.multipart import size_of_part
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


def _owned(user: Principal, row: UploadRow | None) -> UploadRow:
    if row is None or row.user_id != user.user_id:
        raise NotFound("This upload does not exist.")
    return row


async def _found(upload_id: UUID, user: CurrentUser) -> UploadRow:
    """Return an upload to its owner."""
    return _owned(user, await user.services.uploads.get(upload_id))


OwnUpload = Annotated[UploadRow, Depends(_found)]


@router.post("", status_code=201, responses=problems(409, 429), summary="Start an upload")
async def create_upload(
    body: NewUpload, user: CurrentUser, idempotency_key: IdempotencyKey = None
) -> UploadItem:
    """Start a multipart upload. The video appears in the library at once."""

    async def begin() -> UploadItem:
        return _item(await create(user, body))

    upload, is_old = await user.services.idempotency.once(
        user.user_id, idempotency_key, body, UploadItem, begin
    )
    if not is_old:
        return upload
    try:
        return _item(await _found(upload.id, user))
    except NotFound:
        raise Conflict(
            "The upload of the first request with this Idempotency-Key has been deleted. "
            "Use another key to start again.",
            "idempotency_result_gone",
        ) from None


@router.get("/{upload_id}", summary="One upload and its parts")
async def get_upload(upload: OwnUpload, user: CurrentUser) -> UploadWithParts:
    """Return an upload with the parts that are in S3. A client needs them to resume."""
    services, found = user.services, None
    if upload.state == UploadState.OPEN:
        found = await services.storage.list_parts(upload.s3_key, upload.s3_upload_id)
        if found is None:  # it may have become an object, or be lost: then it is over
            await upload_lifecycle.lose(services.db, services.storage, upload)
            present = await upload_lifecycle.load(services.db, [upload.id])
            upload = present.get(upload.id, upload)
    parts = [
        HeldPart(part_number=part.number, size=part.size, etag=part.etag) for part in found or ()
    ]
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
    asked = user.services.uploads.get(upload_id)  # while the session is looked up
    await authenticate.confirm(user)
    body = await read_body(request, PartsRequest)
    upload = _owned(user, await asked)
    if upload.state != UploadState.OPEN:
        raise Conflict(f"This upload is {upload.state}.")
    if upload.expires_at <= datetime.now(UTC):
        raise Conflict("This upload has expired. Start a new one.")
    beyond = max(body.part_numbers)
    if beyond > upload.part_count:
        raise Invalid(f"Part {beyond} does not exist: the file has {upload.part_count} parts.")
    sizes = {
        number: size_of_part(number, upload.size, upload.part_size) for number in body.part_numbers
    }
    urls = await user.services.storage.sign_part(
        upload.s3_key, upload.s3_upload_id, sizes, user.services.settings.part_url_ttl_s
    )
    parts = [
        {"part_number": number, "size": sizes[number], "url": url.url, "expires_at": url.expires_at}
        for number, url in urls.items()
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
    upload = await _found(upload_id, user)
    named, services = None, user.services
    if body is not None and body.parts is not None:
        named = {part.part_number: part.etag.strip('"') for part in body.parts}
        if len(named) != len(body.parts):
            raise Invalid("A part is listed twice.", "part_mismatch")
        if list(named) != sorted(named):
            raise Invalid("List the parts in the order of their numbers.", "part_mismatch")
    await upload_lifecycle.complete(services.db, services.storage, upload, named)
    return await user.services.videos.get(upload.video_id, user.user_id)


@router.delete("/{upload_id}", status_code=204, responses=problems(409), summary="Abort an upload")
async def abort_upload(upload: OwnUpload, user: CurrentUser) -> None:
    """Cancel an upload and delete its parts in S3."""
    await upload_lifecycle.abort(user.services.db, upload)
    # The sweep would do it too; now is kinder to the bill.
    await user.services.storage.abort_upload(upload.s3_key, upload.s3_upload_id)


def _item(row: UploadRow) -> UploadItem:
    return UploadItem.model_validate(row, from_attributes=True)
