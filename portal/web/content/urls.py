"""The paths of the content host; each holds nothing but a signed link."""

from __future__ import annotations

from django.urls import path

from portal.web.content import views

urlpatterns = [
    path("page/<str:token>", views.page, name="content_page"),
    path("piece/<str:token>", views.file, name="content_file"),
    path("pieces/<str:token>", views.files, name="content_files"),
    path("mise-en-page/<str:token>", views.layout, name="content_layout"),
    path("original/<str:token>", views.original, name="content_original"),
    path("soumis/<str:token>", views.submitted, name="content_submitted"),
    path("illisible/<str:token>", views.unread, name="content_unread"),
]
