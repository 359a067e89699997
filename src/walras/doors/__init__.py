"""Where people's requests enter: the core's routes and files."""
