"""Invitations: told in a letter, accepted without the inviter, revoked, sent again."""

from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from accounts.choices import InvitationKind, LetterKind
from accounts.links import LIFETIMES, Purpose
from accounts.models import B2BUser, Invitation, User
from accounts.services.letters import write_letter
from config.lib.attribution import current

MAX_PLACE = 200


@transaction.atomic
def invite(
    *, user: User, kind: InvitationKind, object_id: UUID, place: str, role: str = ""
) -> Invitation:
    """Tell somebody what they have been given access to; told again, it has a new link.

    Whether the account is new makes no difference to anybody but its owner.
    """
    actor = current()
    invitation, _ = Invitation.objects.update_or_create(
        object_id=object_id,
        defaults={"expires_at": timezone.now() + LIFETIMES[Purpose.INVITATION]},
        create_defaults={
            "user": user,
            "inviter_id": actor.user if actor else None,
            "kind": kind,
            # Names are other people's words: one line, and no longer than the column.
            "place": " ".join(place.split())[:MAX_PLACE],
            "role": role,
            "expires_at": timezone.now() + LIFETIMES[Purpose.INVITATION],
        },
    )
    _write(invitation)
    return invitation


def _write(invitation: Invitation) -> None:
    """Write in the language of the person, or, if we do not know it yet, of the inviter."""
    user, inviter = invitation.user, invitation.inviter
    known = user if inviter is None or user.has_usable_password() else inviter
    write_letter(kind=LetterKind.INVITATION, user=user, invitation=invitation, locale=known.locale)


def invite_member(*, membership: B2BUser) -> Invitation:
    """Tell somebody that they have a role in an organisation."""
    return invite(
        user=membership.user,
        kind=InvitationKind.ORGANISATION,
        object_id=membership.pk,
        place=membership.organisation.name,
        role=membership.role,
    )


@transaction.atomic
def resend_invitation(*, object_id: UUID) -> bool:
    """Send an invitation again with a new link, which ends the old one; say whether it was open.

    One that was accepted or revoked is not sent: there is nothing left to tell.
    """
    rows = Invitation.objects.select_for_update(of=("self",)).select_related("user")
    found = rows.filter(object_id=object_id, accepted_at=None, revoked_at=None).first()
    if found is None:
        return False
    found.issue = F("issue") + 1
    found.expires_at = timezone.now() + LIFETIMES[Purpose.INVITATION]
    found.save(update_fields=["issue", "expires_at", "updated_at"])
    _write(found)
    return True


def revoke_invitation(*, object_id: Any) -> None:
    """End the link of an invitation, because what it announced is gone."""
    now = timezone.now()
    pending = Invitation.objects.filter(object_id=object_id, accepted_at=None, revoked_at=None)
    pending.update(revoked_at=now, updated_at=now)


def accept_invitations(*, user: User) -> None:
    """Mark what somebody was invited to as taken up."""
    now = timezone.now()
    Invitation.objects.open(now).filter(user=user).update(accepted_at=now, updated_at=now)
