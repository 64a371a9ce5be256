"""Orders and their money: one actor per order, behind pure machines and a ledger."""
