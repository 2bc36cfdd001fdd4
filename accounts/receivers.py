"""Send letters that were written, and note what the login tells."""

from typing import Any

from axes.signals import user_locked_out
from django.contrib.auth.signals import user_logged_in
from django.dispatch import receiver

from accounts import lockout, tasks
from accounts.models import B2BUser, Letter, User
from accounts.services.invitations import (
    accept_invitations,
    invite_member,
    revoke_invitation,
)
from accounts.signals import letter_written, member_added, member_removed


@receiver(letter_written, dispatch_uid="accounts.send_letter")
def send_letter(sender: type[Letter], *, letter: Letter, **kwargs: Any) -> None:
    """Send a letter once it is committed."""
    tasks.send_letter.delay_on_commit(str(letter.pk))


@receiver(member_added, dispatch_uid="accounts.invite_member")
def invite(sender: type[B2BUser], *, membership: B2BUser, **kwargs: Any) -> None:
    """Tell a new member."""
    invite_member(membership=membership)


@receiver(member_removed, dispatch_uid="accounts.revoke_invitation")
def revoke(sender: type[B2BUser], *, membership: B2BUser, **kwargs: Any) -> None:
    """Let an invitation end with what it announced."""
    revoke_invitation(object_id=membership.pk)


@receiver(user_logged_in, dispatch_uid="accounts.accept_invitations")
def accept(sender: type[User], *, user: User, **kwargs: Any) -> None:
    """Take whoever logs in as having taken up what they were invited to."""
    accept_invitations(user=user)


@receiver(user_locked_out, dispatch_uid="accounts.note_lockout")
def note_lockout(sender: str, *, username: str, ip_address: str, **kwargs: Any) -> None:
    """Remember until when, and write it into the audit log."""
    lockout.note(username=username or "", address=ip_address)
