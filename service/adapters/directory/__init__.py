"""One door to each directory that knows owners, or who is on duty."""
