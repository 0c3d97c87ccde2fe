"""The way in and out, under /equipe/."""

from __future__ import annotations

from django.urls import path

from portal.web.account import (
    absences,
    access,
    alerts,
    enrolment,
    invitation,
    lock,
    passkeys,
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
    path("retour/<uuid:person_id>/defi/", returning.return_challenge, name="return_challenge"),
    path("cle/defi/", passkeys.passkey_challenge, name="passkey_challenge"),
    path("mon-acces/cles/", passkeys.passkey_new, name="passkey_new"),
    path("mon-acces/cles/defi/", passkeys.passkey_new_challenge, name="passkey_new_challenge"),
    path("mon-acces/cles/<uuid:passkey_id>/retirer/", passkeys.passkey_remove, name="passkey_remove"),
    path("mon-acces/telephone/", passkeys.phone_new, name="phone_new"),
    path("mon-acces/telephone/retirer/", passkeys.phone_remove, name="phone_remove"),
    path("mon-acces/", access.my_access, name="my_access"),
    path("mon-acces/alertes/", alerts.my_alerts, name="my_alerts"),
    path("mon-acces/alertes/essai/<slug:way>/", alerts.my_alerts_trial, name="my_alerts_trial"),
    path("mon-acces/absences/", absences.my_absences, name="my_absences"),
    path(
        "mon-acces/absences/<uuid:absence_id>/retirer/", absences.my_absence_remove, name="my_absence_remove"
    ),
    path("mon-acces/pin/", pin.choose, name="choose_pin"),
    path("mon-acces/pin/retirer/", pin.drop, name="drop_pin"),
    path("ma-signature/", signature.my_signature, name="my_signature"),
    path("verrou", lock.lock, name="lock"),
    path("deverrouiller", lock.unlock, name="unlock"),
]
