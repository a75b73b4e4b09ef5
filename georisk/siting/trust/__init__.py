"""How far a choice can be trusted: curve, alternatives, draws, regret."""
