"""Pages of the weeks."""

from __future__ import annotations

from django.urls import path

from sextant_server.weeks import meeting_views, views

urlpatterns = [
    path("start/", views.start, name="start"),
    path("today/", views.today, name="today"),
    path("today/rhythm/", views.rhythm, name="rhythm"),
    path("digest/", views.digest, name="digest"),
    path("digest/stop/<str:token>/", views.digest_stop, name="digest-stop"),
    path("portfolio/", views.portfolio, name="portfolio"),
    path("p/<slug:slug>/remind/", views.remind, name="remind"),
    path("p/<slug:slug>/waivers/", views.waivers, name="waivers"),
    path("p/<slug:slug>/meeting/", meeting_views.meeting, name="meeting"),
    path("p/<slug:slug>/meeting/present/", meeting_views.present, name="present"),
    path("p/<slug:slug>/meeting/sheet.pdf", meeting_views.sheet, name="meeting-sheet"),
]
