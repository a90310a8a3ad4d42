"""A store may keep what it was asked to delete, and says so in an answer of 200."""

from typing import Any

import pytest

from core.adapters.presign import Credentials
from core.adapters.s3 import Storage
from core.errors import Unavailable


class Keeper:
    """A store that keeps some objects."""

    def __init__(self, keys: list[str], kept: set[str], page: int = 1000) -> None:
        self.keys = keys
        self._kept = kept
        self._page = page
        self.listed = 0

    async def list_objects_v2(self, **asked: Any) -> dict[str, Any]:
        self.listed += 1
        assert self.listed < 100, "it is asked for ever"
        behind = [key for key in self.keys if key > asked.get("StartAfter", "")]
        found = behind[: self._page]
        return {
            "Contents": [{"Key": key} for key in found],
            "IsTruncated": len(behind) > len(found),
        }

    async def delete_objects(self, **asked: Any) -> dict[str, Any]:
        wanted = [item["Key"] for item in asked["Delete"]["Objects"]]
        self.keys = [key for key in self.keys if key not in wanted or key in self._kept]
        refused = [key for key in wanted if key in self._kept]
        return {"Errors": [{"Key": key, "Code": "AccessDenied"} for key in refused]}


async def _credentials() -> Credentials:
    return Credentials("key", "secret", None)


def storage_of(keeper: Keeper) -> Storage:
    return Storage(
        keeper, bucket="films", region="us-east-1", public_url=None, credentials=_credentials
    )


async def test_what_is_kept_is_told_and_the_rest_is_deleted() -> None:
    keys = [f"videos/{number:04}" for number in range(25)]
    keeper = Keeper(keys, {"videos/0003"}, page=10)
    with pytest.raises(Unavailable, match="did not delete 1 objects: videos/0003"):
        await storage_of(keeper).delete_prefix("videos/")
    assert keeper.keys == ["videos/0003"]


async def test_a_store_that_keeps_whole_pages_is_not_asked_for_ever() -> None:
    keys = [f"videos/{number:04}" for number in range(2500)]
    keeper = Keeper(keys, set(keys))
    with pytest.raises(Unavailable, match="2500 objects"):
        await storage_of(keeper).delete_prefix("videos/")
    assert keeper.listed == 3
