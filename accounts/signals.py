"""What accounts tells the apps above it; sent in the transaction of the change.

Each is sent with ``sender`` = the model and the object by keyword.
"""

from django.dispatch import Signal

organisation_created = Signal()  # organisation
organisation_updated = Signal()  # organisation
member_added = Signal()  # membership
member_changed = Signal()  # membership
member_removed = Signal()  # membership, about to be deleted
application_created = Signal()  # application
application_updated = Signal()  # application
application_deleted = Signal()  # application, about to be deleted
consent_granted = Signal()  # consent, new or approved anew
consent_narrowed = Signal()  # consent; fields: the names of the terms that became narrower
consent_revoked = Signal()  # consent
letter_written = Signal()  # letter, to be sent after commit
