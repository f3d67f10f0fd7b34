"""ACCESS: what was granted and what was withdrawn since: keys, sessions, rights, members, users, organisations."""
