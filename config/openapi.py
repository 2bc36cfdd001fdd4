"""How the OpenAPI document is made."""

from typing import Any, Final

# Choices that share a field name with others get a name of their own.
ENUM_NAMES: Final = {
    "AlarmStatusEnum": "devices.choices.AlarmStatus",
    "AssetRoleEnum": "devices.choices.AssetRole",
    "AssetStatusEnum": "devices.choices.AssetStatus",
    "BatchStatusEnum": "devices.choices.BatchStatus",
    "CommandReportEnum": "devices.api.serializers.commands.TOLD_CHOICES",
    "CommandStatusEnum": "devices.choices.CommandStatus",
    "ConnectionStatusEnum": "integrations.choices.ConnectionStatus",
    "ContactStatusEnum": "devices.choices.ContactStatus",
    "GrantRoleEnum": "twin.choices.GrantRole",
    "ImportRowStatusEnum": "devices.choices.ImportRowStatus",
    "ImportStatusEnum": "devices.choices.ImportStatus",
    "SeverityEnum": "devices.choices.Severity",
    "NodeKindEnum": "twin.choices.NodeKind",
    "OAuthGrantEnum": "integrations.choices.OAuthGrant",
    "OAuthGrantAskedEnum": "integrations.choices.ASKED_GRANTS",
    "OrganisationRoleEnum": "accounts.choices.OrganisationRole",
    "PlanStatusEnum": "twin.choices.PlanStatus",
    "RealtimeStatusEnum": "integrations.choices.RealtimeStatus",
    "SiteRoleEnum": "twin.choices.SiteRole",
    "UpgradeItemStatusEnum": "twin.choices.UpgradeItemStatus",
    "UpgradeStatusEnum": "twin.choices.UpgradeStatus",
    "VersionStatusEnum": "twin.choices.VersionStatus",
}


def settings(url: str, *, environment: str) -> dict[str, Any]:
    """Return drf-spectacular's settings for a deployment at an address."""
    return {
        "TITLE": "Atrium",
        "DESCRIPTION": "Digital twins of buildings: who, where, what and with whom.",
        "VERSION": "1.0.0",
        "OAS_VERSION": "3.1.0",
        "SCHEMA_PATH_PREFIX": "/api/v1",
        "SERVERS": [{"url": url, "description": environment}],
        "SERVE_INCLUDE_SCHEMA": False,
        "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
        "SERVE_AUTHENTICATION": [],
        "SWAGGER_UI_DIST": "SIDECAR",
        "SWAGGER_UI_SETTINGS": {"deepLinking": True, "filter": True, "docExpansion": "list"},
        "COMPONENT_SPLIT_REQUEST": True,
        "POSTPROCESSING_HOOKS": [
            "drf_spectacular.hooks.postprocess_schema_enums",
            "config.lib.schema.add_problem_schema",
        ],
        "ENUM_NAME_OVERRIDES": ENUM_NAMES,
        "OAUTH2_FLOWS": ["clientCredentials", "authorizationCode"],
        "OAUTH2_AUTHORIZATION_URL": f"{url}/oauth/authorize/",
        "OAUTH2_TOKEN_URL": f"{url}/oauth/token/",
        "OAUTH2_REFRESH_URL": f"{url}/oauth/token/",
    }
