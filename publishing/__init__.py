"""Makes the package that Dify installs, and holds it to the rules of Dify's marketplace. Development only."""
