"""Whatever day it is when a newcomer starts the demo, it shows a week of lunches that are still to come."""

import re
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from infra.local.demo_places import PLACES
from tests import days
from tests.e2e.conftest import Running

pytestmark = [pytest.mark.long, pytest.mark.timeout(600)]


@pytest.mark.parametrize("day", days.DAYS)
def test_the_demo_shows_a_full_week(day: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DAY", day)
    with Running(tmp_path / "data") as running:
        now = datetime.fromisoformat(days.DAYS[day])
        for place in PLACES:
            told = re.search(rf"\n  {place.name}: (\d+) lunches\n(.*?)\n\n", running.said, re.DOTALL)
            assert told and int(told[1]) >= 3, (place.name, running.said)
            assert len(set(re.findall(r"^    (\w{3} \d\d \w{3}) \d\d:\d\d", told[2], re.MULTILINE))) >= 2, told[2]
            assert "no method could leave fewer (checked)" in told[2]
        assert "left over: Otto Klein: nobody else was free then" in running.said
        ada = running.log_in("ada.brandt")
        _, mine, _ = running.curl("GET", "/MyEvents/", cookie=ada)
        [lunch] = mine["appointments"]
        assert now < datetime.fromisoformat(lunch["date"]) < now + timedelta(days=9)
        assert lunch["title"] in running.curl("GET", "/", cookie=ada)[1]
        for username in ("carla.stein", "ina.wolf"):
            _, calls, _ = running.curl("GET", "/api/appointments?weeks=8", cookie=running.log_in(username))
            assert [call for call in calls["appointments"] if datetime.fromisoformat(call["start"]) > now], username
