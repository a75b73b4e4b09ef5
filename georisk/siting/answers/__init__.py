"""What a planner is told: an answer per objective, a brief per point."""
