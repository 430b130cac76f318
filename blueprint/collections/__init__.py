"""What others may read feature by feature or as tiles: collections, items, filters, tiles."""
