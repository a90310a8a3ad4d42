"""What a request asks of S3 or SQS, in the services' own words. Pure."""

from collections.abc import Mapping
from urllib.parse import parse_qs, urlsplit

_OBJECT = {"GET": "GetObject", "HEAD": "HeadObject", "PUT": "PutObject", "DELETE": "DeleteObject"}
_BUCKET = {"GET": "ListObjectsV2", "HEAD": "HeadBucket", "PUT": "CreateBucket"}
_UPLOAD = {
    "GET": "ListParts",
    "PUT": "UploadPart",
    "POST": "CompleteMultipartUpload",
    "DELETE": "AbortMultipartUpload",
}


def operation_of(method: str, target: str, headers: Mapping[str, str]) -> str:
    """Name the operation of a request.

    Args:
        method: the HTTP method.
        target: path and query, as in the request line; the bucket is in the path.
        headers: of the request, with names in any case.

    Returns:
        Such as `PutObject` or `ReceiveMessage`; the method itself for what is neither.
    """
    named = {name.lower(): value for name, value in headers.items()}.get("x-amz-target")
    if named is not None:  # SQS: "AmazonSQS.ReceiveMessage"
        return named.rpartition(".")[2]
    parts = urlsplit(target)
    query = parse_qs(parts.query, keep_blank_values=True)
    key = parts.path.lstrip("/").partition("/")[2]
    if "uploadId" in query:
        return _UPLOAD.get(method, method)
    if method == "POST":
        return "CreateMultipartUpload" if "uploads" in query else "DeleteObjects"
    return (_OBJECT if key else _BUCKET).get(method, method)
