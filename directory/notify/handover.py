"""What to read out at handover: a change in a few plain sentences, for whoever passes it on to a team."""

from __future__ import annotations

from directory.notify.notice import Notice, ServiceLine, full_date

# More than a team can take in by ear is on the page.
SPOKEN_SERVICES = 3
# What is said of each, whether or not it changed.
SPOKEN = frozenset({"Status", "Now handled by", "Who handles this", "How to refer", "Phone"})


def handover_text(notice: Notice, *, stage: str = "announced") -> str:
    """The change as lines of plain text, ready to be read out."""
    day = full_date(notice.effective_from)
    began = {"withdrawn": "This no longer holds", "in-force": f"From today, {day}"}.get(stage, f"From {day}")
    lines = [f"{began}: {notice.title}."]
    lines += [line for service in notice.services[:SPOKEN_SERVICES] for line in _spoken(service)]
    more = len(notice.services) - SPOKEN_SERVICES + notice.services_more
    if more > 0:
        lines.append(f"{more} more {'service changes' if more == 1 else 'services change'}: see the record.")
    lines += [f"{prose.heading}: {prose.text}" for prose in notice.prose if prose.heading == "What to do"]
    lines.append(f"The record: {notice.link}")
    return "\n".join(lines)


def _spoken(service: ServiceLine) -> list[str]:
    name = f"{service.name} (formerly {service.was_name})" if service.was_name else service.name
    rows = [row for row in service.rows if row.label in SPOKEN or row.was]
    return [f"{name}:", *(f"{row.label}: {row.text}" for row in rows)]
