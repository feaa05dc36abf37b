"""Pages of a phase and its gate."""

from __future__ import annotations

from django.urls import path, register_converter
from django.urls.converters import StringConverter

from sextant_server.lifecycle import card_views, decision_views, grid_views, plan_views, views


class Target(StringConverter):
    """What can be excused: an item (`1d`), a part of one (`4d:jailbreak`), or a target's key."""

    regex = "[a-z0-9_:-]+"


register_converter(Target, "target")

urlpatterns = [
    path("p/<slug:slug>/plan/", plan_views.plan, name="plan"),
    path("p/<slug:slug>/card/", card_views.download, name="card"),
    path("p/<slug:slug>/risks/", grid_views.risks, name="risks"),
    path("p/<slug:slug>/timeline/", grid_views.timeline_page, name="timeline"),
    path("p/<slug:slug>/decisions/", decision_views.decisions, name="decisions"),
    path("p/<slug:slug>/decisions/<int:number>/", views.decided, name="decided"),
    path("p/<slug:slug>/excuse/<target:target>/", views.exempt, name="exempt"),
    path("p/<slug:slug>/phases/<slug:phase>/", views.phase, name="phase"),
    path("p/<slug:slug>/phases/<slug:phase>/decide/", views.decide, name="decide"),
    path("p/<slug:slug>/phases/<slug:phase>/back/", views.back, name="back"),
]
