"""Registers Django's admin with Atrium's own site in place of the stock one."""

from django.contrib.admin.apps import AdminConfig


class AtriumAdminConfig(AdminConfig):
    """The admin, served by AtriumAdminSite."""

    default_site = "config.lib.admin_site.AtriumAdminSite"
