"""Pages about projects, and signing in."""

from __future__ import annotations

from django.contrib.auth import views as auth
from django.urls import path

from sextant_server.projects import views

urlpatterns = [
    path("", views.home, name="home"),
    path("sign-in/", auth.LoginView.as_view(), name="login"),
    path("sign-out/", auth.LogoutView.as_view(), name="logout"),
    path("new/", views.new, name="new-project"),
    path("p/<slug:slug>/", views.project, name="project"),
]
