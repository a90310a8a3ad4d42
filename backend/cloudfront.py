"""Signed CloudFront URLs for videos, posters and logs (canned policy).

Source: "Create a signed URL using a canned policy", Amazon CloudFront Developer Guide. The SDK
writes the policy and the URL; this module has the key. CloudFront expects SHA-1 by default. The
hashed text is our own, so nobody can prepare two texts with one hash.
"""

import asyncio
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from urllib.parse import quote

from botocore.signers import CloudFrontSigner
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from backend.settings import Settings
from core.config import ConfigError

_SAFE = "-_.~"  # what stays as it is in a query (RFC 3986, unreserved)
Sign = Callable[[bytes], bytes]


class CloudFront:
    """Signs URLs of one distribution.

    Args:
        address: of the distribution, without a slash at its end.
        key_id: CloudFront's id of the public key.
        pem: the private key: ECDSA on P-256 (a signature takes 0.03 ms), or RSA with 2048 bits
            (0.3 ms, and the URL is twice as long).

    Raises:
        ValueError: the key cannot be used.
    """

    def __init__(self, address: str, key_id: str, pem: str) -> None:
        self._address = address
        sign, self._is_slow = _signing(pem)
        self._signer = CloudFrontSigner(key_id, sign)

    async def url(self, key: str, query: Mapping[str, str], expires_at: int) -> str:
        """Return a URL to read an object until `expires_at`, in seconds since 1970.

        `query` is S3's `response-…` parameters; the distribution must hand them on.
        """
        pairs = "&".join(f"{name}={quote(value, _SAFE)}" for name, value in sorted(query.items()))
        url = f"{self._address}/{quote(key, '/' + _SAFE)}" + (f"?{pairs}" if pairs else "")
        until = datetime.fromtimestamp(expires_at, UTC)
        if self._is_slow:
            # Three hundred in a page of a list: the loop goes on meanwhile.
            return str(await asyncio.to_thread(self._signer.generate_presigned_url, url, until))
        return str(self._signer.generate_presigned_url(url, until))


def media_signer(settings: Settings) -> CloudFront | None:
    """Return what signs URLs of media; None when the store itself hands them out.

    Raises:
        ConfigError: `CLOUDFRONT_PRIVATE_KEY` cannot be used.
    """
    key_id, pem = settings.cloudfront_key_id, settings.cloudfront_private_key
    if settings.media_url is None or key_id is None or pem is None:
        return None
    try:
        return CloudFront(settings.media_url, key_id, pem.get_secret_value())
    except ValueError as error:
        raise ConfigError(f"CLOUDFRONT_PRIVATE_KEY: {error}") from None


def _signing(pem: str) -> tuple[Sign, bool]:
    """Return what signs, and whether it takes long."""
    try:
        key = load_pem_private_key(pem.encode(), None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        # The library's own sentence may repeat what it was given.
        raise ValueError("it is not a private key in PEM without a passphrase") from None
    if isinstance(key, ec.EllipticCurvePrivateKey) and isinstance(key.curve, ec.SECP256R1):
        kind = ec.ECDSA(SHA1())  # noqa: S303 - see above
        return lambda text: key.sign(text, kind), False
    if isinstance(key, rsa.RSAPrivateKey) and key.key_size == 2048:
        return lambda text: key.sign(text, padding.PKCS1v15(), SHA1()), True  # noqa: S303
    raise ValueError("CloudFront accepts ECDSA on P-256, or RSA with 2048 bits")
