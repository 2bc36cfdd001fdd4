"""Codes of UCUM, the Unified Code for Units of Measure: what one is, and how people write it.

Source: ucum.org, the case-sensitive codes. The atoms are those of building, energy, climate and
trade; ``var``, which meters use and UCUM lacks, is one of them.
"""

import re
from typing import Final


def _table(text: str) -> dict[str, str]:
    """Read ``code=symbol`` pairs; a code alone is its own symbol, ``~`` is a blank."""
    pairs = (pair.partition("=") for pair in text.split())
    return {code: (symbol or code).replace("~", " ") for code, _, symbol in pairs}


PREFIXES: Final = _table("Y Z E P T G M k h da d c m u=µ n p f a z y Ki Mi Gi Ti")
# These take prefixes.
METRIC: Final = _table("""
m s g K C cd mol sr rad Hz N Pa J W A V F S Wb H T lm lx Bq Gy Sv t bar u eV cal kat var B Np bit
By pc bd L=l l ar=a Ohm=Ω Cel=°C m[H2O]=m~H₂O m[Hg]=m~Hg
""")
OTHERS: Final = _table("""
% min h d wk mo a atm gon 10*=10 10^=10 deg=° '=′ ''=″
[ppth]=‰ [ppm]=ppm [ppb]=ppb [pptr]=ppt [pH]=pH B[SPL]=B
[in_i]=in [ft_i]=ft [yd_i]=yd [mi_i]=mi [kn_i]=kn [sin_i]=in² [sft_i]=ft² [syd_i]=yd² [acr_us]=acre
[cin_i]=in³ [cft_i]=ft³ [cyd_i]=yd³ [gal_us]=gal [gal_br]=gal [lb_av]=lb [oz_av]=oz [lbf_av]=lbf
[psi]=psi [in_i'H2O]=in~H₂O [degF]=°F [HP]=hp [Btu]=Btu [Btu_IT]=Btu
""")
# What people write instead, and what they mean.
MEANT: Final = _table("""
Wh=W.h kWh=kW.h MWh=MW.h VA=V.A kVA=kV.A kVAh=kV.A.h kvarh=kvar.h C=Cel °C=Cel ºC=Cel degC=Cel
°F=[degF] °=deg m²=m2 m³=m3 m^2=m2 m^3=m3 sqm=m2 qm=m2 cbm=m3 ft=[ft_i] ft²=[sft_i] ft2=[sft_i]
sqft=[sft_i] in=[in_i] ppm=[ppm] ppb=[ppb] year=a yr=a month=mo week=wk day=d hour=h sec=s µm=um
µg=ug EUR={EUR} €={EUR} CHF={CHF} USD={USD} $={USD} pcs=1 ·=. *=.
""")
TOKEN: Final = re.compile(
    r"(?P<open>\()|(?P<close>\))|(?P<operator>[./])|(?P<note>\{[!-z|~]*\})"
    r"|(?P<atom>(?:10[*^]|%|''?|[A-Za-z]+(?:\[[^\]\s]+\])?|\[[^\]\s]+\]))(?P<power>[+-]?[1-9])?"
    r"|(?P<number>[1-9][0-9]{0,8})"
)
# Products that people write as one word.
RUN_TOGETHER: Final = re.compile(r"(?<=W)·(?=h\b)|(?<=A)·(?=h\b)|(?<=var)·(?=h\b)|(?<=V)·(?=A)")
RAISED: Final = str.maketrans("+-0123456789", "⁺⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def is_code(text: str) -> bool:
    """Say whether a text is a code of UCUM, such as ``kW.h/(m2.a)`` or ``{EUR}/m2``."""
    return _shown(text) is not None


def written(code: str) -> str:
    """Return a code as people write it (``kW.h/m2`` is kWh/m²); no code is returned as it is."""
    shown = _shown(code)
    return code if shown is None else shown


def meant_by(text: str) -> str:
    """Return the code that a text most likely stands for, part by part; empty if nobody knows."""
    parts = re.split(r"([/·*.()])", text.strip().replace(" ", ""))
    guess = "".join(MEANT.get(part, part) for part in parts)
    return guess if is_code(guess) else ""


def _shown(code: str) -> str | None:
    """Return how people write a code, or None if it is none.

    A machine of two states: a term is expected, or an operator is.
    """
    out: list[str] = []
    place, depth, expects_term = 0, 0, True
    while place < len(code):
        match = TOKEN.match(code, place)
        if match is None or not _fits(match, expects_term, is_first=place == 0, depth=depth):
            return None
        text = _piece(match)
        if text is None:
            return None
        out.append(text if expects_term or not match["note"] else f" {text}")
        depth += (match["open"] is not None) - (match["close"] is not None)
        expects_term = match["open"] is not None or match["operator"] is not None
        place = match.end()
    return None if expects_term or depth else RUN_TOGETHER.sub("", "".join(out))


def _fits(match: re.Match[str], expects_term: bool, *, is_first: bool, depth: int) -> bool:
    """Say whether a token may stand here; an annotation may also follow its term."""
    if match["operator"]:
        return not expects_term or (is_first and match["operator"] == "/")
    if match["close"]:
        return not expects_term and depth > 0
    return expects_term or match["note"] is not None


def _piece(match: re.Match[str]) -> str | None:
    """Return how people write a token; None for an atom that does not exist."""
    if match["atom"]:
        name = _atom(match["atom"])
        power = (match["power"] or "").translate(RAISED)
        return None if name is None else f"{name}{power}"
    if match["operator"] == ".":
        return "·"
    if match["note"]:
        return match["note"][1:-1]
    return "" if match["number"] == "1" else match[0]


def _atom(text: str) -> str | None:
    for length in (2, 1):
        prefix, rest = text[:length], text[length:]
        if prefix in PREFIXES and rest in METRIC:
            return f"{PREFIXES[prefix]}{METRIC[rest]}"
    return METRIC.get(text) or OTHERS.get(text)
