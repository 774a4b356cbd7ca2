"""What a simulated camera sees at any moment, and how it is drawn; the same seed gives the same bytes."""
