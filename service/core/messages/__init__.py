"""Facts -> a message within Slack's limits. Pure: the same facts of a day give the same message."""
