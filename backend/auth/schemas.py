"""Bodies of the account calls."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from email_validator import EmailNotValidError, validate_email
from pydantic import AfterValidator, BaseModel, Field


def stored_email(value: str) -> str:
    """Return an address in the form that is stored.

    Raises:
        ValueError: it is none.
    """
    try:
        # No look-up in DNS, and names without a dot are fine inside a company.
        checked = validate_email(
            value, check_deliverability=False, globally_deliverable=False, test_environment=True
        )
    except EmailNotValidError as error:
        raise ValueError(str(error)) from None
    return checked.normalized.lower()


Email = Annotated[
    str, Field(max_length=254, examples=["ada@example.com"]), AfterValidator(stored_email)
]
# An address to look up need not be a good one: a bad one is simply not known.
AnyEmail = Annotated[str, Field(max_length=1000, examples=["ada@example.com"])]
Password = Annotated[str, Field(max_length=1000, examples=["a-long-walk-in-the-rain"])]


class Registration(BaseModel):
    """A new account. `invite` is a code from an admin, if the server needs one."""

    email: Email
    password: Password
    invite: Annotated[str, Field(max_length=200)] | None = None


class RegistrationMode(BaseModel):
    """Who can create an account: anybody, people with an invite, or nobody."""

    registration: Literal["open", "invite", "closed"]


class Credentials(BaseModel):
    """The login, and the kind of client."""

    email: AnyEmail
    password: Password
    client: Literal["browser", "native"] = "browser"


class PasswordChange(BaseModel):
    """The current and the new password."""

    current_password: Password
    new_password: Password


class AccountEnd(BaseModel):
    """The password again, so that an open session alone cannot delete the account."""

    password: Password


class RefreshRequest(BaseModel):
    """A native client's refresh token; browsers send their cookie."""

    refresh_token: Annotated[str, Field(max_length=4096)] | None = None


class TokenAnswer(BaseModel):
    """A new access token; `expires_in` in seconds."""

    access_token: str
    token_type: Literal["Bearer"] = "Bearer"  # noqa: S105 - not a secret, the type's name
    expires_in: int = Field(examples=[600])
    refresh_token: str | None = Field(None, description="Only for native clients.")


class Account(BaseModel):
    """A new account."""

    id: UUID
    email: str = Field(examples=["ada@example.com"])
    created_at: datetime


class Me(Account):
    """The account of the caller."""

    role: str = Field(examples=["user"])


class SessionItem(BaseModel):
    """A session of the account."""

    id: str
    client: str = Field(examples=["browser"])
    user_agent: str = Field(validation_alias="agent")
    address: str
    created_at: datetime
    used_at: datetime
    current: bool = Field(description="Whether it is the session of this request.")


class SessionList(BaseModel):
    """All sessions, the last used first."""

    items: list[SessionItem]
