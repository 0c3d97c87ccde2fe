"""The list of what was found: rows with the words marked, and what the search could not look into."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from uuid import UUID

from django.urls import reverse

from portal.conversations.finding import Findings, Found, SearchUnavailable, find
from portal.conversations.models import Conversation, MessageKind
from portal.conversations.query import Misasked, NothingToLookFor
from portal.conversations.readiness import Readiness, readiness
from portal.team.models import User
from portal.web.inbox.asking import kept, query_of, told
from portal.web.inbox.cards import ListCard, Row
from portal.web.inbox.marking import Marked, of_excerpt
from portal.web.inbox.places import SEARCH
from portal.web.inbox.rows import Marks, marks_of, row
from portal.web.inbox.search_cards import SearchCard
from portal.web.requests import StaffRequest

CUT = "Seuls les messages les plus récents ont été lus jusqu’ici : « Chercher plus loin » continue."
FAILED = (
    "La recherche n’a pas pu se faire. Cela ne veut pas dire qu’il n’y a rien : réessayez dans un instant."
)
NO_WORDS = (
    "Ces mots ne peuvent pas être cherchés : trop courts ou trop courants (« de », « pour »…). "
    "Écrivez un nom, un numéro ou un autre mot."
)
FILES_WAIT = "Des pièces jointes n’ont pas encore été lues : ce qu’elles contiennent n’est pas trouvé."
SCANS_WAIT = (
    "Le texte des scans et des photos n’est pas cherché : la reconnaissance de texte (tesseract) "
    "n’est pas installée."
)
OLDER_WAIT = "L’index des anciens messages est en cours de mise à jour : il peut en manquer."
DOUBTFUL = "Des messages n’ont pas pu être ouverts pour vérification : ils ne sont pas affichés."
NOTE = "Note interne : "


def found_again(
    request: StaffRequest, *, after: UUID | None = None, current: Conversation | None = None
) -> tuple[ListCard, int]:
    """What the words kept in the session find now, or why nothing can be told; with the status of the answer."""
    text = kept(request)
    if not text:
        return _card(SearchCard()), 200
    try:
        query = query_of(text)
        findings = find(query, by=request.user, after=after)
        lacking = readiness(request.user)
    except NothingToLookFor:
        return _card(SearchCard(faults=(NO_WORDS,))), 200
    except Misasked as wrong:
        return misasked(wrong), 200
    except SearchUnavailable:
        return _card(SearchCard(failed=True), remark=FAILED), 503
    return _listed(findings, lacking, request.user, current, later=after is not None), 200


def misasked(wrong: Misasked) -> ListCard:
    return _card(SearchCard(faults=tuple(told(fault) for fault in wrong.faults)))


def _listed(
    findings: Findings, lacking: Readiness, me: User, current: Conversation | None, *, later: bool
) -> ListCard:
    """Without the mark of one's own drafts: a statement less, so that the page stays within its ten."""
    marks = marks_of([found.conversation for found in findings.rows], {})
    here = current.pk if current else None
    following = findings.following
    search = SearchCard(
        reach="partial" if following else "end" * later,
        more="Chercher plus loin" if findings.cut else "",
    )
    rows = tuple(_row(found, me, marks, here) for found in findings.rows)
    more_url = f"{reverse('search')}?suite={following.hex}" if following else ""
    return _card(search, rows, remark=" ".join(_remarks(findings, lacking)), more_url=more_url)


def _card(
    search: SearchCard, rows: tuple[Row, ...] = (), *, remark: str = "", more_url: str = ""
) -> ListCard:
    return ListCard(
        view=SEARCH.slug, title=SEARCH.label, rows=rows, more_url=more_url, remark=remark, search=search
    )


def _row(found: Found, me: User, marks: Marks, current: UUID | None) -> Row:
    """As in any list, with the passage that was found instead of the last words, and when it was written."""
    made = row(found.conversation, me=me, place=SEARCH, marks=marks, current=current)
    snippet = of_excerpt(found.excerpt) if found.excerpt else made.snippet
    origin = f"{found.where} : " if found.where else NOTE * (found.message.kind == MessageKind.NOTE)
    return replace(
        made, at=found.message.at, snippet=_after(origin, snippet), url=f"{made.url}#m-{found.message.pk}"
    )


def _after(origin: str, snippet: str) -> str:
    if not isinstance(snippet, Marked):
        return f"{origin}{snippet}"
    shift = len(origin)
    return Marked.of(f"{origin}{snippet}", ((start + shift, end + shift) for start, end in snippet.spans))


def _remarks(findings: Findings, lacking: Readiness) -> Iterator[str]:
    if findings.cut:
        yield CUT
    if findings.doubtful:
        yield DOUBTFUL
    if lacking.older:
        yield OLDER_WAIT
    if lacking.files:
        yield FILES_WAIT
    if lacking.scans:
        yield SCANS_WAIT
