"""What the command says to somebody whose quota is used up."""

import asyncio
import os
import sys
from pathlib import Path

from client import Framemill
from tests.support.app import StartApi, served
from tests.support.people import PASSWORD, new_user
from tests.support.product import PROJECT


async def test_it_says_at_once_what_is_used_up_and_what_to_do(
    start_api: StartApi, tmp_path: Path
) -> None:
    api = await start_api(user_quota_active=1)
    person = await new_user(api)
    files = [tmp_path / name for name in ("first.mp4", "second.mp4")]
    for file in files:
        file.write_bytes(b"film")

    async with served(api) as address:
        home = {"FRAMEMILL_HOME": str(tmp_path), "FRAMEMILL_SERVER": address}
        home |= {"NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1"}

        def log_in() -> None:
            with Framemill(address, home=tmp_path, remember=True) as framemill:
                framemill.login(person.email, PASSWORD)

        async def command(*arguments: str) -> tuple[int | None, str]:
            running = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "client", *arguments),
                cwd=PROJECT,
                env=os.environ | home,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
            )
            # Less than what the refusal says to wait: it must not be waited for.
            async with asyncio.timeout(50):
                _, said = await running.communicate()
            return running.returncode, said.decode()

        await asyncio.to_thread(log_in)
        status, said = await command("upload", "--no-wait", "--plain", *map(str, files))
        assert status == 1
        assert "second.mp4: You have 1 video in progress. The limit is 1." in said
        assert "Wait until one is ready" in said
        assert "first.mp4: You have" not in said
        assert "Try again in" not in said
        videos = (await person.http.get("/v1/videos")).json()["items"]
        assert [video["title"] for video in videos] == ["first"]
