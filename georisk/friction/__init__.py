"""Walking where no way is drawn: least times over relief, land cover, rivers and barriers."""
