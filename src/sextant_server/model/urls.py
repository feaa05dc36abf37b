"""Pages of phase 3: runs against requirements, side by side; options; the weekly check-in."""

from __future__ import annotations

from django.urls import path

from sextant_server.model import check_in_views, option_views, views

urlpatterns = [
    path("p/<slug:slug>/runs/", views.runs, name="runs"),
    path("p/<slug:slug>/runs/compare/", views.compare, name="compare-runs"),
    path("p/<slug:slug>/runs/measures/", views.measures, name="run-measures"),
    path("p/<slug:slug>/runs/<int:run_id>/", views.run, name="training-run"),
    path("p/<slug:slug>/options/", option_views.options, name="options"),
    path("p/<slug:slug>/check-in/", check_in_views.check_in, name="check-in"),
]
