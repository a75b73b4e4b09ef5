"""What a cell means in which a number stands among words: a guess, never a reading."""

from __future__ import annotations

import re
from typing import Literal

from layers.findings import NO_GUESS, Guess

Kind = Literal["number", "integer", "axis"]
SURE, LIKELY, PERHAPS = 0.9, 0.8, 0.5
_LONGEST = 60
_NUMBER = r"[-+\u2212]?\d+(?:[.,'\u2019\s]\d+)*"
_CELL = re.compile(rf"(?P<before>[^\d+\u2212-]*?)\s*(?P<number>{_NUMBER})\s*(?P<after>[^\d]*)")
_ROUGH = re.compile(r"([-+]?)([1-9]\d{0,2})[.,](\d{3})")
ABOUT = re.compile(
    r"(?:aprox(?:\.|imadamente|imately|)|approx(?:\.|imately|imativement|)|ca\.?|circa|about"
    r"|around|env\.?|environ|unos|unas|alrededor de|anviwon|some|~|≈|total:?|=)", re.IGNORECASE)
_PEOPLE = (
    "persona personas person persons people personne personnes pers moun migrante migrantes "
    "migrant migrants individual individuals individuo individuos victim victims víctima "
    "víctimas victima victimas victime victimes habitantes"
)
OWN_WORDS = {
    "dead": "muerto muertos muerta muertas fallecido fallecidos fallecida fallecidas dead death "
            "deaths killed mort morts morte mortes décès mouri",
    "missing": "desaparecido desaparecidos desaparecida desaparecidas missing disparu disparus "
               "disparue disparues disparèt",
    "injured": "herido heridos herida heridas injured wounded blessé blessés blessée blessées "
               "blese",
}
UNIT_WORDS = {
    "people": _PEOPLE,
    "beds": "cama camas bed beds lit lits kabann plaza plazas",
    "km": "km kms kilómetro kilómetros kilometro kilometros kilometre kilometres kilometer "
          "kilometers kilomètre kilomètres kilomèt",
    "m": "m metro metros metre metres meter meters mètre mètres mèt",
    "h": "h hora horas hour hours heure heures",
    "degree": "° º deg",
}
_OTHER_SCALE = {("km", "m"): 0.001, ("m", "km"): 1000.0}
_DMS = re.compile(
    r"(?P<sign>[-\u2212]?)(?P<deg>\d{1,3}(?:[.,]\d+)?)\s*[°º˚d]?\s*"
    r"(?:(?P<min>\d{1,2}(?:[.,]\d+)?)\s*['\u2019\u2032m]?\s*)?"
    r"(?:(?P<sec>\d{1,2}(?:[.,]\d+)?)\s*(?:\"|\u201d|\u2033|''|\u2019\u2019|s)?\s*)?(?P<side>[NSEWO]?)",
    re.IGNORECASE)


def guess_number(cell: str, name: str, unit: str, kind: Kind) -> Guess:
    """Guess which number somebody meant.

    Parameters
    ----------
    cell : str
        A text that is no number.
    name, unit : str
        Of the column.

    Examples
    --------
    >>> guess_number("42 personas", "dead", "people", "integer").words
    '42?'
    >>> guess_number("1,500", "capacity", "beds", "number").words
    '1500 or 1.5?'
    >>> guess_number("500 m", "coord_precision_km", "km", "number").fix
    (('', '0.5'),)
    """
    if len(cell) > _LONGEST:
        return NO_GUESS
    if kind == "axis":
        return _guess_degrees(cell, name)
    if rough := _ROUGH.fullmatch(cell):
        return _tell_riddle(rough, kind)
    found = _CELL.fullmatch(cell)
    value = _read_plain(found["number"]) if found else ""
    if not found or not value or (kind == "integer" and "." in value):
        return NO_GUESS
    words = " ".join(found["after"].lower().strip(" .()").split())
    scale, confidence = _weigh_words(words, name, unit)
    before = found["before"].strip(" (")
    if before and not ABOUT.fullmatch(before):
        confidence = min(confidence, PERHAPS)
    value = value if scale == 1 else f"{float(value) * scale:g}"
    return Guess(f"{value}?", (("", value),), confidence)


def _read_plain(number: str) -> str:
    """A number without signs that could be read twice, or nothing."""
    text = number.replace("\u2212", "-").lstrip("+")
    if re.fullmatch(r"-?\d+(\.\d{1,2})?", text):
        return text
    if re.fullmatch(r"-?\d+,\d{1,2}", text):
        return text.replace(",", ".")
    grouped = re.fullmatch(r"-?[1-9]\d{0,2}(?:([.,'\u2019\s])\d{3})(?:\1\d{3})*", text)
    if grouped and (grouped[1] not in ".," or len(re.findall(r"[.,]", text)) > 1):
        return re.sub(r"[^\d-]", "", text)
    return ""


def _weigh_words(words: str, name: str, unit: str) -> tuple[float, float]:
    """How words after a number bear on it: a factor, and how sure that is."""
    if not words:
        return 1.0, SURE
    # "3 heridos" under `dead` are not three dead, under a total they may be all there were.
    victims = OWN_WORDS.get(name) or " ".join(OWN_WORDS.values()) * (unit == "people")
    if words in f"{victims} {UNIT_WORDS.get(unit, unit)}".split():
        return 1.0, SURE
    for (ours, theirs), factor in _OTHER_SCALE.items():
        if unit == ours and words in UNIT_WORDS[theirs].split():
            return factor, SURE
    return 1.0, PERHAPS


def _tell_riddle(rough: re.Match[str], kind: Kind) -> Guess:
    sign, whole, rest = rough.groups()
    thousands, decimals = f"{sign}{whole}{rest}", f"{float(f'{sign}{whole}.{rest}'):g}"
    fix = (("", thousands),) if kind == "integer" and rest != "000" else ()
    return Guess(f"{thousands} or {decimals}?", fix, LIKELY if fix else 0.0,
                 "thousands or decimals?")


def _guess_degrees(cell: str, name: str) -> Guess:
    """Degrees, minutes and seconds, or a letter for the side of the globe."""
    found = _DMS.fullmatch(cell.strip())
    side = found["side"].upper() if found else ""
    own = {"lat": "NS", "lon": "EWO"}.get(name, "")
    if not found or (side and side not in own):
        return NO_GUESS
    parts = [float((found[part] or "0").replace(",", ".")) for part in ("deg", "min", "sec")]
    if max(parts[1:]) >= 60:  # noqa: PLR2004 - minutes and seconds of an angle
        return NO_GUESS
    degrees = parts[0] + parts[1] / 60 + parts[2] / 3600
    if found["sign"] or side in {"S", "W", "O"}:
        degrees = -degrees
    value = f"{degrees:.6f}".rstrip("0").rstrip(".")
    # In Spanish and French O is west, in German east.
    confidence = PERHAPS if side == "O" else SURE if side or found["sign"] else PERHAPS
    return Guess(f"{value}?", (("", value),), confidence)
