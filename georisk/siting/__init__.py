"""Where the next assistance points would help most: posed, solved, doubted, told."""
