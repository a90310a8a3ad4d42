"""CloudFront's side of a signed URL: who has the public key, and what it makes of one."""

import base64
from urllib.parse import parse_qsl, urlsplit

from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)

Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
_FROM_URL = bytes.maketrans(b"-_~", b"+=/")


def new_key(kind: str) -> Key:
    """Return a key of a kind: `rsa` or `ec`."""
    if kind == "rsa":
        return rsa.generate_private_key(65537, 2048)
    return ec.generate_private_key(ec.SECP256R1())


def pem_of(key: Key) -> str:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def verified(url: str, key: Key, key_id: str) -> tuple[str, int]:
    """Return what a URL opens and until when, in seconds since 1970; raises if it is forged.

    The policy is put together from the URL as the Developer Guide has it.
    """
    signed, _, tail = url.partition("Expires=")
    resource = signed.removesuffix("?").removesuffix("&")
    found = dict(parse_qsl("Expires=" + tail, strict_parsing=True))
    assert set(found) == {"Expires", "Signature", "Key-Pair-Id"}, urlsplit(url).path
    assert found["Key-Pair-Id"] == key_id
    policy = (
        f'{{"Statement":[{{"Resource":"{resource}","Condition":'
        f'{{"DateLessThan":{{"AWS:EpochTime":{found["Expires"]}}}}}}}]}}'
    ).encode()
    signature = base64.b64decode(found["Signature"].encode().translate(_FROM_URL), validate=True)
    public = key.public_key()
    if isinstance(public, rsa.RSAPublicKey):
        public.verify(signature, policy, padding.PKCS1v15(), SHA1())
    else:
        public.verify(signature, policy, ec.ECDSA(SHA1()))
    return resource, int(found["Expires"])
