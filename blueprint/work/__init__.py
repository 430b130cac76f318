"""What takes long, done: the processes that can be asked for, and the workers that do jobs."""
