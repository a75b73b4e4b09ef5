"""What people do to kept rows: bring files in, decide, erase."""
