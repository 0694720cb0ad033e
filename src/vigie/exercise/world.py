"""What the exercise holds fixed: the calendar, the people and outlets of the case file, and what the reader is told.

Real are the calendar, the eleven official candidates, the outlets RT and Sputnik as entries of the case file, and the
favourability figures of `polls.REAL`. Every server, channel, outlet, pollster and text of the data is invented.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Final

CAMPAIGN_OPENING: Final = date(2017, 4, 10)
FIRST_ROUND: Final = date(2017, 4, 23)
SECOND_ROUND: Final = date(2017, 5, 7)

START: Final = date(2017, 3, 20)
DAYS: Final = 35
DAY_S: Final = 86_400
START_S: Final = int(datetime(START.year, START.month, START.day, tzinfo=UTC).timestamp())

# Summer time began in France on 26 March 2017 at 01:00 UTC, within the exercise.
SUMMER_S: Final = int(datetime(2017, 3, 26, 1, tzinfo=UTC).timestamp())

WEB: Final = "www.campagne-simulee.example"
DONATIONS: Final = "dons.campagne-simulee.example"
MAIL: Final = "mail.campagne-simulee.example"
SERVERS: Final = ((WEB, "web"), (DONATIONS, "web"), (MAIL, "mail"))

CANDIDATES: Final = (
    ("dupont-aignan", "Nicolas Dupont-Aignan", ("Dupont-Aignan", "NDA", "Николя Дюпон-Эньян")),
    ("le-pen", "Marine Le Pen", ("Le Pen", "MLP", "Марин Ле Пен", "Ле Пен")),
    ("macron", "Emmanuel Macron", ("Macron", "Эмманюэль Макрон", "Макрон")),
    ("hamon", "Benoît Hamon", ("Hamon", "Бенуа Амон", "Амон")),
    ("arthaud", "Nathalie Arthaud", ("Arthaud",)),
    ("poutou", "Philippe Poutou", ("Poutou",)),
    ("cheminade", "Jacques Cheminade", ("Cheminade",)),
    ("lassalle", "Jean Lassalle", ("Lassalle",)),
    ("melenchon", "Jean-Luc Mélenchon", ("Mélenchon", "JLM", "Жан-Люк Меланшон", "Меланшон")),
    ("asselineau", "François Asselineau", ("Asselineau",)),
    ("fillon", "François Fillon", ("Fillon", "Франсуа Фийон", "Фийон")),
)

# Invented, and in the polls only: a candidate who withdraws, and the first day without her.
WITHDRAWN: Final = ("exemple-simulee", "Camille Exemple (simulée)", ("Camille Exemple",))
WITHDREW: Final = date(2017, 3, 13)

# (name, host) of the invented press; every host ends in .example, which nobody can register (RFC 2606).
OUTLETS: Final = (
    ("La Gazette simulée", "gazette-simulee.example"),
    ("Le Courrier imaginaire", "courrier-imaginaire.example"),
    ("L'Écho fictif", "echo-fictif.example"),
    ("Le Journal d'exercice", "journal-exercice.example"),
    ("La Dépêche inventée", "depeche-inventee.example"),
    ("Les Nouvelles de nulle part", "nouvelles-nulle-part.example"),
    ("Radio Exemple", "radio-exemple.example"),
    ("Le Quotidien factice", "quotidien-factice.example"),
    ("La Tribune d'essai", "tribune-essai.example"),
    ("Le Messager simulé", "messager-simule.example"),
    ("L'Observateur d'exercice", "observateur-exercice.example"),
    ("Le Phare imaginaire", "phare-imaginaire.example"),
)
# (name, host) of an invented outlet that an invented state runs, and of an invented site that prints what it prints.
STATE_OUTLET: Final = ("Télévision d'État imaginaire", "television-etat-imaginaire.example")
LINKED_SITE: Final = ("Le Relais imaginaire", "relais-imaginaire.example")
NEWSROOM: Final = OUTLETS[0]
NEWSROOM_FEEDS: Final = ("sim_gazette_une", "sim_gazette_direct")
AGENCY: Final = "Agence simulée"

PLACES: Final = (
    "Val-Fictif", "Saint-Exemple", "Montbidon-sur-Rien", "Port-Imaginaire", "La Roche-Simulée", "Villeneuve-d'Essai",
    "Bourg-Factice", "Les Trois-Maquettes", "Fontaine-Inventée", "Champ-du-Leurre", "Sainte-Hypothèse",
    "Pont-de-Papier",
)  # fmt: skip

CASE_HEAD: Final = """\
# An exercise: everything in exports/ is simulated. README.txt says what is real.

[election]
name = "France, 2017"
country = "FR"
time_zone = "Europe/Paris"
campaign_opening = {opening}
rounds = [{first}, {second}]
simulated = true            # shown on every page
"""

README: Final = """\
Vigie exercise "France, 2017" (scale {scale:g}, seed {seed})

EVERYTHING IN exports/ IS SIMULATED, except
 - the calendar: official campaign from 10 April 2017, first round 23 April, second round 7 May 2017;
 - the names of the eleven official candidates;
 - the figures of Ipsos for Le Point in exports/polls/polls-favourability-ipsos-lepoint.csv (see below).
RT and Sputnik stand in case.toml because they are real and state-controlled; nothing in the data is theirs.

Servers, channels, outlets, people, places, pollsters and texts are invented, and so is Camille Exemple, the candidate
who withdraws. Host names end in .example, which nobody can register; channel identifiers begin with sim_. No simulated
text quotes a real person or says anything about one beyond that a programme exists and can be read.
Client addresses are drawn at random from broad national allocations, so that a country can be looked up. That an
address appears here says nothing about whoever uses it. The simulated voting intentions of polls-simulated.csv and
polls-collection-simulated.csv are draws around invented levels: no pollster published them, no outlet counted anything,
and whatever moves in them never happened.

The real favourability figures (Ipsos for Le Point, fieldwork 10 and 11 February 2017, per cent of favourable opinions)
  Emmanuel Macron 39   France 3 Hauts-de-France, on the wave published on 15 February 2017
  Benoît Hamon    38   the same page; Jean-Luc Mélenchon had 38, too
  Marine Le Pen   26   derived: 30 in March after a gain of 4 (France-Soir, on the wave of 10 and 11 March 2017)
  François Fillon 25   Ipsos, 15 February 2017: 43 the month before, a fall of 18 points
The day of the January wave is not established: its row carries the last day of the month. Sample sizes are not
established and are left empty.

truth/operations.csv says what was planted, what merely looks like it, and what is real:
  kind      planted and real should be found, a look_alike should not; what is beside an operation (a page that
            its actors read) need not be found, and may
  detector  of what should be found: the detector that should, then others that may with reason, joined by a bar;
            of a look_alike: those that it could mislead
  aim       aimed or background, for operations whose requests are counted by day; empty for all others
  share     the probability that was planted, where the operation is a share: every address of web-attack was drawn
            from the country with it, whatever the address sends, so it is the expected share of requests, sessions and
            sources alike; the share that came out differs, as a draw does
truth/rows.csv says which records of which file belong to an operation, truth/days.csv with which record each day (UTC)
begins. A record is the number of the line on which it begins (line formats and CSV) or its
ordinal (messages of a Telegram export, items of a feed). `vigie score` compares findings with it. Do not read truth/
before you have run your analysis, and add exports/ only.

The generator shares no code with the detectors that it examines.
"""


def case_toml() -> str:
    """Return the case file: real names and calendar, invented servers and press."""
    parts = [CASE_HEAD.format(opening=CAMPAIGN_OPENING, first=FIRST_ROUND, second=SECOND_ROUND)]
    for ident, name, aliases in (*CANDIDATES, WITHDRAWN):
        parts.append(f'\n[[candidates]]\nid = "{ident}"\nname = "{name}"\naliases = {_array(aliases)}\n')
    parts.append(f"withdrew = {WITHDREW}         # invented, as she is\n")
    parts.append(
        "\n# Reference entries: real outlets, listed for their exposure tier. Nothing in exports/ is theirs.\n"
    )
    parts.append(_outlet("RT", "state-controlled", ("rt.com",), ("x:RT_com", "x:RTenfrancais")))
    parts.append(_outlet("Sputnik", "state-controlled", ("sputniknews.com",), ("x:SputnikInt", "x:sputnik_fr")))
    parts.append("\n# Invented outlets of the exercise.\n")
    for name, host in OUTLETS:
        channels = [f"x:{handle}" for handle in NEWSROOM_FEEDS] if host == NEWSROOM[1] else [f"x:{outlet_handle(host)}"]
        parts.append(_outlet(name, "none", (host,), channels))
    parts.append("\n# Invented, too: an outlet of an invented state, and a site that is linked to it.\n")
    for (name, host), tier in ((STATE_OUTLET, "state-controlled"), (LINKED_SITE, "state-linked")):
        parts.append(_outlet(name, tier, (host,), [f"x:{outlet_handle(host)}"]))
    parts.append("\n# Invented servers of the exercise.\n")
    parts += [f'\n[[servers]]\nhost = "{host}"\nrole = "{role}"\n' for host, role in SERVERS]
    return "".join(parts)


def outlet_handle(host: str) -> str:
    """Return the handle on X of the invented outlet at `host`.

    >>> outlet_handle("echo-fictif.example")
    'sim_echo_fictif'
    """
    return "sim_" + host.removesuffix(".example").replace("-", "_")


def day_s(month: int, day: int, hour: int = 0, minute: int = 0) -> int:
    """Return seconds since 1970 of a local (Paris) clock time in 2017."""
    clock = int(datetime(2017, month, day, hour, minute, tzinfo=UTC).timestamp())
    return clock - (7_200 if clock - 3_600 >= SUMMER_S else 3_600)


def iso(moment_s: float) -> str:
    """Return seconds since 1970 as ISO 8601, to the second.

    >>> iso(START_S)
    '2017-03-20T00:00:00Z'
    """
    return datetime.fromtimestamp(int(moment_s), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _array(items: tuple[str, ...] | list[str]) -> str:
    return "[" + ", ".join(f'"{item}"' for item in items) + "]"


def _outlet(name: str, tier: str, domains: tuple[str, ...], channels: tuple[str, ...] | list[str]) -> str:
    head = f'\n[[outlets]]\nname = "{name}"\ntier = "{tier}"\n'
    return f"{head}domains = {_array(domains)}\nchannels = {_array(channels)}\n"
