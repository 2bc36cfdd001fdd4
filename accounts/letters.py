"""What our letters say: one function for each kind, in the language that is active."""

from collections.abc import Callable
from dataclasses import dataclass, field

from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.choices import InvitationKind, LetterKind
from accounts.links import LIFETIMES, Purpose, absolute, token_for, token_for_invitation
from accounts.models import Invitation, Letter

ROLE_NAMES = {
    "viewer": gettext_lazy("viewer"),
    "operator": gettext_lazy("operator"),
    "admin": gettext_lazy("administrator"),
    "owner": gettext_lazy("owner"),
    "resident": gettext_lazy("resident"),
    "guest": gettext_lazy("guest"),
}


@dataclass(frozen=True, slots=True)
class Content:
    """A letter's words: the button comes after the paragraphs, the small print last."""

    subject: str
    paragraphs: list[str]
    button: str = ""
    url: str = ""
    small_print: list[str] = field(default_factory=list)


def invited_by(invitation: Invitation) -> str:
    """Return who invites, as the invited person may know them."""
    return str(invitation.inviter) if invitation.inviter else invitation.place


def told(invitation: Invitation) -> str:
    """Return what the person is invited to, in one sentence."""
    sentences = {
        InvitationKind.ORGANISATION: _("%(who)s gives you a role in %(place)s: %(role)s."),
        InvitationKind.SITE: _("%(who)s gives you access to %(place)s as %(role)s."),
        InvitationKind.OCCUPANCY: _(
            "%(who)s gives you access to the data of your home: %(place)s."
        ),
        InvitationKind.GRANT: _("%(who)s gives you access to a part of a building: %(place)s."),
    }
    role = ROLE_NAMES.get(invitation.role, invitation.role)
    names = {"who": invited_by(invitation), "place": invitation.place, "role": role}
    return sentences[InvitationKind(invitation.kind)] % names


def _expiry(purpose: Purpose) -> str:
    hours = int(LIFETIMES[purpose].total_seconds() // 3600)
    if hours >= 48:
        text = ngettext(
            "The link works for %(n)d day, once.",
            "The link works for %(n)d days, once.",
            hours // 24,
        )
        return text % {"n": hours // 24}
    text = ngettext(
        "The link works for %(n)d hour, once.", "The link works for %(n)d hours, once.", hours
    )
    return text % {"n": hours}


def _link(purpose: Purpose, token: str) -> str:
    return absolute(reverse(purpose.value, args=[token]))


def _not_you() -> str:
    return _("If you did not ask for this, leave this letter aside: nothing will change.")


def _alarm() -> str:
    return _("If this was not you, choose a new password at once and tell your administrator.")


def registration(letter: Letter) -> Content:
    """Lead a new person to choose a password."""
    token = token_for(Purpose.REGISTER, address=letter.address, user=letter.user)
    return Content(
        _("Your account at Atrium"),
        [
            _(
                "You want an account at Atrium with this e-mail address. "
                "Choose a password to open it."
            )
        ],
        _("Open your account"),
        _link(Purpose.REGISTER, token),
        [_expiry(Purpose.REGISTER), _not_you()],
    )


def account_exists(letter: Letter) -> Content:
    """Tell somebody who registers again that they have an account."""
    return Content(
        _("You have an account at Atrium"),
        [
            _(
                "Somebody, probably you, wanted to open an account with this e-mail address. "
                "There is one already."
            ),
            _("If you do not remember its password, choose a new one from the log-in page."),
        ],
        _("Log in"),
        absolute(reverse("login")),
        [_not_you()],
    )


def verification(letter: Letter) -> Content:
    """Ask whether the address is theirs."""
    token = token_for(Purpose.VERIFY, address=letter.address, user=letter.user)
    return Content(
        _("Confirm your e-mail address"),
        [_("Please confirm that this e-mail address is yours.")],
        _("Confirm"),
        _link(Purpose.VERIFY, token),
        [_expiry(Purpose.VERIFY), _not_you()],
    )


def password_reset(letter: Letter) -> Content:
    """Lead somebody to a new password."""
    token = token_for(Purpose.RESET, address=letter.address, user=letter.user)
    return Content(
        _("Choose a new password"),
        [_("Somebody, probably you, has forgotten the password of your account at Atrium.")],
        _("Choose a new password"),
        _link(Purpose.RESET, token),
        [_expiry(Purpose.RESET), _not_you()],
    )


def password_changed(letter: Letter) -> Content:
    """Tell that the password is another one now."""
    return Content(
        _("Your password was changed"),
        [
            _(
                "The password of your account at Atrium was changed. "
                "All other browsers were signed out."
            )
        ],
        small_print=[_alarm()],
    )


def address_change(letter: Letter) -> Content:
    """Ask whether the new address is theirs."""
    token = token_for(Purpose.CHANGE_ADDRESS, address=letter.address, user=letter.user)
    return Content(
        _("Confirm your new e-mail address"),
        [_("You want to log in to Atrium with this e-mail address from now on.")],
        _("Confirm"),
        _link(Purpose.CHANGE_ADDRESS, token),
        [_expiry(Purpose.CHANGE_ADDRESS), _not_you()],
    )


def address_changed(letter: Letter) -> Content:
    """Tell the old address that it is not the account's any more."""
    text = _(
        "Your account at Atrium has a new e-mail address: %(address)s. "
        "This one is not used any more."
    )
    return Content(
        _("Your e-mail address was changed"),
        [text % {"address": letter.about}],
        small_print=[_alarm()],
    )


def invitation(letter: Letter) -> Content:
    """Tell what somebody was invited to, and how to come in."""
    what = letter.invitation
    if what is None:
        raise ValueError(f"letter {letter.pk} carries no invitation")
    return Content(
        _("%(place)s: you have been given access") % {"place": what.place},
        [told(what), _("Atrium shows people their buildings, homes and devices.")],
        _("See the invitation"),
        _link(Purpose.INVITATION, token_for_invitation(what)),
        [_expiry(Purpose.INVITATION), _("If you do not know the sender, leave this letter aside.")],
    )


def second_factor_added(letter: Letter) -> Content:
    """Tell that a code is asked for from now on."""
    return Content(
        _("Your account asks for a code now"),
        [
            _(
                "An authenticator app was added to your account at Atrium. "
                "Logging in takes its code from now on."
            )
        ],
        small_print=[_alarm()],
    )


def second_factor_removed(letter: Letter) -> Content:
    """Tell that the password alone is enough again."""
    return Content(
        _("Your account asks for no code any more"),
        [
            _(
                "The authenticator app was removed from your account at Atrium. "
                "The password alone is enough to log in."
            )
        ],
        small_print=[_alarm()],
    )


def recovery_code_used(letter: Letter) -> Content:
    """Tell that a recovery code was used, and how many remain."""
    left = int(letter.about or 0)
    text = ngettext("%(n)d code is left.", "%(n)d codes are left.", left) % {"n": left}
    return Content(
        _("A recovery code was used"),
        [_("Somebody logged in to your account at Atrium with a recovery code."), text],
        small_print=[_alarm()],
    )


WRITERS: dict[str, Callable[[Letter], Content]] = {
    LetterKind.REGISTRATION: registration,
    LetterKind.ACCOUNT_EXISTS: account_exists,
    LetterKind.VERIFICATION: verification,
    LetterKind.PASSWORD_RESET: password_reset,
    LetterKind.PASSWORD_CHANGED: password_changed,
    LetterKind.ADDRESS_CHANGE: address_change,
    LetterKind.ADDRESS_CHANGED: address_changed,
    LetterKind.INVITATION: invitation,
    LetterKind.SECOND_FACTOR_ADDED: second_factor_added,
    LetterKind.SECOND_FACTOR_REMOVED: second_factor_removed,
    LetterKind.RECOVERY_CODE_USED: recovery_code_used,
}


def compose(letter: Letter) -> EmailMultiAlternatives:
    """Return the letter as text and HTML, in its language."""
    with translation.override(letter.locale):
        content = WRITERS[letter.kind](letter)
        context = {"content": content, "locale": letter.locale}
        text = render_to_string("accounts/letters/letter.txt", context)
        page = render_to_string("accounts/letters/letter.html", context)
    # A line break in a name would be a header of its own.
    subject = " ".join(content.subject.split())
    email = EmailMultiAlternatives(subject, text, to=[letter.address])
    email.attach_alternative(page, "text/html")
    return email
