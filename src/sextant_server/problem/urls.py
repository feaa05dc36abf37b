"""Pages of phase 1."""

from __future__ import annotations

from django.urls import path

from sextant_server.problem import (
    declared_views,
    feasibility_views,
    roi_views,
    targets_grid_views,
    tree_views,
)

urlpatterns = [
    path("p/<slug:slug>/is-ml-right/", tree_views.tree, name="tree"),
    path("p/<slug:slug>/return/", roi_views.roi, name="roi"),
    path("p/<slug:slug>/feasibility/", feasibility_views.feasibility, name="feasibility"),
    path("p/<slug:slug>/targets-sheet/", targets_grid_views.sheet, name="target-sheet"),
    path("p/<slug:slug>/numbers/", declared_views.listed, name="numbers"),
    path("p/<slug:slug>/numbers/<slug:key>/", declared_views.target, name="target-numbers"),
    path("p/<slug:slug>/attachments/<slug:digest>/", declared_views.attachment, name="attachment"),
    path("p/<slug:slug>/attachments/<slug:digest>/erase/", declared_views.erase, name="erase-attachment"),
]
