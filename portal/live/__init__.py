"""The process that holds the browsers' event streams. It knows neither Django nor a table, and holds no key."""
