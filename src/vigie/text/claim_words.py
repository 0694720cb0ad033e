"""The words of a claim in English and French, each folded: no accents, no case."""

# ruff: noqa: SIM905 - lists of words read best as words

from __future__ import annotations

from typing import Final

# A phrase and what it makes of the figure after it. Longer phrases come first where one begins with another.
DIRECTIONS: Final = {
    "at least": ">=", "no fewer than": ">=", "no less than": ">=", "not less than": ">=", "a minimum of": ">=",
    "au moins": ">=", "au minimum": ">=", "pas moins de": ">=", "pas moins d": ">=",
    "more than": ">", "over": ">", "above": ">", "plus de": ">", "plus d": ">", "au dela de": ">",
    "at most": "<=", "no more than": "<=", "not more than": "<=", "up to": "<=", "au plus": "<=", "au maximum": "<=",
    "pas plus de": "<=", "pas plus d": "<=", "jusqu a": "<=",
    "less than": "<", "fewer than": "<", "under": "<", "below": "<", "moins de": "<", "moins d": "<",
    "about": "~", "around": "~", "roughly": "~", "approximately": "~", "some": "~", "nearly": "~", "almost": "~",
    "circa": "~", "environ": "~", "pres de": "~", "pres d": "~", "a peu pres": "~", "quelque": "~", "presque": "~",
    "autour de": "~",
}  # fmt: skip

# A share in words.
SHARES: Final = {
    "three quarters": 0.75, "trois quarts": 0.75, "two thirds": 2 / 3, "deux tiers": 2 / 3, "one half": 0.5,
    "half": 0.5, "la moitie": 0.5, "moitie": 0.5, "a third": 1 / 3, "one third": 1 / 3, "un tiers": 1 / 3,
    "le tiers": 1 / 3, "a quarter": 0.25, "one quarter": 0.25, "un quart": 0.25, "le quart": 0.25, "a fifth": 0.2,
    "one fifth": 0.2, "un cinquieme": 0.2, "a tenth": 0.1, "one tenth": 0.1, "un dixieme": 0.1,
}  # fmt: skip
MOST: Final = (
    "the majority", "a majority", "majority", "la majorite", "une majorite", "majorite", "most", "mostly", "la plupart",
    "the bulk", "mainly",
)  # fmt: skip
PERCENT: Final = ("%", "percent", "per cent", "pour cent", "pct")
OUT_OF: Final = ("out of", "in", "sur")

# Counts in words: from, below.
CROWDS: Final = {
    "hundreds of thousands": (200_000.0, 2_000_000.0), "centaines de milliers": (200_000.0, 2_000_000.0),
    "tens of thousands": (20_000.0, 200_000.0), "dizaines de milliers": (20_000.0, 200_000.0),
    "thousands": (2_000.0, 20_000.0), "several thousand": (2_000.0, 20_000.0), "milliers": (2_000.0, 20_000.0),
    "plusieurs milliers": (2_000.0, 20_000.0), "hundreds": (200.0, 2_000.0), "several hundred": (200.0, 2_000.0),
    "a few hundred": (200.0, 1_000.0), "plusieurs centaines": (200.0, 2_000.0), "quelques centaines": (200.0, 1_000.0),
    "centaines": (200.0, 2_000.0), "dozens": (24.0, 200.0), "douzaines": (24.0, 200.0), "dizaines": (20.0, 200.0),
    "tens": (20.0, 200.0),
}  # fmt: skip
NUMBERS: Final = {
    "zero": 0, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9,
    "ten": 10, "eleven": 11, "twelve": 12, "fifteen": 15, "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50,
    "sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90, "deux": 2, "trois": 3, "quatre": 4, "cinq": 5, "sept": 7,
    "huit": 8, "neuf": 9, "dix": 10, "onze": 11, "douze": 12, "quinze": 15, "vingt": 20, "trente": 30, "quarante": 40,
    "cinquante": 50, "soixante": 60, "a dozen": 12, "une douzaine": 12, "une dizaine": 10, "une vingtaine": 20,
    "une trentaine": 30, "une cinquantaine": 50, "une centaine": 100, "un millier": 1_000, "a hundred": 100,
    "a thousand": 1_000, "one hundred": 100, "one thousand": 1_000, "cent": 100, "mille": 1_000,
}  # fmt: skip
MULTIPLES: Final = {"hundred": 100, "thousand": 1_000, "million": 1_000_000, "cents": 100, "cent": 100, "mille": 1_000}

# How many days the time of a rate has.
TIMES: Final = {
    "day": 1.0, "jour": 1.0, "jours": 1.0, "days": 1.0, "week": 7.0, "semaine": 7.0, "semaines": 7.0, "weeks": 7.0,
    "hour": 1 / 24, "heure": 1 / 24, "month": 30.0, "mois": 30.0, "minute": 1 / 1_440,
}  # fmt: skip
EACH: Final = ("a", "an", "per", "each", "every", "/", "par", "chaque", "tous les", "toutes les", "the", "le", "la")
TIMELY: Final = {
    "daily": 1.0, "quotidien": 1.0, "quotidienne": 1.0, "quotidiens": 1.0, "quotidiennes": 1.0, "quotidiennement": 1.0,
    "journalier": 1.0, "journaliers": 1.0, "journalieres": 1.0, "weekly": 7.0, "hebdomadaire": 7.0,
    "hebdomadaires": 7.0, "hourly": 1 / 24,
}  # fmt: skip

UNITS: Final = {
    "requests": "requests", "request": "requests", "requetes": "requests", "requete": "requests",
    "sessions": "sessions", "session": "sessions",
    "sources": "sources", "source": "sources", "addresses": "sources", "address": "sources", "adresses": "sources",
    "ips": "sources", "attackers": "sources", "attaquants": "sources", "machines": "sources",
}  # fmt: skip
KINDS: Final = {
    "sql injections": "sql_injection", "sql injection": "sql_injection", "injections sql": "sql_injection",
    "injection sql": "sql_injection", "xss": "xss", "cross site scripting": "xss", "ssrf": "ssrf", "xxe": "xxe",
    "command injections": "command_injection", "command injection": "command_injection",
    "injections de commandes": "command_injection", "path traversal": "traversal", "path traversals": "traversal",
    "login guessing": "login_guessing", "password guessing": "login_guessing", "brute force": "login_guessing",
    "force brute": "login_guessing",
}  # fmt: skip

FROM: Final = ("from", "de", "d", "du", "des", "depuis", "provenance", "in", "within", "inside", "en")
# Before a country these say whom attacks were on, unless a word of PLACED stands before them.
IN: Final = ("in", "within", "inside", "en", "on", "against", "at", "to", "sur", "contre", "au", "aux")
PLACED: Final = ("located", "based", "registered", "originate", "originating", "originated", "situees", "situes")
LASTING: Final = ("for", "during", "in", "within", "pendant", "depuis", "durant")
AND: Final = ("and", "or", "et", "ou", "&", "plus")
BY: Final = ("by", "par", "behind", "derriere")
ACTORS: Final = frozenset(
    "hacker hackers pirate pirates gru fsb svr kremlin government governments gouvernement state etat states etats "
    "sponsored service services intelligence renseignement agents spies espions army armee military militaire "
    "militaires hacktivists".split()
)
# Words that change what is claimed and cannot be read here, and what to do instead.
CHANGING: Final = (
    (
        frozenset("not never no none nobody without except unless neither nor nt ne pas jamais aucun aucune sans sauf "
                  "excepte ni minus negative".split()),
        "say what is so, such as: at most, less than",
    ),
    (
        frozenset("twice double doubled triple tripled times fold increase increased rose grew fell decrease decreased "
                  "decline declined surge surged spike spiked fois augmente augmentation baisse".split()),
        "a change is not read; name a figure, and the days with --from and --to",
    ),
    (
        frozenset("january february march april june july august september october november december janvier fevrier "
                  "mars avril mai juin juillet aout septembre octobre novembre decembre monday tuesday wednesday "
                  "thursday friday saturday sunday lundi mardi mercredi jeudi vendredi samedi dimanche yesterday today "
                  "tonight hier since until during last past depuis pendant durant between entre recently "
                  "recemment".split()),
        "name the days with --from and --to",
    ),
)  # fmt: skip
# Words that say nothing about the figures.
QUIET: Final = frozenset(
    "a an the of our its their his her this that these those them they it we i is are was were be been being has have "
    "had having come comes came coming take taken took suffer suffered suffers receive received receives get gets got "
    "attack attacks attacked attacking cyberattack cyberattacks attempt attempts hit hits probe probes traffic web "
    "website websites site sites page pages server servers campaign campaigns party candidate candidates party s "
    "against on at to and or with which who by all every each originate originates originated originating located "
    "based registered aimed directed launched sent send sends made make account accounts for per day "
    "le la les l un une des de du d nos notre votre leur leurs ce ces cette qui que dont sont est etait etaient ont a "
    "ete avons subit subissons subissent subi recoit recoivent recu viennent vient venaient provient proviennent "
    "provenaient provenance en au aux sur contre attaque attaques attaquee attaques tentative tentatives "
    "cyberattaque cyberattaques serveur serveurs campagne parti candidat et ou avec toutes tous tout toute elles ils "
    "elle il par y avoir sites internet informatique informatiques situees situes lancees menees entre autres "
    "exactly country countries pays origin origine such".split()
)
MAIL: Final = frozenset("mail mails email emails messagerie courriel courriels".split())
