"""What if: a study with points closed, opened, moved or enlarged, legs closed, numbers changed."""
