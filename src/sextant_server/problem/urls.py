"""Pages of phase 1."""

from __future__ import annotations

from django.urls import path

from sextant_server.problem import feasibility_views, roi_views, tree_views

urlpatterns = [
    path("p/<slug:slug>/is-ml-right/", tree_views.tree, name="tree"),
    path("p/<slug:slug>/return/", roi_views.roi, name="roi"),
    path("p/<slug:slug>/feasibility/", feasibility_views.feasibility, name="feasibility"),
]
