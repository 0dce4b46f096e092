"""Who is to be told, when, and why: a policy of steps, a campaign that goes through them, and `decide`."""
