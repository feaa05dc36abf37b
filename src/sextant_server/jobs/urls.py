"""The address of the health check."""

from __future__ import annotations

from django.urls import path

from sextant_server.jobs.views import healthz

urlpatterns = [path("healthz", healthz, name="healthz")]
