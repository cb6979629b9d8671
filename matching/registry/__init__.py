"""Who everybody is: people and organizations once each, how to reach them, what they agreed to, where it came from."""
