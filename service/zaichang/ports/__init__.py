"""What each room needs from outside: protocols and the rows they carry."""
