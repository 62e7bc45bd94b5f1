"""The clerk's desk: who is next, what is fetched today, what is left to do. No list of people."""
