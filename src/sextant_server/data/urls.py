"""Pages of datasets."""

from __future__ import annotations

from django.urls import path

from sextant_server.data import quality_views, views

_ONE = "p/<slug:slug>/data/<slug:dataset>/"

urlpatterns = [
    path("p/<slug:slug>/data/<slug:dataset>/quality/", quality_views.findings, name="dataset-quality"),
    path("p/<slug:slug>/data/<slug:dataset>/quality/<slug:finding>/", quality_views.finding, name="finding"),
    path("p/<slug:slug>/data/", views.datasets, name="datasets"),
    path(_ONE, views.dataset, name="dataset"),
    path(f"{_ONE}versions/<int:number>/", views.data_version, name="data-version"),
    path(f"{_ONE}diff/<int:before>/<int:after>/", views.data_diff, name="data-diff"),
    path(f"{_ONE}drift/", views.data_drift, name="data-drift"),
    path(f"{_ONE}drift/<str:day>/", views.data_drift_cell, name="data-drift-cell"),
]
