"""What may be asked over HTTP: one explicit tuple of doorways per module."""
