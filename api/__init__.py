"""How to ask: over HTTP (`api.app`) and on the command line (`api.cli`). Neither computes."""
