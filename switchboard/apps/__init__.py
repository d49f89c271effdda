"""What a call of an app needs, whoever makes it: its inputs and files, the events it answers with, what it put out."""
