"""Whether the site is well, for whoever watches over it."""

from __future__ import annotations

import logging

from django.db import Error
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from sextant import __version__
from sextant_server.jobs.queries import worker_age

log = logging.getLogger("sextant.health")


@never_cache
@require_safe
def healthz(request: HttpRequest) -> JsonResponse:
    """200 when the database answers, else 503. Without login, so it says nothing that helps a stranger; why
    the database does not answer stands in the log. `worker_seconds` is how long ago a worker was seen, null
    for none."""
    try:
        age = worker_age()
    except Error:
        log.exception("the database does not answer")
        return JsonResponse({"status": "unavailable", "version": __version__}, status=503)
    return JsonResponse(
        {"status": "ok", "worker_seconds": None if age is None else round(age, 1), "version": __version__}
    )
