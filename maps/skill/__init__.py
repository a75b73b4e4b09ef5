"""The page of `georisk validate`: measured skill, drawn without a script or a network."""
