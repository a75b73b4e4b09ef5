"""Where the next assistance points would help most: candidates, problem, solution, proposal."""
