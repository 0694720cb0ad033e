"""Which attack requests may have succeeded: what an access log can show of it, and no more.

A log holds the status and the size of an answer, nothing of what was in it. So each sign is a comparison with what the
same site answers to others; without a status, or with nothing to compare with, there is no sign. Sizes are *alike*
within about a tenth. What a request asks for is its shape (`vigie.measures.http_attack_requests`).

- *found*: a probe for a backup, an admin page or a webshell, or a traversal on a page that no ordinary visitor was
  served, is answered 2xx with a size. At least `REFUSED_MIN` other things asked for by attacks on this host were
  refused (4xx) and at least as many as were served, so that the site does tell what is missing; no other thing asked
  for got an answer of like size, and the front page is not of that size: a page that says "not found" with status 200
  is no success.
- *posted*: a POST request answered 2xx to a webshell's path, after the same address found it there.
- *large*: a payload on a page that ordinary visitors are served is answered 2xx with more than twice the size that 95 %
  of at least `SIZED_MIN` ordinary answers do not exceed (for a traversal, less than half of what 95 % exceed, too), and
  less than half of what else was sent to that page got an answer of like size.
- *failed*: a payload for an interpreter (SQL, a shell, a template, XML ...) is answered 500 on a page that was served
  to ordinary visitors at least `SIZED_MIN` times and failed for less than one in a hundred of them. The weaker sign:
  the payload reached what builds the page, and broke it. Its words begin with `FAILED`.
- *let in*: after at least `GUESSES_MIN` POST requests of one session to a login page with one status, another status
  below 400 that the session got at most `TURNS_MAX` times, and within the session thereafter a page, not a login page,
  that was not served to it before.
"""

from __future__ import annotations

from typing import Final

import pyarrow as pa

REFUSED_MIN: Final = 3
SIZED_MIN: Final = 20
GUESSES_MIN: Final = 10
TURNS_MAX: Final = 2
FAILED: Final = "answered 500"

SCHEMA: Final = pa.schema([("row_id", pa.string()), ("why", pa.string())])

_FOUND: Final = "'admin_probe', 'backup_probe', 'webshell_probe', 'traversal'"
# Kinds that carry no payload, or whose payload is for the visitor's browser and not for the server.
_NO_PAYLOAD: Final = (
    "'admin_probe', 'backup_probe', 'cms_probe', 'login_guessing', 'scan', 'scanner_signature', 'webshell_probe', 'xss'"
)
# Two sizes in the same or neighbouring steps are alike.
_STEP: Final = "cast(floor(ln({0} + 64.0) / ln(1.1)) as integer)"

SQL: Final = f"""
with answers as (
    select *, {_STEP.format("bytes")} as step, status between 200 and 299 as ok
    from marked_plain where kind is not null and status is not null),
told as (
    select host, count(distinct shape) filter (status between 400 and 499) as refused,
        count(distinct shape) filter (ok) as given
    from answers group by 1),
front as (select host, {_STEP.format("middle")} as step from ordinary where path = '/' and middle is not null),
sizes as (select distinct host, page, shape, step from answers where ok and bytes > 0),
site_steps as (select host, step, count(distinct shape) as shapes, min(shape) as one from sizes group by 1, 2),
asked as (
    select a.*, o.served, o.failed as broke, o.low, o.high, o.sized
    from answers a left join ordinary o on o.path = a.page and o.host is not distinct from a.host),
found as (
    select a.row_id, a.time, a.address, a.host, a.page, a.kind,
        format('answered {{}} with {{:,}} bytes, unlike all else that was asked for here: {{:,}} were refused',
            a.status, a.bytes, t.refused) as why
    from asked a join told t on t.host is not distinct from a.host
    where a.kind in ({_FOUND}) and a.ok and a.bytes > 0 and a.served is null
        and t.refused >= {REFUSED_MIN} and t.refused >= t.given
        and not exists (
            from site_steps s where s.host is not distinct from a.host and s.step between a.step - 1 and a.step + 1
                and (s.shapes > 1 or s.one <> a.shape))
        and not exists (
            from front f where f.host is not distinct from a.host and f.step between a.step - 1 and a.step + 1)),
posted as (
    select a.row_id, 'a POST request answered ' || a.status || ' to what the same address had found there' as why
    from answers a where a.kind = 'webshell_probe' and a.method = 'POST' and a.ok and exists (
        from found f where f.kind = a.kind and f.address = a.address and f.page = a.page
            and f.host is not distinct from a.host and f.time < a.time)),
far as (
    select * from asked
    where kind not in ({_NO_PAYLOAD}) and ok and sized >= {SIZED_MIN}
        and (bytes > 2 * high or (kind = 'traversal' and 2 * bytes < low and bytes > 0))),
peers as (
    select f.row_id, count(distinct s.shape) as others,
        count(distinct case when s.step between f.step - 1 and f.step + 1 then s.shape end) as alike
    from far f join sizes s on s.page = f.page and s.host is not distinct from f.host and s.shape <> f.shape
    group by 1),
large as (
    select row_id, format('answered {{}} with {{:,}} bytes where 90 of 100 ordinary answers have {{:,}} to {{:,}}',
        status, bytes, low, high) as why
    from far left join peers using (row_id) where coalesce(2 * alike < others, true)),
failed as (
    select row_id, format('{FAILED} where {{:,}} ordinary requests were served and {{:,}} failed', served, broke) as why
    from asked
    where kind not in ({_NO_PAYLOAD}, 'traversal') and status = 500 and served >= {SIZED_MIN} and 100 * broke < served),
guesses as (
    select session_id, host, path, row_id, time, status from answers where kind = 'login_guessing'),
by_status as (select session_id, host, path, status, count(*) as n from guesses group by 1, 2, 3, 4),
mostly as (
    select session_id, host, path, status as refusal from by_status
    qualify row_number() over (partition by session_id, host, path order by n desc, status) = 1),
turns as (
    select g.*, m.refusal, (
        select count(*) from guesses b where b.session_id = g.session_id and b.path = g.path
            and b.host is not distinct from g.host and b.status = m.refusal and b.time <= g.time) as before
    from guesses g
    join mostly m on m.session_id = g.session_id and m.path = g.path and m.host is not distinct from g.host
    join by_status n on n.session_id = g.session_id and n.path = g.path and n.host is not distinct from g.host
        and n.status = g.status
    where g.status < 400 and g.status <> m.refusal and n.n <= {TURNS_MAX}),
served as (
    select session_id, host, path, min(time) as first_at from marked_plain
    where called = 'login_guessing' and not login and status between 200 and 299 and path <> '/' group by 1, 2, 3),
let_in as (
    select t.row_id, format('answered {{}} after {{:,}} guesses answered {{}}, then the session was served {{}}',
        t.status, t.before, t.refusal, min_by(s.path, (s.first_at, s.path))) as why
    from turns t join served s on s.session_id = t.session_id and s.host is not distinct from t.host
        and s.first_at >= t.time
    where t.before >= {GUESSES_MIN} group by t.row_id, t.status, t.before, t.refusal),
signs as (
    select row_id, why, 1 as rank from posted union all select row_id, why, 2 from let_in
    union all select row_id, why, 3 from found union all select row_id, why, 4 from large
    union all select row_id, why, 5 from failed)
select row_id, min_by(why, rank) as why from signs group by 1 order by 1
"""
