"""The stand-in's accounts: sessions, registration, passwords, invites."""

import uuid
from typing import Any

from tests.integration.client.standin_store import StoreHandler
from tests.integration.client.standin_world import EMAIL, NOW


class AccountHandler(StoreHandler):
    def authorized(self) -> bool:
        token = self.headers.get("Authorization", "").removeprefix("Bearer ")
        world = self.world
        if token not in world.access:
            self.problem(401, "token_invalid" if token else "token_missing")
        elif world.access[token] not in world.sessions:
            self.problem(401, "session_revoked")
        elif token in world.expired:
            self.problem(401, "token_expired")
        else:
            return True
        return False

    def auth(self, what: str, body: Any) -> bool:
        world = self.world
        if what == "refresh" and world.refresh_waits_for_another:
            # Long enough for whoever is not kept back to come too.
            with world.arrived:
                world.arrived.notify_all()
                world.arrived.wait_for(lambda: world.calls.count("POST /v1/auth/refresh") > 1, 0.3)
        answers = {
            "register": self.register,
            "login": self.login,
            "refresh": self.refresh,
            "password": self.change_password,
        }
        with world.lock:
            if what in answers:
                answers[what](body)
            elif what == "registration":
                self.json(200, {"registration": world.registration})
            elif what == "logout":
                world.sessions.discard(world.refresh.get(body["refresh_token"], ""))
                self.empty(204)
            else:
                return False
        return True

    def register(self, body: Any) -> None:
        if self.registration_refused(body):
            return
        if body["email"] == EMAIL:
            self.problem(409, "email_unavailable", "This address cannot be used.")
        else:
            self.json(201, {"id": "2", "email": body["email"], "created_at": NOW})

    def login(self, body: Any) -> None:
        world = self.world
        if body["password"] != world.password:
            self.problem(401, "invalid_credentials", "Address or password is wrong.")
            return
        assert body["client"] == "native"
        session = uuid.uuid4().hex
        world.sessions.add(session)
        self.json(200, world.new_tokens(session))

    def refresh(self, body: Any) -> None:
        world = self.world
        found = world.refresh.get(body["refresh_token"])
        if found is None or found.startswith("used:") or found not in world.sessions:
            if found is not None:
                world.sessions.discard(found.removeprefix("used:"))
            self.problem(401, "session_revoked")
            return
        world.refresh[body["refresh_token"]] = f"used:{found}"
        self.json(200, world.new_tokens(found))

    def registration_refused(self, body: Any) -> bool:
        world = self.world
        if world.registration == "open":
            return False
        if world.registration == "closed":
            self.problem(403, "registration_closed", "Registration is closed.")
            return True
        if "invite" not in body:
            self.problem(403, "invite_required", "An invite is needed here.")
            return True
        for invite in world.invites.values():
            if (
                invite["code"] == body["invite"]
                and invite["used_at"] is None
                and invite["email"] in {None, body["email"]}
            ):
                invite["used_at"] = NOW
                return False
        self.problem(403, "invite_invalid", "This invite is not known, was used or has expired.")
        return True

    def change_password(self, body: Any) -> None:
        world = self.world
        if not self.authorized():
            return
        if body["current_password"] != world.password:
            self.problem(403, "password_wrong", "The present password is another.")
        elif len(body["new_password"]) < 12:
            self.problem(422, "password_rejected", "The new password is too short.")
        else:
            world.password = body["new_password"]
            token = self.headers["Authorization"].removeprefix("Bearer ")
            world.sessions &= {world.access[token]}
            self.empty(204)

    def account(
        self, method: str, words: list[str], query: dict[str, list[str]], body: Any
    ) -> bool:
        world = self.world
        if words == ["me"]:
            self.json(200, {"id": "1", "email": EMAIL, "created_at": NOW, "role": world.role})
        elif words == ["me", "delete"]:
            if body["password"] != world.password:
                self.problem(403, "password_wrong", "The password is another.")
            elif world.role == "admin":
                self.problem(409, "last_admin", "You are the last admin.")
            else:
                world.sessions.clear()
                world.accounts_ended.append(EMAIL)
                self.empty(204)
        elif words[:2] == ["admin", "invites"]:
            return self.invites(method, words[2:], query, body)
        else:
            return False
        return True

    def invites(
        self, method: str, words: list[str], query: dict[str, list[str]], body: Any
    ) -> bool:
        world = self.world
        if world.role != "admin":
            self.problem(403, "forbidden", "Only admins may do this.")
        elif method == "POST" and not words:
            invite = {
                "id": str(uuid.uuid4()),
                "code": uuid.uuid4().hex,
                "email": body.get("email"),
                "expires_at": f"2026-11-{1 + body.get('expires_in_s', 0) // 86_400:02}T12:00:00Z",
                "created_at": NOW,
                "used_at": None,
            }
            world.invites[invite["id"]] = invite
            self.json(201, {key: invite[key] for key in invite if key != "used_at"})
        elif method == "GET" and not words:
            found = [
                {key: invite[key] for key in invite if key != "code"}
                for invite in world.invites.values()
            ]
            start = int(query.get("cursor", ["0"])[0])
            more = str(start + 2) if start + 2 < len(found) else None
            self.json(200, {"items": found[start : start + 2], "next_cursor": more})
        elif method == "DELETE" and words and words[0] in world.invites:
            del world.invites[words[0]]
            self.empty(204)
        else:
            return False
        return True
