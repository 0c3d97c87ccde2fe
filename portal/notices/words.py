"""What a notice says: fixed words for each kind, and nothing of a patient, a drug or a colleague in any of them."""

from __future__ import annotations

from dataclasses import dataclass

from portal.notices.models import NoticeKind, Rung

NBSP = "\N{NO-BREAK SPACE}"
FOOT = f"""\
Ce message est envoyé automatiquement{NBSP}: n’y répondez pas, personne ne lirait votre réponse.
Il ne contient volontairement aucun renseignement personnel."""
PATIENT_FOOT = f"""\
Ce message est envoyé automatiquement{NBSP}: n’y répondez pas, personne ne lirait votre réponse.
Il ne contient volontairement aucun renseignement sur vous. Vous le recevez parce que cette adresse
nous a été donnée pour vous prévenir{NBSP}; si ce n’est pas vous, ignorez-le."""


LONGEST_NAME = 60


@dataclass(frozen=True, slots=True)
class Words:
    """The subject, and the text as lines for an e-mail; `short`: the same as one text message."""

    subject: str
    text: str
    short: str


_SUBJECTS = {
    NoticeKind.PATIENT_ANSWER: "Une réponse vous attend",
    NoticeKind.PATIENT_READY: "Votre demande a avancé",
    NoticeKind.INVITATION: "Votre accès à Officinal",
    NoticeKind.NEW_ACCESS: "Votre nouvel accès à Officinal",
    NoticeKind.LEAVING: "Votre accès à Officinal se termine bientôt",
    NoticeKind.ANSWERS_HELD: "Réponses automatiques suspendues",
    NoticeKind.COLLEAGUE_LEAVING: "Un accès à Officinal se termine bientôt",
    NoticeKind.UNOPENED: "Des messages attendent d’être ouverts",
    NoticeKind.FAULT: "La messagerie est en panne",
    NoticeKind.UNSENT: "Des envois ont échoué",
    NoticeKind.UNREADABLE: "Un message n’a pas pu être lu",
    NoticeKind.TRIAL: "Essai de vos alertes Officinal",
}
_TEXTS = {
    NoticeKind.PATIENT_ANSWER: f"""\
Une réponse vous attend sur votre page de suivi{NBSP}:

{{link}}

Il vous faudra la référence de votre demande et votre date de naissance.""",
    NoticeKind.PATIENT_READY: f"""\
Du nouveau vous attend sur votre page de suivi{NBSP}:

{{link}}

Il vous faudra la référence de votre demande et votre date de naissance.""",
    NoticeKind.INVITATION: f"""\
Un accès à Officinal, la messagerie de votre équipe, vous est ouvert. Choisissez votre mot de passe ici{NBSP}:

{{link}}

Ce lien sert une seule fois et expire dans trois jours. Ne le transmettez à personne.
Si vous n’attendiez rien, ignorez ce message et prévenez votre équipe.""",
    NoticeKind.NEW_ACCESS: f"""\
Un nouvel accès à Officinal vous est ouvert{NBSP}; l’ancien ne vaut plus rien. Choisissez votre mot de passe ici{NBSP}:

{{link}}

Ce lien sert une seule fois et expire dans trois jours. Ne le transmettez à personne.
Si vous n’avez rien demandé, prévenez la personne responsable de votre équipe.""",
    NoticeKind.LEAVING: """\
Votre accès à Officinal se termine dans les prochains jours, à minuit. La date est affichée en haut
de vos écrans. Si elle n’est pas la bonne, voyez-le avec la personne responsable de votre équipe.""",
    NoticeKind.ANSWERS_HELD: f"""\
La messagerie de votre pharmacie a envoyé trop de réponses automatiques en une heure. Elles sont
suspendues quelque temps{NBSP}; les messages, eux, sont tous reçus. La console, page Réponses
automatiques, dit jusqu’à quand.""",
    NoticeKind.COLLEAGUE_LEAVING: f"""\
L’accès d’une personne de votre équipe se termine dans les prochains jours, à minuit. La console,
page Équipe, dit laquelle{NBSP}; vous pouvez y changer la date.""",
    NoticeKind.UNOPENED: f"""\
Dans la messagerie de votre équipe, {{what}}. Ouvrez Officinal,
vue À traiter{NBSP}: cela arrête les alertes.""",
    NoticeKind.FAULT: f"""\
Dans la messagerie de votre équipe, {{what}} depuis un moment. Rien n’est perdu{NBSP}:
le haut de vos écrans dit ce qui se passe, et que faire.""",
    NoticeKind.UNSENT: """\
Dans la messagerie de votre équipe, {what}, et personne ne l’a encore regardé.
Ouvrez Officinal, vue Envoyés.""",
    NoticeKind.UNREADABLE: """\
Dans la messagerie de votre équipe, {what}. Il vient peut-être d’un patient.
Ouvrez Officinal, vue Quarantaine.""",
    NoticeKind.TRIAL: """\
Ceci est l’essai que vous avez demandé. Vos alertes arriveront ici, quand vous êtes en service.""",
}
# What waits, of one and of several.
_WHAT = {
    NoticeKind.UNOPENED: (
        "un message de patient n’a pas encore été ouvert",
        "{n} messages de patients n’ont pas encore été ouverts",
    ),
    NoticeKind.FAULT: (
        "une panne bloque la réception ou l’envoi des messages",
        "{n} pannes bloquent la réception ou l’envoi des messages",
    ),
    NoticeKind.UNSENT: (
        "un envoi a échoué ou reste à vérifier",
        "{n} envois ont échoué ou restent à vérifier",
    ),
    # Counted by mailbox.
    NoticeKind.UNREADABLE: (
        "un message illisible attend en quarantaine",
        "des messages illisibles attendent en quarantaine",
    ),
}
# What a text message says of it: short, and in letters that need no second one (GSM 7 bits).
_SHORT = {
    NoticeKind.UNOPENED: "{what}. Ouvrez Officinal.",
    NoticeKind.FAULT: "{what}. Ouvrez Officinal.",
    NoticeKind.UNSENT: "{what}. Ouvrez Officinal.",
    NoticeKind.UNREADABLE: "{what}. Ouvrez Officinal.",
    NoticeKind.TRIAL: "essai de vos alertes Officinal, bien arrivé.",
}
HEADS = """

Vous recevez ceci comme responsable, ou à sa place. L’équipe en service a été prévenue avant vous,
si quelqu’un pouvait l’être. La console, page Alertes, dit qui l’a été et quand."""
LINKED = frozenset(kind for kind, text in _TEXTS.items() if "{link}" in text)
FOR_PATIENTS = frozenset({NoticeKind.PATIENT_ANSWER, NoticeKind.PATIENT_READY})


def words_of(kind: NoticeKind, *, link: str, pharmacy: str, n: int = 0, rung: Rung | None = None) -> Words:
    """The words of a notice, signed with the pharmacy's name: who is told nothing must at least know by whom."""
    what = _counted(kind, n)
    body = _TEXTS[kind].format(link=link, what=what)
    if rung == Rung.HEAD:
        body += HEADS
    foot = PATIENT_FOOT if kind in FOR_PATIENTS else FOOT
    return Words(
        _SUBJECTS[kind],
        f"Bonjour,\n\n{body}\n\n{pharmacy}\n\n-- \n{foot}\n",
        _short(kind, what, pharmacy),
    )


def _counted(kind: NoticeKind, n: int) -> str:
    one, many = _WHAT.get(kind, ("", ""))
    return one if n == 1 else many.format(n=n)


def _short(kind: NoticeKind, what: str, pharmacy: str) -> str:
    """Only of what may leave by this way."""
    text = _SHORT.get(kind, "").format(what=what)
    return f"{pharmacy[:LONGEST_NAME]} : {text}".replace("’", "'").replace(NBSP, " ") if text else ""
