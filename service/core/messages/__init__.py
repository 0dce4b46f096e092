"""Facts -> a message within Slack's limits. Pure: the same facts on the same day give the same message."""
