"""A small site that holds only what the visual language brings."""

from __future__ import annotations

from django.contrib.auth import views as auth
from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.http import HttpRequest, HttpResponse
from django.urls import include, path


def _bad(request: HttpRequest) -> HttpResponse:
    raise SuspiciousOperation("damaged")


def _forbidden(request: HttpRequest) -> HttpResponse:
    raise PermissionDenied


def _broken(request: HttpRequest) -> HttpResponse:
    raise RuntimeError("broken on purpose")


urlpatterns = [
    path("", include("sextant_server.ui.urls")),
    path("", auth.LoginView.as_view(), name="home"),
    path("sign-in/", auth.LoginView.as_view(), name="login"),
    path("sign-out/", auth.LogoutView.as_view(), name="logout"),
    path("bad/", _bad),
    path("forbidden/", _forbidden),
    path("broken/", _broken),
    path("api/bad/", _bad),
    path("api/forbidden/", _forbidden),
    path("api/broken/", _broken),
]

handler400 = "sextant_server.ui.views.bad_request"
handler403 = "sextant_server.ui.views.forbidden"
handler404 = "sextant_server.ui.views.not_found"
handler500 = "sextant_server.ui.views.server_error"
