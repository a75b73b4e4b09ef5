"""Where help is most needed for a given traveller: an index, not a forecast."""

LABEL = "index, not a forecast"
