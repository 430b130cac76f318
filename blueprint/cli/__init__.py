"""The command line: one module for each family of commands, and the tables that they print."""
