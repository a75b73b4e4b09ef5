"""Downloads with a checksum, recorded and replayed."""
