"""One address for every way to write it: so that two posts that link the same page share one object.

The rules, each of which may join two addresses that differ (and never splits one):

- only web addresses; `http` and `https` are one, a missing scheme is `https`; user, default port and fragment go;
- the host in lower case and ASCII (IDNA), without its final dot and without the labels `www.`, `m.`, `mobile.`, `amp.`;
- parameters that only track a click go (`utm_*`, `fbclid`, `gclid`, ...); the others are put in order of their names;
- percent escapes in one form, no dot segments, no slash at the end, no `/amp` at the end;
- what platforms wrap around a link goes: `l.facebook.com/l.php?u=`, `google.com/url?q=`, `vk.com/away.php?to=`, ...;
- `youtu.be/X`, `/shorts/X`, `/embed/X` are `youtube.com/watch?v=X`; `twitter.com` is `x.com`.

Shorteners (`t.co`, `bit.ly`) stay as they are: only a request could tell where they lead, and no request is made. Two
posts of one short link share an object; a short link and the page it leads to are two. `vigie.text.hosts` tells which
they are.

Sources: RFC 3986 section 6; the parameter names as ClearURLs and courlan list them, kept here to the common ones.
"""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import quote, unquote

_TRACKERS: Final = re.compile(
    r"(?:utm_|at_|pk_|mtm_|piwik_|hsa_|oly_|vero_|__cft__|__xts__|mc_|otm_|itm_|hmb_|ga_|gad_|gs_|vn_)"
    r"\w*(?:\[\d+\])?|fbclid|gclid|gclsrc|dclid|gbraid|wbraid|srsltid|msclkid|yclid|ysclid|twclid|igshid|igsh|ttclid"
    r"|li_fat_id|rb_clickid|wickedid|_openstat|xtor|cmpid|ocid|ref_src|ref_url|s_cid|smid|smtyp|spm|utm|tracking_source"
    r"|wt_?z?_?mc|wt\.mc|wtrid|__twitter_impression|__tn__|feature|fb_action_ids|fb_action_types|fb_ref|fb_source"
    r"|action_(?:object|type|ref)_map|mibextid|sfnsn|__s|__hsfp|__hssc|__hstc|_hsenc|_hsmi|hsctatracking|os_ehash"
    r"|ml_subscriber(?:_hash)?|amp|amp_js_v|_ga|_gl|ncid|mkt_tok|trk|trkcampaign|guccounter|guce_referrer(?:_sig)?"
    r"|action_history|_branch_match_id|echobox|\x23echobox",
    re.IGNORECASE,
)
# Parameters that say on one platform only how a link was passed on.
_PASSED_ON: Final = {
    "x.com": frozenset({"s", "t", "src", "cn", "cxt"}),
    "youtube.com": frozenset({"si", "pp", "ab_channel", "kw"}),
    "open.spotify.com": frozenset({"si"}),
    "tiktok.com": frozenset({"_r", "_t", "_d", "is_from_webapp", "sender_device", "is_copy_url"}),
    "facebook.com": frozenset({"ref", "refsrc", "eid", "rdid", "share_url", "comment_tracking", "app"}),
    "instagram.com": frozenset({"hl", "img_index"}),
}
# Host and path of a wrapper, and the parameters that may hold the address it leads to.
_WRAPPERS: Final = {
    ("l.facebook.com", "/l.php"): ("u",),
    ("lm.facebook.com", "/l.php"): ("u",),
    ("facebook.com", "/l.php"): ("u",),
    ("l.instagram.com", "/"): ("u",),
    ("google.com", "/url"): ("q", "url"),
    ("youtube.com", "/redirect"): ("q",),
    ("vk.com", "/away.php"): ("to",),
    ("away.vk.com", "/away.php"): ("to",),
    ("out.reddit.com", "/"): ("url",),
    ("t.umblr.com", "/redirect"): ("z",),
    ("slack-redir.net", "/link"): ("url",),
    ("exit.sc", "/"): ("url",),
}
_SAME_HOST: Final = {"twitter.com": "x.com", "youtube-nocookie.com": "youtube.com"}
_WRAPPED_MAX: Final = 8
_BLANK: Final = re.compile("[\x00-\x20\x7f-\xa0\u00ad\u200b-\u200f\u2028-\u202f\u2060-\u206f\ufeff]+")
_SCHEME: Final = re.compile(r"(?:https?:)?//", re.IGNORECASE)
_OTHER_SCHEME: Final = re.compile(r"[a-z][a-z0-9+.-]*:(?!\d)", re.IGNORECASE)
_HOST: Final = re.compile(r"(?=.{3,253}\Z)[a-z0-9_](?:[a-z0-9_-]{0,62})(?:\.[a-z0-9_](?:[a-z0-9_-]{0,62}))+")
_IPV6: Final = re.compile(r"\[[0-9a-f:.]{2,45}\]")
_PREFIX: Final = re.compile(r"(?:(?:www|m|mobile|amp)\.)+(?=[^.]+\.)")
_ESCAPE: Final = re.compile(r"%(?:[0-9A-Fa-f]{2})?")
_UNRESERVED: Final = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
_AUTHORITY: Final = re.compile(r"(?P<host>\[[^\[\]]*\]|[^:\[\]]*)(?::(?P<port>[0-9]{0,5}))?")
_YOUTUBE: Final = re.compile(r"/(?:shorts|embed|live|v)/([\w-]{6,20})(?:/.*)?")
_AMP_CACHE: Final = re.compile(r"/(?:amp|[cvi])/(?:s/)?(.+)")


def canonical_url(url: str) -> str | None:
    """Return the one form of `url`, or None where it is no web address. Never raises; canonical forms stay.

    >>> canonical_url("HTTP://www.Example.org:80/a/./b/?utm_source=x&z=1&b=%7e#top")
    'https://example.org/a/b?b=~&z=1'
    >>> canonical_url("https://l.facebook.com/l.php?u=https%3A%2F%2Fyoutu.be%2FdQw4w9WgXcQ&h=AT0")
    'https://youtube.com/watch?v=dQw4w9WgXcQ'
    >>> canonical_url("mailto:a@example.org") is None
    True
    """
    for _ in range(_WRAPPED_MAX):
        parts = _split(url)
        if parts is None:
            return None
        host, path, pairs = parts
        wrapped = _wrapped(host, path, pairs)
        if wrapped is None:
            query = "&".join(f"{_encoded(name)}={_encoded(value)}" for name, value in sorted(pairs))
            return f"https://{host}{path}{'?' + query if query else ''}"
        url = wrapped
    return None


def _split(url: str) -> tuple[str, str, list[tuple[str, str]]] | None:
    """Return (host, path, parameters), each in its one form, or None."""
    text = _BLANK.sub("", url.encode("utf-8", "replace").decode()).replace("&amp;", "&").replace("\\", "/")
    if found := _SCHEME.match(text):
        text = text[found.end() :]
    elif _OTHER_SCHEME.match(text):
        return None
    text = text.partition("#")[0]
    address, _, query = text.partition("?")
    authority, slash, path = address.partition("/")
    found_host = _AUTHORITY.fullmatch(authority.rpartition("@")[2])
    host = _host(found_host["host"]) if found_host else None
    if found_host is None or host is None:
        return None
    port = int(found_host["port"] or 443)
    path = _path(slash + path)
    pairs = _pairs(query) if query else []
    if pairs and (idle := _PASSED_ON.get(host)):
        pairs = [pair for pair in pairs if pair[0] not in idle]
    if host == "youtu.be" and re.fullmatch(r"/[\w-]{6,20}", path):
        host, path, pairs = "youtube.com", "/watch", [("v", path[1:]), *(p for p in pairs if p[0] == "t")]
    elif host == "youtube.com" and (video := _YOUTUBE.fullmatch(path)):
        path, pairs = "/watch", [("v", video[1]), *(p for p in pairs if p[0] == "t")]
    if port not in {80, 443}:
        host = f"{host}:{port}"
    return host, path or "/", pairs


def _host(host: str) -> str | None:
    """Return the host in lower case, ASCII, without the labels that name a device; None where it cannot be one."""
    if not host.isascii():
        try:
            host = host.encode("idna").decode("ascii")
        except (UnicodeError, ValueError):
            return None
    host = host.lower()
    if host[:1] == "[":
        return host if _IPV6.fullmatch(host) else None
    host = host.rstrip(".")
    if prefix := _PREFIX.match(host):
        host = host[prefix.end() :]
    if not _HOST.fullmatch(host):
        return None
    return _SAME_HOST.get(host, host)


def _path(path: str) -> str:
    """Return the path in one form: percent escapes, no dot segments, nothing idle at its end."""
    if "%" in path:
        path = _ESCAPE.sub(_escape, path)
    path = quote(path, safe="/%:@!$&'()*+,;=~-._")
    if "/." in path:
        kept: list[str] = []
        for segment in path.split("/")[1:]:
            if segment == "..":
                kept = kept[:-1]
            elif segment != ".":
                kept.append(segment)
        path = "/" + "/".join(kept)
    while path[-1:] == "/" or path.endswith("/amp") or (path.endswith(".amp") and path[-5:-4] not in {"", ".", "/"}):
        path = path.rstrip("/") if path[-1:] == "/" else path[:-4]
    return path


def _escape(escape: re.Match[str]) -> str:
    if escape[0] == "%":
        return "%25"
    character = unquote(escape[0], encoding="latin-1")
    return character if character in _UNRESERVED else escape[0].upper()


def _pairs(query: str) -> list[tuple[str, str]]:
    """Return the parameters that are not a tracker's, decoded."""
    pairs = []
    for part in query.split("&"):
        name, _, value = part.partition("=")
        if not _TRACKERS.fullmatch(name) and part:
            pairs.append((_decoded(name), _decoded(value)))
    return [(name, value) for name, value in pairs if not _TRACKERS.fullmatch(name)]


def _decoded(part: str) -> str:
    part = part.replace("+", " ")
    return unquote(part, errors="replace") if "%" in part else part


def _encoded(part: str) -> str:
    return quote(part, safe="~/:,@!$()*")


def _wrapped(host: str, path: str, pairs: list[tuple[str, str]]) -> str | None:
    """Return the address that a platform's link leads to, where it says so itself."""
    for wanted in _WRAPPERS.get((host, path), ()):
        for name, value in pairs:
            if name == wanted and _SCHEME.match(value):
                return value
    if (host == "google.com" or host.endswith(".cdn.ampproject.org")) and (cached := _AMP_CACHE.fullmatch(path)):
        return "https://" + unquote(cached[1], errors="replace")
    return None
