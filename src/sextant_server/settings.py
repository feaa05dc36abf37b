"""Django's settings. Everything that differs between installations comes from the environment; see docs/reference."""

from __future__ import annotations

import hashlib

from sextant_server import environment as env

HOME = env.home()
DEBUG = env.flag("SEXTANT_DEBUG")
SECRET_KEY = (
    env.text("SEXTANT_SECRET_KEY") or hashlib.sha256(env.kept_secret(HOME / "secret.key")).hexdigest()
)
ALLOWED_HOSTS = env.listed("SEXTANT_HOSTS") or ["localhost", "127.0.0.1", "[::1]", "sextant.embedded"]
CSRF_TRUSTED_ORIGINS = env.listed("SEXTANT_ORIGINS")

# The key that signs anchors and the anchors themselves are kept elsewhere than the database.
SIGNING_KEY_FILE = env.text("SEXTANT_SIGNING_KEY_FILE") or str(env.config_folder() / "anchor.key")
ANCHORS_FOLDER = env.text("SEXTANT_ANCHORS") or str(env.state_folder() / "anchors")
WEBHOOKS_TO_PRIVATE = env.flag("SEXTANT_WEBHOOKS_TO_PRIVATE")
PROJECT_FOLDER = env.text("SEXTANT_PROJECT_FOLDER")
# Databases that numbers are read from. A source does not show its address, not even on a debug page.
SOURCES = env.sources("SEXTANT_SOURCES")

# A language model that may be asked for an opinion on the five Ws; none unless both address and name are set.
OPINION_URL = env.text("SEXTANT_OPINION_URL")
OPINION_MODEL = env.text("SEXTANT_OPINION_MODEL")
OPINION_KEY = env.text("SEXTANT_OPINION_KEY")
OPINION_SECONDS = env.whole("SEXTANT_OPINION_SECONDS", 20, least=1)

# Where people reach the site: links in mail that no page was asked for are made of it.
PUBLIC_URL = env.origin("SEXTANT_PUBLIC_URL")
# EMAIL_BACKEND, EMAIL_HOST and what else Django asks for to send mail.
globals().update(env.mail(env.text("SEXTANT_SMTP_URL")))
MAIL_ON = bool(env.text("SEXTANT_SMTP_URL"))
DEFAULT_FROM_EMAIL = SERVER_EMAIL = env.sender("SEXTANT_MAIL_FROM", "Sextant <sextant@localhost>")

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_htmx",
    "sextant_server.ui",
    "sextant_server.projects",
    "sextant_server.records",
    "sextant_server.lifecycle",
    "sextant_server.problem",
    "sextant_server.data",
    "sextant_server.labeling",
    "sextant_server.model",
    "sextant_server.people",
    "sextant_server.weeks",
    "sextant_server.jobs",
]

MIDDLEWARE = [
    "sextant_server.middleware.RequestLog",
    "sextant_server.middleware.CompressPages",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "sextant_server.middleware.ContentSecurityPolicy",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "sextant_server.middleware.Problems",
]

ROOT_URLCONF = "sextant_server.urls"
WSGI_APPLICATION = "sextant_server.wsgi.application"
FORM_RENDERER = "sextant_server.ui.rendering.Quick"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
            "builtins": ["sextant_server.ui.templatetags.ui"],
        },
    }
]

DATABASES = {"default": env.database(env.text("DATABASE_URL"), HOME)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "start"
LOGOUT_REDIRECT_URL = "login"

LANGUAGE_CODE = "en-gb"
TIME_ZONE = "UTC"
USE_TZ = True

STATIC_URL = "static/"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
# Files are served out of the packages, so that a new installation needs no collecting step.
WHITENOISE_USE_FINDERS = True
WHITENOISE_MAX_AGE = 3600

DATA_UPLOAD_MAX_MEMORY_SIZE = env.whole("SEXTANT_MAX_BODY", 10 * 1024 * 1024, least=1024)
DATA_UPLOAD_MAX_NUMBER_FIELDS = 20_000

HTTPS = env.flag("SEXTANT_HTTPS")
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SECURE_SSL_REDIRECT = HTTPS
# Who watches over the server asks it directly, without the proxy that brings HTTPS.
SECURE_REDIRECT_EXEMPT = [r"^healthz$"]
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = HTTPS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if env.flag("SEXTANT_BEHIND_PROXY") else None
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "json": {"()": "sextant_server.logs.JsonFormatter"},
        "plain": {"format": "%(levelname)s %(message)s"},
    },
    "handlers": {
        "console": {
            "class": "logging.StreamHandler",
            "formatter": "json" if env.text("SEXTANT_LOG", "json") == "json" else "plain",
        }
    },
    "root": {"handlers": ["console"], "level": env.text("SEXTANT_LOG_LEVEL", "INFO").upper()},
    "loggers": {
        "django.server": {"handlers": ["console"], "level": "WARNING", "propagate": False},
        # Each problem is logged once, by our own middleware, with the request that met it.
        "django.request": {"handlers": [], "level": "CRITICAL", "propagate": False},
    },
}
