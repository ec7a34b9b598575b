"""How the readers were made: rows, teachers, student, file. Start reading at run.py."""
