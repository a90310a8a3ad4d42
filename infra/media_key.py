"""The key pair that CloudFront's signed URLs need; made by the operator, see docs/deploy-aws.md.

CloudFormation can generate no key pair, and a private key must not be in a template.
"""

import re
from dataclasses import dataclass

from infra.description import ROOT

# Secrets Manager puts a hyphen and six letters behind the name; a name alone can be mistaken.
_SECRET = re.compile(r"arn:aws[a-z-]*:secretsmanager:[a-z0-9-]+:\d{12}:secret:.+-[A-Za-z0-9]{6}")
_BEGIN = "-----BEGIN PUBLIC KEY-----"


@dataclass(frozen=True)
class MediaKey:
    """What is told of it.

    Attributes:
        public: PEM. The first one belongs to the secret; URLs that others have signed are good too.
        secret: ARN of the secret that holds the private one, as PEM.
    """

    public: tuple[str, ...]
    secret: str


def read_media_key(public: str | None, secret: str | None) -> MediaKey | None:
    """Read what was asked for; None when nothing was.

    Args:
        public: path of the public key, from the project's root where it is not absolute; while the
            key is changed, a comma list of the new one's and the former one's.
        secret: whole ARN of the private key's secret, with the six letters at its end.

    Raises:
        ValueError: it cannot be used; the message is one sentence for the operator.
    """
    if not public and not secret:
        return None
    if not public or not secret:
        raise ValueError("Give both media_public_key and media_key_secret, or neither of them.")
    if not _SECRET.fullmatch(secret):
        raise ValueError(f"media_key_secret must be the whole ARN of a secret, not {secret!r}.")
    return MediaKey(tuple(_read(path.strip()) for path in public.split(",")), secret)


def _read(path: str) -> str:
    try:
        text = (ROOT / path).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ValueError(f"The public key {path} cannot be read: {error}.") from None
    if not text.startswith(_BEGIN):
        raise ValueError(f"{path} is no public key in PEM; it must begin with {_BEGIN}.")
    return f"{text}\n"
