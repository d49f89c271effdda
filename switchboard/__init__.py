"""The little that tools and endpoints share. They call it; nothing here calls them."""
