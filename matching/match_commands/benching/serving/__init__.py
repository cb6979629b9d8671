"""The real application in processes of its own, and those who use it all at once: begin with loading.py."""
