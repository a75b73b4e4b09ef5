"""Is there room: people who need a bed, water or a consultation, against what places can give."""
