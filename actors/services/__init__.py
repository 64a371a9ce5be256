"""Plain functions over the store, for what has no life of its own."""
