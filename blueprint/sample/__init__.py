"""What the sample city is given beside its layers: projects, cases, applicants."""
