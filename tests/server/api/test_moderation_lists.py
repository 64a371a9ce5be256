"""What the lists of moderators tell: names, reports that are settled, and whom one may name."""

from support.rooms import Seat, own_room

from actors.room import Join, Report, Send
from actors.room.moderation import Person


def person(caller):
    return Person(caller.user["id"], caller.user["name"])


async def say(stage, room, caller, content):
    return (await stage.rooms.ask(room, Send(person(caller), content))).message_id


async def moderate(caller, room, **body):
    return await caller.ok("POST", f"/rooms/{room}/moderate", body)


async def reported(stage, room, author, reporter, content="rude words"):
    """Have a message said and reported."""
    message = await say(stage, room, author, content)
    await stage.rooms.ask(room, Report(person(reporter), message, "rude"))


async def items(caller, room, name):
    return (await caller.ok("GET", f"/rooms/{room}/{name}"))["items"]


async def test_a_report_names_both_and_tells_that_the_message_is_gone(stage):
    ada, bob = await stage.user(), await stage.user("Bob")
    room = await own_room(ada)
    await reported(stage, room, bob, ada)
    (report,) = await items(ada, room, "reports")
    assert (report["user_name"], report["by"]["name"], report["deleted"]) == ("Bob", "Ada", False)
    await moderate(ada, room, action="delete", message=report["message"])
    (report,) = await items(ada, room, "reports")
    assert (report["content"], report["deleted"]) == ("rude words", True)


async def test_a_report_of_what_was_purged_tells_so(stage):
    ada, bob = await stage.user(), await stage.user("Bob")
    room = await own_room(ada)
    await reported(stage, room, bob, ada)
    await moderate(ada, room, action="purge", user=bob.user["id"])
    (report,) = await items(ada, room, "reports")
    assert report["deleted"]


async def test_a_report_is_settled_once_and_written_down(stage):
    ada, bob = await stage.user(), await stage.user("Bob")
    room = await own_room(ada)
    await reported(stage, room, bob, ada)
    (report,) = await items(ada, room, "reports")
    path = f"/rooms/{room}/reports/{report['id']}"
    assert (await ada.call("DELETE", f"/api/v1{path}")).status_code == 204
    assert await items(ada, room, "reports") == []
    (entry,) = await items(ada, room, "audit")
    assert (entry["action"], entry["by"]["name"], entry["target"], entry["target_name"]) == (
        "dismiss",
        "Ada",
        report["message"],
        "Bob",
    )
    assert entry["detail"] == {
        "user": bob.user["id"],
        "content": "rude words",
        "reason": "rude",
    }
    assert (await ada.fails("DELETE", path, status=404))["code"] == "report_not_found"
    assert len(await items(ada, room, "audit")) == 1


async def test_reports_are_settled_by_their_rooms_moderators_alone(stage):
    ada, bob = await stage.user(), await stage.user("Bob")
    room, bobs_room = await own_room(ada), await own_room(bob)
    await reported(stage, room, bob, ada)
    (report,) = await items(ada, room, "reports")
    path = f"/rooms/{room}/reports/{report['id']}"
    assert (await stage.guest.fails("DELETE", path, status=401))["code"] == "unauthorized"
    assert (await bob.fails("DELETE", path, status=403))["code"] == "forbidden"
    through = f"/rooms/{bobs_room}/reports/{report['id']}"
    assert (await bob.fails("DELETE", through, status=404))["code"] == "report_not_found"
    assert len(await items(ada, room, "reports")) == 1
    assert await items(bob, bobs_room, "audit") == []


async def test_names_that_the_room_never_heard_are_looked_up(stage):
    ada, bob, mo = await stage.user(), await stage.user("Bob"), await stage.user("Mo")
    room = await own_room(ada)
    await moderate(ada, room, action="ban", user=bob.user["id"], reason="known from elsewhere")
    await moderate(ada, room, action="role", user=mo.user["id"], role="moderator")
    (ban,) = await items(ada, room, "bans")
    assert ban["user"] == {"id": bob.user["id"], "name": "Bob"}
    roles = await items(ada, room, "roles")
    assert [each["user"]["name"] for each in roles] == ["Ada", "Mo"]
    named = {each["action"]: each["target_name"] for each in await items(ada, room, "audit")}
    assert named == {"ban": "Bob", "role": "Mo"}


async def test_the_log_tells_whose_message_was_deleted(stage):
    ada, bob = await stage.user(), await stage.user("Bob")
    room = await own_room(ada)
    message = await say(stage, room, bob, "rude words")
    await moderate(ada, room, action="delete", message=message, reason="rude")
    await moderate(ada, room, action="slow", seconds=5)
    named = {each["action"]: each["target_name"] for each in await items(ada, room, "audit")}
    assert named == {"delete": "Bob", "slow": None}


async def test_people_are_those_who_are_in_and_those_who_wrote_lately(stage):
    ada, bob, mo = await stage.user(), await stage.user("Bob"), await stage.user("Mo")
    eve, zoe = await stage.user("Eve"), await stage.user("Zoe")
    room = await own_room(ada)
    await moderate(ada, room, action="role", user=mo.user["id"], role="moderator")
    for caller in (mo, bob):
        await stage.rooms.ask(room, Join(Seat(), by=person(caller)))
    for caller in (eve, zoe, bob, eve):
        await say(stage, room, caller, "hello")
    found = await items(mo, room, "people")
    assert [(each["name"], each["role"], each["present"]) for each in found] == [
        ("Bob", None, True),
        ("Mo", "moderator", True),
        ("Eve", None, False),
        ("Zoe", None, False),
    ]
    assert found[0]["id"] == bob.user["id"]


async def test_people_are_told_to_moderators_alone(stage):
    ada, bob = await stage.user(), await stage.user("Bob")
    room = await own_room(ada)
    path = f"/rooms/{room}/people"
    assert (await bob.fails("GET", path, status=403))["code"] == "forbidden"
    assert (await stage.guest.fails("GET", path, status=401))["code"] == "unauthorized"
