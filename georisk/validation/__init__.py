"""How well the forecasts do on years they have not seen: domains, scores, gates, a report."""
