"""The public holidays of France, of any year: those of a day, and those that go with Easter."""

from __future__ import annotations

from datetime import date, timedelta

FIXED = {
    (1, 1): "Jour de l’an",
    (5, 1): "Fête du Travail",
    (5, 8): "Victoire 1945",
    (7, 14): "Fête nationale",
    (8, 15): "Assomption",
    (11, 1): "Toussaint",
    (11, 11): "Armistice 1918",
    (12, 25): "Noël",
}
# Days after Easter Sunday.
MOVABLE = {1: "Lundi de Pâques", 39: "Ascension", 50: "Lundi de Pentecôte"}
# In Alsace and Moselle, besides (code du travail, L3134-13).
GOOD_FRIDAY, SECOND_OF_CHRISTMAS = (-2, "Vendredi saint"), ((12, 26), "Saint-Étienne")


def holidays(year: int, *, alsace_moselle: bool = False) -> dict[date, str]:
    """Each with its name, in the order of the year. Two that fall together, as in 2008, keep the fixed one's."""
    easter = easter_sunday(year)
    fixed, movable = dict(FIXED), dict(MOVABLE)
    if alsace_moselle:
        fixed.update([SECOND_OF_CHRISTMAS])
        movable.update([GOOD_FRIDAY])
    found = {easter + timedelta(days=after): name for after, name in movable.items()}
    found.update({date(year, month, day): name for (month, day), name in fixed.items()})
    return dict(sorted(found.items()))


def easter_sunday(year: int) -> date:
    """In the Gregorian calendar: the algorithm of Meeus, Jones and Butcher."""
    century, of_century = divmod(year, 100)
    moon = year % 19
    leap_centuries, skipped = divmod(century, 4)
    corrected = (century - (century + 8) // 25 + 1) // 3
    epact = (19 * moon + century - leap_centuries - corrected + 15) % 30
    leap_years, since_leap = divmod(of_century, 4)
    weekday = (32 + 2 * skipped + 2 * leap_years - epact - since_leap) % 7
    late = (moon + 11 * epact + 22 * weekday) // 451
    month, day = divmod(epact + weekday - 7 * late + 114, 31)
    return date(year, month, day + 1)
