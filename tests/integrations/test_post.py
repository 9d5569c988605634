"""Posting messages: what arrives, what is refused before it is sent, and what nobody answers."""

from __future__ import annotations

import pytest

from adengine.core.errors import Invalid, Unavailable
from integrations.post import WebPost
from tests.receivers import receiving
from tests.servers import free_port

ANYWHERE = WebPost(allow_private=True)


def test_a_message_arrives_with_its_headers_and_to_the_byte() -> None:
    with receiving() as receiver:
        assert ANYWHERE(f"{receiver.url}/events?from=shop", b'{"a":1}', {"Request-Id": "ntc_1"}) == 401
    (taken,) = receiver.taken
    assert (taken.path, taken.body) == ("/events?from=shop", b'{"a":1}')
    assert taken.headers["Request-Id"] == "ntc_1"
    assert taken.headers["Host"] == receiver.url.removeprefix("http://")


def test_a_redirect_is_answered_as_it_is_and_not_followed() -> None:
    with receiving() as receiver:
        receiver.statuses = [307]
        assert ANYWHERE(receiver.url, b"{}", {}) == 307
    assert len(receiver.taken) == 1


def test_a_receiver_that_takes_too_long_is_unavailable() -> None:
    with receiving() as receiver:
        receiver.hold = True
        with pytest.raises(Unavailable, match=r"did not answer within 0\.3 seconds"):
            WebPost(allow_private=True, patience_s=0.3)(receiver.url, b"{}", {})
    assert len(receiver.taken) == 1


def test_a_receiver_that_is_not_there_is_unavailable() -> None:
    with pytest.raises(Unavailable, match="cannot be reached"):
        ANYWHERE(f"http://127.0.0.1:{free_port()}/", b"{}", {})


@pytest.mark.parametrize(
    "url",
    [
        "https://127.0.0.1/",
        "https://localhost/",
        "https://10.0.0.7/hook",
        "https://169.254.169.254/latest/meta-data",
        "https://[::1]/",
        "https://[::ffff:127.0.0.1]/",
        "https://2130706433/",
        "https://0x7f.1/",
    ],
)
def test_private_addresses_are_refused_however_they_are_written(url: str) -> None:
    with pytest.raises(Invalid, match="refused"):
        WebPost()(url, b"{}", {})


def test_private_addresses_get_no_byte_unless_they_are_wanted() -> None:
    with receiving() as receiver, pytest.raises(Invalid):
        WebPost()(receiver.url.replace("http:", "https:"), b"{}", {})
    assert receiver.taken == []


@pytest.mark.parametrize(
    "url", ["http://93.184.215.14/", "ftp://93.184.215.14/", "https://", "https://user:word@93.184.215.14/", "x", ""]
)
def test_addresses_that_no_message_may_go_to_are_refused(url: str) -> None:
    with pytest.raises(Invalid):
        WebPost()(url, b"{}", {})


def test_other_ports_than_the_webs_are_refused() -> None:
    with pytest.raises(Invalid, match="port 22"):
        WebPost()("https://93.184.215.14:22/", b"{}", {})
