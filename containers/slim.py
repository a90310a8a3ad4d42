"""While an image is built: take out of the installed packages what no process of ours ever reads.

Usage: `python slim.py SITE_PACKAGES`. It is half of what an image would add to its base, and every
pull, scan and start would have to read it.
"""

import shutil
import subprocess
import sys
from pathlib import Path

# The SDK describes some four hundred services; these are called, or give it its credentials.
_SERVICES = frozenset({"s3", "sqs", "secretsmanager", "sts", "sso", "sso-oidc", "signin"})


def main(packages: Path) -> None:
    """Remove it.

    Raises:
        CalledProcessError: a library could not be stripped.
    """
    for service in (packages / "botocore" / "data").iterdir():
        if service.is_dir() and service.name not in _SERVICES:
            shutil.rmtree(service)
    libraries = [str(path) for path in packages.rglob("*.so*") if path.is_file()]
    # Debugging symbols; what is needed to load and to link stays.
    subprocess.run(["/usr/bin/strip", "--strip-unneeded", *libraries], check=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
