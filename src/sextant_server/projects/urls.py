"""Pages about projects, and signing in."""

from __future__ import annotations

from django.contrib.auth import views as auth
from django.urls import path, reverse_lazy

from sextant_server.projects import settings_views, views

urlpatterns = [
    path("", views.home, name="home"),
    path("sign-in/", auth.LoginView.as_view(), name="login"),
    path("sign-out/", auth.LogoutView.as_view(), name="logout"),
    path("p/<slug:slug>/", views.project, name="project"),
    path("p/<slug:slug>/settings/", settings_views.settings, name="settings"),
    path("accounts/", settings_views.accounts, name="accounts"),
    path(
        "password/",
        auth.PasswordChangeView.as_view(
            template_name="projects/password.html", success_url=reverse_lazy("home")
        ),
        name="password",
    ),
]
