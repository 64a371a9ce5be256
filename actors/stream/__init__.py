"""The stream actor and its messages."""
