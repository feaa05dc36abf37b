"""Pages of datasets."""

from __future__ import annotations

from django.urls import path

from sextant_server.data import views

urlpatterns = [
    path("p/<slug:slug>/data/", views.datasets, name="datasets"),
    path("p/<slug:slug>/data/<slug:dataset>/", views.dataset, name="dataset"),
    path("p/<slug:slug>/data/<slug:dataset>/versions/<int:number>/", views.data_version, name="data-version"),
]
