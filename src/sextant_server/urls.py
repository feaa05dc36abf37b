"""Where everything is."""

from __future__ import annotations

from django.urls import include, path

from sextant_server.api import routers

urlpatterns = [
    path("api/v1/", routers().urls),
    path("", include("sextant_server.jobs.urls")),
    path("", include("sextant_server.projects.urls")),
    path("", include("sextant_server.records.urls")),
    path("", include("sextant_server.lifecycle.urls")),
    path("", include("sextant_server.problem.urls")),
    path("", include("sextant_server.data.urls")),
    path("", include("sextant_server.model.urls")),
    path("", include("sextant_server.people.urls")),
    path("", include("sextant_server.weeks.urls")),
    path("", include("sextant_server.labeling.urls")),
    path("", include("sextant_server.ui.urls")),
]

handler400 = "sextant_server.ui.views.bad_request"
handler403 = "sextant_server.ui.views.forbidden"
handler404 = "sextant_server.ui.views.not_found"
handler500 = "sextant_server.ui.views.server_error"
