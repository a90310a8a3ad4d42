"""`framemill captions` and the library, against the API itself."""

import asyncio
from pathlib import Path

import pytest

from client import ApiError, Framemill
from client.cli import main
from tests.support.app import Api, served
from tests.support.people import PASSWORD, new_user
from tests.support.uploading import uploaded

SRT = "1\n00:00:01,000 --> 00:00:02,500\nGrüße\n"


async def test_captions_are_added_listed_and_removed(
    api: Api, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    person = await new_user(api)
    video_id = str((await uploaded(person))["id"])
    good, old, bad = (tmp_path / name for name in ("good.srt", "old.srt", "bad.srt"))
    good.write_text("\ufeff" + SRT)
    old.write_bytes(SRT.encode("cp1252"))
    bad.write_text(SRT.replace("02,500", "00,500"))

    def run(*words: object) -> tuple[int, str, str]:
        capsys.readouterr()
        code = main(["captions", *map(str, words)])
        out, err = capsys.readouterr()
        # The API is in the same process, and logs there.
        said = [line for line in out.splitlines() if not line.startswith("[")]
        return code, "\n".join(said), err

    def all_of_it(server: str) -> None:
        monkeypatch.setenv("FRAMEMILL_HOME", str(tmp_path / "home"))
        monkeypatch.setenv("FRAMEMILL_SERVER", server)
        with Framemill(server, home=tmp_path / "home", remember=True) as framemill:
            framemill.login(person.email, PASSWORD)
            assert run("list", video_id)[2] == "This video has no captions.\n"
            code, first, _ = run("add", video_id, good, "--language", "de", "--name", "Für alle")
            assert code == 0
            code, second, _ = run("add", video_id, old, "--language", "en", "--default")
            assert code == 0
            told = run("list", video_id)[1]
            assert [line.split()[0] for line in told.splitlines()[1:]] == [
                second, first,
            ]  # fmt: skip
            assert "de        Für alle  no       no         " in told
            # Whatever it was written in, the text is the same.
            sizes = [each.size for each in framemill.captions(video_id)]
            assert sizes[0] == sizes[1]
            code, out, err = run("add", video_id, bad, "--language", "de")
            assert (code, out) == (1, "")
            assert "Line 2: the text ends before it begins." in err
            code, _, err = run("add", video_id, tmp_path / "none.srt", "--language", "de")
            assert (code, "none.srt" in err) == (1, True)
            changed = framemill.change_captions(video_id, first, language="fr")
            assert (changed.language, changed.name) == ("fr", "Für alle")
            assert run("remove", video_id, first, second)[0] == 0
            assert list(framemill.captions(video_id)) == []
            with pytest.raises(ApiError, match="no such captions"):
                framemill.remove_captions(video_id, first)

    async with served(api) as address:
        await asyncio.to_thread(all_of_it, address)
