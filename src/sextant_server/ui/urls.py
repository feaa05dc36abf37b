"""Where the style guide is; it answers with DEBUG only."""

from __future__ import annotations

from django.urls import path

from . import views

app_name = "ui"
urlpatterns = [path("styleguide/", views.styleguide, name="styleguide")]
