"""What docs/operations.md tells an operator to do in the database does what it says."""

import re
import subprocess
import sys
import uuid

from sqlalchemy import text

from control.deleted import sweep_accounts
from embedded.bootstrap import ROOT
from tests.support.app import Api
from tests.support.people import Person, login, new_admin, new_user
from tests.support.problems import problem
from tests.support.uploading import uploaded

_PAGE = (ROOT / "docs/operations.md").read_text()
_ROLE, _PASSWORD, _DELETE = re.findall(r'^sql "([^"]+)"', _PAGE, re.MULTILINE)
NEW = "a-new-long-password"


def hashed(password: str) -> str:
    [program] = re.findall(r"python -c \\\n    '([^']+)'", _PAGE)
    argv = [sys.executable, "-c", program]
    return subprocess.run(
        argv, input=password, stdout=subprocess.PIPE, text=True, check=True
    ).stdout.strip()


async def run(api: Api, statement: str, person: Person) -> None:
    statement = statement.replace("bob@films.example", person.email)
    async with api.services.db.begin() as tx:
        assert (await tx.execute(text(statement))).rowcount == 1


async def test_an_admin_is_none_any_more_at_the_next_request(api: Api) -> None:
    person = await new_admin(api)
    assert (await person.http.get("/v1/admin/invites")).status_code == 200
    await run(api, _ROLE, person)
    problem(await person.http.get("/v1/admin/invites"), 403, "forbidden")


async def test_a_forgotten_password_is_replaced(api: Api) -> None:
    person = await new_user(api)
    await run(api, _PASSWORD.replace("$HASH", hashed(NEW)), person)
    problem(await login(api.client(), person.email), 401, "invalid_credentials")
    assert (await login(api.client(), person.email, NEW)).status_code == 200
    assert (await person.http.get("/v1/me")).status_code == 200


async def test_a_deleted_account_cannot_log_in_and_loses_its_videos(api: Api) -> None:
    person = await new_user(api)
    video = await uploaded(person)
    await run(api, _DELETE, person)
    problem(await login(api.client(), person.email), 401, "invalid_credentials")
    assert uuid.UUID(video["id"]) in await sweep_accounts(api.services.db)
