"""Pages of what a project knows."""

from __future__ import annotations

from django.urls import path

from sextant_server.records import document_views as document
from sextant_server.records import log_views as log
from sextant_server.records import proof_views as proof
from sextant_server.records import target_views as target

urlpatterns = [
    path("p/<slug:slug>/targets/", target.listed, name="targets"),
    path("p/<slug:slug>/new-target/", target.edit, name="new-target"),
    path("p/<slug:slug>/targets/<slug:key>/", target.target, name="target"),
    path("p/<slug:slug>/targets/<slug:key>/edit/", target.edit, name="edit-target"),
    path("p/<slug:slug>/targets/<slug:key>/retire/", target.retire, name="retire-target"),
    path("p/<slug:slug>/targets/<slug:key>/number/", target.enter_number, name="enter-number"),
    path("p/<slug:slug>/write/<slug:kind>/", document.listed, name="documents"),
    path("p/<slug:slug>/add/<slug:kind>/", document.new, name="new-document"),
    path("p/<slug:slug>/write/<slug:kind>/<slug:key>/", document.document, name="document"),
    path("p/<slug:slug>/write/<slug:kind>/<slug:key>/withdraw/", document.withdraw, name="withdraw-document"),
    path("p/<slug:slug>/write/<slug:kind>/<slug:key>/erase/", document.erase, name="erase-document"),
    path(
        "p/<slug:slug>/write/<slug:kind>/<slug:key>/<int:number>/", document.version, name="document-version"
    ),
    path("p/<slug:slug>/proof/", proof.listed, name="proof"),
    path("p/<slug:slug>/proof/<slug:digest>/", proof.evidence, name="evidence"),
    path("p/<slug:slug>/log/", log.log, name="log"),
    path("p/<slug:slug>/log/verify/", log.verify, name="verify"),
    path("p/<slug:slug>/run/", log.run, name="run"),
    path("p/<slug:slug>/jobs/<int:number>/", log.job, name="job"),
]
