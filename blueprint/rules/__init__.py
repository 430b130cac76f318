"""Rules as data, the law that they rest on, the kinds of rule there are, and how they judge."""
