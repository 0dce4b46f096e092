"""Why a notification was sent, or why nobody was notified: plain sentences with their evidence. Pure."""
