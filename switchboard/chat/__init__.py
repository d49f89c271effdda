"""One chat, whatever its wire form: a model or an app is asked, and pieces of an answer come back."""
