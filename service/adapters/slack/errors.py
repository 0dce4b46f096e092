"""The table that translates Slack's error strings into outcomes. `docs/slack.md` shows it."""

from dataclasses import replace

from service.core.delivery import LONGEST_WAIT, Failed, Retry, Unknown

_INVITE = "Invite the app to the channel, or name another one in lastcall.yaml."
_ADDRESS = "Correct the address in lastcall.yaml."
_CHANNEL_RULES = "Allow the app to post in that channel, or name another one in lastcall.yaml."
_CREDENTIALS = "Set LASTCALL_SLACK_TOKEN to a valid bot token."
_POLICY = "Ask the administrators of the workspace to allow the app."
_SCOPE = "Give the app the scopes that docs/slack.md lists, and install it again."
_BUG = "Please report it as a bug of lastcall."


def _destination(remedy: str, *errors: str) -> dict[str, Failed]:
    return {error: Failed(error, "destination", remedy) for error in errors}


def _workspace(remedy: str, *errors: str) -> dict[str, Failed]:
    return {error: Failed(error, "workspace", remedy) for error in errors}


LOOKUP_ERRORS: dict[str, Failed] = {
    **_destination(_ADDRESS, "unknown_address", "no_such_subteam", "not_enough_users", "too_many_users"),
    **_destination(_INVITE, "not_in_channel"),
}
"""Errors that `addresses` raises by itself, named as Slack names them if Slack does."""

TOKEN_REFUSED: dict[str, Failed] = {
    **_workspace(_CREDENTIALS, "invalid_auth", "not_authed", "account_inactive", "token_revoked", "token_expired"),
    **_workspace(_CREDENTIALS, "not_allowed_token_type", "team_not_found"),
}
"""Errors for which Slack refuses every request."""

OUTCOMES: dict[str, Retry | Failed | Unknown] = {
    **LOOKUP_ERRORS,
    **_destination(_ADDRESS, "channel_not_found", "users_not_found", "user_not_found", "cannot_dm_bot"),
    **_destination("Name an active channel in lastcall.yaml, or unarchive this one.", "is_archived"),
    **_destination("Name an active user in lastcall.yaml.", "user_disabled", "user_not_visible"),
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
"""By Slack's error string. Any other error is retried until `core.delivery` gives up."""


UNREADABLE = "unreadable_answer"
"""The answer may come from a proxy, after Slack has accepted the message."""


def no_connection() -> Retry:
    """The connection was never made, so nothing was sent."""
    return Retry("no_connection", scope="workspace")


def no_answer(reason: str) -> Unknown:
    """After a timeout or a broken connection: the request may have arrived."""
    return Unknown(reason)


def refused(method: str, *, status: int, error: str | None, after_seconds: float) -> Retry | Failed | Unknown:
    """The outcome of an error answer of Slack. `error` is None if its body is unreadable. A wait is at most an hour."""
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
        # The app may post, but not look this up: other kinds of destination still work.
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
            return "All messages wait, then lastcall tries again."
        case Retry():
            return "The messages of this destination wait, then lastcall tries again."
        case Failed(scope="destination"):
            return "The fallback channel is notified instead, and the operator once."
        case Failed(scope="message"):
            return "The message is sent without its layout."
        case Failed():
            return "All messages wait until this is fixed; `lastcall doctor` and `/readyz` report it."
        case Unknown():
            return "lastcall looks the message up before it sends anything again."
