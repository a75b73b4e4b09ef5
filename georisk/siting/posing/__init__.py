"""From a study to a problem: candidates, what they reach, what is asked of them."""
