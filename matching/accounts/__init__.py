"""Who uses the software: users, staff roles, permissions, and the Actor that every change names."""
