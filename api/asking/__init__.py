"""Reading a question: its parameters, formats, reference systems, tokens, the rows it selects."""
