"""Somebody logs out: this session ends, on the server too, and no other."""

from tests.people import PASSWORD, Browser, Community


def logged_in(username: str) -> Browser:
    browser = Browser()
    assert browser.post("/Login/", {"username": username, "password": PASSWORD}).status == 200
    return browser


def test_this_session_ends_and_no_other(community: Community) -> None:
    community.person("ada")
    phone, laptop, thief = logged_in("ada"), logged_in("ada"), Browser()
    thief.cookie = phone.cookie
    answer = phone.post("/Logout/")
    assert (answer.status, answer.json) == (200, {"success": True})
    assert phone.cookie == ""
    assert thief.get("/MyEvents/").status == 401, "the server ended it, whoever holds the cookie"
    assert laptop.get("/MyEvents/").status == 200
    assert community.sql("SELECT count(*) AS n FROM session")[0].n == 1


def test_the_cookie_is_deleted_as_it_was_set(community: Community) -> None:
    answer = community.member("ada").post("/Logout/")
    first, *attributes = answer.header("set-cookie").split("; ")
    assert first == "session="
    assert {"Max-Age=0", "Path=/", "HttpOnly", "SameSite=Lax"} <= set(attributes)


def test_it_always_succeeds(community: Community) -> None:
    ada = community.member("ada")
    stale = Browser(ada.cookie)
    assert ada.post("/Logout/").status == 200
    for browser in (stale, Browser(), Browser("nonsense")):
        answer = browser.post("/Logout/")
        assert (answer.status, answer.json) == (200, {"success": True})
        assert answer.header("set-cookie").startswith("session=;")


def test_whatever_is_sent_along_does_not_matter(community: Community) -> None:
    community.person("ada")
    for body, kind in ((None, "json"), ({}, "json"), ({"x": 1}, "json"), ({"x": 1}, "form"), (b"{\xff", "raw")):
        browser = logged_in("ada")
        assert browser.post("/Logout/", body, kind=kind).json == {"success": True}
    assert community.sql("SELECT count(*) AS n FROM session")[0].n == 0


def test_a_banned_person_can_log_out(community: Community) -> None:
    eve = community.member("eve")
    community.ban("eve")
    assert eve.post("/Logout/").status == 200
    assert community.sql("SELECT count(*) AS n FROM session")[0].n == 0
