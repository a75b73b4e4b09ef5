"""What is written down of requests: counts, the access log, the audit trail."""
