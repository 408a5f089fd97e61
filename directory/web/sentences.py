"""What the rules say in English, in the language of the page: hours, whether something is open, what went wrong.

The rules know no reader. Of what they say the fixed sentences and phrases are listed here; whatever else they say is
shown as it is and marked as English.
"""

from __future__ import annotations

from markupsafe import Markup

from directory.domain import hours
from directory.web.language import N_, Spoken, gettext, in_english

# The phrases of which `domain.hours` and `domain.opening` make their sentences.
PHRASES = frozenset(
    {
        N_("Monday"), N_("Tuesday"), N_("Wednesday"), N_("Thursday"), N_("Friday"), N_("Saturday"), N_("Sunday"),
        N_("Mondays"), N_("Tuesdays"), N_("Wednesdays"), N_("Thursdays"), N_("Fridays"), N_("Saturdays"), N_("Sundays"),
        N_("January"), N_("February"), N_("March"), N_("April"), N_("May"), N_("June"), N_("July"), N_("August"),
        N_("September"), N_("October"), N_("November"), N_("December"),
        N_("the first {day} of the month"), N_("the second {day} of the month"), N_("the third {day} of the month"),
        N_("the fourth {day} of the month"), N_("the fifth {day} of the month"), N_("the last {day} of the month"),
        N_("{first} to {last}"), N_("{opens} to {closes}"), N_("every day"), N_("bank holidays"), N_("and"),
        N_("24 hours"), N_("24 hours a day, 7 days a week"), N_("midnight"), N_("midday"), N_("am"), N_("pm"),
        N_("Closed"), N_("Closed on {days}"), N_("Closed now"), N_("Bank holiday: closed"), N_("tomorrow"),
        N_("Open now"), N_("Open now until {time}"), N_("Open now until {time} {day}"),
        N_("Opens at {time}"), N_("Opens {day} {time}"),
        N_("{day} is a bank holiday: the hours do not say whether it opens"),
        N_("Bank holiday: the hours do not say whether it is open. Call first"),
    }
)  # fmt: skip
# What readers are told when something cannot be done.
SENTENCES = frozenset(
    {
        N_("There is no such page."),
        N_("Check the address. If you followed a link, tell whoever runs the page that it is on."),
        N_("Sign in to see this page."),
        N_("Sign in to be told of changes."),
        N_("Sign in to be told when a page changes."),
        N_("Sign in to say that you have read this."),
        N_("Only a champion, lead or administrator of a team says that it has been told."),
        N_("Signing in needs a secure connection, which this directory does not have yet."),
        N_("This page is not complete. Open the link in the message again."),
        N_("This link is not complete. Copy the whole link from the message, or ask us to stop your mail."),
        N_("This link is not complete, was used already, or is more than 10 minutes old. Ask for a new one."),
        N_("Enter an email address, such as name@northmoor.example"),
        N_("This is not the code of the newest message, or it is more than 10 minutes old"),
        N_("This is not the code of this message"),
        N_("This answer belongs to another attempt to sign in. Start again."),
        N_("Your organisation's sign-in did not let you in. Start again, or sign in by email."),
        N_("This directory has no such way to sign in. Sign in by email."),
        N_("This took longer than 10 minutes, or began in another browser. Start again."),
        N_("There is no such subscription, or it has ended."),
        N_("Your teams have no such subscription, or it has ended."),
        N_("Your team has to hear of this. An administrator of your team can change that."),
        N_("This is your team's. A lead or administrator of the team can change it."),
        N_("Say of what you want to hear: a service, a team, a need, an area"),
        N_("Give a day that lies ahead, within a year"),
        N_("There is no such message, or it is older than those that are shown."),
        N_("Mail is sent through a relay, so none is kept here."),
        N_("Passkeys are not used in this directory."),
    }
)


def hours_in_words(text: str) -> str:
    """Opening hours as a person says them, in the language of the page."""
    return hours.hours_in_words(text, gettext)


def sentence(text: str) -> str:
    """What was said somewhere: as it is in the language of the page, else translated, else marked as English."""
    if isinstance(text, Spoken) or not in_english():
        return text
    return gettext(text) if text in SENTENCES else Markup('<span lang="en">{}</span>').format(text)
