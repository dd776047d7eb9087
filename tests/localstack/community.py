"""The people of the deployed system, who come as people come: by an invitation in a mail."""

import base64
import hashlib
import hmac
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.localstack.deployed import PASSWORD, Deployed, Visitor, code_of

ROOT = Path(__file__).resolve().parents[2]
ZONE = "Europe/Berlin"
PLACE = "Harbour"


def command(deployed: Deployed, *words: str) -> "subprocess.Popen[str]":
    """``python -m infra.localstack WORDS``, as make runs it, for the system of the tests."""
    variables = {"DATA": str(deployed.account.path.parent), "PATH": os.environ["PATH"], "HOME": os.environ["HOME"]}
    return subprocess.Popen(
        [sys.executable, "-m", "infra.localstack", *words],
        cwd=ROOT,
        env=variables,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


@dataclass
class Admin(Visitor):
    """An admin, who has a second factor, as production asks, and shows it whenever an act asks for it."""

    deployed: Deployed | None = None
    key: str = ""

    @classmethod
    def of(cls, deployed: Deployed, visitor: Visitor) -> "Admin":
        """Switches the second factor on."""
        admin = cls(visitor.site, visitor.port, visitor.cookie, deployed)
        admin.key = admin.does("POST", "/api/me/second-factor", {"password": PASSWORD})["key"]
        admin._show("PUT", "/api/me/second-factor")
        return admin

    def does(self, method: str, path: str, body: Any = None) -> Any:
        if method != "GET":
            answer = self.ask(method, path, body)
            if "Show your second factor again" not in answer.text:
                assert answer.status < 300, (method, path, answer.status, answer.text)
                return answer.json if answer.text else None
            self._show("POST", "/api/me/second-factor/proof")
        return super().does(method, path, body)

    def _show(self, method: str, path: str) -> None:
        """By a code of this half minute, or of the next, which is good too, if this one was used already."""
        assert self.deployed is not None
        step = int(self.deployed.now().timestamp()) // 30
        answers = [self.ask(method, path, {"code": totp(self.key, step)})]
        if answers[0].status >= 300:
            answers.append(self.ask(method, path, {"code": totp(self.key, step + 1)}))
        assert answers[-1].status < 300, [answer.text for answer in answers]


def totp(key: str, step: int) -> str:
    """The six digits of RFC 6238 for that half minute."""
    mac = hmac.new(base64.b32decode(key), step.to_bytes(8, "big"), hashlib.sha1).digest()
    number = int.from_bytes(mac[mac[-1] & 15 :][:4], "big") & 0x7FFFFFFF
    return f"{number % 1_000_000:06}"


class Community:
    """An admin, a place with food, and whoever the tests invite."""

    def __init__(self, deployed: Deployed) -> None:
        self.deployed = deployed
        self.counts: dict[str, int] = {}
        inviting = command(deployed, "admin", "grace@example.org")
        said = inviting.communicate(timeout=60)[0]
        assert inviting.returncode == 0, said
        self.admin = Admin.of(deployed, self.enrol("grace"))
        # As in production an admin has a second factor; what is tested here is something else.
        deployed.sql("DELETE FROM rule WHERE name = 'admin.second_factor'")
        for food in ("Soup", "Pizza"):
            self.admin.does("POST", "/api/admin/food-types", {"name": food})
        place = {
            "name": PLACE,
            "timezone": ZONE,
            "address": "Am Kai 1",
            "meeting_point": "the crane",
            "foods": ["Soup"],
        }
        self.place = self.admin.does("POST", "/api/admin/locations", place)["id"]

    def enrol(self, username: str, **more: Any) -> Visitor:
        """Enrols whoever was invited at USERNAME@example.org with the code of that mail, and logs them in."""
        address = f"{username}@example.org"
        mail = self.deployed.mail(address, "")[-1]
        fields = {
            "invitation_code": code_of(mail),
            "username": username,
            "password": PASSWORD,
            "name": username.capitalize(),
            "email": address,
            "timezone": ZONE,
        }
        visitor = self.deployed.visitor()
        answer = visitor.ask("POST", "/Enrollment/Create/", fields | more)
        assert answer.json == {"success": True, "message": "Please log in"}, answer.text
        answer = visitor.ask("POST", "/Login/", {"username": username, "password": PASSWORD})
        assert answer.json == {"success": True} and "Secure" in answer.headers["Set-Cookie"]
        return visitor

    def member(self, username: str, **more: Any) -> Visitor:
        """Somebody whom the admin has invited by mail, at the place of the community."""
        self.invite(username)
        return self.enrol(username, **({"location": PLACE} | more))

    def invite(self, username: str) -> None:
        """The admin invites USERNAME@example.org."""
        answer = self.admin.does("POST", "/api/admin/invitations", {"addresses": [f"{username}@example.org"]})
        assert answer

    def free(self, who: Visitor, day: str, start: str = "12:00", end: str = "13:00") -> None:
        """Somebody is free for lunch that day."""
        hours = {"purpose": "lunch", "start": f"{day}T{start}", "end": f"{day}T{end}", "timezone": ZONE}
        who.does("POST", "/api/availability", hours)

    def rule(self, name: str, value: Any) -> None:
        """The admin sets a business rule."""
        self.admin.does("PUT", f"/api/admin/rules/{name}", {"value": value, "why": "it was decided"})
