"""Line 27: looking at a file, through gunicorn: page 1 of a 12-page PDF, and a photo of twelve megapixels."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from email.message import EmailMessage
from email.policy import SMTP
from io import BytesIO
from statistics import median
from time import perf_counter

from django.utils import timezone
from PIL import Image

from bench.figures import Figure
from bench.stage import House, Stage
from bench.web import Visitor, running
from portal.conversations.models import Attachment
from portal.documents import image, pdf
from portal.inbound.importing import keep
from portal.inbound.process import process_stored
from portal.web.content.links import Link, Use, sign
from sandbox import pictures
from sandbox.pictures import Sheet
from tenants.context import inside
from tenants.provisioning import CONTENT_PREFIX

PAGES = 12
OTHERS = range(1, PAGES)
TWELVE_MEGAPIXELS = (3000, 4000)
GRAIN, MIXED = 12, 0.15  # what a sensor adds
WARM_UP = 2
WIDTH = 1240
BARE_ROUNDS = 20

Drawn = Callable[[bytes], object]


def measure(stage: Stage) -> Iterator[Figure]:
    """The floor of a first look is drawing alone, in this process; that of a second one the bare Django page."""
    number = 6 if stage.short else 20
    house = stage.soleil
    kinds: dict[str, tuple[list[bytes], Drawn]] = {
        "pdf": ([_pdf(each) for each in range(number + WARM_UP)], _draw_pdf),
        "photo": ([_photo(each) for each in range(number + WARM_UP)], _draw_photo),
    }
    log = stage.place.folder / "previews.log"
    with running("portal.wsgi:application", log) as (_, port), running("bench.bare:application", log) as bare:
        looker = Visitor(port, {"Host": CONTENT_PREFIX + house.host, "X-Forwarded-Proto": "https"})
        floor = Visitor(bare[1], {"Cookie": "sid=key"})
        bare_page = median(floor.time("/") for _ in range(BARE_ROUNDS))
        for kind, (files, draw) in kinds.items():
            with inside(house.pharmacy):
                links = _received(house, kind, files)
                paths, others = (
                    [_path(link) for link in links],
                    [_path(replace(links[-1], page=n)) for n in OTHERS],
                )
            alone = median(_timed(draw, data) for data in files[WARM_UP:])
            first = [looker.time(path) for path in paths][WARM_UP:]
            if kind == "pdf":
                yield Figure("27.pdf.next", median(looker.time(path) for path in others), alone)
            again = [looker.time(paths[-1]) for _ in range(BARE_ROUNDS)]
            weight = len(looker.get(paths[-1]).sent) / 1024
            note = f"{number} files of {len(files[0]) / 1e6:.1f} MB; the picture has {weight:.0f} KB"
            yield Figure(f"27.{kind}.first", median(first), alone, f"{note}; floor: drawing alone")
            yield Figure(f"27.{kind}.cached", median(again), bare_page)


def _received(house: House, kind: str, files: Sequence[bytes]) -> list[Link]:
    """These files came in, each in a mail of its own; their first pages."""
    for number, data in enumerate(files):
        keep(house.mailbox, _mail(house, kind, number, data))
    process_stored()
    newest = Attachment.objects.order_by("-id")[: len(files)]
    return [Link(Use.PAGE, file.pk, house.person.pk) for file in newest][::-1]


def _path(link: Link) -> str:
    return sign(link, now=timezone.now())


def _mail(house: House, kind: str, number: int, data: bytes) -> bytes:
    mail = EmailMessage(policy=SMTP)
    mail["From"] = "Dr Martin <dr.martin@medecin-test.mssante.fr>"
    mail["To"] = house.mailbox.address
    mail["Subject"] = f"Aperçu {kind} {number}"
    mail["Message-ID"] = f"<apercu-{kind}-{number}@medecin-test.mssante.fr>"
    mail.set_content("Voir la pièce jointe.")
    mail.add_attachment(data, maintype="application", subtype="octet-stream", filename=f"piece.{kind}")
    return mail.as_bytes()


def _sheet(number: int) -> Sheet:
    lines = [f"Médicament {line} : un comprimé matin et soir pendant trois mois" for line in range(14)]
    return Sheet(head=("Docteur Martin", f"Document {number}"), patient=("Mme Durand",), lines=lines)


def _pdf(number: int) -> bytes:
    return pictures.pdf([_sheet(number)] * PAGES)


def _photo(number: int) -> bytes:
    sheet = Image.open(BytesIO(pictures.photo(_sheet(number)))).resize(TWELVE_MEGAPIXELS)
    grain = Image.effect_noise(TWELVE_MEGAPIXELS, GRAIN).convert("RGB")
    out = BytesIO()
    Image.blend(sheet, grain, MIXED).save(out, "JPEG", quality=88)
    return out.getvalue()


def _draw_pdf(data: bytes) -> object:
    return image.encode(pdf.draw(memoryview(data), 0, WIDTH))


def _draw_photo(data: bytes) -> object:
    return image.encode(image.draw(memoryview(data), WIDTH))


def _timed(draw: Drawn, data: bytes) -> float:
    began = perf_counter()
    draw(data)
    return 1000 * (perf_counter() - began)
