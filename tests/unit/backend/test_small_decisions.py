"""Small pure decisions: cursors, addresses, names to save under, origins."""

import base64
import uuid
from urllib.parse import unquote

import pytest
from fastapi import Request

from backend.auth.login import check_origin
from backend.http.address import client_address, network_of
from backend.http.paging import decode_cursor, decode_place, encode_cursor
from backend.videos.download import disposition
from core.errors import Forbidden, Invalid


def test_a_cursor_leads_back_to_its_item() -> None:
    for item in (uuid.uuid4(), uuid.UUID(int=0), uuid.UUID(int=2**128 - 1)):
        cursor = encode_cursor(item)
        assert decode_cursor(cursor) == item
        assert cursor.replace("-", "").replace("_", "").isalnum()  # fit for a query string


@pytest.mark.parametrize(
    "cursor", ["", "x", "é", "AAAA", "=" * 24, "A" * 23, "A" * 40, "\x00", "A" * 22 + "\x00"]
)
def test_another_cursor_is_refused(cursor: str) -> None:
    with pytest.raises(Invalid):
        decode_cursor(cursor)


def test_a_cursor_may_hold_what_a_list_is_sorted_by() -> None:
    item = uuid.uuid4()
    for key in ("", "a", "船" * 255, "t"):
        assert decode_place(encode_cursor(item, "t", key), "t") == (item, key)
    assert decode_cursor(encode_cursor(item, "o"), "o") == item


def test_a_cursor_of_another_order_is_refused() -> None:
    # Ids that begin with the very letters, too.
    for item in (uuid.UUID(bytes=b"o" * 16), uuid.UUID(bytes=b"t" * 16)):
        cursors = {"": encode_cursor(item), "o": encode_cursor(item, "o")}
        cursors["t"] = encode_cursor(item, "t", "a title")
        for order, cursor in cursors.items():
            for other in set(cursors) - {order}:
                with pytest.raises(Invalid):
                    decode_cursor(cursor, other)
    broken = base64.urlsafe_b64encode(b"t" + bytes(16) + b"\xff").decode()
    null = base64.urlsafe_b64encode(b"t" + bytes(16) + b"a\x00").decode()
    for cursor in (broken, null):
        with pytest.raises(Invalid):
            decode_place(cursor, "t")


@pytest.mark.parametrize(
    ("peer", "forwarded", "expected"),
    [
        ("198.51.100.7", "", "198.51.100.7"),
        ("198.51.100.7", "10.0.0.1", "198.51.100.7"),  # whoever it is, it is no proxy of ours
        ("10.0.0.1", "", "10.0.0.1"),
        ("10.0.0.1", "198.51.100.7", "198.51.100.7"),
        ("10.0.0.1", "6.6.6.6, 198.51.100.7", "198.51.100.7"),
        ("10.0.0.1", "6.6.6.6, 198.51.100.7, 10.0.0.2", "198.51.100.7"),
        ("10.0.0.1", "10.0.0.1,10.0.0.2", "10.0.0.1"),
        ("10.0.0.1", " , ,198.51.100.7 ,", "198.51.100.7"),
    ],
)
def test_the_client_is_who_the_last_trusted_proxy_saw(
    peer: str, forwarded: str, expected: str
) -> None:
    assert client_address(peer, forwarded, {"10.0.0.1", "10.0.0.2"}) == expected


@pytest.mark.parametrize(
    ("peer", "forwarded", "expected"),
    [
        ("10.1.2.3", "198.51.100.7", "198.51.100.7"),  # of the network
        ("10.2.0.1", "198.51.100.7", "10.2.0.1"),  # beside it
        ("::ffff:10.1.2.3", "198.51.100.7", "198.51.100.7"),
        ("2001:db8:1::5", "2001:db8:2::9", "2001:db8:2::9"),
        ("fe80::1%eth0", "198.51.100.7", "fe80::1%eth0"),
        ("10.1.2.3", "198.51.100.7:5000", "198.51.100.7"),
        ("10.1.2.3", "[2001:db8:2::9]:443", "2001:db8:2::9"),
        ("10.1.2.3", "198.51.100.7, unknown", "unknown"),
        ("unknown", "198.51.100.7", "unknown"),
    ],
)
def test_proxies_may_be_named_by_their_network(peer: str, forwarded: str, expected: str) -> None:
    assert client_address(peer, forwarded, ("10.1.0.0/16", "2001:db8:1::/48")) == expected


@pytest.mark.parametrize(
    ("address", "counted"),
    [
        ("198.51.100.7", "198.51.100.7"),
        ("::ffff:198.51.100.7", "198.51.100.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::1", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("unknown", "unknown"),
        ("x" * 100, "x" * 64),
    ],
)
def test_limits_count_an_address_or_an_ipv6_site(address: str, counted: str) -> None:
    assert network_of(address) == counted


@pytest.mark.parametrize(
    ("filename", "plain", "readable"),
    [
        ("film.mp4", "film.mp4", "film.mp4"),
        ("船 1.mp4", "_ 1.mp4", "船 1.mp4"),
        ('a"b\\c/d:e*f?g<h>i|j', "a_b_c_d_e_f_g_h_i_j", "a_b_c_d_e_f_g_h_i_j"),
        ("../../etc/passwd", ".._.._etc_passwd", ".._.._etc_passwd"),
        ("a\r\nSet-Cookie: x", "a__Set-Cookie_ x", "a__Set-Cookie_ x"),
        ("100 %.mp4", "100 %.mp4", "100 %.mp4"),
        ("it's; x=1,2.mp4", "it's; x=1,2.mp4", "it's; x=1,2.mp4"),
    ],
)
def test_a_file_is_saved_under_a_name_that_is_only_a_name(
    filename: str, plain: str, readable: str
) -> None:
    value = disposition(filename)
    first, _, second = value.partition("; filename*=UTF-8''")
    assert first == f'attachment; filename="{plain}"'
    assert unquote(second) == readable
    assert value.isascii()
    assert value.isprintable()


def from_page(origin: str | None) -> Request:
    headers = [(b"host", b"films.example:8000")]
    if origin is not None:
        headers.append((b"origin", origin.encode()))
    return Request({"type": "http", "headers": headers})


@pytest.mark.parametrize(
    "origin",
    [None, "http://films.example:8000", "https://films.example:8000", "https://ok.example"],
)
def test_our_own_pages_may_use_the_cookie(origin: str | None) -> None:
    check_origin(from_page(origin), ("https://ok.example",))


@pytest.mark.parametrize(
    "origin",
    [
        "null", "", "https://evil.example", "https://films.example", "http://films.example:8000.evil",
        "https://ok.example.evil", "http://ok.example", "https://ok.example:444",
    ],
)  # fmt: skip
def test_other_pages_may_not(origin: str) -> None:
    with pytest.raises(Forbidden) as refused:
        check_origin(from_page(origin), ("https://ok.example",))
    assert refused.value.code == "origin_not_allowed"
