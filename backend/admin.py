"""The operator's command `python -m backend.admin create EMAIL | promote EMAIL`: makes admins.

It needs only the database settings of the API. In the API's container they are already set. What
admins do themselves is in `backend/invites`.
"""

import argparse
import asyncio
import getpass
import sys
from collections.abc import Sequence

from asyncpg import PostgresError
from sqlalchemy import insert, update
from sqlalchemy.exc import DBAPIError, IntegrityError

from backend.auth.passwords import MAX_LENGTH, Passwords, check_password
from backend.auth.schemas import stored_email
from core import config
from core.accounts import ADMIN
from core.adapters.database_login import database_secret
from core.adapters.postgres import Database
from core.errors import DomainError
from core.model.ids import new_id, new_token
from core.model.tables import User


def main(argv: Sequence[str] | None = None) -> int:
    """Do what is asked; the exit status is 1 when it cannot be done, 2 for a wrong command line."""
    arguments = _parser().parse_args(argv)
    try:
        settings = config.load(config.DatabaseSettings)
        email = stored_email(arguments.email)
        password, made_up = _password() if arguments.command == "create" else (None, False)
        if password is not None:
            check_password(password, email)
        asyncio.run(_make_admin(settings, email, password))
        sys.stdout.write(f"{email} is an admin.\n")
        if made_up:
            sys.stdout.write(f"Password (not shown again): {password}\n")
    except (KeyboardInterrupt, EOFError):
        sys.stderr.write("\n")
        return 130
    except (DomainError, config.ConfigError, ValueError) as error:
        return _tell(str(error))
    except OSError as error:
        return _tell(f"the database does not answer: {error}")
    except (PostgresError, DBAPIError) as error:
        # Its first line says it all; the statement and its traceback help nobody.
        reason = str(getattr(error, "orig", None) or error).partition("\n")[0]
        return _tell(f"the database refused: {reason}")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m backend.admin", description="Create admins.")
    commands = parser.add_subparsers(dest="command", required=True)
    create = commands.add_parser(
        "create",
        help="create an admin account",
        description="Create an admin account. The password is asked for in a terminal, or read "
        "from standard input. Without a password, one is generated and printed.",
    )
    promote = commands.add_parser("promote", help="make an existing account an admin")
    for command in (create, promote):
        command.add_argument("email", metavar="EMAIL")
    return parser


def _password() -> tuple[str, bool]:
    """Return the password that was given, or a new one; and whether it was made up."""
    if sys.stdin is None or sys.stdin.closed:
        given = ""
    elif sys.stdin.isatty():
        given = getpass.getpass("Password (leave empty to generate one): ")
        if given and getpass.getpass("Repeat the password: ") != given:
            raise ValueError("the two passwords are not the same")
    else:
        # One line, and no more of it than could be a password.
        try:
            # As UTF-8, like everywhere, whatever the locale says.
            given = sys.stdin.buffer.readline(MAX_LENGTH * 4).decode().rstrip("\r\n")
        except UnicodeDecodeError:
            raise ValueError("the password on standard input is not UTF-8 text") from None
    return (given, False) if given else (new_token(), True)


async def _make_admin(settings: config.DatabaseSettings, email: str, password: str | None) -> None:
    """Make an account that is an admin; with no password, make one that is there an admin."""
    passwords = Passwords()
    database = Database(settings.database_url.get_secret_value(), 1, database_secret(settings))
    try:
        async with database.begin() as tx:
            if password is None:
                found = await tx.execute(update(User).where(User.email == email).values(role=ADMIN))
                if not found.rowcount:
                    raise ValueError(f"{email} has no account; use create")
            else:
                hashed = await passwords.hash(password)
                account = {"id": new_id(), "email": email, "password_hash": hashed}
                await tx.execute(insert(User).values(**account, role=ADMIN))
    except IntegrityError:
        raise ValueError(f"{email} already has an account; use promote") from None
    finally:
        passwords.close()
        await database.close()


def _tell(reason: str) -> int:
    sys.stderr.write(f"framemill: {reason}\n")
    return 1


if __name__ == "__main__":
    sys.exit(main())
