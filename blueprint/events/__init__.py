"""Who is told of what happens: events written with the change, posted to webhooks, signed."""
