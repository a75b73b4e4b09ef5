"""The other objectives on the same matrices: sets, medians, centres, journeys, fairness, years."""
