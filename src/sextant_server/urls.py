"""Where everything is."""

from __future__ import annotations

from django.urls import include, path

urlpatterns = [path("", include("sextant_server.ui.urls"))]
