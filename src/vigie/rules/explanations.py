"""Innocent explanations of channels that keep meeting at the same objects: every one is tested, each with its figures.

`share` is the share of the network's *pair-objects* (a pair of members at an object) that an explanation accounts for,
`fits` whether it accounts for the network as a whole. Whoever coordinates knows this list: what costs a script nothing
(identical seconds, one domain, a word in a profile) is said beside a network and excuses none. Two may excuse
(`EXCUSES`): an owner whom the case file names, which nobody but its author can write, and an appointment that people
keep, minutes apart at one hour of the day. The second can be staged by whoever has the patience.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final, NamedTuple

from vigie.rules.appointments import appointment
from vigie.rules.met import FITS_MIN, Explanation, Member, Network, share_of
from vigie.text.counted import counted

if TYPE_CHECKING:
    from collections.abc import Callable

EXCUSES: Final = ("declared owner", "appointment")
CROWD_MIN: Final = 20
NEWS_DAYS_MAX: Final = 2
AUDIENCE_MIN: Final = 0.5


def declared_owner(network: Network) -> Explanation:
    """Test whether the case file names one outlet for all members."""
    outlets = Counter(m.outlet for m in network.members if m.outlet is not None)
    share = _between(network, lambda a, b: a.outlet is not None and a.outlet == b.outlet)
    size = len(network.members)
    if not outlets:
        says = f"The case file names an outlet for none of {size} members."
        return Explanation("declared owner", 0.0, fits=False, says=says)
    outlet, most = min(outlets.items(), key=lambda one: (-one[1], one[0]))
    says = f"The case file names {outlet} as the outlet of {most} of {size} members."
    return Explanation("declared owner", share, fits=most == size, says=says)


def one_feed(network: Network) -> Explanation:
    """Test whether they met in the same second, at pages of one site."""
    by_domain: Counter[str] = Counter()
    for met in network.occasions:
        if met.domain is not None:
            by_domain[met.domain] += met.same_second
    domain, most = min(by_domain.items(), key=lambda one: (-one[1], one[0]), default=("", 0))
    share = share_of(most, network)
    if not most:
        return Explanation("one feed", 0.0, fits=False, says="No pair met at a page within one second.")
    says = f"{share:.0%} of the meetings were within one second and at pages of {domain}, as where one feed is relayed."
    return Explanation("one feed", share, fits=share >= FITS_MIN, says=says)


def scheduler(network: Network) -> Explanation:
    """Test whether they met in the same second, at pages of several sites or at objects that are no pages."""
    same = [met for met in network.occasions if met.same_second]
    domains = {met.domain for met in same if met.domain is not None}
    share = share_of(sum(met.same_second for met in same), network)
    several = len(domains) != 1
    where = f"at pages of {counted(len(domains), 'site')}" if domains else "at objects that are pages of no site"
    says = (
        f"{share:.0%} of the meetings were within one second, {where}, as where a program "
        "posts to several channels at once. A program that posts does not say who runs it."
        if same
        else "No pair met within one second."
    )
    return Explanation("scheduler", share if several else 0.0, fits=several and share >= FITS_MIN, says=says)


def cross_posting(network: Network) -> Explanation:
    """Test whether the members are one name on several platforms, or only two."""
    size = len(network.members)
    share = _between(network, lambda a, b: a.platform != b.platform and a.name != "" and a.name == b.name)
    if share:
        says = f"{share:.0%} of the meetings are between channels of one name on different platforms."
        return Explanation("cross-posting", share, fits=share >= FITS_MIN, says=says)
    if size == 2:  # noqa: PLR2004 - a pair
        says = "There are two members only: one person who posts everything twice looks the same."
        return Explanation("cross-posting", 1.0, fits=True, says=says)
    says = f"No two of {size} members have one name on different platforms."
    return Explanation("cross-posting", 0.0, fits=False, says=says)


def breaking_news(network: Network) -> Explanation:
    """Test whether they met only at what a crowd shared, within two days and never again."""
    crowded = [m for m in network.occasions if m.others >= max(CROWD_MIN, len(network.members))]
    share = share_of(sum(m.pairs for m in crowded), network)
    objects = len({(m.object_kind, m.object_id) for m in network.occasions})
    crowds = len({(m.object_kind, m.object_id) for m in crowded})
    days = len({m.day for m in network.occasions})
    says = (
        f"{crowds} of {counted(objects, 'object')} were shared by at least {max(CROWD_MIN, len(network.members))} "
        f"others, and the network met on {counted(days, 'day')}."
    )
    return Explanation("breaking news", share, fits=share >= FITS_MIN and days <= NEWS_DAYS_MAX, says=says)


def volunteers(network: Network) -> Explanation:
    """Test whether the members say in their names, texts or hashtags that they are volunteers."""
    saying = sum(m.says_volunteer for m in network.members)
    share = _between(network, lambda a, b: a.says_volunteer and b.says_volunteer)
    says = (
        f"{saying} of {len(network.members)} members say in these posts or in their names that they campaign as "
        "volunteers. Anybody can write that."
    )
    return Explanation("volunteers", share, fits=share >= FITS_MIN, says=says)


def one_audience(network: Network) -> Explanation:
    """Test whether members share the same objects far apart as well, as people do who follow one outlet."""
    met, common = network.met_pairs, max(network.common_pairs, network.met_pairs)
    share = 1 - met / common if common else 0.0
    says = (
        f"Two members shared the same object {common:,} times, {met:,} of them moments apart. Of people who follow "
        "one outlet most would be hours apart."
    )
    return Explanation("one audience", share, fits=share >= AUDIENCE_MIN, says=says)


TESTED: Final[tuple[Callable[[Network], Explanation], ...]] = (
    declared_owner,
    one_feed,
    scheduler,
    cross_posting,
    breaking_news,
    appointment,
    volunteers,
    one_audience,
)


def explanations(network: Network) -> list[Explanation]:
    """Return what each of `TESTED` says of the network, in their order."""
    return [test(network) for test in TESTED]


class Excused(NamedTuple):
    """The excuse that accounts for most of a network, and for how much; no name and 0 where none fits."""

    name: str | None
    share: float


def excused(tested: list[Explanation]) -> Excused:
    """Return the largest share among the explanations that fit and may excuse.

    >>> from vigie.rules.met import Explanation as E
    >>> excused([E("scheduler", 1.0, fits=True, says=""), E("appointment", 0.95, fits=True, says="")])
    Excused(name='appointment', share=0.95)
    """
    fitting = [e for e in tested if e.fits and e.name in EXCUSES]
    best = max(fitting, key=lambda e: e.share, default=None)
    return Excused(best.name, best.share) if best else Excused(None, 0.0)


def _between(network: Network, alike: Callable[[Member, Member], bool]) -> float:
    """Return the share of the linked pairs' objects that is of pairs which are alike."""
    total = sum(pair.objects for pair in network.pairs)
    members = network.members
    held = sum(p.objects for p in network.pairs if alike(members[p.first], members[p.second]))
    return held / total if total else 0.0
