"""Bytes and what they are: recordings, pictures, files, and the parts of an answer that hold them."""
