"""Vector tiles (OGC API - Tiles, Mapbox Vector Tile) of disclosed layers, drawn when asked for."""
