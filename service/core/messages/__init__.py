"""Facts -> a Slack message, inside Slack's limits and escaped. Pure: the same facts of a day give the same message."""
