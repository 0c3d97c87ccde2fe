"""A sender's HTML, cleaned: nothing in it runs, loads, covers, hides or lies about where it leads."""

from __future__ import annotations

import re
import unittest
from dataclasses import replace
from html.parser import HTMLParser

from hypothesis import given, settings
from hypothesis import strategies as st

from portal.mail.css import safe_style
from portal.mail.layout import ATTRIBUTES, TAGS, layout
from portal.mail.parse import parse
from portal.mail.parsed import Layout, Unreadable
from portal.mail.reading import layout_confined
from tests.mail import corpus

LOGO = b"Content-Type: image/png\r\nContent-ID: <logo@dr>"
# Each was meant for some browser, some mail program or some cleaner.
ATTACKS = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg onload=alert(1)><script>alert(1)</script></svg>",
    "<svg></p><style><a id='</style><img src=1 onerror=alert(1)>'>",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'></noscript>",
    "<form action=https://x.example><input name=q><button formaction=javascript:alert(1)>Envoyer</button></form>",
    "<iframe srcdoc='<script>alert(1)</script>'></iframe><object data=x></object><embed src=x>",
    "<a href='java&#10;script:alert(1)'>a</a><a href=' &#1;javascript:alert(1)'>b</a><a href=data:text/html,x>c</a>",
    "<base href=https://x.example><meta http-equiv=refresh content='0;url=https://x.example'>",
    "<link rel=stylesheet href=https://x.example/a.css><link rel=dns-prefetch href=//x.example>",
    "<style>@import 'https://x.example/a.css'; input[value^=a]{background:url(https://x.example/a)}</style>",
    "<p style=\"background:url('https://x.example/a')\">a</p><p style='background:image-set(url(x) 1x)'>b</p>",
    "<p style='width:expression(alert(1));behavior:url(x);-moz-binding:url(x)'>c</p>",
    "<p style='color:\\72 ed;b\\61 ckground:u\\72l(https://x.example)'>d</p><p style='a:b;/*;*/position:fixed'>e</p>",
    "<div style='position:fixed;inset:0;z-index:9;opacity:0'><a href=https://x.example>Valider</a></div>",
    "<table background=https://x.example/a><td background=//x.example/b bgcolor=red>f</table>",
    "<body background=https://x.example/a onload=alert(1)><video poster=https://x.example/v src=x></video>",
    "<img srcset='https://x.example/1 1x' src='//x.example/t.gif'><picture><source srcset=x></picture>",
    "<input type=image src=https://x.example/a><audio src=https://x.example/b autoplay></audio>",
    "<p id=body class=btn name=x data-x=y hx-get=/equipe/ tabindex=1 contenteditable autofocus>g</p>",
    "<x-element is=y slot=z><template><img src=x onerror=alert(1)></template></x-element>",
    "<a href=https://bon.example ping=https://x.example target=_top download>h</a>",
    "<![CDATA[<script>alert(1)</script>]]><!--[if gte IE 4]><script>alert(1)</script><![endif]-->",
    # The last one, for it swallows all that follows.
    "<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src=1 onerror=alert(1)&gt;'>",
)


def mail(source: str) -> bytes:
    return corpus.mail(source.encode(), b"Content-Type: text/html; charset=utf-8")


def cleaned(source: str) -> Layout:
    return layout(mail(source))


class Seen(HTMLParser):
    """Every tag and attribute that stands in a page, as a parser that is not ours finds them."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.said: list[tuple[str, str, str]] = []
        self.feed(source)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.said += [(tag, name, value or "") for name, value in attrs]


class Cleaned(unittest.TestCase):
    def assert_harmless(self, found: Layout) -> None:
        seen = Seen(found.html)
        self.assertLessEqual(seen.tags, TAGS)
        for tag, name, value in seen.said:
            known = {*ATTRIBUTES["*"], *ATTRIBUTES.get(tag, ())}
            ours = (tag, name, value) in {
                ("a", "target", "_blank"),
                ("a", "rel", "noopener noreferrer"),
                ("span", "class", "target"),
            }
            self.assertTrue(name in known or ours, (tag, name))
            if name == "href":
                self.assertRegex(value, r"\Ahttps?://[a-z0-9.-]+(?::\d+)?(?:[/?#]|\Z)")
            if name == "src":
                self.assertRegex(value, r"\Acid:[\d.]+\Z")
            if name == "style":
                self.assertEqual(safe_style(value), value)
                self.assertNotRegex(value, r"url|\(|\\|@|position|opacity|display")

    def test_nothing_of_what_attacks_browsers_is_left(self) -> None:
        for source in ATTACKS:
            with self.subTest(source):
                self.assert_harmless(cleaned(f"<p>avant</p>{source}<p>apr&egrave;s</p>"))

    def test_no_mail_of_the_corpus_gets_anything_through(self) -> None:
        laid_out = {name: raw for name, raw in corpus.MAILS.items() if b"text/html" in raw}
        self.assertGreater(len(laid_out), 5)
        for name, raw in laid_out.items():
            with self.subTest(name):
                try:
                    found = layout_confined(raw)
                except Unreadable as error:
                    self.assertIn(name, ("html that nests for ever", "html that never ends"))
                    self.assertEqual(error.reason, "layout-too-long")
                else:
                    self.assert_harmless(replace(found, html=found.html[:20_000]))

    def test_what_would_keep_the_machine_busy_is_given_up(self) -> None:
        with self.assertRaises(Unreadable) as raised:
            layout_confined(mail("<div>" * 70_000))

        self.assertEqual(raised.exception.reason, "parser-cpu")

    @settings(max_examples=150, deadline=None)
    @given(st.text(alphabet=st.sampled_from(list("<>/!-='\" \n&;:abhipstyleurcm()")), max_size=120))
    def test_no_markup_gets_anything_through(self, source: str) -> None:
        self.assert_harmless(cleaned(f"x<a href='{source}' style='{source}'>{source}</a>{source}"))

    def test_a_letter_keeps_its_shape(self) -> None:
        source = (
            '<h2 style="font-size:18px">Bilan</h2><p>Chère <b>consœur</b>,</p><table border="1"><tr><th>INR</th>'
            '<td style="text-align:right">4,8</td></tr></table><ul><li>un</li></ul>'
        )
        found = cleaned(source).html
        for piece in (
            '<h2 style="font-size:18px">',
            "<b>consœur</b>",
            "<th>INR</th>",
            "text-align:right",
            "<li>un",
        ):
            self.assertIn(piece, found)

    def test_words_that_a_style_would_hide_are_shown(self) -> None:
        for style in (
            *(
                "display:none",
                "visibility:hidden",
                "font-size:0",
                "font-size:1px",
                "opacity:0",
                "color:transparent",
            ),
            *("text-indent:-9999px", "height:0;overflow:hidden", "margin-left:-900px", "line-height:0"),
            *(
                "position:absolute;left:-9999px",
                "transform:scale(0)",
                "clip-path:circle(0)",
                "font-size:.1em",
            ),
        ):
            self.assertEqual(cleaned(f"<p style='{style}' hidden>caché</p>").html, "<p>caché</p>", style)

    def test_any_ink_is_legible_on_any_paper(self) -> None:
        def luminance(colour: str) -> float:
            parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
            lit = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
            return 0.2126 * lit[0] + 0.7152 * lit[1] + 0.0722 * lit[2]

        colours = ("#fff", "#000", "#ff0000", "#ffff00", "rgb(1, 2, 250)", "white", "#0b6b4c", "#7f7f7f")
        inks = [luminance(safe_style(f"color:{each}").partition(":")[2]) for each in colours]
        papers = [luminance(safe_style(f"background:{each}").partition(":")[2]) for each in colours]
        self.assertGreaterEqual((min(papers) + 0.05) / (max(inks) + 0.05), 4.5)


class Links(unittest.TestCase):
    def test_a_link_says_where_it_leads_when_its_words_do_not(self) -> None:
        for source, host in (
            ("<a href='https://vol.example/x'>ameli.fr</a>", "vol.example"),
            ("<a href='https://ameli.fr.vol.example/'>https://ameli.fr</a>", "ameli.fr.vol.example"),
            ("<a href='https://am&#101;li.vol.example/'>ameli</a>", "ameli.vol.example"),
            ("<a href='https://аmeli.fr/'>ameli.fr</a>", "xn--meli-43d.fr"),
            ("<a href='mailto:vol@gmail.example?subject=x'>votre pharmacie</a>", "vol@gmail.example"),
        ):
            with self.subTest(source):
                self.assertIn(f'<span class="target">[{host}]</span>', cleaned(source).html)

    def test_a_link_that_says_it_is_left_alone(self) -> None:
        for words in ("labo.example", "https://labo.example/r", "LABO.example"):
            self.assertNotIn(
                "target", re.sub('target="', "", cleaned(f"<a href=https://labo.example/r>{words}</a>").html)
            )

    def test_a_link_tells_the_other_side_nothing(self) -> None:
        self.assertIn(' rel="noopener noreferrer"', cleaned("<a href=https://labo.example>x</a>").html)

    def test_an_address_that_two_readers_may_read_differently_is_no_link(self) -> None:
        for address in (
            *("https://ameli.fr\\@vol.example/", "https://ameli.fr@vol.example/", "https://a%2evol.example"),
            *("//vol.example", "/equipe/", "https:vol.example", "https:///vol.example", "ftp://vol.example"),
            *("https://a b.example", "https://[::1]/", "https://-a.example", "https://xn--fr-example/"),
        ):
            with self.subTest(address):
                self.assertEqual(
                    cleaned(f"<a href='{address}'>x</a>").html.replace("<a>", "").replace("</a>", ""), "x"
                )


class Pictures(unittest.TestCase):
    def test_a_picture_of_the_mail_itself_is_named_by_its_part(self) -> None:
        raw = corpus.multipart(
            corpus.html(
                b"<img src='cid:logo@dr' alt='Logo' width='40'><img src='CID:logo%40dr'><img src=cid:no alt=a>"
            ),
            corpus.file(b"\x89PNG", LOGO),
            kind=b"related",
        )

        found = layout(raw)

        self.assertEqual((found.parts, found.remote), (("2",), 0))
        self.assertIn('<img src="cid:2" alt="Logo" width="40"><img src="cid:2">', found.html)
        self.assertIn("[image : a]", found.html)

    def test_pictures_of_elsewhere_are_counted_and_gone(self) -> None:
        found = cleaned(
            "<img src=https://x.example/t.gif width=1><img src=//x.example/u alt='Le logo'><img src=v.png>"
            "<img src='data:image/svg+xml,<svg onload=alert(1)>'>"
        )

        self.assertEqual(found.remote, 4)
        self.assertNotIn("<img", found.html)
        self.assertIn("[image : Le logo]", found.html)


class TwoTexts(unittest.TestCase):
    def defects(self, text: str, source: str) -> tuple[str, ...]:
        return parse(
            corpus.multipart(corpus.plain(text.encode()), corpus.html(source.encode()), kind=b"alternative")
        ).defects

    def test_a_text_that_says_something_else_than_the_html_is_told(self) -> None:
        letter = "<p>Bonjour, merci de remplacer la lévothyroxine par la liothyronine dès lundi matin.</p>"
        self.assertIn("two-texts", self.defects("Votre logiciel ne lit pas le HTML.", letter))
        self.assertIn("two-texts", self.defects("Bonjour, tout va bien, rien à changer pour lundi.", letter))

    def test_the_same_words_laid_out_are_the_same(self) -> None:
        self.assertNotIn(
            "two-texts",
            self.defects(
                "Bonjour, l'INR de Mme Caron est de 4,8. Voir https://labo.example/r",
                "<p>Bonjour,</p><p>l'INR de <b>Mme Caron</b> est de 4,8. <a href='https://labo.example/r'>Voir</a>"
                "<img src=https://labo.example/l.png alt='Laboratoire des Bords de Loire'></p>",
            ),
        )
