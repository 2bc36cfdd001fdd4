"""Django's settings: one file; what differs between deployments comes from the environment."""

from config import env

# --- Which deployment -------------------------------------------------------------------------
ATRIUM_ENVIRONMENT = env.env_environment()
IS_DEV = ATRIUM_ENVIRONMENT == "dev"
DEBUG = env.env_bool("DEBUG", default=False)
BASE_DIR = env.ROOT
STATE_DIR = env.state_dir()
UP = env.wishes()
PUBLIC_URL = env.env_text("PUBLIC_URL", "http://127.0.0.1:8000").rstrip("/")
ALLOWED_HOSTS = env.env_list("ALLOWED_HOSTS", "localhost,127.0.0.1,[::1]" if IS_DEV else "")

# --- Secrets ----------------------------------------------------------------------------------
# The fallback keys serve commands that run without services (checks, schema); `up` makes real ones.
SECRET_KEY = env.env_secret("SECRET_KEY") or ("dev-only-key-" + "0" * 40 if IS_DEV else "")
FIELD_ENCRYPTION_KEYS = [
    key.strip() for key in env.env_secret("FIELD_ENCRYPTION_KEYS").split(",") if key.strip()
] or (["ZGV2LW9ubHkta2V5LWRldi1vbmx5LWtleS1kZXYtb24="] if IS_DEV else [])

# --- Applications -----------------------------------------------------------------------------
INSTALLED_APPS = [
    "config",
    "accounts",
    "twin",
    "devices",
    "integrations",
    "config.lib.admin.AtriumAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.postgres",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_filters",
    "django_ltree",
    "oauth2_provider",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
]
MIDDLEWARE = [
    "config.lib.requests.RequestIdMiddleware",
    "config.lib.metrics.MetricsMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "accounts.middleware.AttributionMiddleware",
    "accounts.middleware.StaffReadingMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "config" / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]

# --- Data -------------------------------------------------------------------------------------
DATABASES = {
    "default": {
        **env.env_database(),
        # Django's own, which also tells each transaction on whose behalf it writes.
        "ENGINE": "config.lib.postgresql",
        "CONN_MAX_AGE": env.env_int("DATABASE_CONN_MAX_AGE_S", 300),
        "CONN_HEALTH_CHECKS": True,
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
# django-ltree asks for PostgreSQL 16 because of labels with hyphens. Ours are hex digits, which
# PostgreSQL 15 takes as well; the database tests run on both.
SILENCED_SYSTEM_CHECKS = ["django_ltree.E001"]
REDIS_URL = env.env_secret("REDIS_URL") or "redis://127.0.0.1:6379/0"
CACHES = {
    "default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL}
}

# --- Celery -----------------------------------------------------------------------------------
CELERY_BROKER_URL = REDIS_URL
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_TIME_LIMIT = 300
CELERY_TASK_SOFT_TIME_LIMIT = 240
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TASK_DEFAULT_QUEUE = "default"
CELERY_TASK_ROUTES = {"integrations.smartme.tasks.sync_*": {"queue": "smartme"}}
CELERY_WORKER_QUEUES = ("default", "smartme")
CELERY_TIMEZONE = "UTC"
CELERY_BEAT_SCHEDULE = {
    "seal-occupancies": {"task": "twin.tasks.seal_occupancies", "schedule": 60.0},
    "record-heartbeat": {"task": "config.tasks.record_heartbeat", "schedule": 10.0},
    "claim-due-connections": {
        "task": "integrations.smartme.tasks.claim_due_connections",
        "schedule": 2.0,
        "options": {"expires": 10.0},
    },
    "forget-old-runs": {"task": "integrations.smartme.tasks.forget_old_runs", "schedule": 3600.0},
    "forget-old-answers": {"task": "config.tasks.forget_old_answers", "schedule": 3600.0},
    "forget-dead-tokens": {"task": "accounts.tasks.forget_dead_tokens", "schedule": 24 * 3600.0},
    "make-partitions": {"task": "devices.tasks.make_partitions", "schedule": 6 * 3600.0},
}

# --- Who: users, sessions, OAuth --------------------------------------------------------------
AUTH_USER_MODEL = "accounts.User"
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "accounts.hashers.ClientSecretHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
LOGIN_URL = "/accounts/login/"
LOGIN_REDIRECT_URL = "/accounts/"
LOGOUT_REDIRECT_URL = "/accounts/login/"
OAUTH2_PROVIDER_APPLICATION_MODEL = "accounts.Application"
OAUTH2_PROVIDER_GRANT_MODEL = "accounts.Grant"
OAUTH2_PROVIDER_ACCESS_TOKEN_MODEL = "accounts.AccessToken"
OAUTH2_PROVIDER_REFRESH_TOKEN_MODEL = "accounts.RefreshToken"
OAUTH2_PROVIDER_ID_TOKEN_MODEL = "accounts.IDToken"
OAUTH2_PROVIDER_DEVICE_GRANT_MODEL = "accounts.DeviceGrant"
OAUTH2_PROVIDER = {
    "SCOPES_BACKEND_CLASS": "accounts.scopes.CatalogueScopes",
    "OAUTH2_VALIDATOR_CLASS": "accounts.oauth.AtriumOAuth2Validator",
    "OAUTH2_BACKEND_CLASS": "accounts.oauth.AtriumOAuthLibCore",
    "OAUTH2_RESPONSE_TYPES_SUPPORTED": ["code"],
    "OAUTH2_GRANT_TYPES_SUPPORTED": [
        "authorization_code",
        "refresh_token",
        "client_credentials",
    ],
    # The issuer; OpenID Connect itself stays off until it has a signing key.
    "OIDC_ISS_ENDPOINT": PUBLIC_URL,
    "APPLICATION_ADMIN_CLASS": "accounts.admin.ApplicationAdmin",
    "ACCESS_TOKEN_ADMIN_CLASS": "accounts.admin.TokenAdmin",
    "REFRESH_TOKEN_ADMIN_CLASS": "accounts.admin.TokenAdmin",
    "GRANT_ADMIN_CLASS": "accounts.admin.TokenAdmin",
    "ID_TOKEN_ADMIN_CLASS": "accounts.admin.TokenAdmin",
    "CLIENT_SECRET_HASHER": "client_secret",
    "CLIENT_SECRET_GENERATOR_LENGTH": 64,
    "ACCESS_TOKEN_EXPIRE_SECONDS": 3600,
    "AUTHORIZATION_CODE_EXPIRE_SECONDS": 60,
    "REFRESH_TOKEN_EXPIRE_SECONDS": 90 * 24 * 3600,
    "REFRESH_TOKEN_REUSE_PROTECTION": True,
    "REFRESH_TOKEN_GRACE_PERIOD_SECONDS": 0,
    "ROTATE_REFRESH_TOKEN": True,
    "PKCE_REQUIRED": True,
    "ALLOWED_REDIRECT_URI_SCHEMES": ["https", "http"] if IS_DEV else ["https"],
    "COMPLIANT_BCP_RFC9700_IMPLICIT_GRANT": True,
    "COMPLIANT_BCP_RFC9700_PASSWORD_GRANT": True,
    "COMPLIANT_BCP_RFC9700_PKCE_METHOD": True,
    "COMPLIANT_BCP_RFC9700_ACCESS_TOKEN_TRANSPORT": True,
    "COMPLIANT_BCP_RFC9700_AUTHZ_RESPONSE_ISS": True,
    "COMPLIANT_BCP_RFC9700_TOKEN_STORAGE": True,
    "COMPLIANT_BCP_RFC9700_REFRESH_TOKEN": True,
    "COMPLIANT_BCP_RFC9700_REDIRECT_URI_SCHEME": True,
    "COMPLIANT_BCP_RFC9700_REDIRECT_URI_MATCHING": True,
    "COMPLIANT_BCP_RFC9700_PKCE_REQUIRED": True,
}

# --- The API's house rules --------------------------------------------------------------------
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["accounts.authentication.BearerAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": [
        "accounts.permissions.HasScope",
        "accounts.permissions.HasRole",
    ],
    "DEFAULT_PARSER_CLASSES": ["config.lib.parsers.JSONParser"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_THROTTLE_CLASSES": ["config.lib.ratelimits.RequestRateLimit"],
    "DEFAULT_PAGINATION_CLASS": "config.lib.pagination.KeysetPagination",
    "DEFAULT_FILTER_BACKENDS": ["config.lib.parameters.StrictFilterBackend"],
    "DEFAULT_SCHEMA_CLASS": "config.lib.schema.AtriumSchema",
    # OPTIONS answers 405: what there is to know is in the schema.
    "DEFAULT_METADATA_CLASS": None,
    "EXCEPTION_HANDLER": "config.lib.problems.exception_handler",
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
    "UNAUTHENTICATED_USER": None,
    "COERCE_DECIMAL_TO_STRING": False,
}
RATE_LIMITS = {
    "principal": env.env_int("RATE_LIMIT_PER_MINUTE", 6000),
    "anonymous": env.env_int("RATE_LIMIT_ANONYMOUS_PER_MINUTE", 1200),
    "token": env.env_int("RATE_LIMIT_TOKEN_PER_MINUTE", 120),
    "login": env.env_int("RATE_LIMIT_LOGIN_PER_MINUTE", 20),
}
DATA_UPLOAD_MAX_MEMORY_SIZE = env.env_int("MAX_BODY_BYTES", 8 * 1024 * 1024)
APPEND_SLASH = False
SPECTACULAR_SETTINGS = {
    "TITLE": "Atrium",
    "DESCRIPTION": "Digital twins of buildings: who, where, what and with whom.",
    "VERSION": "1.0.0",
    "OAS_VERSION": "3.1.0",
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "SERVERS": [{"url": PUBLIC_URL, "description": ATRIUM_ENVIRONMENT}],
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SERVE_AUTHENTICATION": [],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "SWAGGER_UI_SETTINGS": {"deepLinking": True, "filter": True, "docExpansion": "list"},
    "COMPONENT_SPLIT_REQUEST": True,
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "config.lib.schema.add_problem_schema",
    ],
    "ENUM_NAME_OVERRIDES": {
        "AssetRoleEnum": "devices.choices.AssetRole",
        "AssetStatusEnum": "devices.choices.AssetStatus",
        "ConnectionStatusEnum": "integrations.choices.ConnectionStatus",
        "ContactStatusEnum": "devices.choices.ContactStatus",
        "GrantRoleEnum": "twin.choices.GrantRole",
        "NodeKindEnum": "twin.choices.NodeKind",
        "OrganisationRoleEnum": "accounts.choices.OrganisationRole",
        "SiteRoleEnum": "twin.choices.SiteRole",
        "VersionStatusEnum": "twin.choices.VersionStatus",
    },
    "OAUTH2_FLOWS": ["clientCredentials", "authorizationCode"],
    "OAUTH2_AUTHORIZATION_URL": f"{PUBLIC_URL}/oauth/authorize/",
    "OAUTH2_TOKEN_URL": f"{PUBLIC_URL}/oauth/token/",
    "OAUTH2_REFRESH_URL": f"{PUBLIC_URL}/oauth/token/",
}

# --- With whom --------------------------------------------------------------------------------
SMARTME_API_URL = env.env_text("SMARTME_API_URL", "https://api.smart-me.com").rstrip("/")

# --- Web --------------------------------------------------------------------------------------
STATIC_URL = "/static/"
STATIC_ROOT = env.env_text("STATIC_ROOT", str(STATE_DIR / "static"))
WHITENOISE_USE_FINDERS = True
LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("fr", "Français"), ("de", "Deutsch")]
TIME_ZONE = "UTC"
USE_TZ = True
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "object-src": ["'none'"],
        "base-uri": ["'none'"],
        "frame-ancestors": ["'none'"],
        "form-action": ["'self'"],
    }
}
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = not IS_DEV
SECURE_SSL_REDIRECT = env.env_bool("SECURE_SSL_REDIRECT", default=not IS_DEV)
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$", r"^metrics$"]
SECURE_HSTS_SECONDS = 0 if IS_DEV else env.env_int("SECURE_HSTS_SECONDS", 31_536_000)
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = not IS_DEV
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if not IS_DEV else None
X_FRAME_OPTIONS = "DENY"
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL]
PROMETHEUS_MULTIPROC_DIR = env.env_text("PROMETHEUS_MULTIPROC_DIR")
TRUSTED_PROXY_NETWORKS = env.env_list("TRUSTED_PROXY_NETWORKS")
METRICS_ALLOWED_NETWORKS = env.env_list("METRICS_ALLOWED_NETWORKS", "127.0.0.0/8,::1/128")

# --- Logs -------------------------------------------------------------------------------------
LOG_LEVEL = env.env_text("LOG_LEVEL", "INFO")
LOGGING_CONFIG = "config.lib.logs.configure"
LOGGING = {"level": LOG_LEVEL, "json": not IS_DEV}
