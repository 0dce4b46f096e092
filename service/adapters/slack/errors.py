"""The one table that translates what Slack answers into outcomes. `docs/slack.md` shows it."""

from dataclasses import replace

from service.core.delivery import LONGEST_WAIT, Failed, Retry, Unknown

_INVITE = "Invite the app to the channel, or name another in lastcall.yaml."
_ADDRESS = "Correct the address in lastcall.yaml."
_CHANNEL_RULES = "Let the app post in that channel, or name another in lastcall.yaml."
_CREDENTIALS = "Put a valid bot token into LASTCALL_SLACK_TOKEN."
_POLICY = "Ask the administrators of the workspace to let the app call Slack."
_SCOPE = "Give the app the scopes that docs/slack.md lists, and install it again."
_BUG = "Please report it as a bug of lastcall."


def _destination(remedy: str, *errors: str) -> dict[str, Failed]:
    return {error: Failed(error, "destination", remedy) for error in errors}


def _workspace(remedy: str, *errors: str) -> dict[str, Failed]:
    return {error: Failed(error, "workspace", remedy) for error in errors}


NO_SUCH_PLACE: dict[str, Failed] = {
    **_destination(_ADDRESS, "unknown_address", "no_such_subteam", "not_enough_users", "too_many_users"),
    **_destination(_INVITE, "not_in_channel"),
}
"""What `slack_addresses` finds out by itself, in Slack's words where Slack has some."""

TOKEN_REFUSED: dict[str, Failed] = {
    **_workspace(_CREDENTIALS, "invalid_auth", "not_authed", "account_inactive", "token_revoked", "token_expired"),
    **_workspace(_CREDENTIALS, "not_allowed_token_type", "team_not_found"),
}
"""Whatever is asked, Slack refuses it."""

OUTCOMES: dict[str, Retry | Failed | Unknown] = {
    **NO_SUCH_PLACE,
    **_destination(_ADDRESS, "channel_not_found", "users_not_found", "user_not_found", "cannot_dm_bot"),
    **_destination("Name a channel that is in use in lastcall.yaml, or bring this one back.", "is_archived"),
    **_destination("Name somebody who is still there in lastcall.yaml.", "user_disabled", "user_not_visible"),
    **_destination(_CHANNEL_RULES, "restricted_action", "restricted_action_read_only_channel"),
    **_destination(_CHANNEL_RULES, "restricted_action_thread_only_channel", "restricted_action_non_threadable_channel"),
    **_destination("Turn on the Messages tab under App Home in the app's settings.", "messages_tab_disabled"),
    **TOKEN_REFUSED,
    **_workspace(_SCOPE, "missing_scope", "no_permission"),
    **_workspace(_POLICY, "access_denied", "accesslimited", "ekm_access_denied", "enterprise_is_restricted"),
    **_workspace(_POLICY, "org_login_required", "team_access_not_granted", "two_factor_setup_required"),
    **{
        error: Failed(error, "message", _BUG)
        for error in (
            "invalid_blocks",
            "invalid_blocks_format",
            "invalid_metadata_format",
            "invalid_metadata_schema",
            "metadata_too_large",
            "msg_blocks_too_long",
            "msg_too_long",
            "no_text",
        )
    },
    "ratelimited": Retry("ratelimited"),
    "rate_limited": Retry("rate_limited", scope="workspace"),
    "message_limit_exceeded": Retry("message_limit_exceeded", 3600, scope="workspace"),
    "service_unavailable": Retry("service_unavailable", scope="workspace"),
    "team_added_to_org": Retry("team_added_to_org", 60, scope="workspace"),
    "external_channel_migrating": Retry("external_channel_migrating", 60),
    "request_timeout": Retry("request_timeout"),
    "fatal_error": Unknown("fatal_error"),
    "internal_error": Unknown("internal_error"),
}
"""By Slack's error string. An error that is not here is tried again until `core.delivery` gives up."""


UNREADABLE = "unreadable_answer"
"""It may be a proxy's, after Slack has taken the message."""


def no_connection() -> Retry:
    """The connection was never made, so nothing was sent."""
    return Retry("no_connection", scope="workspace")


def no_answer(reason: str) -> Unknown:
    """The request may have arrived: the time was up, or the connection broke."""
    return Unknown(reason)


def refused(method: str, *, status: int, error: str | None, after_seconds: float) -> Retry | Failed | Unknown:
    """An answer of Slack that is not ok. `error` is None when its body could not be read. No wait is beyond an hour."""
    if status == 429:
        outcome = OUTCOMES.get(error or "ratelimited", OUTCOMES["ratelimited"])
    elif status >= 500 or error is None:
        outcome = Unknown(UNREADABLE if status == 200 else f"http_{status}")
    else:
        outcome = OUTCOMES.get(error, Retry(error))
    if isinstance(outcome, Retry):
        asked_for = min(after_seconds, LONGEST_WAIT.total_seconds())
        return replace(outcome, after_seconds=max(outcome.after_seconds, asked_for))
    is_lookup = method != "chat.postMessage"
    if is_lookup and isinstance(outcome, Failed) and outcome.scope == "workspace" and error not in TOKEN_REFUSED:
        # The app may post, only not look this up: other kinds of destination can still be told.
        return replace(outcome, scope="destination")
    return outcome


def as_markdown() -> str:
    """The table of `docs/slack.md`."""
    errors: dict[tuple[str, str], list[str]] = {}
    for error, outcome in OUTCOMES.items():
        remedy = outcome.remedy if isinstance(outcome, Failed) else "-"
        errors.setdefault((_what_happens(outcome), remedy), []).append(f"`{error}`")
    rows = [f"| {', '.join(names)} | {what} | {remedy} |" for (what, remedy), names in errors.items()]
    return "\n".join(["| error | what happens | what to do |", "|---|---|---|", *rows, ""])


def _what_happens(outcome: Retry | Failed | Unknown) -> str:
    match outcome:
        case Retry(scope="workspace"):
            return "Everything waits, then it is tried again."
        case Retry():
            return "The destination waits, then it is tried again."
        case Failed(scope="destination"):
            return "The fallback channel hears instead, the operator is told once."
        case Failed(scope="message"):
            return "The text is sent without its layout."
        case Failed():
            return "Everything waits until it is mended; `lastcall doctor` and `/readyz` say so."
        case Unknown():
            return "The message is looked up before anything is sent again."
