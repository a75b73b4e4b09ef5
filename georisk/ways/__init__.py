"""Ways of OpenStreetMap beside the legs: further edges on which people reach places."""
