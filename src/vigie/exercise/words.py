"""The invented voice of the crowd: sentences drawn word by word, so that no two people say the same by chance."""

# ruff: noqa: SIM905 - lists of words read best as words
from __future__ import annotations

from typing import TYPE_CHECKING, Final

from vigie.exercise.world import CANDIDATES, PLACES

if TYPE_CHECKING:
    import numpy as np

_NOUNS: Final = tuple(
    "marché cortège stand facteur boulanger tracteur théâtre lycée gymnase vélo carnet micro parapluie jardin "
    "collège train bureau comptoir sentier moulin quai musée concert kiosque préau hangar clocher chantier "
    "vestiaire tramway buffet banc escalier potager manège cinéma réfectoire camion ballon lavoir square verger "
    "atelier dossier carrefour fournil pupitre bibliobus lampadaire thermos tableau tapis violon puzzle".split()
)
_ADJECTIVES: Final = tuple(
    "tranquille vide immense minuscule bruyant doré neuf ancien étroit curieux provisoire municipal lointain "
    "joyeux gris vert bleu rouillé complet fragile solide discret lumineux humide pressé patient voisin rural "
    "maritime banal rare modeste pratique bizarre robuste sonore pliant ouvert bancal rapide".split()
)
_VERBS: Final = tuple(
    "longe traverse décore répare accueille dépasse regarde remplace entoure prépare déplace attend protège "
    "finance retrouve oublie bloque rejoint photographie inaugure repeint surveille contourne éclaire réveille "
    "range prête récupère anime démonte dessine écoute soulève trie partage admire salue signale compare filme".split()
)
_OPENERS: Final = (
    "Ce matin", "Hier soir", "Apparemment", "Tiens", "Bref", "Depuis lundi", "À midi", "Comme prévu", "Franchement",
    "Dimanche", "Encore une fois", "Vu d'ici", "Sans rire", "Pendant le débat", "En sortant du train", "Au réveil",
    "Pour info", "Étonnant", "Entre deux averses", "Sur le chemin", "Avant la réunion", "Chez nous",
    "Toujours pareil", "Ce soir-là", "Bonne nouvelle",
)  # fmt: skip
_LINKS: Final = (
    "près de",
    "derrière",
    "à côté de",
    "en face de",
    "loin de",
    "autour de",
    "avant",
    "après",
    "sans",
    "avec",
)
_TAGS: Final = ("presidentielle2017", "debat", "campagne", "programme", "vote", "elections", "GrandDebat", "exercice")
_EN: Final = (
    tuple(
        "market tram garden station library bridge poster kettle ladder museum bicycle lantern harbour notebook".split()
    ),
    tuple("quiet crowded rusty early local empty golden narrow distant cheerful wooden ordinary curious wet".split()),
    tuple("passes paints follows repairs welcomes surrounds forgets photographs replaces lights counts moves".split()),
)
_RU: Final = (
    tuple("рынок трамвай сад вокзал мост плакат чайник музей фонарь блокнот автобус причал киоск театр".split()),
    tuple("тихий старый пустой местный узкий далёкий весёлый мокрый новый обычный жёлтый ранний".split()),
    tuple("встречает обходит красит чинит ждёт освещает считает двигает рисует слушает украшает".split()),
)
_PLAIN: Final = str.maketrans("àâéèêîôûç", "aaeeeiouc")
FIRST_NAMES: Final = tuple(
    "camille louis manon hugo lea jules chloe adam ines paul jade lucas zoe tom nina leo lina noe eva max clara "
    "theo alice remi sarah yanis emma luc rose marc anna ali lou ben mia sam iris oscar nora axel elsa joel aya "
    "ugo ida".split()
)
EVERYDAY: Final = (
    "Bonne journée à tous !", "Vivement le week-end", "Il pleut encore...", "Bon anniversaire !",
    "Qui regarde le débat ce soir ?", "Merci à tous pour vos messages", "Le café d'abord", "Bonne nuit la France",
    "Allez voter !", "Courage à ceux qui travaillent",
)  # fmt: skip


def french(draw: np.random.Generator, n: int) -> list[str]:
    """Draw `n` French sentences of eight free words; that two share seven is as good as impossible."""
    sizes = (
        len(_OPENERS),
        len(_NOUNS),
        len(_ADJECTIVES),
        len(_VERBS),
        len(_NOUNS),
        len(_ADJECTIVES),
        len(_LINKS),
        len(PLACES),
    )
    drawn = draw.integers(0, sizes, (n, len(sizes))).tolist()
    nouns, adjectives, verbs = _NOUNS, _ADJECTIVES, _VERBS
    return [
        f"{_OPENERS[o]}, un {nouns[a]} {adjectives[b]} {verbs[v]} le {nouns[c]} {adjectives[d]} {_LINKS[k]} {PLACES[p]}"
        for o, a, b, v, c, d, k, p in drawn
    ]


def foreign(draw: np.random.Generator, lang: str) -> str:
    """Draw one sentence in English (`en`) or Russian (`ru`)."""
    nouns, adjectives, verbs = _EN if lang == "en" else _RU
    a, c = (nouns[i] for i in draw.integers(0, len(nouns), 2))
    b, d = (adjectives[i] for i in draw.integers(0, len(adjectives), 2))
    verb, number = verbs[int(draw.integers(len(verbs)))], int(draw.integers(2, 900))
    return (
        f"The {b} {a} {verb} {number} {d} {c}s" if lang == "en" else f"{b.capitalize()} {a} {verb} {d} {c} № {number}"
    )


def hashtags(draw: np.random.Generator) -> list[str]:
    """Draw none to two hashtags."""
    n = int(draw.choice(3, p=(0.55, 0.3, 0.15)))
    return [_TAGS[i] for i in draw.permutation(len(_TAGS))[:n].tolist()]


def about_a_candidate(draw: np.random.Generator) -> str:
    """Draw a remark that names a candidate and says nothing of them: a programme exists and is read."""
    name = CANDIDATES[int(draw.integers(len(CANDIDATES)))][1]
    return ("Je lis le programme de {}.", "Le programme de {} est arrivé par la poste.", "Page 2 du programme de {}.")[
        int(draw.integers(3))
    ].format(name)


def noun(draw: np.random.Generator) -> str:
    """Draw one noun, fit for an address."""
    return _NOUNS[int(draw.integers(len(_NOUNS)))].translate(_PLAIN)
