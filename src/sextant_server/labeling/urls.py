"""Pages of labeling: guidelines, rounds, and the page on which people label."""

from __future__ import annotations

from django.urls import path

from sextant_server.labeling import guideline_views, label_views, marking_views, result_views, round_views

urlpatterns = [
    path("p/<slug:slug>/guidelines/", guideline_views.guidelines, name="guidelines"),
    path("p/<slug:slug>/new-guideline/", guideline_views.new, name="new-guideline"),
    path("p/<slug:slug>/guidelines/<slug:key>/", guideline_views.guideline, name="guideline"),
    path(
        "p/<slug:slug>/guidelines/<slug:key>/<int:number>/", guideline_views.compare, name="guideline-version"
    ),
    path("p/<slug:slug>/labeling/", round_views.labeling, name="labeling"),
    path("p/<slug:slug>/labeling/<slug:key>/", round_views.round_page, name="labeling-round"),
    path("p/<slug:slug>/labeling/<slug:key>/results/", result_views.result_page, name="labeling-results"),
    path("p/<slug:slug>/labeling/<slug:key>/machines/", marking_views.machines, name="labeling-machines"),
    path("p/<slug:slug>/labeling/<slug:key>/rulings/", result_views.rulings, name="labeling-rulings"),
    path(
        "p/<slug:slug>/labeling/<slug:key>/picture/<slug:digest>/",
        round_views.picture,
        name="labeling-picture",
    ),
    path(
        "p/<slug:slug>/labeling/<slug:key>/<slug:shape>.<slug:ending>",
        result_views.labels_file,
        name="labeling-file",
    ),
    path("p/<slug:slug>/label/", label_views.mine, name="my-labeling"),
    path("p/<slug:slug>/label/<slug:key>/", label_views.label, name="label"),
    path(
        "p/<slug:slug>/label/<slug:key>/picture/<slug:digest>/",
        label_views.label_picture,
        name="label-picture",
    ),
    path("label/", label_views.home, name="label-home"),
    path("r/<slug:secret>/", label_views.guest, name="guest-label"),
    path("r/<slug:secret>/picture/<slug:digest>/", label_views.guest_picture, name="guest-picture"),
]
