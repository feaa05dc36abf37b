"""Pages of phase 1: opportunities, the first ten minutes, and what is written and decided before there is any data."""

from __future__ import annotations

from django.urls import path

from sextant_server.problem import (
    declared_views,
    feasibility_views,
    five_ws_views,
    forward_views,
    interview_views,
    opportunity_views,
    roi_views,
    start_views,
    targets_grid_views,
    tree_views,
)

urlpatterns = [
    path("opportunities/", opportunity_views.opportunities, name="opportunities"),
    path("opportunities/<slug:key>/open/", opportunity_views.opened, name="open-opportunity"),
    path("new/", start_views.new, name="new-project"),
    path("new/paste/", start_views.paste, name="new-from-text"),
    path("new/live/", start_views.live, name="new-live"),
    path("new/example/", start_views.copy_example, name="new-example"),
    path("p/<slug:slug>/five-ws/", five_ws_views.five_ws, name="five-ws"),
    path("p/<slug:slug>/five-ws/read/", five_ws_views.read_answer, name="read-answer"),
    path("p/<slug:slug>/five-ws/opinion/", five_ws_views.ask_opinion, name="ask-opinion"),
    path("p/<slug:slug>/talks/", interview_views.interviews, name="interviews"),
    path("p/<slug:slug>/is-ml-right/", tree_views.tree, name="tree"),
    path("p/<slug:slug>/return/", roi_views.roi, name="roi"),
    path("p/<slug:slug>/feasibility/", feasibility_views.feasibility, name="feasibility"),
    path("p/<slug:slug>/targets-sheet/", targets_grid_views.sheet, name="target-sheet"),
    path("p/<slug:slug>/numbers/", declared_views.listed, name="numbers"),
    path("p/<slug:slug>/numbers/<slug:key>/", declared_views.target, name="target-numbers"),
    path("p/<slug:slug>/attachments/<slug:digest>/", declared_views.attachment, name="attachment"),
    path("p/<slug:slug>/attachments/<slug:digest>/erase/", declared_views.erase, name="erase-attachment"),
    path("p/<slug:slug>/brief/forward/", forward_views.forward, name="forward-brief"),
]
