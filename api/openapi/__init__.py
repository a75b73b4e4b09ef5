"""The description of this server as OpenAPI 3.0.3, written from what also answers."""
