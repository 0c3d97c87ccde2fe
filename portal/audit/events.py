"""Every act that the journal names, and what it is called on screen."""

from __future__ import annotations

from django.db.models import TextChoices


class Event(TextChoices):
    """`<object>:<act>`. A value never changes once it was written."""

    PHARMACY_CREATE = "pharmacy:create", "Pharmacie ouverte"
    PHARMACY_SUSPEND = "pharmacy:suspend", "Pharmacie suspendue"
    HOURS_CHANGE = "pharmacy:hours", "Horaires modifiés"
    DETAILS_CHANGE = "pharmacy:details", "Coordonnées modifiées"
    PHARMACY_RESUME = "pharmacy:resume", "Pharmacie remise en service"

    # The public form.
    FORM_NOTICE = "form:notice", "Notice d’information modifiée"
    FORM_OPEN = "form:open", "Formulaire ouvert"
    FORM_CLOSE = "form:close", "Formulaire fermé"
    REQUEST_SUBMIT = "request:submit", "Demande reçue par le formulaire"
    REQUEST_PAGE = "request:page", "Page ajoutée à une demande"
    REQUEST_CANCEL = "request:cancel", "Demande annulée par le patient"
    REQUEST_TRACK = "request:track", "Suivi d’une demande ouvert"
    REQUEST_TRACK_LOCKED = "request:track-locked", "Suivi d’une demande bloqué : essais trop nombreux"
    REQUEST_CALL = "request:call", "Patient appelé"

    # Who comes in.
    SIGN_IN = "account:sign-in", "Connexion"
    SIGN_IN_FAILED = "account:sign-in-failed", "Connexion refusée"
    SECOND_FACTOR_FAILED = "account:second-factor-failed", "Code refusé"
    THROTTLED = "account:throttled", "Essais trop nombreux"
    SIGN_OUT = "account:sign-out", "Déconnexion"
    LOCK = "account:lock", "Session verrouillée"
    UNLOCK = "account:unlock", "Session déverrouillée"
    UNLOCK_FAILED = "account:unlock-failed", "Déverrouillage refusé"
    SECOND_FACTOR_SET = "account:second-factor-set", "Téléphone enregistré"
    RECOVERY_CODES_MADE = "account:recovery-codes-made", "Codes de secours remis"
    RECOVERY_CODE_USED = "account:recovery-code-used", "Code de secours utilisé"
    PROOF = "account:proof", "Identité confirmée"
    PROOF_FAILED = "account:proof-failed", "Confirmation d’identité refusée"
    PASSWORD_SET = "account:password-set", "Mot de passe choisi"

    # The team.
    INVITE = "team:invite", "Invitation créée"
    ACCEPT = "team:accept", "Invitation acceptée"
    RESET_ACCESS = "team:reset-access", "Nouvel accès remis"
    DEACTIVATE = "team:deactivate", "Compte désactivé"
    CHANGE_ROLE = "team:change-role", "Fonction modifiée"
    LAST_DAY = "team:last-day", "Dernier jour modifié"
    LEAVING_TOLD = "team:leaving-told", "Dernier jour proche annoncé"
    CHANGE_EMAIL = "team:email", "Adresse e-mail modifiée"
    TRANSFER_RESPONSIBILITY = "team:transfer-responsibility", "Responsabilité transmise"
    WORKSTATION_ENROL = "workstation:enrol", "Poste ajouté"
    WORKSTATION_REVOKE = "workstation:revoke", "Poste retiré"

    # What the team reads and does.
    CONVERSATION_OPEN = "conversation:open", "Conversation consultée"
    CONVERSATION_UNREAD = "conversation:unread", "Conversation marquée non lue"
    CONVERSATION_ASSIGN = "conversation:assign", "Conversation attribuée"
    CONVERSATION_FINISH = "conversation:finish", "Conversation terminée"
    CONVERSATION_REOPEN = "conversation:reopen", "Conversation rouverte"
    EXCHANGE_CLOSE = "conversation:close", "Échange avec le patient clos"
    CONVERSATION_SNOOZE = "conversation:snooze", "Conversation mise en attente"
    CONVERSATION_RETURN = "conversation:return", "Conversation de retour"
    CONVERSATION_EXPORT = "conversation:export", "Conversation exportée"
    CONVERSATION_SEARCH = "conversation:search", "Recherche"
    NOTE_ADD = "note:add", "Note interne écrite"
    ATTACHMENT_OPEN = "attachment:open", "Pièce jointe consultée"
    ATTACHMENT_PRINT = "attachment:print", "Pièce jointe imprimée"
    TRAIT_COPY = "conversation:copy", "Trait d’identité copié"
    ATTACHMENT_DOWNLOAD = "attachment:download", "Pièce jointe téléchargée"
    DRAFT_DISCARD = "draft:discard", "Brouillon supprimé"
    DRAFT_TAKE = "draft:take", "Main prise dans une réponse"
    DRAFT_SUBMIT = "draft:submit", "Message soumis à un pharmacien"
    DRAFT_TAKE_BACK = "draft:take-back", "Message soumis repris par son auteur"
    DRAFT_APPROVE = "draft:approve", "Message validé et envoyé"
    DRAFT_RETURN = "draft:return", "Message renvoyé à son auteur"
    TEMPLATE_CHANGE = "template:change", "Modèle modifié"
    TEMPLATE_APPROVE = "template:approve", "Modèle approuvé"
    TEMPLATE_DELETE = "template:delete", "Modèle supprimé"

    # What comes in.
    MESSAGE_RECEIVE = "message:receive", "Message reçu"
    MESSAGE_IMPORT = "message:import", "Message importé"
    MESSAGE_QUARANTINE = "message:quarantine", "Message mis en quarantaine"
    MESSAGE_REPLAY = "message:replay", "Message relu depuis l’original"
    MESSAGE_ORIGINAL = "message:original", "Original téléchargé"
    QUARANTINE_OPEN = "quarantine:open", "Quarantaine consultée"
    QUARANTINE_DISMISS = "quarantine:dismiss", "Message en quarantaine écarté"

    # What a prescription goes through; named after the acts of portal/prescriptions.
    PRESCRIPTION_OPEN = "prescription:open", "Ordonnance ouverte"
    PRESCRIPTION_START = "prescription:start", "Préparation commencée"
    PRESCRIPTION_PREPARED = "prescription:prepared", "Préparation finie"
    PRESCRIPTION_SEND_BACK = "prescription:send-back", "Ordonnance renvoyée en préparation"
    PRESCRIPTION_CONTROL = "prescription:control", "Ordonnance contrôlée"
    PRESCRIPTION_READY = "prescription:ready", "Ordonnance prête"
    PRESCRIPTION_HAND_OVER = "prescription:hand-over", "Ordonnance remise"
    PRESCRIPTION_WAIT = "prescription:wait", "Ordonnance mise en attente"
    PRESCRIPTION_RESUME = "prescription:resume", "Ordonnance reprise"
    PRESCRIPTION_REFUSE = "prescription:refuse", "Ordonnance refusée"
    PRESCRIPTION_ABANDON = "prescription:abandon", "Ordonnance abandonnée"
    PRESCRIPTION_REOPEN = "prescription:reopen", "Ordonnance rouverte"

    # What leaves.
    MESSAGE_SEND = "message:send", "Envoi demandé"
    DELIVERY_CANCEL = "delivery:cancel", "Envoi annulé"
    DELIVERY_SENT = "delivery:sent", "Message accepté par l’opérateur"
    DELIVERY_RETRY = "delivery:retry", "Envoi remis à plus tard"
    DELIVERY_FAILED = "delivery:failed", "Envoi échoué"
    DELIVERY_UNCERTAIN = "delivery:uncertain", "Envoi incertain"
    DELIVERY_CONFIRM = "delivery:confirm", "Envoi incertain : parti"
    DELIVERY_RESEND = "delivery:resend", "Envoi incertain : envoyé de nouveau"
    DELIVERY_ABANDON = "delivery:abandon", "Envoi incertain : abandonné"
    DELIVERY_REWRITE = "delivery:rewrite", "Envoi échoué repris en brouillon"
    RECEIPT_DELIVERED = "receipt:delivered", "Remise confirmée"
    RECEIPT_FAILED = "receipt:failed", "Remise refusée"
    RECEIPT_READ = "receipt:read", "Lecture confirmée"

    # Notices without content, by ordinary e-mail.
    NOTICE_SENT = "notice:sent", "Avis par e-mail parti"
    NOTICE_FAILED = "notice:failed", "Avis par e-mail non parti"

    # The BAL.
    MAILBOX_CREATE = "mailbox:create", "BAL ajoutée"
    MAILBOX_CHANGE = "mailbox:change", "BAL modifiée"
    MAILBOX_CREDENTIALS = "mailbox:credentials", "Identifiants de la BAL changés"
    MAILBOX_TEST = "mailbox:test", "Essai de la connexion demandé"
    MAILBOX_TESTED = "mailbox:tested", "Connexion de la BAL essayée"
    MAILBOX_STOP = "mailbox:stop", "BAL arrêtée"
    MAILBOX_RESUME = "mailbox:resume", "BAL remise en service"
    MAILBOX_FETCH = "mailbox:fetch", "Messages relevés"
    MAILBOX_FETCH_ASK = "mailbox:fetch-ask", "Relève demandée"
    MAILBOX_FAULT = "mailbox:fault", "Panne de la BAL"
    MAILBOX_RECOVER = "mailbox:recover", "Fin de la panne de la BAL"
    MAILBOX_EPOCH = "mailbox:epoch", "Dossier renuméroté par l’opérateur"

    # The journal itself.
    JOURNAL_OPEN = "journal:open", "Journal consulté"
    JOURNAL_EXPORT = "journal:export", "Journal exporté"
