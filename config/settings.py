"""Django's settings: one file; what differs between deployments comes from the environment."""

from datetime import timedelta

from config import env, openapi
from config.schedule import SCHEDULE

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
    "django_otp",
    "axes",
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
    "django_otp.middleware.OTPMiddleware",
    "accounts.middleware.UserLocaleMiddleware",
    "accounts.middleware.AttributionMiddleware",
    "accounts.middleware.StaffReadingMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "accounts.middleware.SecondFactorMiddleware",
    "axes.middleware.AxesMiddleware",
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
                "config.lib.context.platform",
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
CELERY_TASK_ROUTES = {
    "integrations.smartme.tasks.sync_*": {"queue": "smartme"},
    "integrations.smartme.realtime.tasks.sync_*": {"queue": "smartme"},
    "integrations.smartme.tasks.poll_*": {"queue": "smartme"},
}
CELERY_WORKER_QUEUES = ("default", "smartme")
CELERY_TIMEZONE = "UTC"
CELERY_BEAT_SCHEDULE = SCHEDULE

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
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
]
# Staff reach nothing before they have proved a second factor.
STAFF_SECOND_FACTOR = env.env_bool("STAFF_SECOND_FACTOR", default=ATRIUM_ENVIRONMENT == "prod")
REGISTRATION_OPEN = env.env_bool("REGISTRATION_OPEN", default=True)
AXES_HANDLER = "axes.handlers.cache.AxesCacheHandler"
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = timedelta(minutes=15)
# Of one account at one address: a stranger locks nobody out but himself.
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_RESET_ON_SUCCESS = True
AXES_CLIENT_IP_CALLABLE = "config.lib.addresses.address_of"
AXES_USERNAME_CALLABLE = "accounts.lockout.username_of"
AXES_LOCKOUT_CALLABLE = "accounts.lockout.refusal"
AXES_ENABLE_ADMIN = AXES_VERBOSE = False
SESSION_COOKIE_AGE = 14 * 24 * 3600
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
    "OAUTH2_BACKEND_CLASS": "accounts.oauth_core.AtriumOAuthLibCore",
    "OAUTH2_SERVER_CLASS": "accounts.oauth_server.AtriumServer",
    # The issuer. The toolkit's own OpenID Connect stays off: its one key is a setting, and Atrium
    # rotates its keys while it runs.
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

# For how long a refresh whose answer was lost may be repeated.
REFRESH_TOKEN_GRACE_S = env.env_int("REFRESH_TOKEN_GRACE_S", 60)

# --- The API's house rules --------------------------------------------------------------------
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["accounts.authentication.BearerAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": [
        "accounts.permissions.HasScope",
        "accounts.permissions.HasRole",
    ],
    "DEFAULT_PARSER_CLASSES": ["config.lib.parsers.JSONParser"],
    "DEFAULT_RENDERER_CLASSES": ["config.lib.renderers.JSONRenderer"],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "config.lib.negotiation.FormatNegotiation",
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
    "revocation": env.env_int("RATE_LIMIT_REVOCATION_PER_MINUTE", 120),
    "introspection": env.env_int("RATE_LIMIT_INTROSPECTION_PER_MINUTE", 600),
    "device_authorization": env.env_int("RATE_LIMIT_DEVICE_AUTHORIZATION_PER_MINUTE", 30),
    "device_page": env.env_int("RATE_LIMIT_DEVICE_CODE_PER_MINUTE", 10),
    "login": env.env_int("RATE_LIMIT_LOGIN_PER_MINUTE", 20),
    "claim_address": env.env_int("RATE_LIMIT_CLAIMS_PER_MINUTE", 30),
    "claim_code": env.env_int("RATE_LIMIT_CLAIMS_OF_CODE_PER_MINUTE", 10),
    "letters": env.env_int("RATE_LIMIT_LETTERS_PER_MINUTE", 5),
}
DATA_UPLOAD_MAX_MEMORY_SIZE = env.env_int("MAX_BODY_BYTES", 8 * 1024 * 1024)
APPEND_SLASH = False
SPECTACULAR_SETTINGS = openapi.settings(PUBLIC_URL, environment=ATRIUM_ENVIRONMENT)

# --- With whom --------------------------------------------------------------------------------
SMARTME_API_URL = env.env_text("SMARTME_API_URL", "https://api.smart-me.com").rstrip("/")
# Accounts that are asked at once, the pace by licence, the platform's own OAuth application.
SMARTME_SLOTS = env.env_int("SMARTME_SLOTS", 24)
SMARTME_PACES = env.env_paces("SMARTME_PACES")
SMARTME_CLIENT_ID = env.env_text("SMARTME_CLIENT_ID")
SMARTME_CLIENT_SECRET = env.env_secret("SMARTME_CLIENT_SECRET")

# --- Web --------------------------------------------------------------------------------------
STATIC_URL = "/static/"
STATIC_ROOT = env.env_text("STATIC_ROOT", str(STATE_DIR / "static"))
WHITENOISE_USE_FINDERS = True
LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("fr", "Français"), ("de", "Deutsch")]
LANGUAGE_COOKIE_HTTPONLY = True
LANGUAGE_COOKIE_SAMESITE = "Lax"
LANGUAGE_COOKIE_AGE = 365 * 24 * 3600
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
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = not IS_DEV
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

# --- Letters ----------------------------------------------------------------------------------
EMAIL_URL = env.env_email()
EMAIL_BACKEND = EMAIL_URL["EMAIL_BACKEND"]
EMAIL_HOST, EMAIL_PORT = EMAIL_URL["EMAIL_HOST"], EMAIL_URL["EMAIL_PORT"]
EMAIL_HOST_USER = EMAIL_URL["EMAIL_HOST_USER"]
EMAIL_HOST_PASSWORD = EMAIL_URL["EMAIL_HOST_PASSWORD"]
EMAIL_USE_TLS = EMAIL_URL.get("EMAIL_USE_TLS", False)
EMAIL_USE_SSL = EMAIL_URL.get("EMAIL_USE_SSL", False)
DEFAULT_FROM_EMAIL = env.env_text("EMAIL_FROM", "Atrium <atrium@localhost>")
EMAIL_TIMEOUT = 20

# --- Logs -------------------------------------------------------------------------------------
LOG_LEVEL = env.env_text("LOG_LEVEL", "INFO")
LOGGING_CONFIG = "config.lib.logs.configure"
LOGGING = {"level": LOG_LEVEL, "json": not IS_DEV}
