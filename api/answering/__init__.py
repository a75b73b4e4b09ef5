"""Writing an answer: validators, pieces, the document or the page that shows it."""
