"""Apps, middleware, templates, cookies, static files, and the headers that keep a page to itself."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

from xiaojia.project.installation import DEBUG, XIAOJIA_DEMO, XIAOJIA_HOME, XIAOJIA_PUBLIC_URL

_ASSETS = Path(__file__).resolve().parent.parent.parent / "assets"

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "procrastinate.contrib.django",
    "xiaojia.kernel",
    "xiaojia.domains.places",
    "xiaojia.domains.workdays",
    "xiaojia.domains.borders",
    "xiaojia.domains.people",
    "xiaojia.domains.registers",
    "xiaojia.domains.microgrids",
    "xiaojia.domains.teams",
    "xiaojia.domains.receipts",
    "xiaojia.domains.ledger",
    "xiaojia.domains.recognition",
    "xiaojia.domains.store",
    "xiaojia.domains.cases",
    "xiaojia.desks.secretary",
    "xiaojia.desks.officer",
    "xiaojia.desks.head",
    "xiaojia.desks.steward",
    "xiaojia.desks.volunteer",
    "xiaojia.desks.clerk",
    "xiaojia.desks.finding",
    "xiaojia.desks.messages",
    "xiaojia.desks.accounts",
]
MIDDLEWARE = [
    "xiaojia.project.middleware.HeadersMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.common.CommonMiddleware",
    "xiaojia.project.middleware.TillMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "xiaojia.project.look.LanguageMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "xiaojia.project.visits.VisitMiddleware",
    "xiaojia.project.middleware.ScopeMiddleware",
]
ROOT_URLCONF = "xiaojia.project.urls"
WSGI_APPLICATION = "xiaojia.project.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [_ASSETS / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "xiaojia.project.frame.frame",
            ],
            "builtins": ["django.templatetags.i18n", "xiaojia.kernel.templatetags.look"],
        },
    }
]
AUTH_USER_MODEL = "people.Account"
AUTHENTICATION_BACKENDS = ["xiaojia.project.sign_in.StaffBackend"]
LOGIN_URL = "sign_in"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.PBKDF2PasswordHasher"]
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"


def _secret_key() -> str:
    """Made once, private, in the installation's keys folder."""
    path = XIAOJIA_HOME / "keys" / "session.key"
    if not path.exists():
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft = path.with_name(f".{path.name}.{os.getpid()}")
        draft.write_text(os.urandom(48).hex())
        draft.chmod(0o600)
        with suppress(FileExistsError):
            os.link(draft, path)
        draft.unlink()
    return path.read_text()


SECRET_KEY = _secret_key()

_IS_HTTPS = XIAOJIA_PUBLIC_URL.startswith("https://")
ALLOWED_HOSTS = ["127.0.0.1", "localhost", "[::1]"]
if XIAOJIA_PUBLIC_URL:
    ALLOWED_HOSTS.append(urlsplit(XIAOJIA_PUBLIC_URL).hostname or "")
if os.environ.get("XIAOJIA_LAN") == "1":
    ALLOWED_HOSTS = ["*"]
CSRF_TRUSTED_ORIGINS = [XIAOJIA_PUBLIC_URL] if XIAOJIA_PUBLIC_URL else []
SESSION_COOKIE_AGE = 12 * 3600
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _IS_HTTPS
CSRF_COOKIE_SAMESITE = "Lax"
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if _IS_HTTPS else 0
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if _IS_HTTPS else None
X_FRAME_OPTIONS = "DENY"

DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2_000
FILE_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
FILE_UPLOAD_PERMISSIONS = 0o600

STATIC_URL = "/static/"
STATIC_ROOT = XIAOJIA_HOME / "static"
STATICFILES_DIRS = [_ASSETS / "built"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "django.contrib.staticfiles.storage.ManifestStaticFilesStorage"
    },
}
PROCRASTINATE_AUTODISCOVER_MODULE_NAME = "jobs"
IS_DEMO = XIAOJIA_DEMO
