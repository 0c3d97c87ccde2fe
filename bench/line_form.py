"""Line 28: the patients' form, through gunicorn: what it weighs, and ten photos taken in and sent."""

from __future__ import annotations

import http.client
import re
import time
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from random import Random
from time import perf_counter
from urllib.parse import urlencode

from PIL import Image

from bench.figures import Figure
from bench.page_weight import first_load
from bench.stage import House, Stage
from bench.web import Visitor, running
from portal.intake.actions import open_form, write_notice
from portal.intake.examining import examine
from tenants.context import inside

FORM, PAGES = "/ordonnance/", "/ordonnance/pages/"
PHOTOS, SIZE = 10, (1600, 2000)
EDGE = "----officinal"
PATIENT = {
    "birth_name": "Moreau",
    "first_name": "Camille",
    "birth_date": "14/03/1962",
    "phone": "0639981234",
    "when": "asap",
    "consent": "on",
}


def measure(stage: Stage) -> Iterator[Figure]:
    """The floor of the photos is examining them alone, in this process's own confined child."""
    house = stage.soleil
    with inside(house.pharmacy):
        write_notice("Nous sommes responsables de vos données.", by=house.person)
        open_form(by=house.person)
    photos = [_photo(number) for number in range(PHOTOS + 1)]
    log: Path = stage.place.folder / "form.log"
    with running("portal.wsgi:application", log) as (_, port):
        patient = Visitor(port, {"Host": house.host, "X-Forwarded-Proto": "https"})
        yield Figure("28.weight", first_load(patient, FORM) / 1024, None, "page, styles, script, font, icons")
        yield from _sent(port, house, photos)


def _sent(port: int, house: House, photos: list[bytes]) -> Iterator[Figure]:
    """The first photo of all warms the children."""
    examine(photos[-1])
    began = perf_counter()
    for photo in photos[:PHOTOS]:
        examine(photo)
    floor = perf_counter() - began
    patient = _Patient(port, house)
    began = perf_counter()
    for photo in photos[:PHOTOS]:
        patient.add(photo)
    megabytes = sum(map(len, photos[:PHOTOS])) / 1e6
    note = f"{megabytes:.1f} MB in all; floor: examining alone"
    yield Figure("28.photos", perf_counter() - began, floor, note)
    yield Figure(
        "28.submit", 1000 * patient.send(), None, "a conversation and a prescription, one transaction"
    )


class _Patient:
    """A browser that keeps one connection, its cookies and its form."""

    def __init__(self, port: int, house: House) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self._headers = {
            "Host": house.host,
            "X-Forwarded-Proto": "https",
            "Referer": f"https://{house.host}/",
        }
        page = self._ask("GET", FORM, b"", {}, 200)
        self._hidden = {
            name: re.findall(rf'name="{name}" value="([^"]+)"', page)[0]
            for name in ("csrfmiddlewaretoken", "form", "notice")
        }

    def add(self, photo: bytes) -> None:
        fields = "".join(
            f'--{EDGE}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
            for name, value in self._hidden.items()
        )
        head = f'--{EDGE}\r\nContent-Disposition: form-data; name="pages"; filename="a.jpg"\r\n\r\n'
        body = (fields + head).encode() + photo + f"\r\n--{EDGE}--\r\n".encode()
        self._ask("POST", PAGES, body, {"Content-Type": f"multipart/form-data; boundary={EDGE}"}, 200)

    def send(self) -> float:
        """Seconds, once as long has passed as a person takes."""
        time.sleep(3)
        body = urlencode(PATIENT | self._hidden).encode()
        began = perf_counter()
        self._ask("POST", FORM, body, {"Content-Type": "application/x-www-form-urlencoded"}, 302)
        return perf_counter() - began

    def _ask(self, method: str, path: str, body: bytes, headers: dict[str, str], status: int) -> str:
        self._connection.request(method, path, body=body, headers=self._headers | headers)
        response = self._connection.getresponse()
        text = response.read().decode()
        if response.status != status:
            raise AssertionError(f"{path}: {response.status}")
        cookies = [each.partition(";")[0] for each in response.headers.get_all("Set-Cookie") or ()]
        if cookies:
            kept = [self._headers["Cookie"]] if "Cookie" in self._headers else []
            self._headers["Cookie"] = "; ".join([*kept, *cookies])
        return text


def _photo(number: int) -> bytes:
    """About a megabyte: paper with the grain of a sensor."""
    grain = Image.frombytes("L", SIZE, Random(number).randbytes(SIZE[0] * SIZE[1]))
    page = Image.blend(Image.new("L", SIZE, 235), grain, 0.12).convert("RGB")
    out = BytesIO()
    page.save(out, "JPEG", quality=88)
    return out.getvalue()
