"""The way in and out, under /equipe/."""

from __future__ import annotations

from django.urls import path

from portal.web.account import (
    access,
    enrolment,
    invitation,
    lock,
    pin,
    returning,
    second_factor,
    sign_in,
    signature,
)

urlpatterns = [
    path("connexion", sign_in.sign_in, name="sign_in"),
    path("deconnexion", sign_in.sign_out, name="sign_out"),
    path("code", second_factor.second_factor, name="second_factor"),
    path("secours", second_factor.recovery, name="recovery"),
    path("telephone", enrolment.enrol_totp, name="enrol_totp"),
    path("telephone.svg", enrolment.totp_qr, name="totp_qr"),
    path("codes-de-secours", enrolment.recovery_codes, name="recovery_codes"),
    path("invitation/<str:token>", invitation.accept, name="accept_invitation"),
    path("retour/<uuid:person_id>/", returning.return_as, name="return_as"),
    path("mon-acces/", access.my_access, name="my_access"),
    path("mon-acces/pin/", pin.choose, name="choose_pin"),
    path("mon-acces/pin/retirer/", pin.drop, name="drop_pin"),
    path("ma-signature/", signature.my_signature, name="my_signature"),
    path("verrou", lock.lock, name="lock"),
    path("deverrouiller", lock.unlock, name="unlock"),
]
