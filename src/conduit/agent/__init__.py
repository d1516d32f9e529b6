"""The loop: the turn, its permissions, its budgets and how it is shown."""
