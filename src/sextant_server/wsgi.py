"""The WSGI application, for granian, gunicorn, and the embedded client."""

from __future__ import annotations

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "sextant_server.settings")
application = get_wsgi_application()
