"""The models: the menu, what a card tells, and those that a user has trained."""
