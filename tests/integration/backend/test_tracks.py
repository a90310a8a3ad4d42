"""People add captions to their videos, and players are told of them."""

import asyncio
import uuid
from datetime import timedelta
from typing import Any
from urllib.parse import urljoin
from xml.etree import ElementTree as ET

import httpx
import pytest
from sqlalchemy import func, insert, select, update

from control.replaced import forget_tracks
from core.captions.cues import MOST_BYTES
from core.model.ids import new_id
from core.model.states import TextKind
from core.model.tables import Purge, TextTrack
from core.tasks.claim import Work
from core.tasks.planning import NewTask
from core.videos import texts
from core.videos.texts import FoundText
from tests.support.app import Api, StartApi
from tests.support.captions import SRT, WRITTEN, add, ask, film_of, listed
from tests.support.growing import finish, grow
from tests.support.people import new_user
from tests.support.problems import problem
from tests.support.sample_film import film, go_on
from tests.support.uploading import begin, get, uploaded
from tests.support.work import claim_of, planned, publish, succeed


async def read(api: Api, address: str) -> httpx.Response:
    async with api.client() as http:
        return await http.get(address)


async def test_captions_are_added_changed_and_removed(api: Api) -> None:
    person, video_id = await film_of(api)
    before = (await person.http.get(f"/v1/videos/{video_id}")).json()["version"]
    made = await add(person, video_id, language="PT-br", text=SRT, name="  Para todos ")
    assert (made["kind"], made["language"], made["name"]) == ("text", "pt-BR", "Para todos")
    assert (made["default"], made["forced"], made["from_file"]) == (False, False, False)
    file = await get(made["url"])
    assert (file.text, made["size"]) == (WRITTEN, len(WRITTEN))
    assert file.headers["content-type"] == "text/vtt; charset=utf-8"
    assert await listed(person, video_id) == [made]
    path = f"/v1/videos/{video_id}/tracks/{made['id']}"
    for nothing in ({}, {"language": None, "text": None, "default": None}):
        same = await person.http.patch(path, json=nothing)
        assert same.json() == made
    changed = (await person.http.patch(path, json={"language": "pt", "name": None})).json()
    assert (changed["language"], changed["name"], changed["size"]) == ("pt", None, len(WRITTEN))
    other = SRT.replace("morning", "evening")
    replaced = (await person.http.patch(path, json={"text": other, "default": True})).json()
    assert (replaced["language"], replaced["default"]) == ("pt", True)
    assert "evening" in (await get(replaced["url"])).text
    assert (await get(made["url"])).text == WRITTEN  # whoever has it keeps it for a while
    assert (await person.http.delete(path)).status_code == 204
    assert await listed(person, video_id) == []
    for answer in (
        await person.http.delete(path),
        await person.http.patch(path, json={"language": "de"}),
    ):
        problem(answer, 404, "not_found")
    after = (await person.http.get(f"/v1/videos/{video_id}")).json()["version"]
    assert after == before + 4


async def test_what_cannot_be_read_is_told_with_its_lines(api: Api) -> None:
    person, video_id = await film_of(api)
    text = "1\n00:00:03,000 --> 00:00:02,000\nA\n\n2\nno time\nB\n"
    made = await add(person, video_id)
    for answer in (
        await ask(person, video_id, text=text),
        await person.http.patch(f"/v1/videos/{video_id}/tracks/{made['id']}", json={"text": text}),
    ):
        refused = problem(answer, 422, "validation_failed")
        assert refused["errors"] == [
            {"pointer": "/text", "code": "bad_order",
             "message": "Line 2: the text ends before it begins."},
            {"pointer": "/text", "code": "bad_time",
             "message": "Line 6: a time is expected here, such as 00:01:02.500 --> "
             "00:01:04.000."},
        ]  # fmt: skip
    assert [each["id"] for each in await listed(person, video_id)] == [made["id"]]


@pytest.mark.parametrize(
    ("wrong", "pointer"),
    [
        ({"language": "German"}, "/language"),
        ({"language": "de_DE"}, "/language"),
        ({"language": None}, "/language"),
        ({"kind": "video"}, "/kind"),
        ({"name": "\u202e"}, "/name"),
        ({"text": ""}, "/text"),
        ({"text": "\ud800"}, "/text"),
        ({"text": "a" * (MOST_BYTES + 1)}, "/text"),
        ({"title": "x"}, "/title"),
    ],
)
async def test_what_is_wrong_is_pointed_at(api: Api, wrong: dict[str, Any], pointer: str) -> None:
    person, video_id = await film_of(api)
    refused = problem(await ask(person, video_id, **wrong), 422, "validation_failed")
    assert [each["pointer"] for each in refused["errors"]] == [pointer]


async def test_a_large_text_arrives_however_it_is_written(api: Api) -> None:
    person, video_id = await film_of(api)
    cue = "00:00:01.000 --> 00:00:02.500\n" + "ж" * 480 + "\n\n"
    text = "WEBVTT\n\n" + cue * (MOST_BYTES // len(cue.encode()) - 1)
    made = await add(person, video_id, text=text)  # as ASCII, three times as large
    assert made["size"] > 0.99 * MOST_BYTES
    body = {"kind": "text", "language": "de", "text": "a" * 3 * MOST_BYTES}
    answer = await person.http.post(f"/v1/videos/{video_id}/tracks", json=body)
    assert problem(answer, 413, "payload_too_large")["detail"].endswith("3 MiB.")


async def test_one_key_adds_one(api: Api) -> None:
    person, video_id = await film_of(api)
    first = await ask(person, video_id, key="a")
    again = await ask(person, video_id, key="a")
    assert [each.status_code for each in (first, again)] == [201, 201]
    assert first.json()["id"] == again.json()["id"]
    assert len(await listed(person, video_id)) == 1
    problem(await ask(person, video_id, key="a", language="en"), 422, "idempotency_key_reused")
    elsewhere = (await uploaded(person))["id"]
    problem(await ask(person, elsewhere, key="a"), 422, "idempotency_key_reused")
    await person.http.delete(f"/v1/videos/{video_id}/tracks/{first.json()['id']}")
    problem(await ask(person, video_id, key="a"), 409, "idempotency_result_gone")


async def test_there_is_an_end_to_how_many(api: Api) -> None:
    person, video_id = await film_of(api)
    row = {
        "video_id": uuid.UUID(video_id), "kind": "subtitles", "is_default": False,
        "is_forced": False, "s3_key": "x", "size": 1,
    }  # fmt: skip
    async with api.services.db.begin() as tx:
        rows = [{**row, "id": new_id()} for _ in range(texts.MOST - 1)]
        await tx.execute(insert(TextTrack), rows)
    answers = await asyncio.gather(*(ask(person, video_id) for _ in range(3)))
    assert sorted(each.status_code for each in answers) == [201, 409, 409]
    [refused, _] = [each for each in answers if each.status_code == 409]
    problem(refused, 409, "too_many_tracks")
    first = await listed(person, video_id, limit=100)
    assert len(first) == texts.MOST


async def test_they_are_listed_by_pages(api: Api) -> None:
    person, video_id = await film_of(api)
    made = [(await add(person, video_id))["id"] for _ in range(3)]
    path = f"/v1/videos/{video_id}/tracks"
    first = (await person.http.get(path, params={"limit": 2})).json()
    rest = (await person.http.get(path, params={"cursor": first["next_cursor"]})).json()
    assert [each["id"] for each in first["items"] + rest["items"]] == made[::-1]
    assert rest["next_cursor"] is None


async def test_one_is_the_default(api: Api) -> None:
    person, video_id = await film_of(api)
    await add(person, video_id, default=True)
    second = await add(person, video_id, language="en", default=True)
    assert [each["default"] for each in await listed(person, video_id)] == [True, False]
    third = await add(person, video_id, language="fr")
    path = f"/v1/videos/{video_id}/tracks"
    await person.http.patch(f"{path}/{third['id']}", json={"default": True})
    chosen = {each["language"]: each["default"] for each in await listed(person, video_id)}
    assert chosen == {"fr": True, "en": False, "de": False}
    await person.http.patch(f"{path}/{second['id']}", json={"default": False})
    assert [each["default"] for each in await listed(person, video_id)] == [True, False, False]


async def test_who_writes_too_often_waits(start_api: StartApi, clean: None) -> None:
    api = await start_api(rate_limit_changes=2)
    person = await new_user(api)
    video_id = (await begin(person))["video_id"]
    made = await add(person, video_id)
    problem(await person.http.post(f"/v1/videos/{uuid.uuid4()}/shares"), 404, "not_found")
    path = f"/v1/videos/{video_id}/tracks/{made['id']}"
    problem(await person.http.patch(path, json={"text": SRT}), 429, "rate_limited")
    problem(await ask(person, video_id), 429, "rate_limited")
    assert (await person.http.delete(path)).status_code == 204


async def test_players_are_told_of_them(api: Api) -> None:
    growing = await grow(api)
    person, video_id = growing.owner, growing.video_id
    path = f"/v1/videos/{video_id}"
    place = await growing.place()
    nothing = await read(api, f"{place}/master.m3u8")
    assert "SUBTITLES" not in nothing.text
    german = await add(person, video_id, text=SRT, name='An "odd" \u2028name')
    english = await add(person, video_id, language="en", default=True)
    told = [
        each for each in (await person.http.get(path)).json()["tracks"] if each["kind"] == "text"
    ]
    assert [(each["id"], each["name"], each["default"]) for each in told] == [
        (german["id"], 'An "odd" \u2028name', False), (english["id"], "en", True),
    ]  # fmt: skip
    master = (await read(api, f"{place}/master.m3u8")).text
    lines = [line for line in master.splitlines() if "TYPE=SUBTITLES" in line]
    assert lines == [
        '#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID="text",NAME="An ”odd” name",LANGUAGE="de",'
        f'DEFAULT=NO,AUTOSELECT=YES,FORCED=NO,URI="{german["id"]}.m3u8"',
        '#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID="text",NAME="en",LANGUAGE="en",'
        f'DEFAULT=YES,AUTOSELECT=YES,FORCED=NO,URI="{english["id"]}.m3u8"',
    ]
    streams = [line for line in master.splitlines() if line.startswith("#EXT-X-STREAM-INF")]
    assert all(line.endswith(',SUBTITLES="text"') for line in streams)
    media = await read(api, f"{place}/{german['id']}.m3u8")
    assert media.headers["content-type"] == "application/vnd.apple.mpegurl"
    assert media.text.endswith(f"{german['id']}.vtt\n#EXT-X-ENDLIST\n")
    redirect = await read(api, urljoin(f"{place}/x", f"{german['id']}.vtt"))
    assert redirect.status_code == 307
    assert redirect.headers["access-control-allow-origin"] == "*"
    assert (await get(redirect.headers["location"])).text == WRITTEN
    await finish(api, growing)
    answer = (await growing.ask()).json()
    assert [(each["language"], each["default"]) for each in answer["text"]] == [
        ("de", False), ("en", True),
    ]  # fmt: skip
    assert (await read(api, answer["text"][0]["url"])).status_code == 307
    assert answer["chapters_url"] is None
    manifest = ET.fromstring((await read(api, f"{place}/manifest.mpd")).text)
    names = {"d": "urn:mpeg:dash:schema:mpd:2011"}
    sets = manifest.findall(".//d:AdaptationSet[@contentType='text']", names)
    assert [each.get("lang") for each in sets] == ["de", "en"]
    assert [each.findtext(".//d:BaseURL", namespaces=names) for each in sets] == [
        f"{german['id']}.vtt", f"{english['id']}.vtt",
    ]  # fmt: skip
    await person.http.delete(f"{path}/tracks/{german['id']}")
    for name in (f"{german['id']}.m3u8", f"{german['id']}.vtt", "chapters.vtt", "x.vtt"):
        problem(await read(api, f"{place}/{name}"), 404, "not_found")
    other, _ = await film_of(api)
    foreign = await add(other, (await uploaded(other))["id"])
    problem(await read(api, f"{place}/{foreign['id']}.vtt"), 404, "not_found")


async def test_they_stay_when_the_film_is_made_anew_and_go_with_it(api: Api) -> None:
    growing = await grow(api)
    person, path = growing.owner, f"/v1/videos/{growing.video_id}"
    made = await add(person, growing.video_id)
    await finish(api, growing)
    again = await person.http.post(f"{path}/jobs", json={"operation": "transcode"})
    assert again.status_code == 202
    assert [each["id"] for each in await listed(person, growing.video_id)] == [made["id"]]
    assert (await person.http.delete(path)).status_code == 204
    assert (await get(made["url"])).status_code == 404
    problem(await ask(person, growing.video_id), 404, "not_found")
    async with api.services.db.autocommit() as connection:
        rows = select(func.count()).select_from(TextTrack)
        assert await connection.scalar(rows.where(TextTrack.video_id == growing.video_id)) == 0


async def finish_with(api: Api, held: Work, *kinds: TextKind) -> None:
    """Publish a film in whose file texts were found."""
    storage, found = api.services.storage, []
    for kind in kinds:
        key = f"{held.prefix}{kind}.vtt"
        await storage.put(key, WRITTEN.encode(), "text/vtt")
        found.append(FoundText(kind, "de", None, True, True, key, len(WRITTEN)))
    await publish(api.services.db, storage, held, "720p", "480p", texts=tuple(found))


async def test_those_of_the_file_are_its_jobs(api: Api) -> None:
    growing = await grow(api)
    person, video_id, db = growing.owner, growing.video_id, api.services.db
    path = f"/v1/videos/{video_id}"
    await go_on(db, api.services.storage, growing.work, film(), growing.tracks, 2)
    await finish_with(api, growing.work, TextKind.SUBTITLES, TextKind.CHAPTERS)
    told = (await growing.ask()).json()
    [text] = told["text"]
    assert (text["language"], text["default"], text["forced"]) == ("de", True, True)
    [track] = await listed(person, video_id)
    assert (track["id"], track["from_file"]) == (text["id"], True)
    for address in (text["url"], told["chapters_url"]):
        assert (await get((await read(api, address)).headers["location"])).text == WRITTEN
    # Of several defaults, that of people goes first.
    added = await add(person, video_id, language="en")
    await person.http.patch(f"{path}/tracks/{added['id']}", json={"default": True})
    shown = {each["language"]: each["default"] for each in (await growing.ask()).json()["text"]}
    assert shown == {"en": True, "de": False}
    # Made anew, it has those of its new job; who watches the old one keeps that one's.
    await person.http.post(f"{path}/jobs", json={"operation": "transcode"})
    work = await planned(db, await claim_of(db, video_id))
    assert {each["id"] for each in await listed(person, video_id)} == {added["id"], track["id"]}
    await finish_with(api, work, TextKind.SUBTITLES)
    now = await listed(person, video_id)
    assert {each["id"] for each in now} > {added["id"]}
    assert track["id"] not in {each["id"] for each in now}
    assert (await read(api, text["url"])).status_code == 307
    [file] = [each for each in now if each["from_file"]]
    assert (await person.http.delete(f"{path}/tracks/{file['id']}")).status_code == 204
    problem(await person.http.delete(f"{path}/tracks/{track['id']}"), 404, "not_found")
    # A day later nobody can watch that any more.
    later = timedelta(days=1, minutes=1)
    async with db.begin() as tx:
        await tx.execute(update(TextTrack).values(kept_until=TextTrack.kept_until - later))
    await forget_tracks(db)
    async with db.autocommit() as connection:
        kept = (await connection.scalars(select(TextTrack.id))).all()
    assert uuid.UUID(track["id"]) not in kept
    assert uuid.UUID(added["id"]) in kept


async def test_those_of_a_job_that_fails_go_with_it(api: Api) -> None:
    person, video_id = await film_of(api)
    db = api.services.db
    tasks = (NewTask("encode", "encode"), NewTask("quality", "quality"))
    work = await planned(db, await claim_of(db, uuid.UUID(video_id)), tasks)
    found = FoundText(TextKind.SUBTITLES, "de", None, True, False, f"{work.prefix}a.vtt", 1)
    await succeed(db, work, texts=(found,))
    await person.http.post(f"/v1/videos/{video_id}/cancel")
    assert await listed(person, video_id) == []
    async with db.autocommit() as connection:
        removed = (await connection.scalars(select(Purge.prefix))).all()
    assert found.s3_key in removed
