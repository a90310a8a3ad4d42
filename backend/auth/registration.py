"""Creates accounts."""

from fastapi import APIRouter
from sqlalchemy import insert
from sqlalchemy.exc import IntegrityError

from backend.auth.attempts import limit_address
from backend.auth.passwords import check_password
from backend.auth.schemas import Account, Registration, RegistrationMode
from backend.deps import Address, OpenServices
from backend.http.errors import problems
from backend.invites import codes
from core.errors import Conflict, Forbidden
from core.model.ids import new_id
from core.model.tables import User

router = APIRouter(prefix="/v1/auth", tags=["accounts"])


@router.get("/registration", summary="Who can create an account?")
async def get_registration(services: OpenServices) -> RegistrationMode:
    """Tell who can create an account: anybody, people with an invite, or nobody."""
    return RegistrationMode(registration=services.settings.registration)


@router.post(
    "/register",
    status_code=201,
    responses=problems(403, 409, 429),
    summary="Create an account",
)
async def register(body: Registration, services: OpenServices, address: Address) -> Account:
    """Create an account with an email address and a password of 12 to 128 characters.

    If the server needs an invite, `invite` is its code. It works for one account.
    """
    await limit_address(services, "register", address)
    email, user_id, code = body.email, new_id(), None
    if services.settings.registration == "closed":
        raise Forbidden("Nobody can create an account here.", "registration_closed")
    if services.settings.registration == "invite":
        code = body.invite
        if not code:
            raise Forbidden(
                "You need an invite to create an account. Ask for one.", "invite_required"
            )
        await codes.look(services, code, email)  # before a password is hashed for it
    check_password(body.password, email)
    hashed = await services.passwords.hash(body.password)
    statement = (
        insert(User)
        .values(id=user_id, email=email, password_hash=hashed)
        .returning(User.id, User.email, User.created_at)
    )
    try:
        async with services.db.begin() as tx:
            row = (await tx.execute(statement)).one()
            if code is not None:
                await codes.use(tx, code, email, user_id)
    except IntegrityError:
        raise Conflict("This email address already has an account.", "email_unavailable") from None
    return Account.model_validate(row, from_attributes=True)
