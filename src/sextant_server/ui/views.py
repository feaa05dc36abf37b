"""The error pages, and the style guide: every component in every state."""

from __future__ import annotations

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseServerError
from django.shortcuts import render
from django.template import loader

from sextant.errors import Forbidden, InvalidInput, NotFound, SextantError
from sextant_server.middleware import problem

from . import samples


def styleguide(request: HttpRequest) -> HttpResponse:
    """Everything that a page can be made of, on invented numbers. A stranger to DEBUG gets 404.

    What is sent to its forms is checked and shown again, never kept.
    """
    if not settings.DEBUG:
        raise Http404
    return render(request, "ui/styleguide.html", samples.context(request.POST or None))


def _error(request: HttpRequest, status: int, error: SextantError) -> HttpResponse:
    if request.path.startswith("/api/"):
        return problem(error)
    return render(request, f"{status}.html", {"status": status}, status=status)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """400: a page for people, a problem body for programs."""
    error = InvalidInput("the request could not be understood")
    error.status = 400
    return _error(request, 400, error)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """403: a page for people, a problem body for programs."""
    return _error(request, 403, Forbidden("your role does not allow this"))


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """404, also for what the caller may not know of."""
    return _error(request, 404, NotFound(f"there is nothing at {request.path}"))


def server_error(request: HttpRequest) -> HttpResponse:
    """500, drawn without asking who the caller is: the database may be what failed."""
    if request.path.startswith("/api/"):
        return problem(SextantError("something went wrong on the server; its log says what"))
    return HttpResponseServerError(loader.get_template("500.html").render())
