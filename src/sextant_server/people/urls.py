"""Pages about people: who signs, who is asked, what they say."""

from __future__ import annotations

from django.urls import path

from sextant_server.people import brief_views, guest_views, leave_views, sign_views, talk_views

urlpatterns = [
    path("p/<slug:slug>/people/", sign_views.people, name="people"),
    path("p/<slug:slug>/people/hand-over/", leave_views.hand_over, name="hand-over"),
    path("p/<slug:slug>/sign/<slug:subject>/", sign_views.sign, name="sign"),
    path("p/<slug:slug>/sign/<slug:subject>/ask/", sign_views.ask, name="ask-to-sign"),
    path("p/<slug:slug>/sign/<slug:subject>/since/<int:number>/", sign_views.since, name="changed-since"),
    path("p/<slug:slug>/brief/", brief_views.brief, name="brief"),
    path("p/<slug:slug>/brief/compare/", brief_views.compare, name="compare-briefs"),
    path("p/<slug:slug>/talk/", talk_views.talk_page, name="talk"),
    path("s/<slug:secret>/", guest_views.guest, name="guest-sign"),
]
