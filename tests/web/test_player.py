"""Films: served in ranges, gone at once when they may no longer be shown, and events counted once."""

from __future__ import annotations

import gzip
import json
import re
from dataclasses import replace

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select

from adengine.models import Ad, Event
from adengine.services import ads, cameos
from adengine.web import STATIC
from tests.web.worlds import World

FILES = ("film.mp4", "poster.webp", "captions.vtt", "captions.srt", "preview.webp", "sprites.jpg", "sprites.vtt")
KINDS = [
    "video/mp4", "image/webp", "text/vtt", "application/x-subrip", "image/webp", "image/jpeg", "text/vtt",
]  # fmt: skip
STREAM = {"hls.m3u8": b"#EXTM3U\nhls-video.m3u8\n", "hls-video.m3u8": b"#EXTM3U\n", "hls-video.m4s": bytes(64)}


def test_player_weighs_less_than_fifteen_kilobytes() -> None:
    assert len(gzip.compress((STATIC / "player.js").read_bytes())) < 15_000


def test_film_is_served_in_ranges(client: FlaskClient, world: World) -> None:
    path, whole = f"/shops/lumen/ads/{world.ad()}/film.mp4", (world.film / "film.mp4").read_bytes()
    part = client.get(path, headers={"Range": "bytes=100-199"})
    assert part.status_code == 206
    assert part.data == whole[100:200]
    assert part.headers["Content-Range"] == f"bytes 100-199/{len(whole)}"
    assert client.get(path, headers={"Range": "bytes=-50"}).data == whole[-50:]
    assert client.get(path, headers={"Range": f"bytes={len(whole)}-"}).status_code == 416
    assert client.get(path).data == whole
    assert client.get(path).headers["Cache-Control"] == "private, no-cache"


def test_each_file_has_its_type(client: FlaskClient, world: World) -> None:
    ad_id = world.ad()
    kinds = [client.get(f"/shops/lumen/ads/{ad_id}/{name}").mimetype for name in FILES]
    assert kinds == KINDS
    assert client.get(f"/shops/lumen/ads/{ad_id}/other.mp4").status_code == 404


def streamed(world: World, ad_id: str) -> None:
    """Give the ad a stream of made-up bytes."""
    for name, data in STREAM.items():
        world.engine.ports.files.put(f"ads/{ad_id}/1/{name}", data)
    with world.engine.unit(world.merchant) as unit:
        ad = unit.get(Ad, ad_id)
        assert ad.film is not None
        later = tuple(f"ads/{ad_id}/1/{name}" for name in STREAM if name != "hls.m3u8")
        ad.film = replace(ad.film, hls=f"ads/{ad_id}/1/hls.m3u8", hls_files=later)


def test_browsers_that_play_streams_are_offered_one_before_the_file(client: FlaskClient, world: World) -> None:
    ad_id = world.ad(locale="de")
    assert "m3u8" not in client.get(f"/shops/lumen/ads/{ad_id}").text
    streamed(world, ad_id)
    page = client.get(f"/shops/lumen/ads/{ad_id}/embed").text
    sources = re.findall(r'<source src="([^"]+)" type="([^"]+)">', page)
    assert sources == [
        (f"/shops/lumen/ads/{ad_id}/stream/embed/hls.m3u8", "application/vnd.apple.mpegurl"),
        (f"/shops/lumen/ads/{ad_id}/film.mp4?in=embed", "video/mp4"),
    ]
    assert 'srclang="de"' in page
    part = client.get(f"/shops/lumen/ads/{ad_id}/stream/embed/hls-video.m4s", headers={"Range": "bytes=0-9"})
    assert (part.status_code, part.mimetype, len(part.data)) == (206, "video/mp4", 10)
    assert client.get(f"/shops/lumen/ads/{ad_id}/stream/page/captions.vtt").status_code == 200
    assert client.get(f"/shops/lumen/ads/{ad_id}/stream/page/hls-audio.m4s").status_code == 404


def test_a_stream_asks_the_licence_for_the_place_it_plays_in(client: FlaskClient, world: World) -> None:
    world.licence(placements=("page",))
    ad_id = world.ad(template="hero", cameo="nix")
    streamed(world, ad_id)
    assert client.get(f"/shops/lumen/ads/{ad_id}/stream/page/hls-video.m4s").status_code == 200
    assert client.get(f"/shops/lumen/ads/{ad_id}/stream/embed/hls-video.m4s").status_code == 403


def test_retired_stream_is_gone_at_once(client: FlaskClient, world: World) -> None:
    ad_id = world.ad()
    streamed(world, ad_id)
    with world.engine.unit(world.merchant) as unit:
        ads.retire(unit, ad_id)
    assert client.get(f"/shops/lumen/ads/{ad_id}/stream/page/hls.m3u8").status_code == 410


def test_unpublished_film_is_for_its_merchant_only(client: FlaskClient, studio: FlaskClient, world: World) -> None:
    ad_id = world.ad(publish=False)
    assert client.get(f"/shops/lumen/ads/{ad_id}").status_code == 404
    assert client.get(f"/shops/lumen/ads/{ad_id}/film.mp4").status_code == 404
    assert studio.get(f"/studio/ads/{ad_id}/film.mp4").status_code == 200


def test_retired_ad_is_gone_from_page_embed_and_bytes_at_once(client: FlaskClient, world: World) -> None:
    ad_id = world.ad()
    etag = client.get(f"/shops/lumen/ads/{ad_id}/film.mp4").headers["ETag"]
    with world.engine.unit(world.merchant) as unit:
        ads.retire(unit, ad_id)
    for path in ("", "/embed", *(f"/{name}" for name in FILES)):
        assert client.get(f"/shops/lumen/ads/{ad_id}{path}").status_code == 410
    known = client.get(f"/shops/lumen/ads/{ad_id}/film.mp4", headers={"If-None-Match": etag})
    assert known.status_code == 410
    page = client.get("/shops/lumen/products/mug")
    assert page.status_code == 200
    assert ad_id not in page.text


def test_withdrawn_licence_takes_the_film_off_at_once(client: FlaskClient, world: World) -> None:
    licence_id = world.licence()
    ad_id = world.ad(template="cameo_endorsement", cameo="nix")
    page = client.get(f"/shops/lumen/ads/{ad_id}").text
    assert "Licensed appearance: Nix." in page
    assert "AI-generated" in page
    with world.engine.unit(world.merchant) as unit:
        assert ads.revoke(unit, licence_id) == [ad_id]
    assert client.get(f"/shops/lumen/ads/{ad_id}").status_code == 410
    assert client.get(f"/shops/lumen/ads/{ad_id}/film.mp4").status_code == 410


def test_licence_that_no_longer_permits_is_refused_before_anything_is_retired(
    client: FlaskClient, world: World
) -> None:
    licence_id = world.licence()
    ad_id = world.ad(template="cameo_endorsement", cameo="nix")
    with world.engine.unit(world.merchant) as unit:
        cameos.withdraw(unit, licence_id)
    refused = client.get(f"/shops/lumen/ads/{ad_id}/film.mp4", headers={"Accept": "application/json"})
    assert refused.status_code == 403
    assert refused.json["error"]["clause"] == "revoked"
    assert client.get("/shops/lumen/products/mug").status_code == 200


def event(world: World, ad_id: str, event_id: str, kind: str = "impression", **more: object) -> dict[str, object]:
    return {"id": event_id, "type": kind, "ad": ad_id, "at": world.clock().timestamp() * 1000, **more}


def counted(world: World) -> int:
    with world.engine.unit(world.merchant) as unit:
        return unit.db.scalar(select(func.count()).select_from(Event)) or 0


def test_beacon_sent_three_times_counts_once(client: FlaskClient, world: World) -> None:
    ad_id = world.ad()
    body = json.dumps({"viewer": "viewer-0001", "events": [event(world, ad_id, "e1"), event(world, ad_id, "e2")]})
    answers = [client.post("/shops/lumen/events", data=body, content_type="text/plain") for _ in range(3)]
    assert [one.json["counted"] for one in answers] == [["e1", "e2"], [], []]
    assert answers[2].json["known"] == ["e1", "e2"]
    assert counted(world) == 2


def test_each_wrong_event_is_refused_by_itself(client: FlaskClient, world: World) -> None:
    ad_id = world.ad()
    late = event(world, ad_id, "late") | {"at": (world.clock().timestamp() - 80 * 3600) * 1000}
    events = [event(world, ad_id, "good"), event(world, ad_id, "bought", "purchase"), {"id": "half"}, "text", late]
    answer = client.post("/shops/lumen/events", json={"viewer": "viewer-0001", "events": events}).json
    assert answer["counted"] == ["good"]
    assert {one["id"] for one in answer["refused"]} == {"bought", "half", "", "late"}
    assert counted(world) == 1


def test_wrong_clock_of_a_viewer_is_corrected(client: FlaskClient, world: World) -> None:
    ad_id, ahead = world.ad(), (world.clock().timestamp() + 9 * 86400) * 1000
    batch = {"viewer": "viewer-0001", "sent_at": ahead, "events": [event(world, ad_id, "e1") | {"at": ahead - 2000}]}
    assert client.post("/shops/lumen/events", json=batch).json["counted"] == ["e1"]
    with world.engine.unit(world.merchant) as unit:
        assert (world.clock() - unit.db.scalars(select(Event)).one().at).total_seconds() == 2


def test_beacon_of_another_shop_counts_nothing(client: FlaskClient, world: World) -> None:
    batch = {"viewer": "viewer-0001", "events": [event(world, world.ad(), "e1")]}
    assert client.post("/shops/rival/events", json=batch).json["counted"] == []
    assert counted(world) == 0


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{", b'{"events": 3}', b"\xff\xfe", b'{"events": [' + b"1," * 60 + b"1]}"]
)
def test_batch_that_is_none_is_refused_in_json(client: FlaskClient, body: bytes) -> None:
    answer = client.post("/shops/lumen/events", data=body)
    assert answer.status_code == 400
    assert answer.json["error"]["code"] == "invalid"


def test_beacon_over_64_kib_is_refused(client: FlaskClient) -> None:
    answer = client.post("/shops/lumen/events", data=b"x" * 70_000)
    assert answer.status_code == 413
    assert "64 KiB" in answer.json["error"]["message"]
