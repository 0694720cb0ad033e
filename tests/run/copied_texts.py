"""Texts that several channels publish, the outlets among these, and a file of posts."""

import csv
import io

OUTLETS = """
[[outlets]]
name = "RT"
tier = "state-controlled"
channels = ["telegram:rt_fr"]
[[outlets]]
name = "Daily"
tier = "none"
channels = ["x:daily"]
"""
CASE = f"""
[[candidates]]
id = "ana"
name = "Ana Reed"
aliases = ["Reed", "Рид"]
[[candidates]]
id = "bo"
name = "Bo Lind"
{OUTLETS}"""
LEAK = "The minister Ana Reed hid the report on the harbour of Brest from us for nine long years"
HARBOUR = "They closed the school library in our village without asking one single teacher or parent (AFP)"
DATED = "Nobody told the fishermen that the lighthouse would be sold to a bank before the summer"
COLUMNS = ["time", "platform", "post_id", "channel_id", "channel_name", "text", "hashtags", "repost_of"]


def write(path, rows):
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    for n, row in enumerate(rows):
        time, channel, text, *rest = row
        platform, _, own = channel.partition(":")
        writer.writerow([time, platform, f"{path.stem}{n}", own, f"Name {own}", text, "", *(rest or [""])])
    path.write_text(out.getvalue(), encoding="utf-8")
    return path
