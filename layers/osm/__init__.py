"""OpenStreetMap extracts: places by tag, and the network that people walk and drive on."""
