"""Hosts of addresses: shorteners, platforms, and who publishes.

The table of shorteners holds services that shorten links for anybody, and those that platforms and scheduling tools put
theirs through. A publisher's own shortener (nyti.ms) names its publisher and is left out.

Sources: the public list url-shorteners (P. D. Hsu) names hundreds; kept are the common services, and some that are gone
and stand in old data. Registrable hosts by Mozilla's Public Suffix List, as the package tld holds it; nothing is
fetched.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from tld import get_fld

_SHORTENERS: Final = """
t.co bit.ly bitly.com j.mp goo.gl tinyurl.com tiny.cc is.gd v.gd ow.ly ht.ly owl.li buff.ly dlvr.it ift.tt fb.me
on.fb.me lnkd.in youtu.be wp.me tmblr.co redd.it pin.it flip.it amzn.to amzn.com cutt.ly cutt.us rebrand.ly rb.gy
t.ly short.io shorturl.at short.gy s.id bl.ink tr.im su.pr cli.gs snip.ly snurl.com hubs.ly hubs.li trib.al spr.ly
shar.es soc.cr lc.cx u.to clck.ru vk.cc goo.su qps.ru bit.do adf.ly ouo.io q.gs bc.vc shorte.st sh.st
urlz.fr tny.im po.st fw.to ln.is lttr.ai zpr.io mf.tt eepurl.com conta.cc dld.bz a.co apple.co
spoti.fi discord.gg wa.me fb.watch page.link app.link smarturl.it ppt.cc reurl.cc t.cn dwz.cn kutt.it shorturl.com
x.co db.tt twitthis.com twurl.nl bddy.me aka.ms forms.gle gofund.me chng.it
"""
# Where everybody publishes: their host says nothing about who did.
_PLATFORMS: Final = """
x.com facebook.com fb.com instagram.com threads.net threads.com youtube.com tiktok.com t.me telegram.me telegram.org
vk.com vk.ru vkvideo.ru ok.ru reddit.com linkedin.com pinterest.com whatsapp.com snapchat.com bsky.app twitch.tv
dailymotion.com dai.ly vimeo.com rumble.com odysee.com bitchute.com rutube.ru soundcloud.com spotify.com
apps.apple.com play.google.com google.com bing.com twitpic.com flickr.com imgur.com giphy.com periscope.tv pscp.tv
weibo.com
"""
_SHORT: Final = frozenset(_SHORTENERS.split())
_EVERYBODYS: Final = frozenset(_PLATFORMS.split())


def is_shortener(host: str) -> bool:
    """Tell whether `host`, as a canonical address has it, is one of a shortening service.

    >>> is_shortener("bit.ly"), is_shortener("lemonde.fr")
    (True, False)
    """
    return host in _SHORT or host.endswith((".page.link", ".app.link"))


def publisher(url: str) -> str | None:
    """Return the registrable host of a canonical address: who publishes there, as far as a host can say.

    None for a shortener, which says nothing of where it leads; for a platform, on which anybody publishes; and for what
    is no canonical address. A host of its own under a host of many (`me.blogspot.com`) stays; an address of numbers and
    a host without a known suffix stand for themselves.

    >>> publisher("https://news.bbc.co.uk/1"), publisher("https://a.blogspot.com/"), publisher("https://bit.ly/x")
    ('bbc.co.uk', 'a.blogspot.com', None)
    """
    if not url.startswith("https://"):
        return None
    host = url[8:].partition("/")[0]
    return _publisher(host.partition("]")[0] + "]" if host[:1] == "[" else host.partition(":")[0])


@lru_cache(maxsize=1 << 16)
def _publisher(host: str) -> str | None:
    own = get_fld(host, fix_protocol=True, fail_silently=True, search_private=True) or host
    if is_shortener(host) or is_shortener(own) or host in _EVERYBODYS or own in _EVERYBODYS:
        return None
    return own
