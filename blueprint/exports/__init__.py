"""What leaves the house as files: layers, deliveries, rows set aside, checks and conflicts."""
