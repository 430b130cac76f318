"""What was asked for and takes long: the record of each job, and queues that wake workers."""
