from dataclasses import replace

import pytest

from adengine.core.buyer import Address, Buyer, Touch, Trace, deliverable
from adengine.core.errors import Invalid

HOME = Address("Lumi Loam", "Loam Lane 1", "Town", "10115", "DE")


def test_an_address_is_kept_tidy():
    given = replace(HOME, name="  Lumi \u00a0 Loam\n", country="de", region="de-by ")
    assert (given.name, given.country, given.region) == ("Lumi Loam", "DE", "BY")


@pytest.mark.parametrize("country", ["", "Germany", "D", "D1", "EU", "ＤＥ"])
def test_what_is_no_country_is_refused(country):
    with pytest.raises(Invalid, match="ISO 3166"):
        replace(HOME, country=country)


def test_an_address_without_what_a_parcel_needs_is_refused():
    with pytest.raises(Invalid, match="lacks line1, city, postal_code"):
        replace(HOME, line1=" ", city="", postal_code="\t")


@pytest.mark.parametrize("text", ["a\x00b", "a\ud800b", "a\x1bb"])
def test_characters_that_no_label_can_hold_are_refused(text):
    with pytest.raises(Invalid, match="cannot be written"):
        replace(HOME, name=text)


@pytest.mark.parametrize("name", ["Zoë 李", "محمد", "می‌خواهم", "O’Neill-Ñ"])
def test_names_of_every_script_are_taken(name):
    assert replace(HOME, name=name).name == name


@pytest.mark.parametrize("email", ["", "lumi", "lumi@", "@example.com", "lu mi@example.com", "a@b", "a@b@c.de", "a@b."])
def test_what_is_no_mail_address_is_refused_without_repeating_it(email):
    with pytest.raises(Invalid, match="e-mail") as caught:
        Buyer(email)
    assert not email or email not in caught.value.message.replace("name@example.com", "")


def test_a_buyers_name_is_made_of_what_is_there():
    assert Buyer("lumi@example.com", "Lumi").name == "Lumi"
    assert Buyer("lumi@example.com", "Lumi", "Loam").name == "Lumi Loam"


def test_huge_fields_are_refused():
    with pytest.raises(Invalid, match="200"):
        replace(HOME, line2="x" * 201)
    with pytest.raises(Invalid, match="200"):
        Buyer("a@example.com", phone="1" * 201)
    with pytest.raises(Invalid, match="2000"):
        Touch("network", token="t" * 2001)
    with pytest.raises(Invalid, match="50 entries"):
        Trace("other", metadata=(("a", "b"),) * 51)


def test_an_attribution_needs_something_to_go_by():
    with pytest.raises(Invalid, match="token or a publisher_id"):
        Touch("network")
    assert Touch("network", publisher_id="pub").token == ""


def test_a_summary_may_have_lines():
    assert Trace("other", summary="one\ntwo").summary == "one\ntwo"


@pytest.mark.parametrize(
    ("places", "goes"), [(("*",), True), (("EU",), True), (("US", "DE"), True), (("US",), False), ((), False)]
)
def test_a_shop_delivers_where_it_says(places, goes):
    assert deliverable(HOME, places) is goes
