"""What may be wrong with a field: every code of ours, with its words and the facts that they name."""

from __future__ import annotations

from collections.abc import Mapping

from shared.field_faults import Fact, FaultWords, FieldFault

_ADDRESS = "Write it like rtsp://192.168.1.64:554/path."
_TEMPLATE = "Take the template, and keep its first row."

FAULTS: Mapping[str, FaultWords] = {
    # Schools, units, what is named anywhere
    "id_differs": FaultWords("The address names {id!r}.", "Send the same id in both places."),
    "no_such_account": FaultWords("There is no account {id!r}.", "Name accounts that exist."),
    "no_such_camera": FaultWords("There is no camera {id!r}.", "Choose cameras of the registry."),
    "no_such_parent": FaultWords("There is no unit {id!r}.", "Add that unit first, or choose another."),
    "no_such_site": FaultWords("There is no site {id!r}.", "Register the site first."),
    "no_such_unit": FaultWords("There is no unit {id!r}.", "Add it under organisation first, or leave it out."),
    "too_many_units": FaultWords("There are {max} units, the most.", "Remove one that is not used."),
    "tree_too_deep": FaultWords("The tree would be deeper than {max} levels.", "Choose a unit further up."),
    "unit_below_itself": FaultWords(
        "{parent!r} is {id!r} itself or lies below it: the tree would bite its tail.",
        "Choose a unit that does not lie below this one.",
    ),
    # Cameras and their addresses
    "address_has_spaces": FaultWords("There are spaces or control characters in the address.", _ADDRESS),
    "address_not_ours": FaultWords(
        "{address} is not in a network where cameras may be.",
        "Use the camera's address in the video network; an operator adds networks with BK_CAMERA_NETWORKS.",
    ),
    "address_unreadable": FaultWords("This is not an address: {reason}.", _ADDRESS),
    "file_outside": FaultWords("That file is outside the allowed folder.", "Use a file under {folder}."),
    "files_off": FaultWords(
        "Files as cameras are switched off.", "Use a camera's address; BK_CAMERA_FILES names a folder to allow."
    ),
    "host_changed": FaultWords("The address names another host.", "Enter the password for it, or null for none."),
    "host_missing": FaultWords("The host is missing.", _ADDRESS),
    "host_unknown": FaultWords("The name {host!r} is not known here.", "Correct it, or use the camera's IP address."),
    "no_sub_to_analyse": FaultWords("This camera has no sub stream.", "Enter `sub`, or look at the main stream."),
    "no_sub_to_record": FaultWords("This camera has no sub stream.", "Enter `sub`, or record the main stream."),
    "port_is_ours": FaultWords("Port {port} on this machine is one of our own services.", "Use a camera's port."),
    "port_missing": FaultWords("The port is missing.", "Write it like {scheme}://192.168.1.64:9000."),
    "scheme_missing": FaultWords(
        "The scheme is missing.",
        "Begin the address with rtsp://, rtsps://, http://, https://, rtmp://, srt:// or udp://.",
    ),
    "scheme_unknown": FaultWords(
        "The scheme {scheme!r} is not one that cameras speak.",
        "Begin the address with rtsp://, rtsps://, http://, https://, rtmp://, srt:// or udp://.",
    ),
    "windows_missing": FaultWords("Mode calendar needs windows.", "Say when to record."),
    # Lists of canteens
    "bad_id": FaultWords(
        "{value!r} is no id.", "Use lower-case letters, digits, '-' and '_', at most 63, or leave it empty."
    ),
    "bad_kind": FaultWords("{value!r} is no kind of school.", "Use one of: {ones}."),
    "bad_purpose": FaultWords("{value!r} is no purpose.", "Use one of: {ones}."),
    "other_school": FaultWords(
        "The camera {value!r} belongs to the school {site!r}, and stays there.",
        "Choose another id, or correct the school.",
    ),
    "camera_twice": FaultWords("Row {row} is about the same camera.", "Remove one row."),
    "cell_too_long": FaultWords("At most {max} characters, and no NUL.", "Shorten it."),
    "column_missing": FaultWords("The column {column} ({column_en}) is missing.", _TEMPLATE),
    "column_twice": FaultWords("A column is there twice.", _TEMPLATE),
    "formula": FaultWords("This cell is a formula.", "Enter the value itself, as text."),
    "need_address": FaultWords("A new camera needs an address.", "Enter an address."),
    "need_camera_name": FaultWords("A new camera needs a name.", "Enter a name."),
    "need_site_name": FaultWords("A new school needs a name.", "Enter the school's name."),
    "no_columns": FaultWords("No row names the columns.", _TEMPLATE),
    "no_rows": FaultWords("There is no row below the names of the columns.", "Enter a school a row."),
    "no_unit": FaultWords("There is no unit {value!r}.", "Add it under organisation first, or correct the path."),
    "no_unit_below": FaultWords(
        "There is no unit {value!r} below {above!r}.", "Add it under organisation first, or correct the path."
    ),
    "other_host": FaultWords("The address names another host.", "Enter the password for it."),
    "row_refused": FaultWords("{detail}", "Send the file again."),
    "says_otherwise": FaultWords(
        "Row {row} says {value!r} of the same school.", "Let both rows say the same, or leave it out in one."
    ),
    "sheet_too_long": FaultWords("There are {rows} rows; at most {max}.", "Send several files."),
    "site_twice": FaultWords("Several schools are called {value!r}: {ids}.", "Enter the id of the one that is meant."),
    "unit_twice": FaultWords(
        "Several units are called {value!r}.", "Write the whole path from the top, or the unit's id."
    ),
    # Accounts, passwords, tokens
    "admin_has_end": FaultWords("An administrator has no end.", "Leave `ends_at` out, or choose another role."),
    "admin_sees_all": FaultWords(
        "An administrator manages every site.", "Leave `{left_out}` out, or choose another role."
    ),
    "beyond_yourself": FaultWords("You may not do this yourself: {verbs}.", "Leave it out."),
    "code_not_of_now": FaultWords(
        "This is not the code of now.", "Check the clock of the phone; type the newest code."
    ),
    "code_wrong": FaultWords("The code is wrong, or was used already.", "Wait for the next one."),
    "guest_unbounded": FaultWords(
        "A guest of another department sees what is named, until a day.",
        "Give `ends_at`, and `sites` or `units`; `sites`: [] where they see shared cases alone.",
    ),
    "moment_over": FaultWords("This moment is over.", "Choose a later one, or switch it off."),
    "not_your_password": FaultWords("This is not your password.", "Type your present password."),
    "not_your_sites": FaultWords("Not one of your schools: {sites}.", "Leave it out."),
    "same_password": FaultWords("This is the password you have.", "Choose another one."),
    "school_without_site": FaultWords(
        "The role `school` is for the people of a school.", "Name at least one site, or one unit."
    ),
    "token_end": FaultWords("A token ends within a year from now.", "Choose a day within a year."),
    # Alerts, cases, inspections, notifications
    "account_ends_before": FaultWords(
        "{account} cannot log in until then.", "Name an account that is good until then."
    ),
    "cameras_elsewhere": FaultWords("One is of another site.", "Name cameras of these sites, or leave sites out."),
    "cannot_inspect": FaultWords("{account} cannot look at {site}.", "Name somebody who may inspect this school."),
    "cannot_inspect_all": FaultWords(
        "{account} cannot look at all schools until then.", "Name an account that may inspect all."
    ),
    "cannot_reveal": FaultWords(
        "{account} cannot log in until {department} has to reveal.",
        "Name an account that is on, and does not end before.",
    ),
    "device_names_itself": FaultWords("A device names its own.", "Switch it off and on again on that device."),
    "no_sites": FaultWords("No site is registered.", "Register the sites first."),
    "secret_needed": FaultWords("The address changes.", "Enter the secret of the new receiver too."),
    "start_too_old": FaultWords("It is not in the last {days} days.", "Choose a later moment."),
    # Talking and public screens
    "no_kitchens_named": FaultWords("It names no kitchen.", "Name cameras or sites, or set `all` to true."),
    "not_analysed": FaultWords(
        "{id!r} is not analysed.",
        "Switch its analysis on, or leave it out: where no head is looked for, none can be hidden.",
    ),
    "not_one_source": FaultWords(
        "Exactly one thing can be said.", "Give one of `offer`, `announcement` and `text`, and leave the others out."
    ),
    "offer_not_sdp": FaultWords("The offer is no SDP.", "Send what the browser made; it begins with v=0."),
    "screen_end": FaultWords("A public screen ends within a year.", "Choose a moment within a year from now."),
    # Whatever is typed
    "no_such_time_zone": FaultWords("There is no time zone {zone!r}.", "Use an IANA name such as Asia/Shanghai."),
    "nul_in_text": FaultWords("A text holds no NUL character.", "Leave it out."),
    "year_out_of_range": FaultWords("The year {year} is out of range.", "Use a year from {first} to {last}."),
    # Texts that have a form: the console has no need to show a pattern to anybody
    "form_of_hash": FaultWords("This is not 64 digits.", "Use digits and the letters a to f, 64 of them."),
    "form_of_id": FaultWords(
        "This is no id.",
        "Use lower-case letters, digits, '-' and '_', at most 63, beginning with a letter or digit.",
    ),
    "form_of_line": FaultWords("This is more than one line.", "Write it on one line."),
    "form_of_login_name": FaultWords(
        "This is no login name.", "Use letters, digits, '.', '@', '_' and '-', at most 64."
    ),
    "form_of_pack": FaultWords(
        "This is no name of a model pack.",
        "Use lower-case letters, digits and '-', at most 63, beginning with a letter or digit.",
    ),
    "form_of_time": FaultWords("This is no time of the day.", "Write hours and minutes, such as 06:30."),
}


def fault(field: str, code: str, /, **facts: Fact) -> FieldFault:
    """One of FAULTS. A test compares every call with the table: its code, and that the facts are those it names."""
    return FAULTS[code].of(field, code, facts)


class WrongValue(ValueError):
    """What our own validators raise: one of FAULTS, for a field that pydantic names."""

    def __init__(self, code: str, /, **facts: Fact):
        super().__init__(FAULTS[code].problem.format(**facts))
        self.code = code
        self.facts = facts
