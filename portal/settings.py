"""Settings, read from the environment; every secret also from a file named by `NAME_FILE` (docs/configuration.md)."""

from __future__ import annotations

import base64
from datetime import timedelta
from pathlib import Path
from typing import Any

import dj_database_url
from csp.constants import NONE, SELF
from environs import FileAwareEnv

env = FileAwareEnv(strip_whitespace=True)
BASE_DIR = Path(__file__).resolve().parent.parent


def keys(name: str) -> list[bytes]:
    """A list of 32-byte keys in URL-safe base64, separated by commas: the first one seals, all of them open."""
    encoded: list[str] = env.list(name, [])
    return [base64.urlsafe_b64decode(key) for key in encoded]


# --- What this process is -----------------------------------------------------------------------------------

DEBUG = False
# Demo: people one click away and codes on screen. Refused unless everything it touches is on this machine.
DEMO = env.bool("DEMO", False)
# What every person of the demo signs in with.
DEMO_PASSWORD = env.str("DEMO_PASSWORD", "Tournesol-de-nuit-42") if DEMO else ""
DEMO_FOLDER = Path(env.str("DEMO_FOLDER", str(BASE_DIR / ".dev")))
# Bound address of the web process, for the demo's refusal to be reached from elsewhere.
BIND = env.str("BIND", "127.0.0.1:8000")
HTTPS = env.bool("HTTPS", not DEMO)
PORTAL_PORT = BIND.rpartition(":")[2]
PUBLIC_PORT = env.str("PUBLIC_PORT", PORTAL_PORT if DEMO else "")

SECRET_KEY = env.str("SECRET_KEY")
SECRET_KEY_FALLBACKS: list[str] = env.list("SECRET_KEY_FALLBACKS", [])
VAULT_KEYS = keys("VAULT_KEY")
TRANSPORT_PUBLIC_KEYS = keys("TRANSPORT_PUBLIC_KEY")
TRANSPORT_PRIVATE_KEYS = keys("TRANSPORT_PRIVATE_KEY")  # the worker's alone
ANCHOR_KEYS = keys("ANCHOR_KEY")  # the worker's alone: signs the heads of the audit chains
ANCHOR_FILE = Path(env.str("ANCHOR_FILE", str(BASE_DIR / ".dev" / "anchors.jsonl")))

# --- Applications -------------------------------------------------------------------------------------------

SHARED_APPS = [
    "tenants",  # before django_tenants: its `migrate` command is ours
    "django_tenants",
    "django.contrib.contenttypes",  # imported by django-tenants; no pharmacy has its table
    "django.contrib.staticfiles",
    "portal.directory",
    "portal.web",
]
TENANT_APPS = [
    "django.contrib.sessions",
    "django_otp",
    "portal.audit",
    "portal.team",
    "portal.house",
    "portal.mailboxes",
    "portal.patients",
    "portal.conversations",
    "portal.outbound",
    "portal.notices",
    "portal.prescriptions",
    "portal.inbound",
    "portal.intake",
    "portal.handover",
]
INSTALLED_APPS = SHARED_APPS + TENANT_APPS
TENANT_MODEL = "tenants.Pharmacy"
TENANT_DOMAIN_MODEL = "tenants.Domain"
TENANT_DB_ALIAS = "owner"
DATABASE_ROUTERS = ["django_tenants.routers.TenantSyncRouter"]
AUTH_USER_MODEL = "team.User"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

ROOT_URLCONF = "portal.urls_demo" if DEMO else "portal.urls"
PUBLIC_SCHEMA_URLCONF = "portal.urls_public"
CONTENT_URLCONF = "portal.urls_content"
# The front page of the demonstration; on these hosts alone, and nowhere else.
DEMO_HOME_URLCONF = "portal.urls_demo_home"
DEMO_HOME_HOSTS = ("localhost", "127.0.0.1")
HEALTH_PATH = "/healthz"
WSGI_APPLICATION = "portal.wsgi.application"

MIDDLEWARE = [
    "portal.web.demo_guard.DemoGuardMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "portal.web.headers.HeadersMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "tenants.middleware.PharmacyMiddleware",
    "csp.middleware.CSPMiddleware",
    "portal.web.headers.ContentOriginMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "portal.web.middleware.PersonMiddleware",
    "portal.web.middleware.SecondFactorMiddleware",
    "portal.web.middleware.AccessMiddleware",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "portal.web.context.pharmacy",
            ],
            "builtins": ["portal.web.templatetags.officinal", "portal.web.templatetags.rows"],
            "loaders": [
                (
                    "django.template.loaders.cached.Loader",
                    ["django.template.loaders.filesystem.Loader"],
                )
            ],
        },
    }
]

# --- Database -----------------------------------------------------------------------------------------------


def database(url: str, **options: Any) -> dict[str, Any]:
    parsed: dict[str, Any] = dict(dj_database_url.parse(url))
    # Short-lived connections: each one caches the catalog of every pharmacy that it visited (0.3 MB each).
    return {**parsed, "ENGINE": "tenants.backend", "CONN_MAX_AGE": 0, "TEST": {}} | options


DATABASE_URL = env.str("DATABASE_URL")
_login = database(DATABASE_URL)
ROLE_PREFIX = env.str("ROLE_PREFIX", str(_login["NAME"]))
_pool = {"min_size": 1, "max_size": env.int("DATABASE_POOL", 8), "max_lifetime": 420, "timeout": 10}
DATABASES = {
    "default": _login | {"ROLE_PREFIX": ROLE_PREFIX, "OPTIONS": {"pool": _pool}, "TEST": {"MIRROR": "owner"}},
    "owner": database(env.str("DATABASE_OWNER_URL", DATABASE_URL))
    | {
        "ROLE_PREFIX": ROLE_PREFIX,
        "SWITCH_ROLE": False,
        "LOGIN_ROLE": _login["USER"],
        "TEST": {"NAME": env.str("TEST_DATABASE", None), "DEPENDENCIES": []},
    },
}

# --- Broker and tasks ---------------------------------------------------------------------------------------

BROKER_URL = env.str("BROKER_URL", "memory://")
# What a pharmacy may ask to be woken for, and the task that then runs inside it.
WAKEUPS = {
    "fetch": "inbound.fetch_mailboxes",
    "process": "inbound.process_stored",
    "deliver": "outbound.deliver_due",
    "later": "outbound.leave_due",
    "notify": "notices.notify",
    "leaving": "notices.warn_leaving",
    "ladder": "notices.climb",
    "pool": "conversations.return_to_pool",
    "snooze": "conversations.bring_back",
    "anchor": "audit.anchor",
    "answer": "inbound.answer",
    "probe": "mailboxes.probe",
    "night": "records.night",
    "intake": "intake.run_due",
    "index": "records.index",
}
FETCH_SECONDS = env.float("FETCH_SECONDS", 30.0)
FETCH_SECONDS_MAX = env.float("FETCH_SECONDS_MAX", 600.0)

# --- Mail ---------------------------------------------------------------------------------------------------

# The reference of this product at the ANS, in every message (X-MSS-NIL, ECO.2.4.3).
MSS_NIL = env.str("MSS_NIL", "DEV000000")
# Operators to choose from in the console, beside portal/mailboxes/operators.toml; who finds servers by DNS SRV.
OPERATORS_FILE = env.str("OPERATORS_FILE", "")
DNS_RESOLVER = env.str("DNS_RESOLVER", "")
UNDO_SECONDS = env.float("UNDO_SECONDS", 8.0)
# Mails of one mailbox that are answered automatically within an hour, before somebody is told.
AUTOMATIC_ANSWERS_PER_HOUR = env.int("AUTOMATIC_ANSWERS_PER_HOUR", 60)
PATIENT_DOMAIN = "patient.mssante.fr"
MAX_MESSAGE_BYTES = env.int("MAX_MESSAGE_BYTES", 25 * 1024 * 1024)
MAX_FETCH_BYTES = env.int("MAX_FETCH_BYTES", 60 * 1024 * 1024)
# The program that reads scans for the search; `off`: none.
OCR = env.str("OCR", "tesseract")
BLOB_ROOT = Path(env.str("BLOB_ROOT", str(BASE_DIR / ".dev" / "blobs")))
ANTIVIRUS = env.str("ANTIVIRUS", "builtin-eicar" if DEMO else "")

# --- Open reference data, loaded each day by its owner (docs/operations.md) ---------------------------------

# A path, a folder whose newest file counts, or an HTTPS address; and the authority to believe there.
DIRECTORY_SOURCE = env.str("DIRECTORY_SOURCE", "")
WHITELIST_SOURCE = env.str("WHITELIST_SOURCE", "")
REFERENCE_CA = env.str("REFERENCE_CA", "")
# Per cent that a day's file may lose before it is taken for a damaged one.
DIRECTORY_MOST_LOST = env.int("DIRECTORY_MOST_LOST", 10)
WHITELIST_MOST_LOST = env.int("WHITELIST_MOST_LOST", 50)
DIRECTORY_BAD_LINES = env.int("DIRECTORY_BAD_LINES", 0)
DIRECTORY_MAX_BYTES = env.int("DIRECTORY_MAX_BYTES", 1024 * 1024 * 1024)
# From this age on the screens say how old they are.
REFERENCE_OLD_DAYS = env.int("REFERENCE_OLD_DAYS", 7)

# --- Notices: content-free e-mails to people, from a sender of their own, never from the BAL ------------------

NOTICE_SMTP_HOST = env.str("NOTICE_SMTP_HOST", "")  # empty: no notice leaves, and the pages say so
NOTICE_SMTP_TLS = env.str("NOTICE_SMTP_TLS", "implicit")  # or "starttls"; never in clear
NOTICE_SMTP_PORT = env.int("NOTICE_SMTP_PORT", 587 if NOTICE_SMTP_TLS == "starttls" else 465)
NOTICE_SMTP_USER = env.str("NOTICE_SMTP_USER", "")
NOTICE_SMTP_PASSWORD = env.str("NOTICE_SMTP_PASSWORD", "")  # the worker's alone
NOTICE_SMTP_CA = env.str("NOTICE_SMTP_CA", "")
NOTICE_FROM = env.str("NOTICE_FROM", "")
# Text messages: one POST of JSON to a provider. Neither address nor class: they are not offered, and the pages say so.
SMS_URL = env.str("SMS_URL", "")
SMS_HEADERS = env.str("SMS_HEADERS", "")  # the worker's alone: the provider's key
SMS_BODY = env.str("SMS_BODY", '{"to": "{to}", "from": "{from}", "text": "{text}"}')
SMS_FROM = env.str("SMS_FROM", "Officinal")
SMS_PLUS = env.bool("SMS_PLUS", True)
SMS_CA = env.str("SMS_CA", "")
SMS_GATEWAY = env.str("SMS_GATEWAY", "")

# --- People -------------------------------------------------------------------------------------------------

IDLE_LOCK = timedelta(minutes=min(env.int("IDLE_LOCK_MINUTES", 15), 120))  # SC.SSI/IE.58: two hours at most
SESSION_LIFE = timedelta(hours=12)
# Coming back on an enrolled workstation (portal/team/shifts.py): by PIN and passkey, by passkey alone, or not at all.
QUICK_RETURN = env.str("QUICK_RETURN", "pin")
PIN_DIGITS = min(max(env.int("PIN_DIGITS", 6), 4), 8)
# Europe/Paris: from then on everybody gives both factors again. Empty: twelve hours after giving them alone.
SHIFT_ENDS = env.str("SHIFT_ENDS", "04:00")
SESSION_ENGINE = "portal.team.sessions"
SESSION_COOKIE_AGE = int(SESSION_LIFE.total_seconds())
SESSION_COOKIE_NAME = "__Host-sid" if HTTPS else "sid"
CSRF_COOKIE_NAME = "__Host-csrf" if HTTPS else "csrf"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
# By which an enrolled browser is known (portal/web/workstation.py); browsers keep a cookie 400 days at most.
WORKSTATION_COOKIE_NAME = "__Host-poste" if HTTPS else "poste"
WORKSTATION_COOKIE_AGE = 400 * 24 * 3600
CSRF_FAILURE_VIEW = "portal.web.errors.csrf_failure"
INVITATION_LIFE = timedelta(hours=72)
PASSWORD_HASHERS = ["portal.team.hashers.Argon2Hasher"]
OTP_TOTP_ISSUER = "Officinal"

# How pages reach the process of events (portal/asgi.py): `proxy` (at their own origin: see deploy/), a port of the same
# host (the demo), or empty: they ask every 30 seconds what is new.
EVENTS = env.str("EVENTS", "")

# --- HTTP ---------------------------------------------------------------------------------------------------

# The host is looked up exactly in the table of domains; an unknown one is a bare 404 (tenants/middleware.py).
ALLOWED_HOSTS = ["*"]
# How long a process remembers which pharmacy answers at a host: a suspension is seen this much later at most.
HOST_SECONDS = env.float("HOST_SECONDS", 2.0)
USE_X_FORWARDED_HOST = False
BEHIND_PROXY = env.bool("BEHIND_PROXY", False)
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if BEHIND_PROXY else None
SECURE_SSL_REDIRECT = False  # the proxy's work; see deploy/
SECURE_HSTS_SECONDS = 31536000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS
# Not `no-referrer`: browsers then post our own forms with `Origin: null`, which the CSRF check rightly refuses.
# The portal's paths hold nothing but ids, and nothing leaves for another origin. (The content host sends none.)
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
APPEND_SLASH = True
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 200
DATA_UPLOAD_MAX_NUMBER_FILES = 20
FILE_UPLOAD_PERMISSIONS = 0o600
FILE_UPLOAD_HANDLERS = ["portal.web.uploads.InMemoryUploads"]  # never on disk in clear
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF],  # the pharmacy's content host is added per answer (portal/web/headers.py)
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
    }
}
STATIC_URL = "/static/"
STATIC_ROOT = Path(env.str("STATIC_ROOT", str(BASE_DIR / "staticfiles")))
STATICFILES_DIRS = [BASE_DIR / "static"]
_static = "whitenoise.storage.CompressedManifestStaticFilesStorage"
if env.bool("PLAIN_STATIC", False):  # tests: no collectstatic first
    _static = "django.contrib.staticfiles.storage.StaticFilesStorage"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": _static},
}

# --- Language, time, logs -----------------------------------------------------------------------------------

LANGUAGE_CODE = "fr"
# The patients' pages alone; each but French has a catalogue in locale/.
PATIENT_LANGUAGES = ("fr", "en")
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "Europe/Paris"
LOG_LEVEL = env.str("LOG_LEVEL", "INFO")
LOGGING_CONFIG = "portal.logs.configure"
LOGGING: dict[str, Any] = {"level": LOG_LEVEL}
