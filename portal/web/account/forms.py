"""What is typed on the way in."""

from __future__ import annotations

from django import forms

from portal.team.passwords import LONGEST


class SignInForm(forms.Form):
    name = forms.CharField(max_length=60)
    password = forms.CharField(max_length=LONGEST, strip=False)
    next = forms.CharField(max_length=500, required=False)


LONGEST_ANSWER = 10_000  # of a browser in the name of an authenticator


class CodeForm(forms.Form):
    code = forms.CharField(max_length=40)


class PasskeyForm(forms.Form):
    passkey = forms.CharField(
        max_length=LONGEST_ANSWER,
        error_messages={"required": "La clé d’accès n’a pas encore répondu : touchez le bouton."},
    )


class NewPasskeyForm(PasskeyForm):
    name = forms.CharField(
        max_length=40, error_messages={"required": "Donnez-lui un nom : Mon téléphone, Clé bleue…"}
    )


class InvitationForm(forms.Form):
    name = forms.CharField(max_length=60)
    # One more than we take, so that the rule itself says what is too long.
    password = forms.CharField(max_length=LONGEST + 1, strip=False)
    again = forms.CharField(max_length=LONGEST + 1, strip=False)

    def clean(self) -> None:
        typed = self.cleaned_data
        if "password" in typed and "again" in typed and typed["password"] != typed["again"]:
            self.add_error("again", "Les deux mots de passe ne sont pas les mêmes.")


class UnlockForm(forms.Form):
    """The password, or the code of the phone: whichever is at hand at the counter."""

    password = forms.CharField(max_length=LONGEST, strip=False)
    next = forms.CharField(max_length=500, required=False)


class ReturnForm(forms.Form):
    pin = forms.CharField(max_length=8, required=False)
    passkey = forms.CharField(max_length=LONGEST_ANSWER, required=False)
    next = forms.CharField(max_length=500, required=False)


class PinForm(forms.Form):
    pin = forms.CharField(max_length=8)
    again = forms.CharField(max_length=8)

    def clean(self) -> None:
        typed = self.cleaned_data
        if "pin" in typed and "again" in typed and typed["pin"] != typed["again"]:
            self.add_error("again", "Les deux codes ne sont pas les mêmes.")
