"""What may be wrong with a rule, a calendar, a silence, a channel: every code, its words, the facts that they name."""

from __future__ import annotations

from collections.abc import Mapping

from shared.errors import RequestRefused
from shared.field_faults import Fact, FaultWords

FAULTS: Mapping[str, FaultWords] = {
    "title_missing_in": FaultWords("It has no name in {languages}.", "Give it one."),
    "no_iana_time_zone": FaultWords("{zone!r} is no IANA time zone.", "Use a name such as Asia/Shanghai."),
    "weekdays_wrong": FaultWords("These are no weekdays.", "Use ISO weekdays, 1 (Monday) to 7 (Sunday)."),
    # Rules
    "announcement_of_camera": FaultWords("What a camera has itself is not spoken through it.", "Leave it out."),
    "announcement_too_long": FaultWords("A sentence has at most {max} characters.", "Shorten it."),
    "broken_beyond_looked": FaultWords("`broken` of `looked` pictures cannot be more than `looked`.", "Lower it."),
    "name_needed": FaultWords("It does not say which one ({kind} of what?).", "Name it."),
    "name_not_known": FaultWords("{kind} has no names.", "Leave it out."),
    "open_and_closed": FaultWords("Open and closed together are always.", "Leave it empty."),
    "seconds_too_many": FaultWords("What is older than {max} s is not remembered.", "Use at most {max}."),
    "warns_beyond_class_1": FaultWords(
        "Only class 1 may warn a kitchen before a person has looked.", "Switch it off, or make it class 1."
    ),
    # Calendars
    "calendar_above_itself": FaultWords("{calendar} would be above itself.", "Choose another one."),
    "calendars_below_too_deep": FaultWords(
        "With what is below it, more than {max} calendars would be above each other.", "Choose one further up."
    ),
    "calendars_too_deep": FaultWords("More than {max} calendars would be above each other.", "Choose one further up."),
    "calendars_too_many": FaultWords("There are {max} calendars.", "Remove some."),
    "closed_day_has_hours": FaultWords("A closed day has no hours.", "Leave them out."),
    "day_span_wrong": FaultWords("`to_day` is not within {max} days after `from_day`.", "Correct the days."),
    "default_exists": FaultWords("{calendar} is the default already.", "Take it away there first."),
    "no_such_calendar_above": FaultWords("There is no calendar {calendar!r}.", "Choose one that exists."),
    "site_has_calendar": FaultWords("{site} has the calendar {calendar}.", "Take it out there first."),
    "site_named_twice": FaultWords("One is named twice.", "Name each school once."),
    "term_ends_first": FaultWords("It ends before it begins.", "Correct the days."),
    "window_empty": FaultWords("It ends when it begins.", "Correct the hours."),
    # Silences
    "class_1_uncovered": FaultWords(
        "{rule} is of class 1.", "Who may configure can set `covers_class_1`, nobody else."
    ),
    "everything_silenced": FaultWords("Not everything can be kept quiet at once.", "Name kitchens, cameras or rules."),
    "maintenance_too_long": FaultWords("Maintenance may take at most {max} hours of a week.", "Shorten it."),
    "no_rule_of_silence": FaultWords("There is no rule {rule!r}.", "Name rules that are in force."),
    "only_maintenance_recurs": FaultWords("Only maintenance comes again; a silence is for once.", "Leave it out."),
    "planned_too_far": FaultWords("That is more than a year ahead.", "Plan it at most a year ahead."),
    "reason_missing": FaultWords("There is no reason; it is kept with what was not told.", "Say why."),
    "silence_over": FaultWords("It is over before it begins.", "Choose a later end."),
    "silence_too_long": FaultWords("This may last {max} hours at most.", "Make another one when it ends."),
    "silences_too_many": FaultWords("There are {max} silences in force.", "End some."),
    # Ways to tell people
    "address_too_long": FaultWords("The address is too long.", "Use at most {max} characters."),
    "device_by_itself": FaultWords("A device subscribes itself.", "Do it in its own browser."),
    "mail_not_set_up": FaultWords("Mail is not set up here.", "An operator sets BK_NOTICE_MAIL_SERVER."),
    "network_not_listed": FaultWords(
        "That address is not in BK_NOTICE_NETWORKS.", "An operator adds the network there."
    ),
    "no_mail_address": FaultWords("That is no mail address.", "Write it like li@school.example."),
    "no_url": FaultWords("That is no URL.", "Write it like https://school.example/hook."),
    "no_webhook_address": FaultWords(
        "A webhook's address begins with http:// or https:// and names a host.", "Correct it."
    ),
    "password_in_address": FaultWords(
        "The secret signs each message; the address needs no user and password.", "Leave them out."
    ),
    "push_not_https": FaultWords("A push service is spoken to by https alone.", "Subscribe in the browser again."),
    "push_service_not_listed": FaultWords(
        "This browser's push service is not in BK_NOTICE_PUSH_HOSTS.", "An operator adds it there."
    ),
    "secret_too_short": FaultWords(
        "A webhook needs a secret, which its receiver checks with.", "Use at least {min} characters."
    ),
    "service_not_listed": FaultWords("This service is not among BK_NOTICE_SCHEMES.", "An operator adds it there."),
}


def refused_field(whole: str, field: str, code: str, facts: Mapping[str, Fact], *, status: int = 422) -> RequestRefused:
    """The refusal `whole` (rule_invalid, ...) because of one field; its sentence says the same in English.

    A test compares every call with FAULTS: its code, and that the facts are those it names.
    """
    fault = FAULTS[code].of(field, code, facts)
    return RequestRefused(whole, f"{field}: {fault.problem} {fault.change}", status=status, faults=[fault])
