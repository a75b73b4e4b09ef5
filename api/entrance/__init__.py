"""From the wire to a doorway: bounded heads, who asks and from where, what waits."""
