"""Documents as people have them, a difficulty each, after public reports of bugs."""
